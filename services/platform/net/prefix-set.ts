// An immutable set of networks with longest-prefix lookup, built once and read for every address that is dialled.
import { type Address, compareBytes, lastBytes, type Prefix } from './address.ts';

export interface PrefixSet {
  /** How many distinct prefixes. */
  readonly size: number;
  /** Distinct prefixes, IPv4 first, then by address, the wider before the narrower. */
  readonly prefixes: readonly Prefix[];
  has(address: Address): boolean;
  /** The longest prefix that contains the address, or null. */
  find(address: Address): Prefix | null;
  /** How many IPv4 addresses the set covers; overlaps count once. */
  countIPv4(): number;
}

/** One family's line of addresses, cut where the owner changes. */
interface Segments {
  /** First address of each segment, `width` bytes each, ascending. */
  readonly starts: Uint8Array;
  /** The narrowest prefix of each segment, or null in the gaps. */
  readonly owners: readonly (Prefix | null)[];
  readonly width: 4 | 16;
}

/** Builds the set: O(n log n) once, then a lookup is one binary search. Duplicates collapse. */
export function createPrefixSet(prefixes: Iterable<Prefix>): PrefixSet {
  const distinct = [...new Map([...prefixes].map((prefix) => [prefix.text, prefix])).values()].sort(comparePrefixes);
  const four = cut(
    distinct.filter((prefix) => prefix.address.family === 4),
    4,
  );
  const six = cut(
    distinct.filter((prefix) => prefix.address.family === 6),
    16,
  );
  const find = (address: Address): Prefix | null => lookup(address.family === 4 ? four : six, address.bytes);
  return {
    size: distinct.length,
    prefixes: distinct,
    has: (address) => find(address) !== null,
    find,
    countIPv4: () => count(four),
  };
}

/** Orders by family, address, then the wider first: the order in which nested prefixes open. */
export function comparePrefixes(a: Prefix, b: Prefix): number {
  return a.address.family - b.address.family || compareBytes(a.address.bytes, b.address.bytes) || a.length - b.length;
}

/** Sweeps sorted prefixes with a stack of the open ones: CIDR blocks nest or are disjoint, they never cross. */
function cut(sorted: readonly Prefix[], width: 4 | 16): Segments {
  const starts: Uint8Array[] = [];
  const owners: (Prefix | null)[] = [];
  const open: { prefix: Prefix; last: Uint8Array }[] = [];
  const mark = (start: Uint8Array, owner: Prefix | null): void => {
    const previous = starts.at(-1);
    if (previous !== undefined && compareBytes(previous, start) === 0) owners[owners.length - 1] = owner;
    else {
      starts.push(start);
      owners.push(owner);
    }
  };
  const close = (): void => {
    const after = increment(open.pop()!.last);
    if (after !== null) mark(after, open.at(-1)?.prefix ?? null);
  };
  for (const prefix of sorted) {
    while (open.length > 0 && compareBytes(open.at(-1)!.last, prefix.address.bytes) < 0) close();
    mark(prefix.address.bytes, prefix);
    open.push({ prefix, last: lastBytes(prefix) });
  }
  while (open.length > 0) close();
  const packed = new Uint8Array(starts.length * width);
  for (const [i, start] of starts.entries()) packed.set(start, i * width);
  return { starts: packed, owners, width };
}

function lookup(segments: Segments, bytes: Uint8Array): Prefix | null {
  const { starts, owners, width } = segments;
  if (bytes.length !== width) return null;
  let low = 0;
  let high = owners.length; // the answer is the last segment that starts at or before the address
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (startsAfter(starts, middle * width, bytes)) high = middle;
    else low = middle + 1;
  }
  return low === 0 ? null : owners[low - 1]!;
}

function startsAfter(starts: Uint8Array, offset: number, bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) {
    const difference = starts[offset + i]! - bytes[i]!;
    if (difference !== 0) return difference > 0;
  }
  return false;
}

function count(segments: Segments): number {
  const view = new DataView(segments.starts.buffer);
  let total = 0;
  for (const [i, owner] of segments.owners.entries()) {
    if (owner === null) continue;
    const end = i + 1 < segments.owners.length ? view.getUint32((i + 1) * 4) : 2 ** 32;
    total += end - view.getUint32(i * 4);
  }
  return total;
}

/** The next address, or null after the last one. */
function increment(bytes: Uint8Array): Uint8Array | null {
  const next = bytes.slice();
  for (let i = next.length - 1; i >= 0; i--) {
    next[i]! = (next[i]! + 1) & 0xff;
    if (next[i] !== 0) return next;
  }
  return null;
}
