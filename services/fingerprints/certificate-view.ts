// The serving certificate as the rules want it, from DER when there is some, else from an engine's summary.
import { hash } from 'node:crypto';
import type { Evidence } from '../feeds/evidence.ts';
import { keyIdText } from '../feeds/x509/certificate.ts';
import { DerCursor } from '../feeds/x509/der.ts';
import { readNameAttributes } from '../feeds/x509/distinguished-name.ts';
import { readExtensions } from '../feeds/x509/extensions.ts';
import { readNotAfter } from '../feeds/x509/validity.ts';
import { emptyLayout, walkCertificate } from '../feeds/x509/walk.ts';
import { hasApiServerNames, hasForeignService } from './certificate-names.ts';
import { readNameText, type TextAttribute } from './distinguished-name-text.ts';
import { API_SERVER_MARKER, TELLING_NAME } from './distributions/list.ts';

/** What one reader of certificates found; the rest of a view follows from it. */
interface Parts {
  readonly subject: readonly TextAttribute[];
  readonly issuer: readonly TextAttribute[];
  /** As written. */
  readonly dnsNames: readonly string[];
  readonly addresses: readonly string[];
  readonly namesSeen: boolean;
  readonly notAfter: string | null;
  readonly authorityKeyId: string | null;
  /** Where the key stands in the leaf; null without DER. */
  readonly publicKey: PublicKeyPlace | null;
}

interface PublicKeyPlace {
  readonly leaf: string;
  readonly start: number;
  readonly end: number;
}

/** What few rules ask for is worked out when it is asked for, and once. */
export class CertificateView {
  /** First CN of the subject, '' when there is none. */
  readonly commonName: string;
  readonly organisations: readonly string[];
  readonly issuerCommonName: string;
  readonly issuerOrganisations: readonly string[];
  readonly issuerUnits: readonly string[];
  /** dNSNames as a server lists them, lower case, without a trailing dot, with repeats. */
  readonly dnsNames: readonly string[];
  /** dNSNames and a CN that is no address, lower case, without a trailing dot, each once, in certificate order (CN last). */
  readonly names: readonly string[];
  /** False when an engine gave subject or issuer without the list of names: then a missing name is not observed, not absent. */
  readonly namesSeen: boolean;
  readonly addresses: readonly string[];
  /** RFC 3339 or null. */
  readonly notAfter: string | null;
  /** Lower-case hex; null without DER. */
  readonly authorityKeyId: string | null;
  readonly #publicKey: PublicKeyPlace | null;
  #apiServerNames: boolean | null = null;
  #foreignService: boolean | null = null;
  #vendorName: boolean | null = null;
  #tellingNames: readonly string[] | null = null;
  #ownNames: readonly string[] | null = null;
  #line: string | null = null;

  constructor(parts: Parts) {
    this.commonName = first(parts.subject, 'CN');
    this.organisations = all(parts.subject, 'O');
    this.issuerCommonName = first(parts.issuer, 'CN');
    this.issuerOrganisations = all(parts.issuer, 'O');
    this.issuerUnits = all(parts.issuer, 'OU');
    this.dnsNames = parts.dnsNames.map(canonical);
    this.names = namesOf(this.dnsNames, this.commonName);
    this.namesSeen = parts.namesSeen;
    this.addresses = parts.addresses;
    this.notAfter = parts.notAfter;
    this.authorityKeyId = parts.authorityKeyId;
    this.#publicKey = parts.publicKey;
  }

  /** See hasApiServerNames. */
  get apiServerNames(): boolean {
    this.#apiServerNames ??= hasApiServerNames(this.names);
    return this.#apiServerNames;
  }

  /** See hasForeignService. */
  get foreignService(): boolean {
    this.#foreignService ??= hasForeignService(this.names);
    return this.#foreignService;
  }

  /** True when one distribution gives one of the names only to its API servers. */
  get vendorName(): boolean {
    this.#vendorName ??= this.tellingNames.some((name) => API_SERVER_MARKER.test(name));
    return this.#vendorName;
  }

  /** Those of `ownNames` that are a distribution's or one cluster's: mostly none or one, told by one test instead of several. */
  get tellingNames(): readonly string[] {
    this.#tellingNames ??= this.ownNames.filter((name) => TELLING_NAME.test(name));
    return this.#tellingNames;
  }

  /** Those of `names` that are not the names of every API server: what a distribution can be told by. */
  get ownNames(): readonly string[] {
    this.#ownNames ??= this.names.filter((name) => COMMON_NAMES[name.length] !== name);
    return this.#ownNames;
  }

  /** "O=…,CN=… < OU=…,O=…,CN=…": the attributes of subject and issuer that tell distributions, in one line for one pattern. */
  get line(): string {
    if (this.#line === null) {
      const subject = lineOf(NONE, this.organisations, this.commonName);
      this.#line = `${subject} < ${lineOf(this.issuerUnits, this.issuerOrganisations, this.issuerCommonName)}`;
    }
    return this.#line;
  }

