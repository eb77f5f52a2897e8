// How the two-list estimate behaves over populations of known size: its mean and the coverage of both intervals, worked out over what can be drawn and held against simulated values.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chapman, type Interval } from '../../services/rollups/estimate.ts';

/** Outcomes further than this from their mean are left out; together they are less than one in five thousand. */
const SPREAD = 4.5;

/** Mean and coverage over all ways in which independent lists of shares p1 and p2 can fall on `size` members, and the probability of what was looked at. */
function behaviour(size: number, p1: number, p2: number) {
  const logFactorial = new Float64Array(size + 1);
  for (let n = 1; n <= size; n++) logFactorial[n] = logFactorial[n - 1]! + Math.log(n);
  const cells = [p1 * p2, p1 * (1 - p2), (1 - p1) * p2] as const;
  const none = (1 - p1) * (1 - p2);
  const [logBoth, logFirst, logSecond, logNone] = [...cells, none].map(Math.log) as [number, number, number, number];
  const ranges = cells.map((p) => {
    const half = SPREAD * Math.sqrt(size * p * (1 - p)) + 1;
    return [Math.max(0, Math.floor(size * p - half)), Math.min(size, Math.ceil(size * p + half))] as const;
  });
  const [both, first, second] = ranges as [Interval, Interval, Interval];
  const covers = (interval: Interval | null): number =>
    interval !== null && interval[0] <= size && size <= interval[1] ? 1 : 0;
  let [mass, mean, wald, log] = [0, 0, 0, 0];
  for (let m = both[0]; m <= both[1]; m++)
    for (let a = first[0]; a <= Math.min(first[1], size - m); a++)
      for (let b = second[0]; b <= Math.min(second[1], size - m - a); b++) {
        const rest = size - m - a - b;
        const ways = logFactorial[size]! - logFactorial[m]! - logFactorial[a]! - logFactorial[b]! - logFactorial[rest]!;
        const p = Math.exp(ways + m * logBoth + a * logFirst + b * logSecond + rest * logNone);
        const drawn = chapman(m + a, m + b, m);
        mass += p;
        mean += p * drawn.estimate;
        wald += p * covers(drawn.wald);
        log += p * covers(drawn.interval);
      }
  return { mass, mean: mean / mass, wald: wald / mass, log: log / mass };
}

describe('independent lists', () => {
  for (const [size, p1, p2, wald, log, mean] of [
    [100, 0.3, 0.3, 0.88, 0.934, 99.8],
    [100, 0.1, 0.1, 0.616, 0.785, 70.3],
    [1000, 0.5, 0.5, 0.948, 0.951, null],
    [1000, 0.9, 0.9, 0.948, 0.928, null],
  ] as const)
    it(`of ${p1} and ${p2} of ${size}`, () => {
      const drawn = behaviour(size, p1, p2);
      assert.ok(drawn.mass > 0.9998, `${drawn.mass}`);
      // 2,000 repetitions have a standard error of 0.005 there.
      assert.ok(Math.abs(drawn.wald - wald) < 0.015, `Wald covers ${drawn.wald}`);
      assert.ok(Math.abs(drawn.log - log) < 0.015, `log covers ${drawn.log}`);
      if (mean !== null) assert.ok(Math.abs(drawn.mean - mean) < 0.5, `mean ${drawn.mean}`);
    });
});

describe('lists that are not independent give too low a number, which no interval covers', () => {
  for (const [why, n1, n2, m, estimate] of [
    ['an odds ratio of 2.25 between two halves of 10,000', 5000, 5000, 3000, 8332],
    ['half of 10,000 found with 0.9, half with 0.2', 5500, 5500, 4250, 7118],
  ] as const)
    it(why, () => {
      const result = chapman(n1, n2, m);
      assert.ok(Math.abs(result.estimate - estimate) < 1, `${result.estimate}`);
      assert.ok(result.wald[1] < 10_000 && result.interval![1] < 10_000);
    });
});
