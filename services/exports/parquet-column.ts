// Columns of a Parquet row group while its rows arrive: values as hyparquet-writer takes them, and their schema.
import type { SchemaElement } from 'hyparquet-writer';
import { type FieldReader, millisecondsOf, textAt, textsOf } from './binary-copy.ts';
import type { Column, ColumnType } from './column.ts';

export interface ParquetColumn {
  readonly name: string;
  readonly read: FieldReader;
  /** Whether readers skip groups by its least and greatest value. Rows stand in no order of their texts, so that those would tell nothing. */
  readonly ordered: boolean;
  /** Of the rows since the last call. */
  take(): unknown[];
}

export function parquetColumn({ name, type }: Column): ParquetColumn {
  let values: unknown[] = [];
  const decode = remembered(DECODE[type]);
  return {
    name,
    ordered: type !== 'text' && type !== 'texts',
    read: (bytes, at, length) => void values.push(length < 0 ? null : decode(bytes, at, length)),
    take: () => {
      const taken = values;
      values = [];
      return taken;
    },
  };
}

type Decode = (bytes: Buffer, at: number, length: number) => unknown;

/** How the binary field of each type is read. Text stays the bytes that it is: decoded it would only be encoded again. */
const DECODE: Readonly<Record<ColumnType, Decode>> = {
  text: textAt,
  integer: (bytes, at) => bytes.readBigInt64BE(at),
  number: (bytes, at) => bytes.readDoubleBE(at),
  boolean: (bytes, at) => bytes[at] === 1,
  timestamp: millisecondsOf,
  texts: textsOf,
};

/** Values of one column that are remembered, a power of two: words of ours, versions, ports and times come again and again. */
const SLOTS = 1024;
/** Longer fields are certificates' and seldom come twice. */
const LONGEST = 64;
/** Looks after which a column whose values do not come again is remembered no more: its digests and addresses are all different. */
const TRIAL = 4 * SLOTS;

/** Values that came before are found by their bytes: making them anew costs more, and so does every later look at a new one. */
function remembered(decode: Decode): Decode {
  const values = new Array<unknown>(SLOTS);
  const known = new Uint8Array(SLOTS * LONGEST);
  const lengths = new Int32Array(SLOTS).fill(-1);
  let last = 0;
  let looks = 0;
  let hits = 0;
  const isAt = (slot: number, bytes: Buffer, at: number, length: number): boolean => {
    if (lengths[slot] !== length) return false;
    const start = slot * LONGEST;
    let i = 0;
    while (i < length && known[start + i] === bytes[at + i]) i++;
    return i === length;
  };
  return (bytes, at, length) => {
    if (length > LONGEST || (looks >= TRIAL && hits * 2 < looks)) return decode(bytes, at, length);
    looks++;
    if (isAt(last, bytes, at, length)) {
      hits++;
      return values[last];
    }
    let hash = length;
    for (let i = at; i < at + length; i++) hash = (Math.imul(hash, 31) + (bytes[i] as number)) | 0;
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    last = slot;
    if (isAt(slot, bytes, at, length)) {
      hits++;
      return values[slot];
    }
    // Of a copy: what is remembered must not keep the whole chunk.
    values[slot] = decode(Buffer.from(bytes.subarray(at, at + length)), 0, length);
    known.set(bytes.subarray(at, at + length), slot * LONGEST);
    lengths[slot] = length;
    return values[slot];
  };
}

const OPTIONAL = { repetition_type: 'OPTIONAL' } as const;
const TEXT = { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } } as const;

/** The column in a Parquet schema: each may be empty; texts are a LIST, times are UTC in milliseconds. */
export function schemaOf({ name, type }: Column): SchemaElement[] {
  if (type !== 'texts') return [{ name, ...OPTIONAL, ...PHYSICAL[type] }];
  return [
    { name, ...OPTIONAL, converted_type: 'LIST', logical_type: { type: 'LIST' }, num_children: 1 },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', ...OPTIONAL, ...TEXT },
  ];
}

const PHYSICAL: Readonly<Record<Exclude<ColumnType, 'texts'>, Omit<SchemaElement, 'name'>>> = {
  text: TEXT,
  integer: { type: 'INT64' },
  number: { type: 'DOUBLE' },
  boolean: { type: 'BOOLEAN' },
  timestamp: {
    type: 'INT64',
    converted_type: 'TIMESTAMP_MILLIS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
  },
};
