// The form of a head: the octets that all answers of one kind share, and the places of those that differ from one answer to the next.
import { type Answer, hasUuid, headerOf, readAnswer } from './answer.ts';
import type { UuidField } from './head.ts';
import { isUuidAt, UUID_LENGTH } from './uuid.ts';

/** What differs between two answers of one server, as Go spells the names: the time, which no rule asks for, and UUIDs. */
const CHANGING: Readonly<Record<string, UuidField | 'date'>> = {
  'Audit-Id': 'audit-id',
  'X-Kubernetes-Pf-Flowschema-Uid': 'x-kubernetes-pf-flowschema-uid',
  'X-Kubernetes-Pf-Prioritylevel-Uid': 'x-kubernetes-pf-prioritylevel-uid',
  Date: 'date',
};

const UUID_FIELDS = Object.values(CHANGING).filter((field) => field !== 'date');

/** A value that changes, `start..end` in the head. */
interface Slot {
  readonly field: UuidField | 'date';
  readonly start: number;
  readonly end: number;
}

interface Known {
  readonly rest: string;
  readonly answer: Answer;
}

/** Texts of one sample that are compared. */
const MAX_ALIKE = 16;

/** A UUID of one digit. */
const uuidOf = (digit: string): string => '8-4-4-4-12'.replace(/\d+/g, (count) => digit.repeat(Number(count)));

export class HeadForm {
  readonly path: string;
  /** How the answer ended (Answer.end). */
  readonly end: string | null;
  readonly #length: number;
  readonly #slots: readonly Slot[];
  /** What stands before each slot, and behind the last. */
  readonly #fixed: readonly string[];
  readonly #flowSchemaAt: number;
  /** By a sample of what stands behind the head: these texts are long to hash, and quick to compare. */
  readonly #answers = new Map<number, Known[]>();

  /** The form of `head`, which is everything up to the body. */
  constructor(path: string, end: string | null, head: string) {
    this.path = path;
    this.end = end;
    this.#length = head.length;
    this.#slots = slotsOf(head);
    this.#fixed = [...this.#slots.map(({ start }) => start), head.length].map((start, at) =>
      flat(head.slice(this.#slots[at - 1]?.end ?? 0, start)),
    );
    this.#flowSchemaAt = this.#slots.find(({ field }) => field === 'x-kubernetes-pf-flowschema-uid')?.start ?? -1;
  }

  /** True when `response` begins with a head of this form: then readAnswer finds in it what it finds in all others, but for the UUIDs. */
  fits(response: string): boolean {
    let at = 0;
    for (let i = 0; i < this.#slots.length; i++) {
      const { field, start, end } = this.#slots[i]!;
      if (response.slice(at, start) !== this.#fixed[i]) return false;
      if (field === 'date' ? response.indexOf('\n', start) < end : !isUuidAt(response, start)) return false;
      at = end;
    }
    return response.slice(at, this.#length) === this.#fixed[this.#slots.length];
  }

  /** The UID of the flow schema in a response that fits; null when heads of this form have none. */
  flowSchemaOf(response: string): string | null {
    return this.#flowSchemaAt < 0 ? null : response.slice(this.#flowSchemaAt, this.#flowSchemaAt + UUID_LENGTH);
  }

  /** The answer of all responses of this form with this `rest` behind the head, if it was given before. */
  known(rest: string): Answer | null {
    const alike = this.#answers.get(sampleOf(rest));
    if (alike !== undefined) for (const one of alike) if (one.rest === rest) return one.answer;
    return null;
  }

  /** The same, made. It stands for many: its UUIDs are all zeros. */
  learn(rest: string): Answer {
    const answer = this.#read('0', rest);
    const sample = sampleOf(rest);
    const alike = this.#answers.get(sample) ?? [];
    if (alike.length >= MAX_ALIKE) alike.shift();
    alike.push({ rest: flat(rest), answer });
    this.#answers.set(sample, alike);
    return answer;
  }

  /** The proof: readAnswer finds in each slot what stands there, and no UUID elsewhere. */
  isSound(rest: string): boolean {
    const answer = this.#read('1234', rest);
    return (
      UUID_FIELDS.every((field) => hasUuid(answer, field) === this.#has(field)) &&
      this.#uuidSlots('1234').every(({ field, digit }) => headerOf(answer, field) === uuidOf(digit))
    );
  }

  #has(field: UuidField): boolean {
    return this.#slots.some((slot) => slot.field === field);
  }

  #uuidSlots(digits: string): readonly { readonly field: UuidField; readonly digit: string }[] {
    return this.#slots.flatMap(({ field }, at) =>
      field === 'date' ? [] : [{ field, digit: digits[at % digits.length]! }],
    );
  }

  /** An answer of this form: a digit of `digits` makes the UUID of each slot, in turn. */
  #read(digits: string, rest: string): Answer {
    const head = this.#fixed.map((text, at) => {
      const slot = this.#slots[at];
      if (slot === undefined) return text;
      return text + (slot.field === 'date' ? '-'.repeat(slot.end - slot.start) : uuidOf(digits[at % digits.length]!));
    });
    const response = head.join('') + rest;
    return readAnswer({ path: this.path, response, ...(this.end === null ? {} : { end: this.end }) });
  }
}

/** A number that texts share which have the same length and the same characters at some places. */
function sampleOf(text: string): number {
  const step = 1 + (text.length >> 4);
  let sample = text.length;
  for (let at = 0; at < text.length; at += step) sample = (Math.imul(sample, 31) + text.charCodeAt(at)) | 0;
  return sample;
}

function slotsOf(head: string): readonly Slot[] {
  return Object.entries(CHANGING)
    .flatMap(([name, field]): Slot[] => {
      const at = head.indexOf(`\r\n${name}: `);
      if (at < 0) return [];
      const start = at + name.length + 4;
      const end = head.indexOf('\r\n', start);
      if (end <= start || (field !== 'date' && (end !== start + UUID_LENGTH || !isUuidAt(head, start)))) return [];
      return [{ field, start, end }];
    })
    .sort((a, b) => a.start - b.start);
}

/** A copy in one piece: a slice would keep the whole response alive and is slower to compare. */
function flat(text: string): string {
  return text.split('').join('');
}
