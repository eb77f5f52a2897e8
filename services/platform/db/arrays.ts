// Arrays as parameters in Postgres' binary form: the driver's text form quotes and escapes every element, which the server then undoes.

/** Type numbers of pg_type.dat, which PostgreSQL never changes. */
const TEXT = 25;
const JSONB = 3802;
const INT4 = 23;
const INT8 = 20;
const TIMESTAMPTZ = 1184;

/** Dimensions, whether there are nulls, type of the elements, elements, lower bound. */
const HEAD_BYTES = 20;
const LENGTH_BYTES = 4;
const NULL_LENGTH = -1;
/** The only version of jsonb's binary form; JSON text follows. */
const JSONB_VERSION = 1;
/** 2000-01-01T00:00:00Z, from which timestamps count microseconds. */
const EPOCH_MS = 946_684_800_000;

/** For `${textArray(values)}::text[]`. Texts must be storable (no NUL). */
export function textArray(values: readonly (string | null)[]): Buffer {
  return texts(TEXT, values, null);
}

/** For `${jsonbArray(values)}::jsonb[]`, of JSON texts. */
export function jsonbArray(values: readonly string[]): Buffer {
  return texts(JSONB, values, JSONB_VERSION);
}

/** For `${int4Array(values)}::int[]`. */
export function int4Array(values: readonly (number | null)[]): Buffer {
  return fixed(INT4, 4, values, (array, value, at) => array.writeInt32BE(value, at));
}

/** For `${int8Array(values)}::bigint[]`, of safe integers. */
export function int8Array(values: readonly (number | null)[]): Buffer {
  return fixed(INT8, 8, values, writeInt8);
}

/** For `${timestamptzArray(values)}::timestamptz[]`, of milliseconds since 1970. */
export function timestamptzArray(values: readonly (number | null)[]): Buffer {
  return fixed(TIMESTAMPTZ, 8, values, (array, value, at) => writeInt8(array, (value - EPOCH_MS) * 1000, at));
}

function texts(type: number, values: readonly (string | null)[], version: number | null): Buffer {
  let room = HEAD_BYTES;
  for (const value of values) room += LENGTH_BYTES + 1 + (value === null ? 0 : Buffer.byteLength(value));
  const array = Buffer.allocUnsafe(room);
  let at = head(array, type, values.length);
  for (const value of values) {
    const start = at + LENGTH_BYTES;
    let end = start;
    if (value !== null) {
      if (version !== null) end = array.writeUInt8(version, end);
      end += array.write(value, end);
    }
    array.writeInt32BE(value === null ? NULL_LENGTH : end - start, at);
    at = end;
  }
  return array.subarray(0, at);
}

function fixed(
  type: number,
  size: number,
  values: readonly (number | null)[],
  write: (array: Buffer, value: number, at: number) => void,
): Buffer {
  const array = Buffer.allocUnsafe(HEAD_BYTES + values.length * (LENGTH_BYTES + size));
  let at = head(array, type, values.length);
  for (const value of values) {
    at = array.writeInt32BE(value === null ? NULL_LENGTH : size, at);
    if (value === null) continue;
    write(array, value, at);
    at += size;
  }
  return array.subarray(0, at);
}

/** An array without elements has no dimension. Returns where the elements begin. */
function head(array: Buffer, type: number, length: number): number {
  array.writeInt32BE(length === 0 ? 0 : 1, 0);
  array.writeInt32BE(1, 4);
  array.writeInt32BE(type, 8);
  if (length === 0) return HEAD_BYTES - 8;
  array.writeInt32BE(length, 12);
  array.writeInt32BE(1, 16);
  return HEAD_BYTES;
}

/** Two halves, since a bigint for every element is garbage. */
function writeInt8(array: Buffer, value: number, at: number): void {
  array.writeInt32BE(Math.floor(value / 2 ** 32), at);
  array.writeUInt32BE(((value % 2 ** 32) + 2 ** 32) % 2 ** 32, at + 4);
}
