// Poisson log-linear models of capture histories over three and more lists: every set of pairwise interactions, and what each says is unseen.
import type { Interval } from './estimate.ts';
import { fitPoisson, logFactorial } from './poisson-fit.ts';

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

/** Counts by capture history: index h - 1 holds history h, whose bit i is list i. RangeError for what is no cell. */
export function countsOf(lists: number, cells: readonly HistoryCell[]): number[] {
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

/** The row of a history in the design matrix: intercept, one effect a list, interactions. */
export function designRow(lists: number, history: number, interactions: LogLinearModel['interactions']): number[] {
  const inList = (list: number): number => (history >> list) & 1;
  const main = Array.from({ length: lists }, (_, list) => inList(list));
  return [1, ...main, ...interactions.map(([a, b]) => inList(a) * inList(b))];
}

function fitModel(
  lists: number,
  counts: readonly number[],
  observed: number,
  interactions: LogLinearModel['interactions'],
): LogLinearModel | null {
  const design = counts.map((_, at) => designRow(lists, at + 1, interactions));
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
    deviance: Math.max(0, deviance),
    degreesOfFreedom: counts.length - parameters,
    aic: -2 * logLikelihood + 2 * parameters,
    bic: -2 * logLikelihood + parameters * Math.log(observed),
  };
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
