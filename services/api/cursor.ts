// Opaque cursors: where a list goes on, for which question, signed so that nobody writes his own.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { KubecensusError } from '../platform/errors.ts';

/** The sort key of the last row of a page. */
export type Place = readonly (string | number)[];

/** Bytes of the signature that are kept: 128 bits, beyond guessing. */
const SIGNATURE_BYTES = 16;
/** Longer than any that we make: the longest sort key is a stated version of 512 characters, of four bytes each. */
export const LONGEST_CURSOR = 4096;

/** Makes and reads the cursors of one installation. `secret` is its own. */
export class Cursors {
  readonly #secret: string;

  constructor(secret: string) {
    this.#secret = secret;
  }

  /** `question`: what was asked, without the cursor and the size of a page. */
  write(question: string, place: Place): string {
    const body = Buffer.from(JSON.stringify([digestOf(question), ...place]));
    return Buffer.concat([this.#sign(body), body]).toString('base64url');
  }

  /** Throws KC_API_CURSOR for a cursor that we did not write, or wrote for another question. */
  read(question: string, cursor: string): Place {
    const bytes = Buffer.from(cursor, 'base64url');
    const [signature, body] = [bytes.subarray(0, SIGNATURE_BYTES), bytes.subarray(SIGNATURE_BYTES)];
    const signed = signature.length === SIGNATURE_BYTES && timingSafeEqual(signature, this.#sign(body));
    // Other spellings of the same bytes are not ours either.
    if (!signed || bytes.toString('base64url') !== cursor) throw new KubecensusError('KC_API_CURSOR', '');
    const [asked, ...place] = JSON.parse(body.toString()) as [string, ...Place];
    if (asked !== digestOf(question))
      throw new KubecensusError('KC_API_CURSOR', 'The cursor was given for another question.');
    return place;
  }

  #sign(body: Uint8Array): Buffer {
    return createHmac('sha256', this.#secret).update(body).digest().subarray(0, SIGNATURE_BYTES);
  }
}

const digestOf = (question: string): string => createHash('sha256').update(question).digest('base64url').slice(0, 22);

/** A question as text: the path with its parameters, and the query without what only pages through it, in a fixed order. */
export function questionOf(path: string, query: Readonly<Record<string, unknown>>): string {
  const asked = Object.entries(query)
    .filter(([name, value]) => name !== 'cursor' && name !== 'limit' && value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([path, asked]);
}
