// Estimates of what was not seen, and the error of what was sampled: textbook formulas, each with its condition of use.

/** A closed interval in the unit of its estimate. */
export type Interval = readonly [low: number, high: number];

/** Two-sided 95 % of the normal distribution. */
export const Z95 = 1.959963984540054;

/** Fewest endpoints that both lists must hold before a capture-recapture number is published (rule of thumb by Robson and Regier, 1964). */
export const SMALLEST_OVERLAP = 7;

/**
 * Wilson's score interval of a proportion (Wilson 1927): sound for small n and near 0 and 1. For samples only: a census of known
 * targets has no sampling error. `successes` and `trials` are counts, 0 <= successes <= trials, trials >= 1.
 */
export function wilson(successes: number, trials: number, z: number = Z95): Interval {
  requireCount('successes', successes);
  requireCount('trials', trials);
  if (trials < 1 || successes > trials) throw new RangeError(`${successes} of ${trials} is no proportion`);
  return wilsonOf(successes / trials, trials, z);
}

/** The same of a share 0 <= p <= 1 of a sample that is worth `trials` > 0 independent ones, which need be no whole number. */
export function wilsonOf(p: number, trials: number, z: number = Z95): Interval {
  const shrink = 1 + z ** 2 / trials;
  const centre = (p + z ** 2 / (2 * trials)) / shrink;
  const half = (z * Math.sqrt((p * (1 - p)) / trials + z ** 2 / (4 * trials ** 2))) / shrink;
  // At the ends the formula gives 0 and 1 exactly; in floating point it misses them by an ulp.
  return [p === 0 ? 0 : centre - half, p === 1 ? 1 : centre + half];
}

/** The one-sided 95 % upper bound of a proportion of which nothing was seen in n trials: 1 - 0.05^(1/n), about 3/n. n >= 1. */
export function zeroEventsUpper(n: number): number {
  requireCount('n', n);
  if (n < 1) throw new RangeError('a bound needs at least one trial');
  return -Math.expm1(Math.log(0.05) / n);
}

export interface ChapmanEstimate {
  /** Distinct members of both lists together. */
  readonly observed: number;
  readonly estimate: number;
  readonly standardError: number;
  /** Symmetric 95 % interval: for comparison with other publications only, it covers badly when the overlap is small. */
  readonly wald: Interval;
  /** Log-normal 95 % interval on the unseen part; never below `observed`. null when no unseen part is detectable. */
  readonly interval: Interval | null;
  /** Why the number must not be published, or null. */
  readonly suppressed: 'overlap_too_small' | 'no_unseen_part' | null;
}

/**
 * Chapman's estimator of a population from two lists of n1 and n2 members with m in both (Chapman 1951; variance Seber 1970). Assumes a
 * closed population, right matching, equal catchability and independent lists; feeds are positively dependent, so read it as a
 * lower bound. Counts, m <= min(n1, n2).
 */
export function chapman(n1: number, n2: number, m: number): ChapmanEstimate {
  for (const [name, value] of Object.entries({ n1, n2, m })) requireCount(name, value);
  if (m > Math.min(n1, n2)) throw new RangeError(`an overlap of ${m} is more than a list of ${Math.min(n1, n2)} holds`);
  const observed = n1 + n2 - m;
  const estimate = ((n1 + 1) * (n2 + 1)) / (m + 1) - 1;
  const variance = ((n1 + 1) * (n2 + 1) * (n1 - m) * (n2 - m)) / ((m + 1) ** 2 * (m + 2));
  const standardError = Math.sqrt(variance);
  const unseen = estimate - observed;
  return {
    observed,
    estimate,
    standardError,
    wald: [estimate - Z95 * standardError, estimate + Z95 * standardError],
    interval: unseen > 0 ? logInterval(observed, unseen, variance) : null,
    suppressed: unseen <= 0 ? 'no_unseen_part' : m < SMALLEST_OVERLAP ? 'overlap_too_small' : null,
  };
}

export interface ChaoEstimate {
  readonly observed: number;
  /** A lower bound of the population. */
  readonly estimate: number;
  /** null when nothing was seen exactly twice: the variance formula does not apply. */
  readonly standardError: number | null;
  readonly interval: Interval | null;
}

