// The profile likelihood interval of a population size under a log-linear model of capture histories. Cormack 1992.
import type { Interval } from './estimate.ts';
import { countsOf, designRow, type HistoryCell, type LogLinearModel } from './log-linear.ts';
import { fitPoisson, logFactorial } from './poisson-fit.ts';

/** Half of the 95 % point of chi squared with one degree of freedom: how far the log likelihood may lie below its maximum. */
const DROP = 1.920729410347062;
/** The greatest likelihood is looked for within this factor of the unseen part that the model states, to both sides. */
const NEAR = 16;
/** Above so many times what was seen, the counts do not bound the population. */
const UNBOUNDED = 1e6;
/** Halvings of an interval of logarithms: more digits than anybody quotes. */
const STEPS = 45;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** The logarithm of the profile likelihood when so many members were not seen, but for a constant; NaN where the table has no fit. */
type Profile = (unseen: number) => number;

/**
 * The 95 % interval of the number of members, seen or not: all N whose likelihood, with the model's other parameters chosen best for that N,
 * is not significantly below the greatest. N runs over real numbers. The table is completed with N - n members of no list, so that the
 * likelihood is the multinomial one and the chance of being unseen counts, too. The lower end is never below what was seen. Null when the
 * counts do not bound N from above, or one of the tables has no fit. `model` is one of logLinear(lists, cells).
 */
export function profileInterval(lists: number, cells: readonly HistoryCell[], model: LogLinearModel): Interval | null {
  const counts = countsOf(lists, cells);
  const observed = counts.reduce((sum, count) => sum + count, 0);
  const likelihood = profileOf(lists, counts, observed, model);
  const stated = Math.max(model.estimate - observed, 1 / NEAR);
  const best = greatest(likelihood, Math.log(stated / NEAR), Math.log(stated * NEAR));
  const none = likelihood(0);
  const needed = Math.max(best.value, none) - DROP;
  const outside = firstBelow(likelihood, needed, best.at, observed);
  if (outside === null || Number.isNaN(needed)) return null;
  const high = crossing(likelihood, needed, outside, best.at);
  const low = none >= needed ? 0 : crossing(likelihood, needed, best.at / NEAR ** 2, best.at);
  return [observed + low, observed + high];
}

function profileOf(lists: number, counts: readonly number[], observed: number, model: LogLinearModel): Profile {
  const design = [0, ...counts].map((_, history) => designRow(lists, history, model.interactions));
  return (unseen) => {
    const table = [unseen, ...counts];
    const fit = fitPoisson(design, table);
    if (fit === null) return Number.NaN;
    const size = observed + unseen;
    const cell = (count: number, at: number): number => (count === 0 ? 0 : count * Math.log(fit.means[at]! / size));
    const fitted = table.reduce((sum, count, at) => sum + cell(count, at), 0);
    return logFactorial(size) - logFactorial(unseen) + fitted;
  };
}

/** The greatest value from exp(from) to exp(to), by golden sections of the logarithm: a profile likelihood has one hill. */
function greatest(of: Profile, from: number, to: number): { at: number; value: number } {
  let [low, high] = [from, to];
  for (let step = 0; step < STEPS; step++) {
    const [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
    if (of(Math.exp(left)) >= of(Math.exp(right))) high = right;
    else low = left;
  }
  const at = Math.exp((low + high) / 2);
  return { at, value: of(at) };
}

/** An unseen part above the best one whose likelihood is too low; null when there is none within reason. */
function firstBelow(of: Profile, needed: number, best: number, observed: number): number | null {
  for (let unseen = 2 * best; unseen < UNBOUNDED * (observed + 1); unseen *= 2) {
    if (of(unseen) < needed) return unseen;
  }
  return null;
}

/** Where the likelihood passes `needed` between an unseen part that is outside and one that is inside. */
function crossing(of: Profile, needed: number, outside: number, inside: number): number {
  let [out, within] = [Math.log(outside), Math.log(inside)];
  for (let step = 0; step < STEPS; step++) {
    const middle = (out + within) / 2;
    if (of(Math.exp(middle)) >= needed) within = middle;
    else out = middle;
  }
  return Math.exp(within);
}
