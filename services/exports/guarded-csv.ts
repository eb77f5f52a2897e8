// CSV as Postgres writes it, made RFC 4180 and safe for spreadsheets in one pass over the bytes, however the stream is cut.

const QUOTE = 0x22;
const COMMA = 0x2c;
const LF = 0x0a;
const CR = 0x0d;
const APOSTROPHE = 0x27;

/** The characters of formula-guard.ts as bytes; all are ASCII, so that UTF-8 needs no decoding. */
const STARTS_FORMULA = new Uint8Array(256);
for (const char of '=+-@\t\r\n\0') STARTS_FORMULA[char.charCodeAt(0)] = 1;

/**
 * Turns the CSV of a COPY into that of RFC 4180: records end with CRLF, newlines inside quotes stay, and a field of a guarded column whose
 * text would start a formula gets a leading apostrophe. Postgres quotes what needs quotes, and an apostrophe needs none. One per stream.
 */
export class GuardedCsv {
  readonly #guarded: readonly boolean[];
  #column = 0;
  #quoted = false;
  /** True where the next byte is the first of a field: before a quote, and after an opening one. */
  #fresh = true;
  #records = 0;

  /** `guarded`: for each column, whether its fields are text. */
  constructor(guarded: readonly boolean[]) {
    this.#guarded = guarded;
  }

  /** Records that have ended so far, the header included. */
  get records(): number {
    return this.#records;
  }

  next(bytes: Uint8Array): Uint8Array {
    const inserts = this.#scan(bytes);
    return inserts.length === 0 ? bytes : withInserts(bytes, inserts);
  }

  /** Where a byte is missing, ascending: a CR before a newline, an apostrophe before anything else. */
  #scan(bytes: Uint8Array): number[] {
    const inserts: number[] = [];
    let column = this.#column;
    let quoted = this.#quoted;
    let fresh = this.#fresh;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (fresh) {
        if (byte === QUOTE && !quoted) {
          quoted = true;
          continue;
        }
        fresh = false;
        // A negative position marks the apostrophe: a newline may be either the end of a record or the text's first character.
        if (STARTS_FORMULA[byte] === 1 && (quoted || byte !== LF) && this.#guarded[column]) inserts.push(-1 - at);
      }
      if (byte === QUOTE) quoted = !quoted;
      else if (quoted) continue;
      else if (byte === COMMA) {
        column++;
        fresh = true;
      } else if (byte === LF) {
        inserts.push(at);
        this.#records++;
        column = 0;
        fresh = true;
      }
    }
    this.#column = column;
    this.#quoted = quoted;
    this.#fresh = fresh;
    return inserts;
  }
}

function withInserts(bytes: Uint8Array, inserts: readonly number[]): Uint8Array {
  const out = Buffer.allocUnsafe(bytes.length + inserts.length);
  let from = 0;
  let length = 0;
  for (const insert of inserts) {
    const at = insert < 0 ? -1 - insert : insert;
    out.set(bytes.subarray(from, at), length);
    length += at - from;
    out[length++] = insert < 0 ? APOSTROPHE : CR;
    from = at;
  }
  out.set(bytes.subarray(from), length);
  return out;
}
