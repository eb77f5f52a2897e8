// The serving certificate as the rules want it, from DER when there is some, else from an engine's summary.
import type { Evidence } from '../feeds/evidence.ts';
import { type CertificateFacts, readCertificate } from '../feeds/x509/certificate.ts';
import { readNameText, type TextAttribute } from './distinguished-name-text.ts';

export interface CertificateView {
  /** First CN of the subject, '' when there is none. */
  readonly commonName: string;
  readonly organisations: readonly string[];
  readonly issuerCommonName: string;
  readonly issuerOrganisations: readonly string[];
  readonly issuerUnits: readonly string[];
  readonly selfIssued: boolean;
  /** dNSNames and a CN that is no address, lower case, without a trailing dot, each once, in certificate order (CN last). */
  readonly names: readonly string[];
  /** False when an engine gave subject or issuer without the list of names: then a missing name is not observed, not absent. */
  readonly namesSeen: boolean;
  /** Those of `names` that are not the names of every API server: what a distribution can be told by. */
  readonly ownNames: readonly string[];
  /** "O=…,CN=… < OU=…,O=…,CN=…": the attributes of subject and issuer that tell distributions, in one line for one pattern. */
  readonly line: string;
  /** dNSNames as a server lists them, lower case, with repeats. */
  readonly dnsNames: readonly string[];
  readonly addresses: readonly string[];
  /** RFC 3339 or null. */
  readonly notAfter: string | null;
  readonly notBefore: string | null;
  /** Lower-case hex; null without DER. */
  readonly publicKeySha256: string | null;
  readonly authorityKeyId: string | null;
  readonly sha256: string | null;
  /** True when more certificates than the leaf were sent. */
  readonly chained: boolean;
}

/** Base64 of a certificate that is read: 64 kB of DER, as TLS clients allow for a whole message. */
const MAX_BASE64_LENGTH = 90_000;
/** Names read of a summary, as of DER. */
const MAX_NAMES = 512;
const MAX_NAME_LENGTH = 1024;

/** The leaf of the evidence; null when there is none that can be read. Never throws. */
export function viewCertificate(evidence: Evidence): CertificateView | null {
  const chain: unknown = evidence.tls?.chain;
  if (
    Array.isArray(chain) &&
    typeof chain[0] === 'string' &&
    chain[0].length > 0 &&
    chain[0].length <= MAX_BASE64_LENGTH
  ) {
    const facts = readCertificate(Buffer.from(chain[0], 'base64'));
    if (facts !== null) return fromFacts(facts, chain.length > 1);
  }
  const summary: unknown = evidence.certificate;
  return typeof summary === 'object' && summary !== null ? fromSummary(summary as Record<string, unknown>) : null;
}

function fromFacts(facts: CertificateFacts, chained: boolean): CertificateView {
  return {
    ...fromAttributes(facts.subjectAttributes, facts.issuerAttributes, facts.dnsNames),
    namesSeen: true,
    addresses: facts.ipAddresses,
    notBefore: facts.notBefore,
    notAfter: facts.notAfter,
    publicKeySha256: facts.spkiSha256,
    authorityKeyId: facts.authorityKeyId,
    sha256: facts.sha256,
    chained,
  };
}

function fromSummary(summary: Readonly<Record<string, unknown>>): CertificateView | null {
  const subject = text(summary['subject']);
  const issuer = text(summary['issuer']);
  const dnsNames = texts(summary['dnsNames']);
  const addresses = texts(summary['ipAddresses']);
  if (subject === null && issuer === null && dnsNames.length === 0 && addresses.length === 0) return null;
  return {
    ...fromAttributes(readNameText(subject ?? ''), readNameText(issuer ?? ''), dnsNames),
    namesSeen: Array.isArray(summary['dnsNames']),
    addresses,
    notBefore: text(summary['notBefore']),
    notAfter: text(summary['notAfter']),
    publicKeySha256: null,
    authorityKeyId: null,
    sha256: text(summary['sha256'])?.toLowerCase() ?? null,
    chained: false,
  };
}

function fromAttributes(
  subject: readonly TextAttribute[],
  issuer: readonly TextAttribute[],
  given: readonly string[],
): Pick<
  CertificateView,
  | 'commonName'
  | 'organisations'
  | 'issuerCommonName'
  | 'issuerOrganisations'
  | 'issuerUnits'
  | 'selfIssued'
  | 'names'
  | 'ownNames'
  | 'line'
  | 'dnsNames'
> {
  const dnsNames = given.map(canonical);
  const names = new Set(dnsNames);
  const commonName = first(subject, 'CN');
  if (/^[a-z0-9*_-]+(?:\.[a-z0-9_-]+)*\.?$/i.test(commonName) && !/^[\d.]+$/.test(commonName))
    names.add(canonical(commonName));
  const organisations = all(subject, 'O');
  const issuerCommonName = first(issuer, 'CN');
  const issuerOrganisations = all(issuer, 'O');
  const issuerUnits = all(issuer, 'OU');
  return {
    commonName,
    organisations,
    issuerCommonName,
    issuerOrganisations,
    issuerUnits,
    selfIssued: subject.length > 0 && sameAttributes(subject, issuer),
    names: [...names],
    ownNames: [...names].filter((name) => !COMMON_NAMES.has(name)),
    line: `${lineOf([], organisations, commonName)} < ${lineOf(issuerUnits, issuerOrganisations, issuerCommonName)}`,
    dnsNames,
  };
}

/** Names that API servers of every distribution carry. */
const COMMON_NAMES: ReadonlySet<string> = new Set([
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  'localhost',
  'kube-apiserver',
]);

function lineOf(units: readonly string[], organisations: readonly string[], commonName: string): string {
  const parts = [...units.map((unit) => `OU=${unit}`), ...organisations.map((name) => `O=${name}`)];
  if (commonName !== '') parts.push(`CN=${commonName}`);
  return parts.join(',');
}

function canonical(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

function first(attributes: readonly TextAttribute[], type: string): string {
  return attributes.find((attribute) => attribute.type === type)?.value ?? '';
}

function all(attributes: readonly TextAttribute[], type: string): readonly string[] {
  return attributes.filter((attribute) => attribute.type === type).map((attribute) => attribute.value);
}

function sameAttributes(a: readonly TextAttribute[], b: readonly TextAttribute[]): boolean {
  return a.length === b.length && a.every((one, at) => one.type === b[at]?.type && one.value === b[at]?.value);
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value.slice(0, 4096) : null;
}

function texts(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value
    .filter((one): one is string => typeof one === 'string' && one.length <= MAX_NAME_LENGTH)
    .slice(0, MAX_NAMES);
}
