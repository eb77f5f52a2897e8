// Profile likelihood intervals against those of models whose best fit has a closed form, and against populations that are known.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { type HistoryCell, logLinear } from '../../services/rollups/log-linear.ts';
import { logFactorial } from '../../services/rollups/poisson-fit.ts';
import { profileInterval } from '../../services/rollups/profile-interval.ts';

const cellsOf = (counts: Readonly<Record<string, number>>): HistoryCell[] =>
  Object.entries(counts).map(([history, count]) => ({
    lists: [...history].flatMap((mark, list) => (mark === '1' ? [list] : [])),
    count,
  }));

const WORKED = cellsOf({ '111': 60, '110': 49, '101': 4, '011': 247, '100': 112, '010': 142, '001': 12 });

describe('the worked example of three lists', () => {
  // Made apart from this code: products of margins instead of a fit, the ends by bisection.
  for (const [name, interactions, expected] of [
    ['independence', [], [676.97922494, 724.81986684]],
    ['+23', [[1, 2]], [917.63262413, 1154.79098531]],
    [
      '+13+23',
      [
        [0, 2],
        [1, 2],
      ],
      [842.12832855, 1099.5269029],
    ],
  ] as const)
    it(name, () => {
      const model = logLinear(3, WORKED).models.find(
        (one) => JSON.stringify(one.interactions) === JSON.stringify(interactions),
      );
      assert.ok(model);
      const interval = profileInterval(3, WORKED, model);
      assert.deepEqual(
        interval?.map((end) => end.toFixed(3)),
        expected.map((end) => end.toFixed(3)),
      );
    });
});

it('a list that names nearly everything leaves little unseen, and the lower end is what was seen', () => {
  const cells = cellsOf({ '111': 400, '110': 45, '101': 42, '011': 5 });
  const { best, observed } = logLinear(3, cells);
  const interval = profileInterval(3, cells, best.bic!);
  assert.equal(interval?.[0], observed);
  assert.ok(interval[1] > observed && interval[1] < observed + 10, String(interval));
});

it('counts that do not bound the population have no interval', () => {
  // The last cell decides alone how the first two lists depend on each other where the third saw nothing.
  const cells = cellsOf({ '111': 5, '110': 1, '101': 60, '011': 70, '100': 300, '010': 280, '001': 90 });
  const saturated = logLinear(3, cells).models.at(-1)!;
  assert.equal(saturated.interactions.length, 3);
  const interval = profileInterval(3, cells, saturated);
  assert.ok(interval === null || interval[1] > 2 * saturated.estimate, String(interval));
});

it('whatever was counted: the interval holds the estimate, begins at or above what was seen, and narrows as counts grow', () => {
  const counts = fc.array(fc.integer({ min: 5, max: 300 }), { minLength: 7, maxLength: 7 });
  fc.assert(
    fc.property(counts, (drawn) => {
      const cells = (times: number): HistoryCell[] =>
        drawn.map((count, at) => ({ lists: [0, 1, 2].filter((list) => ((at + 1) >> list) & 1), count: count * times }));
      const { models, observed } = logLinear(3, cells(1));
      const model = models[0]!;
      const interval = profileInterval(3, cells(1), model);
      assert.ok(interval !== null && interval[0] >= observed);
      // The greatest multinomial likelihood lies a little below the Poisson estimate.
      assert.ok(interval[0] <= model.estimate && model.estimate <= interval[1] + 1, `${interval} ${model.estimate}`);
      const large = profileInterval(3, cells(100), logLinear(3, cells(100)).models[0]!);
      assert.ok(large !== null && (large[1] - large[0]) / 100 < interval[1] - interval[0]);
    }),
    { numRuns: 25 },
  );
});

it('factorials of whole and other numbers', () => {
  assert.ok(Math.abs(logFactorial(0)) < 1e-12);
  assert.equal(logFactorial(10).toFixed(9), Math.log(3_628_800).toFixed(9));
  // The gamma function at 3/2 is half the root of pi.
  assert.equal(logFactorial(0.5).toFixed(9), Math.log(Math.sqrt(Math.PI) / 2).toFixed(9));
  for (const n of [0.25, 3.5, 99.5, 1e6]) {
    const step = logFactorial(n + 1) - logFactorial(n);
    assert.ok(Math.abs(step - Math.log(n + 1)) < 1e-8, String(n));
  }
});
