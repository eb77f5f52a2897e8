// Did reading evidence drop something? What was given is held against what was kept, so that the one place that reads says what counts.
import type { Evidence } from './evidence.ts';
import { type JsonRecord, recordOf } from './json.ts';

const FIELDS = [
  'id',
  'serverName',
  'observedAt',
  'source',
  'transport',
  'tls',
  'certificate',
  'acceptableClientCAs',
  'requests',
  'tls12',
  'plainHttpToTlsPort',
  'tlsToPlainPort',
] as const satisfies readonly (keyof Evidence)[];
const TLS_FIELDS = ['version', 'alpn', 'cipher', 'chain'];
const CERTIFICATE_FIELDS = ['subject', 'issuer', 'dnsNames', 'ipAddresses', 'notBefore', 'notAfter', 'sha256'];
const PLAIN_ANSWER_FIELDS = ['response', 'end'];
const RAW_FIELDS = ['response', 'end'];
const PARSED_FIELDS = ['status', 'headers', 'body'];

/**
 * True when a field of evidence (`given`, as parsed JSON) is of the wrong type or size, so that `kept` has none of it or less of it. null counts as
 * missing, unknown fields are nobody's business, and a body that was only cut is no fault. Pure; never throws.
 */
export function ignoresFields(given: JsonRecord, kept: Evidence): boolean {
  const read = kept as unknown as JsonRecord;
  if (drops(given, read, FIELDS)) return true;
  if (kept.tls !== undefined && drops(given['tls'], kept.tls, TLS_FIELDS)) return true;
  if (kept.certificate !== undefined && drops(given['certificate'], kept.certificate, CERTIFICATE_FIELDS)) return true;
  if (
    kept.plainHttpToTlsPort !== undefined &&
    drops(given['plainHttpToTlsPort'], kept.plainHttpToTlsPort, PLAIN_ANSWER_FIELDS)
  )
    return true;
  return dropsOfRequests(given['requests'], kept.requests ?? []);
}

function drops(given: unknown, kept: object, keys: readonly string[]): boolean {
  const record = recordOf(given);
  if (record === null) return false;
  for (const key of keys) {
    if (!Object.hasOwn(record, key)) continue;
    const value = record[key];
    if (value === null) continue;
    const read = (kept as JsonRecord)[key];
    if (read === undefined) return true;
    if (Array.isArray(value) && Array.isArray(read) && read.length < value.length) return true;
  }
  return false;
}

function dropsOfRequests(given: unknown, kept: readonly object[]): boolean {
  if (!Array.isArray(given)) return false;
  for (const [at, request] of kept.entries()) {
    const record = recordOf(given[at]);
    if (record === null) return true;
    // A raw answer says everything: what stands beside it is not read. An error is read only where there is nothing else.
    if ('response' in request) {
      if (drops(record, request, RAW_FIELDS)) return true;
    } else if ('status' in request) {
      if (drops(record, request, PARSED_FIELDS) || typeof record['response'] === 'number') return true;
    } else if (drops(record, request, PARSED_FIELDS) || drops(record, request, RAW_FIELDS.slice(0, 1))) return true;
  }
  return false;
}
