// zgrab2 JSON lines, http and tls modules. Form: zgrab2 0.x at commit e8fbc9ef (2026-07-09), seen in real output; older spellings where known.
import type { CertificateSummary, Evidence, EvidenceRequest, TlsFacts } from '../evidence.ts';
import type { Sighting } from '../feed.ts';
import { integerOf, known, listOf, member, parseJson, recordOf, textOf, textsOf } from '../json.ts';
import { readObservedAt } from '../observed-at.ts';
import { headersOf, portOf } from '../read-evidence.ts';
import { detectLines, type FileFormat, type FormatOptions } from './format.ts';
import { mergeEvidence } from './gather.ts';
import { type Row, readJsonLines } from './json-lines.ts';

const TEXT = 1024;
const NAMES = 1000;
const CHAIN = 10;
const CERTIFICATE = 64 * 1024;
const BODY = 256 * 1024;

export const ZGRAB2: FileFormat = {
  name: 'zgrab2',
  title: 'zgrab2 JSON lines (http and tls modules)',
  kind: 'sightings',
  detect: ({ lines }) =>
    detectLines(lines, 'JSON objects with zgrab2 modules under data', (line) => isZgrab2(parseJson(line))),
  parse: (input, options) => readJsonLines(input, (value, at) => rowOf(value, at, options)),
};

/** Members of a row without any module: a target that could not be resolved or reached. Other tools' errors have more. */
const OWN: ReadonlySet<string> = new Set(['ip', 'domain', 'tag', 'port', 'data', 'error']);

/** One module's result. Its key is the user's choice (`name=` in a multiple.ini), its `protocol` is not. */
interface Module {
  readonly protocol: string;
  readonly status: string;
  readonly value: unknown;
}

function modulesOf(row: unknown): Module[] {
  return Object.values(recordOf(member(row, 'data')) ?? {}).flatMap((value) => {
    const status = textOf(member(value, 'status'), TEXT);
    const protocol = textOf(member(value, 'protocol'), TEXT);
    return status === null || protocol === null ? [] : [{ status, protocol, value }];
  });
}

function isZgrab2(row: unknown): boolean {
  const target = textOf(member(row, 'ip'), TEXT) ?? textOf(member(row, 'domain'), TEXT);
  const failed = target !== null && textOf(member(row, 'error'), TEXT) !== null;
  return modulesOf(row).length > 0 || (failed && Object.keys(recordOf(row) ?? {}).every((name) => OWN.has(name)));
}

/**
 * One sighting per port that answered; modules of the same port share it. Rejects rows without an answer (`no_answer`: every module failed, or
 * the name did not resolve; zgrab2 calls refused connections timeouts, so its own words are not repeated) and rows of other modules only.
 */
function rowOf(row: unknown, at: string, options: FormatOptions): Row {
  if (recordOf(row) === null) return 'not_an_object';
  const address = textOf(member(row, 'ip'), TEXT);
  const domain = textOf(member(row, 'domain'), TEXT);
  const host = address ?? domain;
  if (host === null || host === '') return 'no_host';
  const answered = modulesOf(row).filter((module) => module.status === 'success');
  if (answered.length === 0) return isZgrab2(row) ? 'no_answer' : 'no_module';
  const readable = answered.flatMap((module) => READERS[module.protocol]?.(module.value) ?? []);
  if (readable.length === 0) return 'unsupported_module';

  const sightings = new Map<number | null, Sighting>();
  for (const seen of readable) {
    // The module's own port is what was dialled; the row's is there for multi-port input only, and some versions give neither.
    const port = seen.port ?? portOf(member(row, 'port'));
    const time = readObservedAt(seen.timestamp ?? options.observedAt, options.now);
    if (!time.ok) return time.reason;
    const before = sightings.get(port);
    const evidence =
      address === null || port === null
        ? null
        : mergeEvidence(before?.evidence, { ...seen.facts, endpoint: { address, port } });
    const named =
      evidence === null
        ? null
        : { ...evidence, source: options.feed, ...known({ serverName: domain, observedAt: time.time }) };
    sightings.set(port, { type: 'sighting', host, port, observedAt: time.time, at, ...known({ evidence: named }) });
  }
  return [...sightings.values()];
}

interface Seen {
  readonly port: number | null;
  readonly timestamp: unknown;
  readonly facts: Omit<Evidence, 'endpoint'>;
}

/** How each module is read, by protocol. */
const READERS: Readonly<Record<string, (module: unknown) => Seen[]>> = { http: readHttp, tls: readTls };

function readTls(module: unknown): Seen[] {
  const log = member(module, 'result', 'handshake_log');
  if (recordOf(log) === null) return [];
  return [
    {
      port: portOf(member(module, 'port')),
      timestamp: member(module, 'timestamp'),
      facts: { transport: 'tls', ...handshakeOf(log) },
    },
  ];
}

