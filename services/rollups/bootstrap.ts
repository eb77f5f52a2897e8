// How far sums over a sample may lie off because things of one network come and go together: networks are drawn again and again, from a seed.
import { createCipheriv, hash } from 'node:crypto';

/** Replicates: a bound at 2.5 % rests on the 25 smallest of them, and 30,000 networks take about a second. */
export const REPLICATES = 1000;

/**
 * The Poisson bootstrap over clusters (Hanley and MacGibbon 2006; one draw per network instead of one per endpoint): in each replicate every network counts as often as
 * a Poisson variable of mean 1 says, because the number of networks in a Poisson sample is itself random. `networks` holds the counts of each
 * network in each of `measures` measures; their order matters, for the same seed and order give the same replicates. Gives a list for each
 * measure, one sum per replicate.
 */
export function poissonBootstrap(
  networks: readonly (readonly number[])[],
  measures: number,
  { seed, replicates = REPLICATES }: { readonly seed: string; readonly replicates?: number },
): { readonly sums: readonly Float64Array[] } {
  const sums = Array.from({ length: measures }, () => new Float64Array(replicates));
  const flat = Float64Array.from(networks.flatMap((counts) => counts.slice(0, measures)));
  const stream = keystream(seed);
  const nothing = Buffer.alloc(networks.length * DRAW_BYTES);
  const once = new Float64Array(measures);
  for (let replicate = 0; replicate < replicates; replicate++) {
    const draws = stream.update(nothing);
    once.fill(0);
    for (let at = 0; at < networks.length; at++) {
      const times = poissonOf(draws.readUInt32LE(at * DRAW_BYTES));
      if (times === 0) continue;
      for (let measure = 0; measure < measures; measure++)
        once[measure]! += times * (flat[at * measures + measure] as number);
    }
    for (const [measure, sum] of once.entries()) (sums[measure] as Float64Array)[replicate] = sum;
  }
  return { sums };
}

/** A draw is a uniform 32-bit number. */
const DRAW_BYTES = 4;

/** AES-128 in counter mode under a key made of the seed: the same draws on every machine. */
function keystream(seed: string): ReturnType<typeof createCipheriv> {
  const key = hash('sha256', `bootstrap\0${seed}`, 'buffer').subarray(0, 16);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16));
}

/** Below the k-th bound a uniform 32-bit number stands for k: the distribution function of a Poisson variable of mean 1. */
export const POISSON_BOUNDS: readonly number[] = Array.from({ length: 13 }, (_, k) => distribution(k) * 2 ** 32);

function distribution(k: number): number {
  let [term, sum] = [Math.exp(-1), Math.exp(-1)];
  for (let i = 1; i <= k; i++) {
    term /= i;
    sum += term;
  }
  return sum;
}

function poissonOf(draw: number): number {
  let k = 0;
  while (k < POISSON_BOUNDS.length && draw >= (POISSON_BOUNDS[k] as number)) k++;
  return k;
}

/** Mean of the squared distance from `centre`. */
export function variance(values: Float64Array, centre: number): number {
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / values.length;
}

/** The values below which `share` and 1 - `share` of them lie, by rank. */
export function middle(values: Float64Array, share: number): readonly [low: number, high: number] {
  const sorted = values.toSorted();
  const rank = Math.max(0, Math.ceil(share * sorted.length) - 1);
  return [sorted[rank] as number, sorted[sorted.length - 1 - rank] as number];
}
