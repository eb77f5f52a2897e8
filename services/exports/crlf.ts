// RFC 4180 ends records with CRLF; Postgres ends them with LF. Newlines inside quoted fields stay as they are.

const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;

/** Puts a CR before every LF that ends a record. Works on any cut of the stream into chunks. */
export async function* crlf(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let quoted = false;
  for await (const bytes of source) {
    const out = Buffer.allocUnsafe(bytes.length * 2);
    let length = 0;
    for (const byte of bytes) {
      if (byte === QUOTE) quoted = !quoted;
      else if (byte === LF && !quoted) out[length++] = CR;
      out[length++] = byte;
    }
    yield out.subarray(0, length);
  }
}
