// One hit of a Censys search (Platform API v3): each service that matched becomes a sighting with what Censys saw there.
import type { CertificateSummary, Evidence, EvidenceRequest, TlsFacts } from '../evidence.ts';
import type { Rejection, Sighting } from '../feed.ts';
import { integerOf, type JsonRecord, known, listOf, member, recordOf, textOf, textsOf } from '../json.ts';
import { excerptOf } from '../lines.ts';
import { readObservedAt } from '../observed-at.ts';
import { headersOf, portOf } from '../read-evidence.ts';

const TEXT = 1024;
const NAMES = 1000;
/** Censys keeps 64 KB of a body. */
const BODY = 64 * 1024;
const ENDPOINTS = 16;

export interface HitContext {
  readonly feed: string;
  readonly now: Date;
  /** Where the hit stands: "page 3 hit 17". */
  readonly at: string;
}

/**
 * Sightings of a host hit: its matched TCP services; when Censys names none, those that carry a certificate or an HTTP answer.
 * Hits of other kinds are rejected (`certificate_hit`, `web_property_hit`), as is a host without such a service (`no_service`).
 */
export function itemsOfHit(hit: unknown, context: HitContext): (Sighting | Rejection)[] {
  const reject = (reason: string, of: unknown): Rejection => ({
    type: 'rejection',
    reason,
    at: context.at,
    excerpt: excerptOf(scalarsOf(of)),
  });
  const found = member(hit, 'host_v1');
  const host = member(found, 'resource');
  if (recordOf(host) === null) return [reject(kindOf(hit), hit)];
  const ip = textOf(member(host, 'ip'), TEXT);
  if (ip === null) return [reject('no_host', host)];
  const services = servicesOf(host, member(found, 'matched_services'));
  if (services.length === 0) return [reject('no_service', { ip })];
  return services.map((service) => {
    const port = integerOf(member(service, 'port'), 0, 65535);
    const bad = (reason: string): Rejection =>
      reject(reason, { ip, port: member(service, 'port'), scan_time: member(service, 'scan_time') });
    if (port === null) return bad('bad_port');
    const time = readObservedAt(member(service, 'scan_time'), context.now);
    if (!time.ok) return bad(time.reason);
    const usable = portOf(port);
    const evidence = usable === null ? null : evidenceOfService(ip, usable, service);
    const dated = evidence === null ? null : { ...evidence, source: context.feed, ...known({ observedAt: time.time }) };
    return {
      type: 'sighting',
      host: ip,
      port,
      observedAt: time.time,
      at: `${context.at} port ${port}`,
      ...known({ evidence: dated }),
    };
  });
}

/** The members that are texts or numbers, for the quarantine; what is nested may be of any depth. */
function scalarsOf(value: unknown): string {
  const plain = Object.entries(recordOf(value) ?? {}).map(([name, of]) => [
    name,
    (recordOf(of) ?? Array.isArray(of)) ? '…' : of,
  ]);
  return JSON.stringify(Object.fromEntries(plain));
}

function kindOf(hit: unknown): string {
  if (member(hit, 'certificate_v1') !== null) return 'certificate_hit';
  return member(hit, 'webproperty_v1') !== null ? 'web_property_hit' : 'unknown_hit';
}

function servicesOf(host: unknown, matched: unknown): JsonRecord[] {
  const key = (of: unknown): string =>
    `${integerOf(member(of, 'port'), 0, 65535)}/${(textOf(member(of, 'transport_protocol'), TEXT) || 'tcp').toLowerCase()}`;
  const wanted = new Set(listOf(matched).map(key));
  return listOf(member(host, 'services'))
    .map(recordOf)
    .filter((service) => service !== null)
    .filter((service) => key(service).endsWith('/tcp'))
    .filter((service) => (wanted.size > 0 ? wanted.has(key(service)) : isTelling(service)));
}

function isTelling(service: JsonRecord): boolean {
  return member(service, 'cert') !== null || listOf(member(service, 'endpoints')).length > 0;
}

function evidenceOfService(address: string, port: number, service: JsonRecord): Evidence {
  const cert = certificateOf(member(service, 'cert'));
  const tls = tlsOf(member(service, 'tls'));
  const requests = requestsOf(listOf(member(service, 'endpoints')).slice(0, ENDPOINTS));
  const encrypted = cert !== null || tls !== null;
  const transport = encrypted ? 'tls' : requests.length > 0 ? 'plain' : null;
  return {
    endpoint: { address, port },
    ...known({ transport, tls, certificate: cert, requests: requests.length > 0 ? requests : null }),
  };
}

