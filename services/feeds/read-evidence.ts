// Evidence out of JSON that anybody may have written: fields of the wrong type are dropped, sizes are capped, nothing is executed or inherited.
import type { CertificateSummary, Evidence, EvidenceRequest, TlsFacts } from './evidence.ts';
import { integerOf, known, listOf, member, parseJson, recordOf, textOf, textsOf } from './json.ts';

/** Identifiers, distinguished names, paths, error codes. */
const TEXT = 1024;
/** A DNS name has at most 253 characters; some room for what is no name but stands in its place. */
const NAME = 512;
/** Certificates with more names exist (10,000 and up); no judgement needs more. */
const NAMES = 1000;
/** Base64 of one certificate. Real ones stay below 10 kB. */
const CERTIFICATE = 64 * 1024;
const CHAIN = 10;
/** The probe asks two paths; captures hold up to a dozen. */
const REQUESTS = 16;
/** Bodies are judged by their first lines; zgrab2 and Censys keep 64 to 256 kB. */
const BODY = 256 * 1024;
const HEADERS = 100;
const HEADER_VALUE = 8 * 1024;
/** A CertificateRequest that lists more authorities comes from a public web server, not from a cluster. */
const AUTHORITIES = 100;

export type ReadEvidence =
  | { readonly ok: true; readonly evidence: Evidence }
  | { readonly ok: false; readonly reason: EvidenceFault };
export type EvidenceFault = 'bad_json' | 'not_an_object' | 'no_endpoint' | 'bad_port';

/** One line of evidence NDJSON (the contract's form, or that of the captures: `name` and `port` for `id` and `endpoint`). Never throws. */
export function parseEvidence(line: string): ReadEvidence {
  const value = parseJson(line);
  return value === undefined ? { ok: false, reason: 'bad_json' } : evidenceOf(value);
}

/** The same for a value that is already parsed. */
export function evidenceOf(value: unknown): ReadEvidence {
  const row = recordOf(value);
  if (row === null) return { ok: false, reason: 'not_an_object' };
  const endpoint = member(row, 'endpoint');
  const givenPort = recordOf(endpoint) === null ? member(row, 'port') : member(endpoint, 'port');
  if (recordOf(endpoint) === null && givenPort === null) return { ok: false, reason: 'no_endpoint' };
  const port = portOf(givenPort);
  if (port === null) return { ok: false, reason: 'bad_port' };
  const transport = member(row, 'transport');
  const authorities = member(row, 'acceptableClientCAs');
  const evidence: Evidence = {
    ...known({ id: textOf(member(row, 'id'), TEXT) ?? textOf(member(row, 'name'), TEXT) }),
    endpoint: { address: textOf(member(endpoint, 'address'), NAME) ?? '', port },
    ...known({
      serverName: textOf(member(row, 'serverName'), NAME),
      observedAt: textOf(member(row, 'observedAt'), TEXT),
      source: textOf(member(row, 'source'), TEXT),
      transport: transport === 'tls' || transport === 'plain' ? transport : null,
      tls: tlsOf(member(row, 'tls')),
      certificate: certificateOf(member(row, 'certificate')),
    }),
    ...(Object.hasOwn(row, 'acceptableClientCAs') && (authorities === null || Array.isArray(authorities))
      ? { acceptableClientCAs: textsOf(authorities, AUTHORITIES, TEXT) }
      : {}),
    ...known({
      requests: requestsOf(member(row, 'requests')),
      tls12: scalarsOf(member(row, 'tls12')),
      plainHttpToTlsPort: plainAnswerOf(member(row, 'plainHttpToTlsPort')),
      tlsToPlainPort: textOf(member(row, 'tlsToPlainPort'), TEXT),
    }),
  };
  return { ok: true, evidence };
}

/** 1 to 65535, as a number or as its decimal text; null for anything else. */
export function portOf(value: unknown): number | null {
  const number = typeof value === 'string' && /^[1-9]\d{0,4}$/.test(value) ? Number(value) : value;
  return integerOf(number, 1, 65535);
}

