// One HTTP answer as evidence holds it, raw or already parsed, read into one shape.
import type { EvidenceRequest } from '../feeds/evidence.ts';

export interface Header {
  /** As the server wrote it: case and order are evidence. */
  readonly name: string;
  readonly value: string;
}

export interface Answer {
  readonly path: string;
  /** null: no status line was read. */
  readonly status: number | null;
  /** In the order of the server; null when the evidence has no head (an engine gave the body only). */
  readonly headers: readonly Header[] | null;
  /** Lower-case name -> first value; null as above. */
  readonly first: ReadonlyMap<string, string> | null;
  /** De-chunked; one code unit per octet when raw. null: no answer was read. */
  readonly body: string | null;
  /** True when body is octet by octet what the server sent, to its end. */
  readonly whole: boolean;
  /** Why there is no answer, or how it ended: 'closed', 'timeout', an error code; null when not said. */
  readonly end: string | null;
}

/** Real answers to the public paths are below 4 kB, a whole /metrics some 200 kB: what is longer is not judged further. */
export const MAX_RESPONSE_LENGTH = 1 << 20;
/** Go's default head limit is 1 MiB, a real head here has fewer than 20 fields. */
export const MAX_HEADERS = 200;
/** 1xx heads that may stand before the answer. */
export const MAX_INTERIM = 8;

const NO_ANSWER = { status: null, headers: null, first: null, body: null, whole: false } as const;

/** Reads one request of the evidence. Never throws; wrong types count as missing. Raw heads follow RFC 9112 leniently (bare LF allowed). */
export function readAnswer(request: EvidenceRequest): Answer {
  const given = request as unknown as Readonly<Record<string, unknown>>;
  const path = typeof given['path'] === 'string' ? given['path'] : '';
  const end =
    typeof given['end'] === 'string' ? given['end'] : typeof given['error'] === 'string' ? given['error'] : null;
  if (typeof given['response'] === 'string') return readRaw(path, given['response'].slice(0, MAX_RESPONSE_LENGTH), end);
  if (typeof given['status'] === 'number')
    return readParsed(path, given['status'], given['headers'], given['body'], end);
  return { path, end, ...NO_ANSWER };
}

/** The first value of a header, by lower-case name; undefined when it is absent or the head was not seen. */
export function headerOf(answer: Answer, lowerCaseName: string): string | undefined {
  return answer.first?.get(lowerCaseName);
}

function readParsed(path: string, status: number, headers: unknown, body: unknown, end: string | null): Answer {
  const list = typeof headers === 'object' && headers !== null ? headerList(headers) : null;
  const text = typeof body === 'string' ? body.slice(0, MAX_RESPONSE_LENGTH) : null;
  // An engine may have decoded, trimmed or re-serialised the body: it is never called whole.
  return { path, status, headers: list, first: list === null ? null : index(list), body: text, whole: false, end };
}

function headerList(headers: object): readonly Header[] {
  const list: Header[] = [];
  for (const [name, value] of Object.entries(headers)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      // zgrab2 writes header names in snake case.
      if (typeof one === 'string' && list.length < MAX_HEADERS)
        list.push({ name: name.replaceAll('_', '-'), value: one });
    }
  }
  return list;
}

const STATUS_LINE = /^HTTP\/\d(?:\.\d)? (\d{3})(?: |$)/;

function readRaw(path: string, response: string, end: string | null): Answer {
  let at = 0;
  for (let heads = 0; heads <= MAX_INTERIM; heads++) {
    const lineEnd = response.indexOf('\n', at);
    const line = (lineEnd < 0 ? response.slice(at, at + 256) : response.slice(at, lineEnd)).trimEnd();
    const status = STATUS_LINE.exec(line)?.[1];
    if (status === undefined || lineEnd < 0) return { path, end, ...NO_ANSWER };
    const head = readHead(response, lineEnd + 1);
    if (status.startsWith('1') && head.end < response.length) {
      at = head.end;
      continue;
    }
    // A head that never ended is no answer: what was asked stays unobserved.
    if (!head.closed) return { path, end, ...NO_ANSWER };
    const first = index(head.headers);
    return { path, status: Number(status), headers: head.headers, first, end, ...readBody(response, head, first, end) };
  }
  return { path, end, ...NO_ANSWER };
}

interface Head {
  readonly headers: readonly Header[];
  /** Where the body starts. */
  readonly end: number;
  /** False when the empty line is missing. */
  readonly closed: boolean;
}

function readHead(response: string, start: number): Head {
  const headers: Header[] = [];
  for (let at = start; at < response.length; ) {
    let lineEnd = response.indexOf('\n', at);
    if (lineEnd < 0) lineEnd = response.length;
    const textEnd = response.charCodeAt(lineEnd - 1) === 13 ? lineEnd - 1 : lineEnd;
    if (textEnd <= at) return { headers, end: lineEnd + 1, closed: true };
    // Cut before searching: a search for a colon that never comes would read to the end of the response for every line.
    const line = response.slice(at, textEnd);
    const colon = line.indexOf(':');
    if (colon > 0 && headers.length < MAX_HEADERS) {
      headers.push({ name: line.slice(0, colon), value: line.slice(colon + 1).trim() });
    }
    at = lineEnd + 1;
  }
  return { headers, end: response.length, closed: false };
}

function readBody(
  response: string,
  head: Head,
  first: ReadonlyMap<string, string>,
  end: string | null,
): { body: string; whole: boolean } {
  const rest = response.slice(head.end, head.end + MAX_RESPONSE_LENGTH);
  if (/\bchunked\b/i.test(first.get('transfer-encoding') ?? '')) return readChunks(rest);
  const length = first.get('content-length');
  if (length !== undefined && /^\d{1,9}$/.test(length)) {
    const stated = Number(length);
    return { body: rest.slice(0, stated), whole: rest.length >= stated };
  }
  return { body: rest, whole: end === 'closed' || end === 'complete' };
}

/** RFC 9112 7.1, trailers ignored; what follows a broken chunk is dropped. */
function readChunks(text: string): { body: string; whole: boolean } {
  const parts: string[] = [];
  for (let at = 0; ; ) {
    const lineEnd = text.indexOf('\n', at);
    if (lineEnd < 0) break;
    const size = /^([0-9a-fA-F]{1,7})(?:[ \t]*(?:;.*)?)?\r?$/.exec(text.slice(at, Math.min(lineEnd, at + 128)))?.[1];
    if (size === undefined) break;
    const length = Number.parseInt(size, 16);
    if (length === 0) return { body: parts.join(''), whole: true };
    const start = lineEnd + 1;
    parts.push(text.slice(start, start + length));
    at = start + length;
    if (at > text.length) break;
    if (text.startsWith('\r\n', at)) at += 2;
    else if (text.startsWith('\n', at)) at += 1;
    else break;
  }
  return { body: parts.join(''), whole: false };
}

function index(headers: readonly Header[]): ReadonlyMap<string, string> {
  const first = new Map<string, string>();
  for (const { name, value } of headers) {
    const key = name.toLowerCase();
    if (!first.has(key)) first.set(key, value);
  }
  return first;
}
