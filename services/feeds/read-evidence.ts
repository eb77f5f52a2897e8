// Evidence out of JSON that anybody may have written: fields of the wrong type are dropped, sizes are capped, nothing is executed or inherited.
import type { CertificateSummary, Evidence, EvidenceRequest, ParsedAnswer, TlsFacts } from './evidence.ts';
import { ignoresFields } from './ignored-fields.ts';
import { integerOf, type JsonRecord, known, listOf, member, parseJson, recordOf, textOf, textsOf } from './json.ts';

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
  /** `ignored`: fields of the wrong type or size were left out; there only when it is so. */
  | { readonly ok: true; readonly evidence: Evidence; readonly ignored?: true }
  | { readonly ok: false; readonly reason: EvidenceFault };
export type EvidenceFault = 'bad_json' | 'not_an_object' | 'no_endpoint' | 'bad_port';

/** Evidence while it is put together: absent stays absent, so that what is stored has no empty members. */
type Draft<T> = { -readonly [K in keyof T]: T[K] };

/** One line of evidence NDJSON (the contract's form, or that of the captures: `name` and `port` for `id` and `endpoint`). Never throws. */
export function parseEvidence(line: string): ReadEvidence {
  const value = parseJson(line);
  return value === undefined ? { ok: false, reason: 'bad_json' } : evidenceOf(value);
}

/** The same for a value that is already parsed. Every line of a census comes through here: it is written without intermediate objects. */
export function evidenceOf(value: unknown): ReadEvidence {
  const row = recordOf(value);
  if (row === null) return { ok: false, reason: 'not_an_object' };
  const given = recordOf(own(row, 'endpoint'));
  const givenPort = own(given ?? row, 'port') ?? null;
  if (given === null && givenPort === null) return { ok: false, reason: 'no_endpoint' };
  const port = portOf(givenPort);
  if (port === null) return { ok: false, reason: 'bad_port' };
  const endpoint = { address: (given === null ? null : textOf(own(given, 'address'), NAME)) ?? '', port };
  const id = textOf(own(row, 'id'), TEXT) ?? textOf(own(row, 'name'), TEXT);
  const evidence: Draft<Evidence> = id === null ? { endpoint } : { id, endpoint };
  const serverName = textOf(own(row, 'serverName'), NAME);
  if (serverName !== null) evidence.serverName = serverName;
  const observedAt = textOf(own(row, 'observedAt'), TEXT);
  if (observedAt !== null) evidence.observedAt = observedAt;
  const source = textOf(own(row, 'source'), TEXT);
  if (source !== null) evidence.source = source;
  const transport = own(row, 'transport');
  if (transport === 'tls' || transport === 'plain') evidence.transport = transport;
  const tls = tlsOf(own(row, 'tls'));
  if (tls !== null) evidence.tls = tls;
  const certificate = certificateOf(own(row, 'certificate'));
  if (certificate !== null) evidence.certificate = certificate;
  const authorities = own(row, 'acceptableClientCAs');
  if (authorities === null) evidence.acceptableClientCAs = null;
  else if (Array.isArray(authorities)) evidence.acceptableClientCAs = textsOf(authorities, AUTHORITIES, TEXT);
  const requests = requestsOf(own(row, 'requests'));
  if (requests !== null) evidence.requests = requests;
  const tls12 = scalarsOf(own(row, 'tls12'));
  if (tls12 !== null) evidence.tls12 = tls12;
  const plainAnswer = plainAnswerOf(own(row, 'plainHttpToTlsPort'));
  if (plainAnswer !== null) evidence.plainHttpToTlsPort = plainAnswer;
  const tlsToPlainPort = textOf(own(row, 'tlsToPlainPort'), TEXT);
  if (tlsToPlainPort !== null) evidence.tlsToPlainPort = tlsToPlainPort;
  return ignoresFields(row, evidence) ? { ok: true, evidence, ignored: true } : { ok: true, evidence };
}

/** An own member of a record, undefined when there is none: what stands on the prototype is nothing that anybody sent. */
function own(record: JsonRecord, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** 1 to 65535, as a number or as its decimal text; null for anything else. */
export function portOf(value: unknown): number | null {
  const number = typeof value === 'string' && /^[1-9]\d{0,4}$/.test(value) ? Number(value) : value;
  return integerOf(number, 1, 65535);
}

function tlsOf(value: unknown): TlsFacts | null {
  const row = recordOf(value);
  if (row === null) return null;
  const tls: Draft<TlsFacts> = {};
  const version = textOf(own(row, 'version'), TEXT);
  if (version !== null) tls.version = version;
  const givenAlpn = own(row, 'alpn');
  const alpn = givenAlpn === false ? givenAlpn : textOf(givenAlpn, TEXT);
  if (alpn !== null) tls.alpn = alpn;
  const cipher = textOf(own(row, 'cipher'), TEXT);
  if (cipher !== null) tls.cipher = cipher;
  const chain = own(row, 'chain');
  const kept = textsOf(chain, CHAIN, CERTIFICATE);
  // A hole in the chain would make another certificate the leaf: only what stands before it is kept.
  if (kept !== null) tls.chain = kept.slice(0, chainEnd(listOf(chain), kept));
  return tls;
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
  const requests: EvidenceRequest[] = [];
  for (let i = 0; i < value.length && i < REQUESTS; i++) {
    const request = requestOf(value[i]);
    if (request !== null) requests.push(request);
  }
  return requests;
}

function requestOf(value: unknown): EvidenceRequest | null {
  const row = recordOf(value);
  const path = row === null ? null : textOf(own(row, 'path'), TEXT);
  if (row === null || path === null) return null;
  const response = textOf(own(row, 'response'), BODY, true);
  if (response !== null) {
    const end = textOf(own(row, 'end'), TEXT);
    return end === null ? { path, response } : { path, response, end };
  }
  const status = integerOf(own(row, 'status'), 100, 999);
  if (status !== null) {
    const answer: Draft<ParsedAnswer> = { path, status };
    const headers = headersOf(own(row, 'headers'));
    if (headers !== null) answer.headers = headers;
    const body = textOf(own(row, 'body'), BODY, true);
    if (body !== null) answer.body = body;
    return answer;
  }
  const error = textOf(own(row, 'error'), TEXT);
  return error === null ? null : { path, error };
}

/** Header fields: a text or a list of texts each. `rename` turns a source's spelling of a name into the wire's. */
export function headersOf(
  value: unknown,
  rename: (name: string) => string = (name) => name,
): Record<string, string | readonly string[]> | null {
  const record = recordOf(value);
  if (record === null) return null;
  const fields: Record<string, string | readonly string[]> = {};
  let looked = 0;
  for (const name of Object.keys(record)) {
    if (++looked > HEADERS) break;
    const given = record[name];
    const field = typeof given === 'string' ? textOf(given, HEADER_VALUE, true) : textsOf(given, HEADERS, HEADER_VALUE);
    if (field === null || name.length > NAME) continue;
    const wire = rename(name);
    if (name !== '__proto__' && wire !== '__proto__') fields[wire] = field;
  }
  return fields;
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