function tlsOf(value: unknown): TlsFacts | null {
  if (recordOf(value) === null) return null;
  const alpn = member(value, 'alpn');
  const chain = textsOf(member(value, 'chain'), CHAIN, CERTIFICATE);
  return known({
    version: textOf(member(value, 'version'), TEXT),
    alpn: alpn === false ? alpn : textOf(alpn, TEXT),
    cipher: textOf(member(value, 'cipher'), TEXT),
    // A hole in the chain would make another certificate the leaf: only what stands before it is kept.
    chain: chain === null ? null : chain.slice(0, chainEnd(listOf(member(value, 'chain')), chain)),
  });
}

function chainEnd(given: readonly unknown[], kept: readonly string[]): number {
  let end = 0;
  while (end < kept.length && given[end] === kept[end]) end += 1;
  return end;
}

function certificateOf(value: unknown): CertificateSummary | null {
  if (recordOf(value) === null) return null;
  return known({
    subject: textOf(member(value, 'subject'), TEXT),
    issuer: textOf(member(value, 'issuer'), TEXT),
    dnsNames: textsOf(member(value, 'dnsNames'), NAMES, NAME),
    ipAddresses: textsOf(member(value, 'ipAddresses'), NAMES, NAME),
    notBefore: textOf(member(value, 'notBefore'), TEXT),
    notAfter: textOf(member(value, 'notAfter'), TEXT),
    sha256: textOf(member(value, 'sha256'), TEXT),
  });
}

function requestsOf(value: unknown): readonly EvidenceRequest[] | null {
  if (!Array.isArray(value)) return null;
  return value.slice(0, REQUESTS).flatMap((item) => requestOf(item) ?? []);
}

function requestOf(value: unknown): EvidenceRequest | null {
  const path = textOf(member(value, 'path'), TEXT);
  if (path === null) return null;
  const response = textOf(member(value, 'response'), BODY, true);
  if (response !== null) return { path, response, ...known({ end: textOf(member(value, 'end'), TEXT) }) };
  const status = integerOf(member(value, 'status'), 100, 999);
  if (status !== null) {
    const body = textOf(member(value, 'body'), BODY, true);
    return { path, status, ...known({ headers: headersOf(member(value, 'headers')), body }) };
  }
  const error = textOf(member(value, 'error'), TEXT);
  return error === null ? null : { path, error };
}

/** Header fields: a text or a list of texts each. `rename` turns a source's spelling of a name into the wire's. */
export function headersOf(
  value: unknown,
  rename: (name: string) => string = (name) => name,
): Record<string, string | readonly string[]> | null {
  const record = recordOf(value);
  if (record === null) return null;
  const fields = Object.entries(record)
    .slice(0, HEADERS)
    .flatMap(([name, given]): [string, string | readonly string[]][] => {
      const field =
        typeof given === 'string' ? textOf(given, HEADER_VALUE, true) : textsOf(given, HEADERS, HEADER_VALUE);
      return field === null || name === '__proto__' || name.length > NAME ? [] : [[rename(name), field]];
    });
  return Object.fromEntries(fields);
}

/** Members that are texts, numbers, booleans or null: a foreign object without depth. */
function scalarsOf(value: unknown): Record<string, unknown> | null {
  const record = recordOf(value);
  if (record === null) return null;
  const scalars = Object.entries(record)
    .slice(0, HEADERS)
    .filter(([name]) => name !== '__proto__' && name.length <= NAME)
    .map(([name, given]): [string, unknown] => [name, typeof given === 'string' ? given.slice(0, BODY) : given])
    .filter(([, given]) => given === null || typeof given !== 'object');
  return Object.fromEntries(scalars);
}

function plainAnswerOf(value: unknown): { response?: string; end?: string } | null {
  if (recordOf(value) === null) return null;
  return known({ response: textOf(member(value, 'response'), BODY, true), end: textOf(member(value, 'end'), TEXT) });
}
