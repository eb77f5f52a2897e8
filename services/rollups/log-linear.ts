// Poisson log-linear models of capture histories over three and more lists: every set of pairwise interactions, and what each says is unseen.
import { type Interval, logInterval } from './estimate.ts';

/** Members found in exactly these lists. */
export interface HistoryCell {
  /** Indices of lists from 0, each once. */
  readonly lists: readonly number[];
  readonly count: number;
}

export interface LogLinearModel {
  /** Pairs of lists that may depend on each other; the main effect of every list is always in. */
  readonly interactions: readonly (readonly [number, number])[];
  /** Observed members and what the model puts into the cell of no list. */
  readonly estimate: number;
  readonly standardError: number;
  /** Log-normal 95 % interval on the unseen part; null when there is none. */
  readonly interval: Interval | null;
  readonly deviance: number;
  readonly degreesOfFreedom: number;
  /** -2 ln L + 2k with the full Poisson likelihood. */
  readonly aic: number;
  /** -2 ln L + k ln n, n the observed members. */
  readonly bic: number;
}

export interface LogLinearFit {
  readonly observed: number;
  /** Models that the counts can estimate, fewest interactions first. */
  readonly models: readonly LogLinearModel[];
  /** Models whose likelihood has no maximum at finite parameters, mostly because a pair of lists shares nothing. */
  readonly inestimable: number;
  readonly best: { readonly aic: LogLinearModel | null; readonly bic: LogLinearModel | null };
  /** Least and greatest estimate over the models within CLOSE units of the best by AIC or by BIC; null when there is no model. */
  readonly range: Interval | null;
}

/** Five lists make 2^10 models of 16 parameters, a second of work; six would make 2^15. */
export const MOST_LISTS = 5;
/** Models no farther from the best than this many units of AIC or BIC have support (Burnham and Anderson 2002, 2.6: 2 to 4; the wider is the honest one). */
export const CLOSE = 4;

/** Fisher scoring doubles the right digits each time; a parameter on its way to infinity moves by one a step and never settles. */
const MOST_STEPS = 60;
/** Steps of the linear predictor below this are rounding. */
const SETTLED = 1e-10;

/**
 * Fits ln mu = b0 + main effects + pairwise interactions on the 2^t - 1 cells of `lists` = t lists, for every set of pairs (Fienberg 1972;
 * Bishop, Fienberg and Holland 1975, ch. 6). Unseen: exp(b0), with standard error sqrt(exp(b0) + exp(2 b0) var b0) (Rivest and Lévesque 2001).
 * Assumes a closed population and right matching; dependence of all lists on each other at once cannot be seen. Cells that are not named
 * are empty; of one that is named twice the counts add. RangeError for fewer than 3 or more than MOST_LISTS lists, or what is no cell.
 */
export function logLinear(lists: number, cells: readonly HistoryCell[]): LogLinearFit {
  if (!Number.isInteger(lists) || lists < 3 || lists > MOST_LISTS)
    throw new RangeError(`log-linear models take 3 to ${MOST_LISTS} lists, not ${lists}`);
  const counts = countsOf(lists, cells);
  const observed = counts.reduce((sum, count) => sum + count, 0);
  const pairs = pairsOf(lists);
  const models: LogLinearModel[] = [];
  let inestimable = 0;
  for (let set = 0; set < 2 ** pairs.length; set++) {
    const interactions = pairs.filter((_, at) => set & (1 << at));
    const model = fitModel(lists, counts, observed, interactions);
    if (model === null) inestimable++;
    else models.push(model);
  }
  models.sort((a, b) => a.interactions.length - b.interactions.length);
  const best = { aic: least(models, 'aic'), bic: least(models, 'bic') };
  return { observed, models, inestimable, best, range: rangeOf(models, best) };
}

/** Counts by capture history: index h - 1 holds history h, whose bit i is list i. */
function countsOf(lists: number, cells: readonly HistoryCell[]): number[] {
  const counts = new Array<number>(2 ** lists - 1).fill(0);
  for (const cell of cells) {
    const history = cell.lists.reduce((bits, list) => bits | (1 << list), 0);
    const sound = cell.lists.every((list) => Number.isInteger(list) && list >= 0 && list < lists);
    if (!sound || cell.lists.length === 0 || new Set(cell.lists).size !== cell.lists.length)
      throw new RangeError(`[${cell.lists}] are no lists of ${lists}`);
    if (!Number.isSafeInteger(cell.count) || cell.count < 0) throw new RangeError(`${cell.count} is no count`);
    counts[history - 1]! += cell.count;
  }
  return counts;
}

function pairsOf(lists: number): [number, number][] {
  return Array.from({ length: lists }, (_, a) => a).flatMap((a) =>
    Array.from({ length: lists - a - 1 }, (_, at): [number, number] => [a, a + at + 1]),
  );
}

