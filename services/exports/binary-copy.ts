// Reads the binary form of COPY, however the stream is cut. Format: PostgreSQL's documentation of COPY, "Binary Format".

/** Signature, flags and the length of an extension that no server writes. */
const HEADER_BYTES = 11 + 4 + 4;
const INT16 = 2;
const INT32 = 4;
/** Milliseconds from 1970 to 2000, where Postgres counts from. */
const EPOCH_MS = 946_684_800_000n;
const MICROSECONDS = 1000n;

/** Takes one field: `length` bytes at `at`, or -1 for null. */
export type FieldReader = (bytes: Buffer, at: number, length: number) => void;

/** Rows of a COPY, one at a time. One per stream. */
export class BinaryCopy {
  readonly #readers: readonly FieldReader[];
  readonly #starts: Int32Array;
  readonly #lengths: Int32Array;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #header = true;

  constructor(readers: readonly FieldReader[]) {
    this.#readers = readers;
    this.#starts = new Int32Array(readers.length);
    this.#lengths = new Int32Array(readers.length);
  }

  push(bytes: Uint8Array): void {
    const rest = this.#bytes.subarray(this.#at);
    this.#bytes =
      rest.length === 0 ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) : Buffer.concat([rest, bytes]);
    this.#at = 0;
  }

  /** Hands the fields of the next whole row to the readers; its size in bytes, or 0 when there is none yet (or no more). */
  row(): number {
    const bytes = this.#bytes;
    if (this.#header) {
      if (bytes.length < HEADER_BYTES) return 0;
      this.#at = HEADER_BYTES;
      this.#header = false;
    }
    // A field count of -1 ends the rows.
    if (bytes.length - this.#at < INT16 || bytes.readInt16BE(this.#at) < 0) return 0;
    let at = this.#at + INT16;
    for (let column = 0; column < this.#readers.length; column++) {
      if (bytes.length - at < INT32) return 0;
      const length = bytes.readInt32BE(at);
      at += INT32;
      this.#starts[column] = at;
      this.#lengths[column] = length;
      if (length > 0) at += length;
    }
    if (at > bytes.length) return 0;
    for (let column = 0; column < this.#readers.length; column++)
      (this.#readers[column] as FieldReader)(bytes, this.#starts[column] as number, this.#lengths[column] as number);
    const size = at - this.#at;
    this.#at = at;
    return size;
  }
}

/** timestamptz: microseconds since 2000, as milliseconds since 1970, rounded down. */
export function millisecondsOf(bytes: Buffer, at: number): bigint {
  const microseconds = bytes.readBigInt64BE(at);
  const down = microseconds >= 0n ? microseconds / MICROSECONDS : -((MICROSECONDS - 1n - microseconds) / MICROSECONDS);
  return down + EPOCH_MS;
}

/** The bytes of a text, in the memory that they came in. */
export function textAt(bytes: Buffer, at: number, length: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + at, length);
}

/** text[] of one dimension: dimensions, a flag, the element type, then length and lower bound, then the elements. */
export function textsOf(bytes: Buffer, at: number): (Uint8Array | null)[] {
  if (bytes.readInt32BE(at) === 0) return [];
  const count = bytes.readInt32BE(at + 3 * INT32);
  const texts: (Uint8Array | null)[] = [];
  let next = at + 5 * INT32;
  for (let i = 0; i < count; i++) {
    const length = bytes.readInt32BE(next);
    next += INT32;
    texts.push(length < 0 ? null : textAt(bytes, next, length));
    if (length > 0) next += length;
  }
  return texts;
}