function readHttp(module: unknown): Seen[] {
  // With redirects followed, `response` may be another host's answer: the target's own is the first of the chain.
  const response = member(module, 'result', 'redirect_response_chain') ?? null;
  const own = listOf(response)[0] ?? member(module, 'result', 'response');
  const url = member(own, 'request', 'url');
  const log = member(own, 'request', 'tls_log', 'handshake_log');
  const request = answerOf(own, textOf(member(url, 'path'), TEXT) ?? '/');
  if (request === null) return [];
  const tls = recordOf(log) !== null || member(url, 'scheme') === 'https';
  const facts = { transport: tls ? ('tls' as const) : ('plain' as const), ...handshakeOf(log), requests: [request] };
  return [{ port: portOf(member(module, 'port')) ?? portOfUrl(url), timestamp: member(module, 'timestamp'), facts }];
}

function portOfUrl(url: unknown): number | null {
  const host = textOf(member(url, 'host'), TEXT) ?? '';
  const written = /:(\d+)$/.exec(host);
  if (written !== null) return portOf(written[1]);
  const scheme = member(url, 'scheme');
  return scheme === 'https' ? 443 : scheme === 'http' ? 80 : null;
}

function answerOf(response: unknown, path: string): EvidenceRequest | null {
  const status = integerOf(member(response, 'status_code'), 100, 999);
  if (status === null) return null;
  const body = textOf(member(response, 'body'), BODY, true);
  const fields = recordOf(member(response, 'headers'));
  return { path, status, ...known({ headers: fields === null ? null : headersOfZgrab(fields), body }) };
}

/** Names come in lower case with underscores. Older versions keep fields that they do not know in a list under `unknown`. */
function headersOfZgrab(fields: Readonly<Record<string, unknown>>): Record<string, string | readonly string[]> {
  if (!Object.hasOwn(fields, 'unknown')) return headersOf(fields, wireName) ?? {};
  const { unknown: others, ...common } = fields;
  const strange = listOf(others).flatMap((field): [string, unknown][] => {
    const name = textOf(member(field, 'key'), TEXT);
    return name === null ? [] : [[name, member(field, 'value')]];
  });
  const own = Array.isArray(others) && strange.length === 0 ? { unknown: others } : {};
  return headersOf({ ...common, ...own, ...Object.fromEntries(strange) }, wireName) ?? {};
}

const wireName = (name: string): string => name.replaceAll('_', '-').toLowerCase();

function handshakeOf(log: unknown): { tls?: TlsFacts; certificate?: CertificateSummary } {
  if (recordOf(log) === null) return {};
  const hello = member(log, 'server_hello');
  const certificates = member(log, 'server_certificates');
  const leaf = member(certificates, 'certificate');
  const raw = textOf(member(leaf, 'raw'), CERTIFICATE);
  const issuers = listOf(member(certificates, 'chain')).map((issuer) => member(issuer, 'raw'));
  // TLS 1.3 hides behind 1.2 in the hello; the extension says what was agreed.
  const version = member(hello, 'supported_versions', 'selected_version', 'name') ?? member(hello, 'version', 'name');
  const tls = known({
    version: textOf(version, TEXT),
    cipher: textOf(member(hello, 'cipher_suite', 'name'), TEXT),
    alpn: textOf(member(hello, 'alpn_protocol'), TEXT),
    chain: raw === null ? null : [raw, ...(textsOf(issuers, CHAIN - 1, CERTIFICATE) ?? [])],
  });
  return known({ tls: Object.keys(tls).length > 0 ? tls : null, certificate: summaryOf(leaf) });
}

/** The parsed certificate. Its `names` are not used: zcrypto drops from them what is no URL; the SAN lists are whole. */
function summaryOf(leaf: unknown): CertificateSummary | null {
  const parsed = member(leaf, 'parsed');
  if (recordOf(parsed) === null) return null;
  const san = member(parsed, 'extensions', 'subject_alt_name');
  return known({
    subject: textOf(member(parsed, 'subject_dn'), TEXT),
    issuer: textOf(member(parsed, 'issuer_dn'), TEXT),
    dnsNames: textsOf(member(san, 'dns_names'), NAMES, TEXT),
    ipAddresses: textsOf(member(san, 'ip_addresses'), NAMES, TEXT),
    notBefore: textOf(member(parsed, 'validity', 'start'), TEXT),
    notAfter: textOf(member(parsed, 'validity', 'end'), TEXT),
    sha256: textOf(member(parsed, 'fingerprint_sha256'), TEXT),
  });
}
