// The binary COPY between Postgres and Parquet: the same rows however the stream is cut, and so the same file.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as fc from 'fast-check';
import { BinaryCopy, millisecondsOf, textAt, textsOf } from '../../services/exports/binary-copy.ts';
import { column } from '../../services/exports/column.ts';
import { parquetEncoder } from '../../services/exports/parquet.ts';

type Cell = Buffer | null;

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const int64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
};

/** A stream as the server sends it: signature, flags, no extension, the rows, the end. */
function copied(rows: readonly (readonly Cell[])[]): Buffer {
  const parts: Buffer[] = [Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), int32(0), int32(0)];
  for (const row of rows) {
    parts.push(Buffer.from([0, row.length]));
    for (const cell of row) parts.push(int32(cell === null ? -1 : cell.length), cell ?? Buffer.alloc(0));
  }
  return Buffer.concat([...parts, Buffer.from([0xff, 0xff])]);
}

function* cut(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  let rest = bytes;
  for (const size of sizes) {
    yield rest.subarray(0, size);
    rest = rest.subarray(size);
  }
  yield rest;
}

const CELL = fc.option(fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)));
const ROWS = fc.array(fc.tuple(CELL, CELL, CELL), { maxLength: 20 });
const CUTS = fc.array(fc.nat(40));

it('rows are read whole, once and in order, however the stream is cut', () => {
  fc.assert(
    fc.property(ROWS, CUTS, (rows, cuts) => {
      const read: Cell[][] = [];
      const into = (index: number) => (bytes: Buffer, at: number, length: number) => {
        if (index === 0) read.push([]);
        read.at(-1)?.push(length < 0 ? null : Buffer.from(textAt(bytes, at, length)));
      };
      const copy = new BinaryCopy([into(0), into(1), into(2)]);
      for (const chunk of cut(copied(rows), cuts)) {
        copy.push(chunk);
        while (copy.row() > 0);
      }
      assert.deepEqual(read, rows);
    }),
  );
});

it('the same rows are the same file, however the stream is cut', async () => {
  const columns = [column('a', 'text', '', ''), column('b', 'text', '', ''), column('c', 'text', '', '')];
  const file = async (chunks: Iterable<Buffer>): Promise<Buffer> => {
    const parts: Uint8Array[] = [];
    const source = async function* () {
      yield* chunks;
    };
    for await (const bytes of parquetEncoder(columns, { a: 'b' }).encode(source())) parts.push(bytes);
    return Buffer.concat(parts);
  };
  await fc.assert(
    fc.asyncProperty(ROWS, CUTS, async (rows, cuts) => {
      const bytes = copied(rows);
      assert.deepEqual(await file(cut(bytes, cuts)), await file([bytes]));
    }),
    { numRuns: 30 },
  );
});

it('times before 2000 and before 1970 are rounded down to milliseconds', () => {
  const since2000 = (iso: string, microseconds: bigint): bigint =>
    (BigInt(Date.parse(iso)) - 946_684_800_000n) * 1000n + microseconds;
  for (const [iso, microseconds, expected] of [
    ['2026-11-24T12:00:00.123Z', 999n, '2026-11-24T12:00:00.123Z'],
    ['1999-12-31T23:59:59.999Z', 1n, '1999-12-31T23:59:59.999Z'],
    ['1969-12-31T23:59:59.998Z', 999n, '1969-12-31T23:59:59.998Z'],
    ['0001-01-01T00:00:00.000Z', 0n, '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', 999n, '9999-12-31T23:59:59.999Z'],
  ] as const)
    assert.equal(new Date(Number(millisecondsOf(int64(since2000(iso, microseconds)), 0))).toISOString(), expected);
});

it('lists hold their texts, empty ones and missing ones', () => {
  const list = (texts: readonly (string | null)[]): Buffer =>
    Buffer.concat([
      ...[1, 0, 25, texts.length, 1].map(int32),
      ...texts.flatMap((text) => [int32(text === null ? -1 : Buffer.byteLength(text)), Buffer.from(text ?? '')]),
    ]);
  const read = (bytes: Buffer) =>
    textsOf(bytes, 0).map((text) => (text === null ? null : Buffer.from(text).toString()));
  assert.deepEqual(read(list(['a', '', null, 'ü'])), ['a', '', null, 'ü']);
  assert.deepEqual(read(Buffer.concat([0, 0, 25].map(int32))), []);
});
