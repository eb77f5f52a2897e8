// What a sampled or stopped survey says of everything it did not look at: totals and shares with the error of a sample whose networks hold together.
import { middle, poissonBootstrap, REPLICATES, variance } from './bootstrap.ts';
import { horvitzThompson, type Interval, wilsonOf, Z95 } from './estimate.ts';

/** The headline counts of headline.ts by name. */
export const MEASURE_NAMES = [
  'certificateName',
  'versionEndpoint',
  'both',
  'onlyCertificateName',
  'onlyVersionEndpoint',
  'either',
] as const;
type Measure = (typeof MEASURE_NAMES)[number];

/** Endpoints of one network in the sample. */
export interface NetworkSample {
  readonly observed: number;
  readonly certificateName: number;
  readonly versionEndpoint: number;
  readonly both: number;
}

/** An estimated number of endpoints. */
export interface EstimatedTotal {
  readonly total: number;
  /** As if every endpoint had been drawn on its own. */
  readonly standardError: number;
  /** 95 %, from the networks; never below what was counted. */
  readonly low: number;
  readonly high: number;
  /** How many times the variance by networks is that by endpoints; null when nothing was counted. */
  readonly designEffect: number | null;
}

/** A share of the endpoints looked at, for those that were not. */
export interface EstimatedShare {
  readonly share: number;
  /** Wilson's 95 % interval, as if every endpoint had been drawn on its own. */
  readonly wilson: Interval;
  /** The same for as many endpoints as the sample is worth when networks hold together. Never narrower. */
  readonly low: number;
  readonly high: number;
  /** null where the share is 0 or 1, which has no variance to compare with. */
  readonly designEffect: number | null;
}

/** What is kept with a survey that did not look at all its candidates. In endpoints. */
export interface SampleEstimate {
  /** Probability with which each candidate was drawn; null: the survey was stopped, and its totals cannot be scaled up. */
  readonly probability: number | null;
  readonly networks: number;
  readonly replicates: number;
  readonly totals: Readonly<Record<Measure, EstimatedTotal>> | null;
  readonly shares: Readonly<Record<Measure, EstimatedShare>>;
}

/**
 * Estimates from the networks of a sample, in a fixed order. Totals are Horvitz and Thompson's, with the standard error of Poisson sampling;
 * their interval is that of the replicates of bootstrap.ts, shrunk by the root of 1 - p, the part of the variance that a sample of share p leaves. Shares get Wilson's
 * interval, and again at the sample's size divided by the design effect (Korn and Graubard 1998). null when nothing was observed.
 */
export function sampleEstimate(
  networks: readonly NetworkSample[],
  { seed, probability }: { readonly seed: string; readonly probability: number | null },
): SampleEstimate | null {
  const observed = networks.reduce((sum, one) => sum + one.observed, 0);
  if (observed === 0) return null;
  const rows = networks.map((one) => [one.observed, ...countsOf(one)]);
  const { sums } = poissonBootstrap(rows, 1 + MEASURE_NAMES.length, { seed });
  const each = <T>(of: (count: number, replicated: Float64Array) => T): Record<Measure, T> =>
    Object.fromEntries(
      MEASURE_NAMES.map((name, at) => {
        const count = rows.reduce((sum, row) => sum + (row[at + 1] as number), 0);
        return [name, of(count, sums[at + 1] as Float64Array)];
      }),
    ) as Record<Measure, T>;
  return {
    probability,
    networks: networks.length,
    replicates: REPLICATES,
    totals: probability === null ? null : each((count, replicated) => totalOf(count, replicated, probability)),
    shares: each((count, replicated) => shareOf(count, observed, replicated, sums[0] as Float64Array)),
  };
}

function countsOf({ certificateName, versionEndpoint, both }: NetworkSample): number[] {
  const counts: Record<Measure, number> = {
    certificateName,
    versionEndpoint,
    both,
    onlyCertificateName: certificateName - both,
    onlyVersionEndpoint: versionEndpoint - both,
    either: certificateName + versionEndpoint - both,
  };
  return MEASURE_NAMES.map((name) => counts[name]);
}

/** Two tails of 2.5 %. */
const TAIL = 0.025;

function totalOf(count: number, replicated: Float64Array, probability: number): EstimatedTotal {
  const { total, standardError } = horvitzThompson([{ count, probability }]);
  const left = Math.sqrt(1 - probability);
  const scaled = replicated.map((sum) => (count + left * (sum - count)) / probability);
  const [low, high] = middle(scaled, TAIL);
  return {
    total,
    standardError,
    low: Math.max(low, count),
    high: Math.max(high, count),
    designEffect: count === 0 ? null : variance(replicated, count) / count,
  };
}

function shareOf(count: number, observed: number, replicated: Float64Array, wholes: Float64Array): EstimatedShare {
  const share = count / observed;
  // Linearised at the share, so that a replicate without an endpoint needs no rule of its own.
  const residuals = replicated.map((sum, at) => (sum - share * (wholes[at] as number)) / observed);
  const alone = (share * (1 - share)) / observed;
  const designEffect = alone === 0 ? null : variance(residuals, 0) / alone;
  const [low, high] = wilsonOf(share, observed / Math.max(1, designEffect ?? 1));
  return { share, wilson: wilsonOf(share, observed), low, high, designEffect };
}

/** An estimated total beside a counted cell. */
export interface CellEstimate {
  readonly total: number;
  readonly standardError: number;
  readonly low: number;
  readonly high: number;
  readonly method: typeof CELL_METHOD;
}
export const CELL_METHOD = 'horvitz-thompson';

/**
 * The total behind one counted cell of a sampled survey. Cells are too many to be bootstrapped each: their interval is the normal one, widened by the
 * root of the design effect of the survey's headline, and never below what was counted.
 */
export function cellEstimate(count: number, probability: number, designEffect: number): CellEstimate {
  const { total, standardError } = horvitzThompson([{ count, probability }]);
  const half = Z95 * standardError * Math.sqrt(Math.max(1, designEffect));
  return { total, standardError, low: Math.max(count, total - half), high: total + half, method: CELL_METHOD };
}

/** The design effect that cells of a survey are widened by: the largest of its headline counts, 1 where there is none. */
export function widestEffect({ totals }: Pick<SampleEstimate, 'totals'>): number {
  return Math.max(1, ...Object.values(totals ?? {}).map((total) => total.designEffect ?? 1));
}