/** Names of versions in Censys' spelling (tlsv1_3) and in everybody else's. */
const VERSIONS: Readonly<Record<string, string>> = {
  ss_lv_3: 'SSLv3',
  tlsv1_0: 'TLSv1',
  tlsv1_1: 'TLSv1.1',
  tlsv1_2: 'TLSv1.2',
  tlsv1_3: 'TLSv1.3',
};

export function tlsOf(value: unknown): TlsFacts | null {
  if (recordOf(value) === null) return null;
  const version = textOf(member(value, 'version_selected'), TEXT);
  return known({
    version: version === null ? null : (VERSIONS[version.toLowerCase()] ?? version),
    cipher: textOf(member(value, 'cipher_selected'), TEXT),
  });
}

/** SAN lists where Censys parsed them, else `names`, which mixes DNS names and addresses. */
function certificateOf(value: unknown): CertificateSummary | null {
  if (recordOf(value) === null) return null;
  const parsed = member(value, 'parsed');
  const san = member(parsed, 'extensions', 'subject_alt_name');
  const names = textsOf(member(value, 'names'), NAMES, TEXT);
  return known({
    subject: textOf(member(parsed, 'subject_dn'), TEXT),
    issuer: textOf(member(parsed, 'issuer_dn'), TEXT),
    dnsNames: textsOf(member(san, 'dns_names'), NAMES, TEXT) ?? names?.filter((name) => !isAddress(name)),
    ipAddresses: textsOf(member(san, 'ip_addresses'), NAMES, TEXT) ?? names?.filter(isAddress),
    notBefore: textOf(member(parsed, 'validity_period', 'not_before'), TEXT),
    notAfter: textOf(member(parsed, 'validity_period', 'not_after'), TEXT),
    sha256: textOf(member(value, 'fingerprint_sha256'), TEXT),
  });
}

/** A DNS name has no colon and its last label is no number. */
const isAddress = (name: string): boolean => name.includes(':') || /(^|\.)\d+$/.test(name);

function requestsOf(endpoints: readonly unknown[]): EvidenceRequest[] {
  const answers = endpoints.flatMap((endpoint) => answerOf(endpoint) ?? []);
  const versions = endpoints.flatMap((endpoint) => versionOf(member(endpoint, 'kubernetes', 'version_info')) ?? []);
  const seen = answers.some((answer) => answer.path === '/version' && answer.body !== undefined);
  const first = versions[0];
  return first === undefined || seen ? answers : [first, ...answers.filter((answer) => answer.path !== '/version')];
}

type Answer = Extract<EvidenceRequest, { status: number }>;

function answerOf(endpoint: unknown): Answer | null {
  const http = member(endpoint, 'http');
  const status = integerOf(member(http, 'status_code'), 100, 999);
  if (status === null) return null;
  const fields = recordOf(member(http, 'headers')) ?? {};
  // Each field is an object with its values under `headers` (censys-sdk-typescript at 5168e87); plain texts and lists are read as well.
  const headers = headersOf(
    Object.fromEntries(Object.entries(fields).map(([name, of]) => [name, member(of, 'headers') ?? of])),
  );
  const path = textOf(member(endpoint, 'path'), TEXT) ?? '/';
  return {
    path: path === '' ? '/' : path,
    status,
    ...known({ headers, body: textOf(member(http, 'body'), BODY, true) }),
  };
}

/** Members of /version by Censys' names for them. */
const VERSION_MEMBERS = [
  ['major', 'major'],
  ['minor', 'minor'],
  ['git_version', 'gitVersion'],
  ['git_commit', 'gitCommit'],
  ['git_tree_state', 'gitTreeState'],
  ['build_date', 'buildDate'],
  ['go_version', 'goVersion'],
  ['compiler', 'compiler'],
  ['platform', 'platform'],
] as const;

/** Censys read /version and keeps it parsed: the answer as the contract writes it for sources that give fields only. */
export function versionOf(info: unknown): Answer | null {
  if (textOf(member(info, 'git_version'), TEXT) === null) return null;
  const members = VERSION_MEMBERS.flatMap(([theirs, ours]): [string, string][] => {
    const value = textOf(member(info, theirs), TEXT);
    return value === null ? [] : [[ours, value]];
  });
  return { path: '/version', status: 200, body: JSON.stringify(Object.fromEntries(members)) };
}