  /** SHA-256 of the SubjectPublicKeyInfo, lower-case hex; null without DER. */
  get publicKeySha256(): string | null {
    if (this.#publicKey === null) return null;
    const { leaf, start, end } = this.#publicKey;
    if (decoded !== leaf) decode(leaf);
    return hash('sha256', scratch.subarray(start, end), 'hex');
  }
}

/** Base64 of a certificate that is read: 64 kB of DER, as TLS clients allow for a whole message. */
const MAX_BASE64_LENGTH = 90_000;
/** Names read of a summary, as of DER. */
const MAX_NAMES = 512;
const MAX_NAME_LENGTH = 1024;

// Certificates are decoded into one buffer: one is read at a time, and what is kept of it are texts and places.
const scratch = Buffer.alloc(Math.ceil((MAX_BASE64_LENGTH / 4) * 3));
const cursor = new DerCursor();
const layout = emptyLayout();

interface Base64Writer {
  base64Write(text: string, offset: number, length: number): number;
}

/** What stands in `scratch`. */
let decoded = '';

/** Decodes into `scratch` as Buffer.from does, without a new buffer. Returns the number of octets. */
function decode(base64: string): number {
  decoded = base64;
  return (scratch as Buffer & Base64Writer).base64Write(base64, 0, Buffer.byteLength(base64, 'base64'));
}

/** The leaf of the evidence; null when there is none that can be read. Never throws. */
export function viewCertificate(evidence: Evidence): CertificateView | null {
  const chain: unknown = evidence.tls?.chain;
  const leaf: unknown = Array.isArray(chain) ? chain[0] : null;
  if (typeof leaf === 'string' && leaf.length > 0 && leaf.length <= MAX_BASE64_LENGTH) {
    const view = readLeaf(leaf);
    if (view !== null) return view;
  }
  const summary: unknown = evidence.certificate;
  return typeof summary === 'object' && summary !== null ? fromSummary(summary as Record<string, unknown>) : null;
}

/**
 * One walk over the certificate; null when it is none. What it takes for one is what readCertificate does. Nothing is remembered: most
 * certificates of a census are seen once, and keeping thousands costs the collector more than reading them again.
 */
function readLeaf(leaf: string): CertificateView | null {
  const length = decode(leaf);
  if (!walkCertificate(scratch, 0, length, 'certificate', cursor, layout)) return null;
  const subject = readNameAttributes(scratch, layout.subjectStart, layout.subjectEnd);
  const issuer = readNameAttributes(scratch, layout.issuerStart, layout.issuerEnd);
  if (subject === null || issuer === null) return null;
  const extensions = readExtensions(scratch, layout, cursor);
  return new CertificateView({
    subject,
    issuer,
    dnsNames: extensions.dnsNames,
    addresses: extensions.ipAddresses,
    namesSeen: true,
    notAfter: readNotAfter(scratch, layout.validityStart, layout.validityEnd),
    authorityKeyId: keyIdText(scratch, extensions.authorityKeyStart, extensions.authorityKeyEnd),
    publicKey: { leaf, start: layout.spkiStart, end: layout.spkiEnd },
  });
}

function fromSummary(summary: Readonly<Record<string, unknown>>): CertificateView | null {
  const subject = text(summary['subject']);
  const issuer = text(summary['issuer']);
  const dnsNames = texts(summary['dnsNames']);
  const addresses = texts(summary['ipAddresses']);
  if (subject === null && issuer === null && dnsNames.length === 0 && addresses.length === 0) return null;
  return new CertificateView({
    subject: readNameText(subject ?? ''),
    issuer: readNameText(issuer ?? ''),
    dnsNames,
    addresses,
    namesSeen: Array.isArray(summary['dnsNames']),
    notAfter: text(summary['notAfter']),
    authorityKeyId: null,
    publicKey: null,
  });
}

/** Names that API servers of every distribution carry. */
const COMMON_NAMES: readonly (string | undefined)[] = byLength([
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  'localhost',
  'kube-apiserver',
]);

/** Texts by their length, which must differ: a look at one place answers whether a text is among them. */
function byLength(texts: readonly string[]): readonly (string | undefined)[] {
  const places: (string | undefined)[] = Array.from({ length: 64 }, () => undefined);
  for (const text of texts) places[text.length] = text;
  return places;
}

const HOST_NAME = /^[a-z0-9*_-]+(?:\.[a-z0-9_-]+)*\.?$/i;
const DIGITS = /^[\d.]+$/;

/** Short lists are searched, since a Set costs more than it saves. */
const SHORT_LIST = 16;

function namesOf(dnsNames: readonly string[], commonName: string): readonly string[] {
  const isName = HOST_NAME.test(commonName) && !DIGITS.test(commonName);
  if (dnsNames.length > SHORT_LIST) return [...new Set(isName ? [...dnsNames, canonical(commonName)] : dnsNames)];
  const names: string[] = [];
  for (const name of dnsNames) if (!names.includes(name)) names.push(name);
  if (isName && !names.includes(canonical(commonName))) names.push(canonical(commonName));
  return names;
}

function lineOf(units: readonly string[], organisations: readonly string[], commonName: string): string {
  let line = '';
  for (const unit of units) line += line === '' ? `OU=${unit}` : `,OU=${unit}`;
  for (const name of organisations) line += line === '' ? `O=${name}` : `,O=${name}`;
  if (commonName === '') return line;
  return line === '' ? `CN=${commonName}` : `${line},CN=${commonName}`;
}

function canonical(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

function first(attributes: readonly TextAttribute[], type: string): string {
  for (const attribute of attributes) if (attribute.type === type) return attribute.value;
  return '';
}

const NONE: readonly string[] = [];

function all(attributes: readonly TextAttribute[], type: string): readonly string[] {
  let found: string[] | null = null;
  for (const attribute of attributes) {
    if (attribute.type !== type) continue;
    found ??= [];
    found.push(attribute.value);
  }
  return found ?? NONE;
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
