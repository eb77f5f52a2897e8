// One HTTP answer as evidence holds it, raw or already parsed, read into one shape.
import type { EvidenceRequest } from '../feeds/evidence.ts';
import {
  FIELD,
  type FieldName,
  fieldOf,
  type Head,
  HeadReader,
  MAX_HEADERS,
  readHead,
  type UuidField,
} from './head.ts';

export interface Answer {
  readonly path: string;
  /** null: no status line was read. */
  readonly status: number | null;
  /** null when the evidence has no head (an engine gave the body only). */
  readonly head: Head | null;
  /** True when the head is known to have been given whole, so that a field that is not in it was not sent. Some engines give a few fields only. */
  readonly headWhole: boolean;
  /** De-chunked; one code unit per octet when raw. null: no answer was read. */
  readonly body: string | null;
  /** True when body is octet by octet what the server sent, to its end. */
  readonly whole: boolean;
  /** Why there is no answer, or how it ended: 'closed', 'timeout', an error code; null when not said. */
  readonly end: string | null;
}

/** Real answers to the public paths are below 4 kB, a whole /metrics some 200 kB: what is longer is not judged further. */
export const MAX_RESPONSE_LENGTH = 1 << 20;
/** 1xx heads that may stand before the answer. */
export const MAX_INTERIM = 8;

/** Reads one request of the evidence. Never throws; wrong types count as missing. Raw heads follow RFC 9112 leniently (bare LF allowed). */
export function readAnswer(request: EvidenceRequest): Answer {
  const given = request as {
    readonly [key in 'path' | 'end' | 'error' | 'response' | 'status' | 'headers' | 'body']?: unknown;
  };
  const path = typeof given.path === 'string' ? given.path : '';
  const end = typeof given.end === 'string' ? given.end : typeof given.error === 'string' ? given.error : null;
  if (typeof given.response === 'string') return readRaw(path, cut(given.response), end);
  if (typeof given.status === 'number') return readParsed(path, given.status, given.headers, given.body, end);
  return noAnswer(path, end);
}

/** The first value of a field; undefined when it is absent or the head was not seen. */
export function headerOf(answer: Answer, name: FieldName): string | undefined {
  return answer.head === null ? undefined : answer.head.values[FIELD[name]];
}

/** `answers.some(test)`, without a call of the library for each of the rules that ask. */
export function someAnswer(answers: readonly Answer[], test: (answer: Answer) => boolean): boolean {
  for (const answer of answers) if (test(answer)) return true;
  return false;
}

/** True when the field is there and its first value is a UUID. */
export function hasUuid(answer: Answer, name: UuidField): boolean {
  return answer.head?.uuids[FIELD[name]] === true;
}

function noAnswer(path: string, end: string | null): Answer {
  return { path, status: null, head: null, headWhole: false, body: null, whole: false, end };
}

function cut(text: string): string {
  return text.length > MAX_RESPONSE_LENGTH ? text.slice(0, MAX_RESPONSE_LENGTH) : text;
}

function readParsed(path: string, status: number, headers: unknown, given: unknown, end: string | null): Answer {
  const head = typeof headers === 'object' && headers !== null ? parsedHead(headers) : null;
  const body = typeof given === 'string' ? cut(given) : null;
  // An engine may have decoded, trimmed or re-serialised the body: it is never called whole.
  return { path, status, head, headWhole: statesLength(head), body, whole: false, end };
}

/** Who gives a list of fields gives this one, too: every Go server sends it. Who picks fields picks others. */
function statesLength(head: Head | null): boolean {
  return head?.values[FIELD['content-length']] !== undefined || head?.values[FIELD['transfer-encoding']] !== undefined;
}

function parsedHead(headers: object): Head {
  const head = new HeadReader();
  for (const [name, value] of Object.entries(headers)) {
    // zgrab2 writes header names in snake case.
    const field = fieldOf(name.replaceAll('_', '-'));
    for (const one of Array.isArray(value) ? value : [value]) {
      if (typeof one !== 'string' || head.count >= MAX_HEADERS) continue;
      head.count++;
      if (field >= 0) head.note(field, one);
    }
  }
  return head;
}

function readRaw(path: string, response: string, end: string | null): Answer {
  let at = 0;
  for (let heads = 0; heads <= MAX_INTERIM; heads++) {
    const lineEnd = response.indexOf('\n', at);
    const status = lineEnd < 0 ? -1 : readStatus(response, at, lineEnd);
    if (status < 0) break;
    const head = new HeadReader();
    const bodyStart = readHead(response, lineEnd + 1, head);
    if (status >= 100 && status < 200 && bodyStart >= 0 && bodyStart < response.length) {
      at = bodyStart;
      continue;
    }
    // A head that never ended is no answer: what was asked stays unobserved.
    if (bodyStart < 0) break;
    return readBody(path, status, head, response, bodyStart, end);
  }
  return noAnswer(path, end);
}

const STATUS_LINE = /^HTTP\/\d(?:\.\d)? (\d{3})(?: |$)/;
const USUAL_STATUS = 'HTTP/1.1 ';

/** The status of the line at `start`, which ends before `lineEnd`; -1 when it is no status line. */
function readStatus(response: string, start: number, lineEnd: number): number {
  const at = start + USUAL_STATUS.length;
  if (response.startsWith(USUAL_STATUS, start) && response.charCodeAt(at + 3) === 0x20 && at + 3 < lineEnd) {
    const status = digitAt(response, at) * 100 + digitAt(response, at + 1) * 10 + digitAt(response, at + 2);
    if (!Number.isNaN(status)) return status;
  }
  const status = STATUS_LINE.exec(response.slice(start, lineEnd).trimEnd())?.[1];
  return status === undefined ? -1 : Number(status);
}

/** The decimal digit at `at`, else NaN. */
function digitAt(text: string, at: number): number {
  const digit = text.charCodeAt(at) - 0x30;
  return digit >= 0 && digit <= 9 ? digit : Number.NaN;
}

function readBody(
  path: string,
  status: number,
  head: Head,
  response: string,
  start: number,
  end: string | null,
): Answer {
  const coding = head.values[FIELD['transfer-encoding']];
  if (coding !== undefined && /\bchunked\b/i.test(coding)) {
    return { path, status, head, headWhole: true, ...readChunks(response.slice(start)), end };
  }
  const length = head.values[FIELD['content-length']];
  if (length !== undefined && /^\d{1,9}$/.test(length)) {
    const stated = Number(length);
    const body = response.slice(start, start + stated);
    return { path, status, head, headWhole: true, body, whole: body.length === stated, end };
  }
  const whole = end === 'closed' || end === 'complete';
  return { path, status, head, headWhole: true, body: response.slice(start), whole, end };
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
