// Where records of CSV and of NDJSON end in a stream that is cut anywhere, and the CRLF that RFC 4180 asks for there.

const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;

/** Finds the newlines that end a record: all of them in NDJSON, those outside quotes in CSV. One per stream. */
export class RecordEnds {
  readonly #quoting: boolean;
  #quoted = false;

  constructor(format: 'csv' | 'ndjson') {
    this.#quoting = format === 'csv';
  }

  /** Positions in the next bytes of the stream, ascending. */
  in(bytes: Uint8Array): number[] {
    const ends: number[] = [];
    let quote = this.#quoting ? bytes.indexOf(QUOTE) : -1;
    for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, end + 1)) {
      for (; quote !== -1 && quote < end; quote = bytes.indexOf(QUOTE, quote + 1)) this.#quoted = !this.#quoted;
      if (!this.#quoted) ends.push(end);
    }
    for (; quote !== -1; quote = bytes.indexOf(QUOTE, quote + 1)) this.#quoted = !this.#quoted;
    return ends;
  }
}

/** The bytes with a CR before the newlines at `ends`: Postgres ends records with LF alone. */
export function withCarriageReturns(bytes: Uint8Array, ends: readonly number[]): Uint8Array {
  const out = Buffer.allocUnsafe(bytes.length + ends.length);
  let from = 0;
  let length = 0;
  for (const end of ends) {
    out.set(bytes.subarray(from, end), length);
    length += end - from;
    out[length++] = CR;
    from = end;
  }
  out.set(bytes.subarray(from), length);
  return out;
}
