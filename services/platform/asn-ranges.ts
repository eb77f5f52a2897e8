// AS numbers by address range, from ip-location-db's CSV files, packed into typed arrays: half a million ranges in about 9 MB.
import { readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import type { Address } from './net/address.ts';

export interface AsnFacts {
  readonly asn: number;
  readonly organisation: string | null;
}

export interface AsnRanges {
  /** How many ranges, both families. */
  readonly size: number;
  find(address: Address): AsnFacts | null;
}

/** One family's inclusive ranges, ascending by first address. */
interface Ranges {
  readonly width: 4 | 16;
  /** Bounds as bytes in network order, `width` each, so that an address is compared without arithmetic. */
  readonly firsts: Uint8Array;
  readonly lasts: Uint8Array;
  readonly asns: Uint32Array;
}

/** Rows parsed between two turns of the event loop: a few milliseconds, so that a service that loads its data still answers. */
const ROWS_PER_TURN = 20_000;
const NEWLINE = 10;
const LAST_ASN = 0xffff_ffff;
const LAST_IPV4 = 0xffff_ffff;
const LAST_IPV6 = 2n ** 128n - 1n;
const LOW_HALF = 2n ** 64n - 1n;

/**
 * Reads the two files "first,last,asn,organisation" with numeric bounds. Throws when a row has another shape or the rows are not
 * ascending: half a table would be worse than none.
 */
export async function readAsnRanges(fourPath: string, sixPath: string): Promise<AsnRanges> {
  const names = new Map<number, string>();
  const four = await readRanges(fourPath, 4, names);
  const six = await readRanges(sixPath, 16, names);
  return {
    size: four.asns.length + six.asns.length,
    find: (address) => {
      const asn = findAsn(address.family === 4 ? four : six, address.bytes);
      return asn === null ? null : { asn, organisation: names.get(asn) ?? null };
    },
  };
}

async function readRanges(path: string, width: 4 | 16, names: Map<number, string>): Promise<Ranges> {
  const bytes = await readFile(path);
  const rows = countRows(bytes);
  const text = bytes.toString('utf8');
  const ranges = {
    width,
    firsts: new Uint8Array(rows * width),
    lasts: new Uint8Array(rows * width),
    asns: new Uint32Array(rows),
  };
  const write = [boundWriter(ranges.firsts, width), boundWriter(ranges.lasts, width)] as const;
  let position = 0;
  for (let row = 0; row < rows; row++) {
    const first = text.indexOf(',', position);
    const last = text.indexOf(',', first + 1);
    const asn = text.indexOf(',', last + 1);
    const end = text.indexOf('\n', position);
    const stop = end === -1 ? text.length : end;
    if (first === -1 || last === -1 || asn === -1 || asn > stop)
      throw new Error(`${path}: row ${row + 1} has no four fields`);
    write[0](row, text.slice(position, first));
    write[1](row, text.slice(first + 1, last));
    if (row > 0 && compareAt(ranges.firsts, row * width, ranges.firsts, (row - 1) * width, width) < 0) {
      throw new Error(`${path}: row ${row + 1} is out of order`);
    }
    if (compareAt(ranges.lasts, row * width, ranges.firsts, row * width, width) < 0)
      throw new Error(`${path}: row ${row + 1} ends before it starts`);
    const number = readWhole(text.slice(last + 1, asn), LAST_ASN);
    ranges.asns[row] = number;
    if (!names.has(number)) names.set(number, unquote(text.slice(asn + 1, stop)));
    position = stop + 1;
    if (row % ROWS_PER_TURN === ROWS_PER_TURN - 1) await setImmediate();
  }
  return ranges;
}

function countRows(bytes: Uint8Array): number {
  let rows = bytes.length > 0 && bytes.at(-1) !== NEWLINE ? 1 : 0; // the last row may lack its newline
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) rows++;
  return rows;
}

/** Writes a decimal bound into a row; throws for text that is no number or too large. */
function boundWriter(target: Uint8Array, width: 4 | 16): (row: number, digits: string) => void {
  const view = new DataView(target.buffer);
  if (width === 4) return (row, digits) => view.setUint32(row * 4, readWhole(digits, LAST_IPV4));
  return (row, digits) => {
    const value = /^[0-9]+$/.test(digits) ? BigInt(digits) : -1n;
    if (value < 0n || value > LAST_IPV6) throw new Error(`${JSON.stringify(digits)} is no IPv6 bound`);
    view.setBigUint64(row * 16, value >> 64n);
    view.setBigUint64(row * 16 + 8, value & LOW_HALF);
  };
}

function readWhole(digits: string, most: number): number {
  const value = /^[0-9]+$/.test(digits) ? Number(digits) : Number.NaN;
  if (!(value <= most)) throw new Error(`${JSON.stringify(digits)} is no whole number up to ${most}`);
  return value;
}

/** The last range that starts at or before the address, if it also reaches it. */
function findAsn(ranges: Ranges, address: Uint8Array): number | null {
  const { width, firsts, lasts, asns } = ranges;
  let low = 0;
  let high = asns.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareAt(firsts, middle * width, address, 0, width) > 0) high = middle;
    else low = middle + 1;
  }
  if (low === 0 || compareAt(lasts, (low - 1) * width, address, 0, width) < 0) return null;
  return asns[low - 1]!;
}

function compareAt(a: Uint8Array, aOffset: number, b: Uint8Array, bOffset: number, width: number): number {
  for (let i = 0; i < width; i++) {
    const difference = a[aOffset + i]! - b[bOffset + i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

function unquote(field: string): string {
  const text = field.endsWith('\r') ? field.slice(0, -1) : field;
  return text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text;
}
