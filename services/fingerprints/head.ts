// The head of one HTTP answer, as far as rules ask for it: a scan that keeps the known fields and makes no text of the others.
import { isUuid } from './uuid.ts';

/** The fields that some rule looks at, in lower case. Those up to SORTED stand first, in the order in which the API machinery writes them. */
const FIELDS = [
  'audit-id',
  'cache-control',
  'content-type',
  'x-content-type-options',
  'x-kubernetes-pf-flowschema-uid',
  'x-kubernetes-pf-prioritylevel-uid',
  'access-control-allow-methods',
  'alt-svc',
  'cf-ray',
  'content-length',
  'server',
  'transfer-encoding',
  'via',
  'www-authenticate',
  'x-api-cattle-auth',
  'x-cache',
  'x-envoy-upstream-service-time',
] as const;
export type FieldName = (typeof FIELDS)[number];
export type UuidField = 'audit-id' | 'x-kubernetes-pf-flowschema-uid' | 'x-kubernetes-pf-prioritylevel-uid';

/** Go sorts what handlers set, so that these keep their order on the wire; what stands between them does not matter. */
const SORTED = 6;

/** Where each field stands in Head.values. */
export const FIELD = Object.fromEntries(FIELDS.map((name, at) => [name, at])) as {
  readonly [name in FieldName]: number;
};

export interface Head {
  /** The first value of each known field, trimmed, by FIELD; undefined where the field is absent. */
  readonly values: readonly (string | undefined)[];
  /** How many fields were read, at most MAX_HEADERS. */
  readonly count: number;
  /** For the fields that should be UUIDs, by FIELD: true when the first value is one. */
  readonly uuids: readonly boolean[];
  /** False when the fields that the API machinery sorts stand in another order. */
  readonly sorted: boolean;
}

/** Go's default head limit is 1 MiB, a real head here has fewer than 20 fields. */
export const MAX_HEADERS = 200;

/** A head while it is read. */
export class HeadReader implements Head {
  readonly values: (string | undefined)[] = ABSENT.slice();
  readonly uuids: boolean[] = NO_UUIDS.slice();
  count = 0;
  sorted = true;
  #last = -1;

  /** Takes one field; -1 for one that no rule asks for. */
  note(field: number, value: string): void {
    if (field < SORTED) {
      if (field < this.#last) this.sorted = false;
      this.#last = field;
    }
    if (this.values[field] !== undefined) return;
    this.values[field] = value;
    if (UUID_FIELDS[field] === true) this.uuids[field] = isUuid(value);
  }
}

const ABSENT: readonly undefined[] = FIELDS.map(() => undefined);
const NO_UUIDS: readonly boolean[] = FIELDS.slice(0, SORTED).map(() => false);
const UUID_FIELDS = FIELDS.map((name) => name === 'audit-id' || name.startsWith('x-kubernetes-pf-'));

const CR = 13;
const SPACE = 0x20;
const DELETE = 0x7f;

/**
 * Reads field lines from `start` on (bare LF allowed, RFC 9112 2.2) into `head`. Returns where the body starts; -1 when the empty line is missing.
 * Linear in the length of the text, whatever stands in it.
 */
export function readHead(response: string, start: number, head: HeadReader): number {
  // Searched anew only when it lies behind: a colon that never comes is looked for once, not for every line.
  let colon = -1;
  for (let at = start; at < response.length; ) {
    let lineEnd = response.indexOf('\n', at);
    if (lineEnd < 0) lineEnd = response.length;
    const textEnd = response.charCodeAt(lineEnd - 1) === CR ? lineEnd - 1 : lineEnd;
    if (textEnd <= at) return lineEnd + 1;
    if (colon < at) colon = response.indexOf(':', at);
    if (colon < 0) colon = response.length;
    if (colon > at && colon < textEnd && head.count < MAX_HEADERS) {
      head.count++;
      const field = fieldAt(response, at, colon);
      if (field >= 0) head.note(field, valueAt(response, colon + 1, textEnd));
    }
    at = lineEnd + 1;
  }
  return -1;
}

/** The value in `start..end` without the white space around it. One leading space is the usual form and saves a copy. */
function valueAt(response: string, start: number, end: number): string {
  const first = response.charCodeAt(start + 1);
  const last = response.charCodeAt(end - 1);
  const usual = end - start > 1 && response.charCodeAt(start) === SPACE && isVisible(first) && isVisible(last);
  return usual ? response.slice(start + 1, end) : response.slice(start, end).trim();
}

function isVisible(code: number): boolean {
  return code > SPACE && code < DELETE;
}

/** Known fields by the length of their names: no two of one length start alike, so that one comparison decides. */
const BY_LENGTH: readonly (readonly number[] | undefined)[] = Array.from({ length: 40 }, (_, length) => {
  const found = FIELDS.flatMap((name, at) => (name.length === length ? [at] : []));
  return found.length === 0 ? undefined : found;
});

/** The spelling of Go, and of nearly every server: "Audit-Id". */
const CANONICAL = FIELDS.map((name) => name.replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase()));

function fieldAt(response: string, start: number, end: number): number {
  const candidates = BY_LENGTH[end - start];
  if (candidates === undefined) return -1;
  for (const field of candidates) if (response.startsWith(CANONICAL[field]!, start)) return field;
  for (const field of candidates) if (isName(response, start, FIELDS[field]!)) return field;
  return -1;
}

/** The index of a field by its lower-case name, -1 for others. */
export function fieldOf(name: string): number {
  return fieldAt(name, 0, name.length);
}

/** The only other character whose lower case is an ASCII letter: U+212A, the Kelvin sign. */
const KELVIN = 0x212a;

/** True when `name` (lower case) stands at `start`, in any case. */
function isName(response: string, start: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const code = response.charCodeAt(start + i);
    const wanted = name.charCodeAt(i);
    if (code === wanted) continue;
    if (code >= 0x41 && code <= 0x5a ? code + 0x20 !== wanted : code !== KELVIN || wanted !== 0x6b) return false;
  }
  return true;
}
