// httpx JSON lines: one request each. Form: runner.Result of httpx (runner/types.go at 01fa509), with the older meaning of `host`.
import type { EvidenceRequest } from '../evidence.ts';
import { integerOf, known, member, parseJson, recordOf, textOf } from '../json.ts';
import { headersOf } from '../read-evidence.ts';
import { isAddressText } from './certificates.ts';
import { detectLines, type FileFormat, type FormatOptions } from './format.ts';
import { gather } from './gather.ts';
import { type Row, readJsonLines } from './json-lines.ts';
import { type Facts, sightingOf } from './seen.ts';
import { handshakeOf } from './tlsx.ts';

const TEXT = 2048;
const HEAD = 64 * 1024;
const BODY = 256 * 1024;

export const HTTPX: FileFormat = {
  name: 'httpx',
  title: 'httpx JSON lines (-json; with bodies and certificates: -irr, -tls-grab)',
  kind: 'sightings',
  detect: ({ lines }) =>
    detectLines(lines, 'JSON objects with url and input of httpx', (line) => isHttpx(parseJson(line))),
  parse: (input, options) => gather(readJsonLines(input, (value, at) => rowOf(value, at, options))),
};

function isHttpx(row: unknown): boolean {
  const has = (name: string): boolean => member(row, name) !== null;
  return has('url') && has('input') && (has('status_code') || has('failed') || has('error'));
}

/** Reasons of its own: no_answer (the request failed), bad_url. */
function rowOf(row: unknown, at: string, options: FormatOptions): Row {
  if (recordOf(row) === null) return 'not_an_object';
  const status = integerOf(member(row, 'status_code'), 100, 999);
  if (member(row, 'failed') === true || status === null) return 'no_answer';
  const url = urlOf(member(row, 'url'));
  if (url === null) return 'bad_url';
  const bare = url.hostname.replace(/^\[|\]$/g, '');
  // `host` was the resolved address for years, until `host_ip` took that place.
  const address = [member(row, 'host_ip'), member(row, 'host'), bare]
    .map((value) => textOf(value, TEXT))
    .find((text) => text !== null && text !== '' && isAddressText(text));
  const seen = {
    address: address ?? null,
    name: isAddressText(bare) ? null : bare,
    port: member(row, 'port') ?? (url.port || (url.protocol === 'https:' ? 443 : 80)),
    time: member(row, 'timestamp'),
    facts: factsOf(row, url, status),
  };
  const sighting = sightingOf(seen, at, options);
  return typeof sighting === 'string' ? sighting : [sighting];
}

function urlOf(value: unknown): URL | null {
  const text = textOf(value, TEXT);
  const url = text === null ? null : URL.parse(text);
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:') ? url : null;
}

function factsOf(row: unknown, url: URL, status: number): Facts {
  const handshake = recordOf(member(row, 'tls')) === null ? {} : handshakeOf(member(row, 'tls'));
  const request = requestOf(row, url, status);
  return {
    transport: url.protocol === 'https:' ? 'tls' : 'plain',
    ...handshake,
    ...(request === null ? {} : { requests: [request] }),
  };
}

/** None for other methods than GET, and none after redirects: then the answer is another URL's, perhaps another host's. */
function requestOf(row: unknown, url: URL, status: number): EvidenceRequest | null {
  const method = textOf(member(row, 'method'), TEXT) ?? 'GET';
  const final = textOf(member(row, 'final_url'), TEXT);
  if (method !== 'GET' || (final !== null && final !== '' && URL.parse(final)?.href !== url.href)) return null;
  const path = `${url.pathname}${url.search}`;
  const given = { head: textOf(member(row, 'raw_header'), HEAD), body: textOf(member(row, 'body'), BODY, true) };
  const { head, body } = given.head !== null && !given.head.startsWith('HTTP/') ? fromBase64(given) : given;
  if (head?.startsWith('HTTP/1.') === true) return { path, response: `${head.trimEnd()}\r\n\r\n${body ?? ''}` };
  return { path, status, ...known({ headers: headersOfHttpx(row), body }) };
}

/** With -irrb head and body are base64. */
function fromBase64(given: { head: string | null; body: string | null }): { head: string | null; body: string | null } {
  const decoded = (text: string | null): string | null =>
    text === null ? null : Buffer.from(text, 'base64').toString('latin1');
  const head = decoded(given.head);
  return head?.startsWith('HTTP/') === true ? { head, body: decoded(given.body) } : { head: null, body: given.body };
}

/** Names of header fields come in lower case with underscores. Without -include-response-header a few have members of their own. */
function headersOfHttpx(row: unknown): Record<string, string | readonly string[]> | null {
  const all = headersOf(member(row, 'header'), (name) => name.replaceAll('_', '-').toLowerCase());
  if (all !== null) return all;
  const few = known({
    'content-type': textOf(member(row, 'content_type'), TEXT),
    server: textOf(member(row, 'webserver'), TEXT),
    location: textOf(member(row, 'location'), TEXT),
  });
  return Object.keys(few).length > 0 ? (few as Record<string, string>) : null;
}