function fitModel(
  lists: number,
  counts: readonly number[],
  observed: number,
  interactions: LogLinearModel['interactions'],
): LogLinearModel | null {
  const design = counts.map((_, at) => {
    const inList = (list: number): number => ((at + 1) >> list) & 1;
    const main = Array.from({ length: lists }, (_, list) => inList(list));
    return [1, ...main, ...interactions.map(([a, b]) => inList(a) * inList(b))];
  });
  const fit = fitPoisson(design, counts);
  if (fit === null) return null;
  const unseen = Math.exp(fit.intercept);
  const variance = unseen + unseen ** 2 * fit.interceptVariance;
  let deviance = 0;
  let logLikelihood = 0;
  for (const [at, count] of counts.entries()) {
    const mean = fit.means[at]!;
    deviance += 2 * ((count === 0 ? 0 : count * Math.log(count / mean)) - (count - mean));
    logLikelihood += count * Math.log(mean) - mean - logFactorial(count);
  }
  const parameters = design[0]!.length;
  return {
    interactions,
    estimate: observed + unseen,
    standardError: Math.sqrt(variance),
    interval: unseen > 0 ? logInterval(observed, unseen, variance) : null,
    deviance: Math.max(0, deviance),
    degreesOfFreedom: counts.length - parameters,
    aic: -2 * logLikelihood + 2 * parameters,
    bic: -2 * logLikelihood + parameters * Math.log(observed),
  };
}

interface PoissonFit {
  readonly intercept: number;
  readonly interceptVariance: number;
  readonly means: readonly number[];
}

/** Maximum likelihood by iteratively reweighted least squares (Nelder and Wedderburn 1972), log link; null when there is no finite maximum. */
function fitPoisson(design: readonly (readonly number[])[], counts: readonly number[]): PoissonFit | null {
  let predictor = counts.map((count) => Math.log(count + 0.5));
  for (let step = 0; step < MOST_STEPS; step++) {
    const means = predictor.map(Math.exp);
    const working = predictor.map((eta, at) => eta + (counts[at]! - means[at]!) / means[at]!);
    const solved = weightedLeastSquares(design, means, working);
    if (solved === null) return null;
    const next = design.map((row) => row.reduce((sum, x, at) => sum + x * solved.beta[at]!, 0));
    const moved = Math.max(...next.map((eta, at) => Math.abs(eta - predictor[at]!)));
    predictor = next;
    if (moved < SETTLED)
      return { intercept: solved.beta[0]!, interceptVariance: solved.firstVariance, means: predictor.map(Math.exp) };
  }
  return null;
}

/** Solves X'WX b = X'Wz by Cholesky, and gives the first diagonal element of (X'WX)^-1; null when the matrix is singular. */
function weightedLeastSquares(
  design: readonly (readonly number[])[],
  weights: readonly number[],
  target: readonly number[],
): { beta: number[]; firstVariance: number } | null {
  const size = design[0]!.length;
  const sumOver = (of: (row: readonly number[], at: number) => number): number =>
    design.reduce((sum, row, at) => sum + of(row, at), 0);
  const lower: number[][] = [];
  for (let i = 0; i < size; i++) {
    lower.push([]);
    for (let j = 0; j <= i; j++) {
      const whole = sumOver((row, at) => row[i]! * row[j]! * weights[at]!);
      let rest = whole;
      for (let k = 0; k < j; k++) rest -= lower[i]![k]! * lower[j]![k]!;
      if (i !== j) lower[i]!.push(rest / lower[j]![j]!);
      else if (rest > whole * Number.EPSILON * size) lower[i]!.push(Math.sqrt(rest));
      else return null;
    }
  }
  const right = Array.from({ length: size }, (_, i) => sumOver((row, at) => row[i]! * weights[at]! * target[at]!));
  const unit = right.map((_, i) => (i === 0 ? 1 : 0));
  return { beta: choleskySolve(lower, right), firstVariance: choleskySolve(lower, unit)[0]! };
}

/** Solves L L' x = right for lower-triangular L. */
function choleskySolve(lower: readonly (readonly number[])[], right: readonly number[]): number[] {
  const x = [...right];
  for (let i = 0; i < x.length; i++) {
    for (let k = 0; k < i; k++) x[i]! -= lower[i]![k]! * x[k]!;
    x[i]! /= lower[i]![i]!;
  }
  for (let i = x.length - 1; i >= 0; i--) {
    for (let k = i + 1; k < x.length; k++) x[i]! -= lower[k]![i]! * x[k]!;
    x[i]! /= lower[i]![i]!;
  }
  return x;
}

/** Above this, Stirling's series with two correcting terms errs by less than 1e-15 of its value. */
const STIRLING_FROM = 100;

function logFactorial(n: number): number {
  if (n < STIRLING_FROM) {
    let sum = 0;
    for (let i = 2; i <= n; i++) sum += Math.log(i);
    return sum;
  }
  return n * Math.log(n) - n + Math.log(2 * Math.PI * n) / 2 + 1 / (12 * n) - 1 / (360 * n ** 3);
}

function least(models: readonly LogLinearModel[], by: 'aic' | 'bic'): LogLinearModel | null {
  return models.reduce<LogLinearModel | null>((best, one) => (best === null || one[by] < best[by] ? one : best), null);
}

function rangeOf(models: readonly LogLinearModel[], { aic, bic }: LogLinearFit['best']): Interval | null {
  if (aic === null || bic === null) return null;
  const near = models.filter((one) => one.aic - aic.aic <= CLOSE || one.bic - bic.bic <= CLOSE);
  const estimates = near.map((one) => one.estimate);
  return [Math.min(...estimates), Math.max(...estimates)];
}
