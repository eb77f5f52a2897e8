// What vantages saw of each other's endpoints: sums by set, gains with their interval, and the estimate of what both missed.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { chapman, wilson } from '../../services/rollups/estimate.ts';
import { compareVantages } from '../../services/rollups/vantages.ts';

describe('vantages', () => {
  it('of two: seen, only here, missed, the gain of the second, and what neither saw', () => {
    const compared = compareVantages({
      vantages: ['near', 'far'],
      asked: 1000,
      seenBy: [
        { vantages: ['near'], endpoints: 50 },
        { vantages: ['far'], endpoints: 20 },
        { vantages: ['near', 'far'], endpoints: 130 },
      ],
    });
    assert.deepEqual([compared.seen, compared.seenByAll], [200, 130]);
    assert.deepEqual(compared.views, [
      { vantage: 'near', seen: 180, onlyHere: 50, missed: { share: 0.1, interval: wilson(20, 200) } },
      { vantage: 'far', seen: 150, onlyHere: 20, missed: { share: 0.25, interval: wilson(50, 200) } },
    ]);
    const [gain] = compared.gains;
    assert.deepEqual([gain?.vantage, gain?.before, gain?.seenBefore, gain?.added], ['far', ['near'], 180, 20]);
    assert.equal(gain?.gain, 20 / 180);
    const [low, high] = wilson(20, 200);
    assert.deepEqual(gain?.interval, [low / (1 - low), high / (1 - high)]);
    assert.deepEqual(compared.estimate, chapman(180, 150, 130));
  });

  it('of three: each gain is over all before it, and no estimate of two lists is made', () => {
    const compared = compareVantages({
      vantages: ['a', 'b', 'c'],
      asked: 9,
      seenBy: [
        { vantages: ['a'], endpoints: 1 },
        { vantages: ['b', 'c'], endpoints: 2 },
        { vantages: ['c'], endpoints: 3 },
        { vantages: ['a', 'b', 'c'], endpoints: 3 },
      ],
    });
    assert.deepEqual(
      compared.gains.map(({ before, seenBefore, added }) => [before, seenBefore, added]),
      [
        [['a'], 4, 2],
        [['a', 'b'], 6, 3],
      ],
    );
    assert.equal(compared.estimate, null);
  });

  it('that saw nothing have no share of it, and no gain', () => {
    const { views, gains, estimate } = compareVantages({ vantages: ['a', 'b'], asked: 5, seenBy: [] });
    assert.deepEqual([views[0]?.missed, gains[0]?.gain, gains[0]?.interval], [null, null, null]);
    assert.equal(estimate?.suppressed, 'no_unseen_part');
  });

  it('add up, whatever they saw', () => {
    const sets = [['a'], ['b'], ['c'], ['a', 'b'], ['a', 'c'], ['b', 'c'], ['a', 'b', 'c']];
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 7, maxLength: 7 }), (endpoints) => {
        const seenBy = sets.map((vantages, index) => ({ vantages, endpoints: endpoints[index] ?? 0 }));
        const compared = compareVantages({ vantages: ['a', 'b', 'c'], asked: 7000, seenBy });
        const first = compared.views[0]?.seen ?? 0;
        assert.equal(
          first + compared.gains.reduce((sum, { added }) => sum + added, 0),
          compared.seen,
          'the first and all gains are all that was seen',
        );
        for (const { seen, missed } of compared.views)
          if (missed !== null) assert.ok(Math.abs(missed.share * compared.seen + seen - compared.seen) < 1e-6);
        for (const { gain, interval } of compared.gains)
          if (gain !== null && interval !== null) assert.ok(interval[0] <= gain + 1e-9 && gain <= interval[1] + 1e-9);
      }),
    );
  });
});