/**
 * Chao's lower bound from how often members were seen (Chao 1987): `once` in exactly one list, `twice` in exactly two, `observed` in any.
 * With `lists` given, the unseen part carries the factor (t - 1) / t of t lists; without it, the limit of many lists. With
 * nothing seen twice the bias-corrected form once(once - 1) / 2 is used.
 */
export function chaoLowerBound(counts: {
  once: number;
  twice: number;
  observed: number;
  lists?: number;
}): ChaoEstimate {
  const { once, twice, observed, lists } = counts;
  for (const [name, value] of Object.entries({ once, twice, observed })) requireCount(name, value);
  if (once + twice > observed)
    throw new RangeError(`${once} + ${twice} members are more than the ${observed} that were seen`);
  if (lists !== undefined && (!Number.isInteger(lists) || lists < 2))
    throw new RangeError(`a bound needs two lists, not ${lists}`);
  const factor = lists === undefined ? 1 : (lists - 1) / lists;
  if (twice === 0) {
    return { observed, estimate: observed + factor * ((once * (once - 1)) / 2), standardError: null, interval: null };
  }
  const unseen = factor * (once ** 2 / (2 * twice));
  const r = once / twice;
  // Chao 1987 with the factor carried through: it enters the three terms once, twice and twice, and is 1 for many lists.
  const variance = twice * (factor * (r ** 2 / 2) + factor ** 2 * r ** 3 + factor ** 2 * (r ** 4 / 4));
  const interval = unseen > 0 ? logInterval(observed, unseen, variance) : null;
  return { observed, estimate: observed + unseen, standardError: Math.sqrt(variance), interval };
}

/** One stratum or class of sampled targets with the same inclusion probability. */
export interface SampledGroup {
  /** How many members were found. */
  readonly count: number;
  /** Inclusion probability of each, 0 < probability <= 1. */
  readonly probability: number;
}

export interface Total {
  readonly total: number;
  readonly standardError: number;
}

/**
 * Horvitz-Thompson total of a keyed-hash sample and its standard error under Poisson sampling (Horvitz and Thompson 1952):
 * sum 1/p and sqrt(sum (1-p)/p^2) over the members found.
 */
export function horvitzThompson(groups: readonly SampledGroup[]): Total {
  let total = 0;
  let variance = 0;
  for (const { count, probability } of groups) {
    requireCount('count', count);
    if (!(probability > 0 && probability <= 1))
      throw new RangeError(`an inclusion probability lies in (0, 1], not ${probability}`);
    total += count / probability;
    variance += (count * (1 - probability)) / probability ** 2;
  }
  return { total, standardError: Math.sqrt(variance) };
}

/** A stratum of `population` targets of which `sampled` were asked and `positive` were found. */
export interface Stratum {
  readonly population: number;
  readonly sampled: number;
  readonly positive: number;
}

/**
 * The stratified proportion and its standard error with finite population correction (Cochran 1977, 5.6). Every stratum needs two sampled
 * targets at least, for its variance. Counts, positive <= sampled <= population.
 */
export function stratifiedProportion(strata: readonly Stratum[]): { proportion: number; standardError: number } {
  const whole = strata.reduce((sum, { population }) => sum + population, 0);
  let proportion = 0;
  let variance = 0;
  for (const { population, sampled, positive } of strata) {
    for (const [name, value] of Object.entries({ population, sampled, positive })) requireCount(name, value);
    if (sampled < 2 || positive > sampled || sampled > population) {
      throw new RangeError(`${positive} of ${sampled} of ${population} is no stratum`);
    }
    const weight = population / whole;
    const p = positive / sampled;
    proportion += weight * p;
    variance += weight ** 2 * (1 - sampled / population) * ((p * (1 - p)) / (sampled - 1));
  }
  return { proportion, standardError: Math.sqrt(variance) };
}

/** Log-normal 95 % interval on the unseen part (Burnham et al. 1987): the seen part is certain, the rest is positive and skewed. */
function logInterval(observed: number, unseen: number, variance: number): Interval {
  const spread = Math.exp(Z95 * Math.sqrt(Math.log1p(variance / unseen ** 2)));
  return [observed + unseen / spread, observed + unseen * spread];
}

function requireCount(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${name} is a count, not ${value}`);
}
