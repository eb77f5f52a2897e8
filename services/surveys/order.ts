// Keyed order and keyed sampling: the same seed and the same list give the same survey, and neighbours end up far apart.
import { hash } from 'node:crypto';
import { KubecensusError } from '../platform/errors.ts';

/** Bytes of a digest that are used: the most that a double holds exactly as a whole number. */
const KEY_BYTES = 6;
/** One more than the largest order key. */
export const ORDER_RANGE = 256 ** KEY_BYTES;

/** What a manifest says of the order, so that others can repeat it. */
export const ORDER_ALGORITHM =
  'ascending first 48 bits of SHA-256(purpose NUL bytes-of-seed NUL seed key): networks in the order of "group", their targets of "order"';

/** What a hash is for. A target's place in the order must say nothing about whether it is in a sample. */
type Purpose = 'order' | 'sample' | 'group' | 'offset';

/**
 * An integer in [0, 2^48): the first six bytes, big-endian, of SHA-256 over the UTF-8 text
 * purpose NUL (bytes of the seed, decimal) NUL seed key. The length keeps ("ab", "c") and ("a", "bc") apart.
 */
export function orderKey(purpose: Purpose, seed: string, key: string): number {
  const digest = hash('sha256', `${purpose}\0${Buffer.byteLength(seed)}\0${seed}${key}`, 'buffer');
  return digest.readUIntBE(0, KEY_BYTES);
}

/** The items in the order of the seed; equal keys of 48 bits are ordered by text, so the order is total. The input is not changed. */
export function seededOrder<T>(
  items: readonly T[],
  seed: string,
  keyOf: (item: T) => string,
  purpose: Purpose = 'order',
): T[] {
  return items
    .map((item) => ({ item, key: keyOf(item) }))
    .map(({ item, key }) => ({ item, key, rank: orderKey(purpose, seed, key) }))
    .sort((a, b) => a.rank - b.rank || compareText(a.key, b.key))
    .map(({ item }) => item);
}

/**
 * Whether a target is in the sample of probability p (0 to 1). Nested: what is in the sample of 0.1 is in the sample of 0.2 of the
 * same seed. The inclusion probability of every target is p, so a Horvitz-Thompson total divides by it. Throws KC_USAGE for another p.
 */
export function sampled(seed: string, key: string, p: number): boolean {
  if (!(p >= 0 && p <= 1))
    throw new KubecensusError('KC_USAGE', `A sampling probability lies between 0 and 1, not ${p}.`);
  return orderKey('sample', seed, key) < p * ORDER_RANGE;
}

/** By code unit, never by locale: the order must be the same on every machine. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
