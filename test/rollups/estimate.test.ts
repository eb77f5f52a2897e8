// The estimators against worked values, their own conditions, and simulated populations.
import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import {
  chaoLowerBound,
  chapman,
  horvitzThompson,
  stratifiedProportion,
  wilson,
  zeroEventsUpper,
} from '../../services/rollups/estimate.ts';

/** Equal to as many decimals as the reference value is given with. */
const near = (actual: number | null | undefined, expected: string): void => {
  const decimals = expected.split('.')[1]?.length ?? 0;
  assert.equal(actual?.toFixed(decimals), Number(expected).toFixed(decimals));
};

describe('wilson', () => {
  for (const [successes, trials, low, high] of [
    [0, 10, '0.000000', '0.277533'],
    [1, 10, '0.017876', '0.404150'],
    [5, 10, '0.236593', '0.763407'],
    [10, 10, '0.722467', '1.000000'],
    [381_645, 454_729, '0.838210', '0.840345'],
    [3, 200, '0.005114', '0.043166'],
  ] as const) {
    it(`${successes}/${trials}`, () => {
      const [from, to] = wilson(successes, trials);
      near(from, low);
      near(to, high);
    });
  }
  it('is exact at the ends, ordered, inside [0, 1] and around the proportion', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), fc.double({ min: 0, max: 1, noNaN: true }), (trials, share) => {
        const successes = Math.round(share * trials);
        const [low, high] = wilson(successes, trials);
        const p = successes / trials;
        assert.ok(low >= 0 && low <= p && p <= high && high <= 1, `${low} ${p} ${high}`);
        const [mirrorLow, mirrorHigh] = wilson(trials - successes, trials);
        assert.ok(Math.abs(1 - mirrorHigh - low) < 1e-9 && Math.abs(1 - mirrorLow - high) < 1e-9);
      }),
    );
    assert.equal(wilson(0, 7)[0], 0);
    assert.equal(wilson(7, 7)[1], 1);
  });
  it('refuses what is no proportion', () => {
    for (const [x, n] of [
      [1, 0],
      [-1, 5],
      [6, 5],
      [1.5, 5],
      [0, Number.NaN],
    ] as const)
      assert.throws(() => wilson(x, n), RangeError);
  });
  it('nothing in 300 leaves 0.00994', () => {
    near(zeroEventsUpper(300), '0.00994');
    assert.ok(zeroEventsUpper(1e6) * 1e6 < 3 && zeroEventsUpper(1e6) * 1e6 > 2.99);
    assert.throws(() => zeroEventsUpper(0), RangeError);
  });
});

describe('chapman', () => {
  for (const row of [
    {
      lists: [200, 150, 60],
      estimate: '496.5574',
      se: '40.7142',
      wald: ['416.76', '576.36'],
      log: ['430.88', '592.85'],
    },
    {
      lists: [1000, 800, 400],
      estimate: '1998.5037',
      se: '54.5609',
      wald: ['1891.57', '2105.44'],
      log: ['1900.76', '2115.33'],
    },
    {
      lists: [381_645, 300_000, 260_000],
      estimate: '440359.5434',
      se: '178.0350',
      wald: ['440010.60', '440708.49'],
      log: ['440013.84', '440711.75'],
    },
  ]) {
    it(row.lists.join(', '), () => {
      const [n1, n2, m] = row.lists;
      const result = chapman(n1!, n2!, m!);
      near(result.estimate, row.estimate);
      near(result.standardError, row.se);
      near(result.wald[0], row.wald[0]!);
      near(result.wald[1], row.wald[1]!);
      near(result.interval?.[0], row.log[0]!);
      near(result.interval?.[1], row.log[1]!);
      assert.equal(result.suppressed, null);
      assert.equal(result.observed, n1! + n2! - m!);
    });
  }
  it('suppresses a tiny overlap', () => {
    const result = chapman(10, 8, 0);
    assert.equal(result.estimate, 98);
    near(result.standardError, '62.9285');
    assert.equal(result.suppressed, 'overlap_too_small');
    assert.equal(chapman(100, 100, 6).suppressed, 'overlap_too_small');
    assert.equal(chapman(100, 100, 7).suppressed, null);
  });
  it('says when no unseen part is detectable', () => {
    const nested = chapman(50, 40, 40);
    assert.deepEqual(
      [nested.estimate, nested.standardError, nested.interval, nested.suppressed],
      [50, 0, null, 'no_unseen_part'],
    );
    const empty = chapman(0, 10, 0);
    assert.deepEqual([empty.estimate, empty.suppressed], [10, 'no_unseen_part']);
  });
  it('is symmetric, never below what was seen, and inside its interval', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.nat(1e6), fc.double({ min: 0, max: 1, noNaN: true }), (n1, n2, share) => {
        const m = Math.floor(share * Math.min(n1, n2));
        const result = chapman(n1, n2, m);
        assert.ok(result.estimate >= result.observed - 1e-6);
        if (result.interval !== null) {
          assert.ok(
            result.interval[0] >= result.observed &&
              result.interval[0] <= result.estimate &&
              result.estimate <= result.interval[1],
          );
        }
        assert.ok(Math.abs(chapman(n2, n1, m).estimate - result.estimate) <= result.estimate * 1e-12);
      }),
    );
  });
  it('covers a simulated population as often as it claims', () => {
    const size = 1000;
    let covered = 0;
    let sum = 0;
    const runs = 600;
    // A fixed key's AES-CTR stream: coin tosses that are the same on every machine. Two bits of each byte are one member's lists.
    const tosses = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16)).update(
      Buffer.alloc(runs * size),
    );
    for (let run = 0; run < runs; run++) {
      let [n1, n2, m] = [0, 0, 0];
      for (const toss of tosses.subarray(run * size, (run + 1) * size)) {
        n1 += toss & 1;
        n2 += (toss >> 1) & 1;
        m += toss & (toss >> 1) & 1;
      }
      const { estimate, interval } = chapman(n1, n2, m);
      sum += estimate;
      if (interval !== null && interval[0] <= size && size <= interval[1]) covered++;
    }
    assert.ok(Math.abs(sum / runs - size) < 5, `mean ${sum / runs}`);
    assert.ok(covered / runs > 0.92 && covered / runs < 0.98, `covered ${covered / runs}`);
  });
  it('refuses an overlap larger than a list, and what is no count', () => {
    assert.throws(() => chapman(10, 8, 9), RangeError);
    assert.throws(() => chapman(10.5, 8, 1), RangeError);
    assert.throws(() => chapman(10, -1, 0), RangeError);
  });
});

describe('chaoLowerBound', () => {
  it('gives the worked values', () => {
    const result = chaoLowerBound({ once: 266, twice: 300, observed: 626 });
    near(result.estimate, '743.9267');
    near(result.standardError, '19.3237');
    near(result.interval?.[0], '711.715');
    near(result.interval?.[1], '788.244');
  });
  it('carries the factor of few lists into estimate, error and interval', () => {
    const three = chaoLowerBound({ once: 266, twice: 300, observed: 626, lists: 3 });
    near(three.estimate, '704.6178');
    const many = chaoLowerBound({ once: 266, twice: 300, observed: 626, lists: 1e9 });
    near(many.estimate, '743.9267');
    near(many.standardError, '19.3237');
    assert.ok(three.standardError! < many.standardError!);
    assert.ok(three.interval![0] > 626 && three.interval![0] < three.estimate && three.estimate < three.interval![1]);
  });
  it('uses the corrected form when nothing was seen twice', () => {
    assert.deepEqual(chaoLowerBound({ once: 5, twice: 0, observed: 5 }), {
      observed: 5,
      estimate: 15,
      standardError: null,
      interval: null,
    });
    assert.equal(chaoLowerBound({ once: 5, twice: 0, observed: 5, lists: 2 }).estimate, 10);
  });
  it('adds nothing when nothing was seen once', () => {
    const result = chaoLowerBound({ once: 0, twice: 9, observed: 20 });
    assert.deepEqual([result.estimate, result.standardError, result.interval], [20, 0, null]);
  });
  it('refuses impossible counts', () => {
    assert.throws(() => chaoLowerBound({ once: 3, twice: 3, observed: 5 }), RangeError);
    assert.throws(() => chaoLowerBound({ once: 3, twice: 1, observed: 5, lists: 1 }), RangeError);
  });
});

describe('horvitzThompson', () => {
  it('gives the worked value', () => {
    const result = horvitzThompson([
      { count: 30, probability: 0.1 },
      { count: 20, probability: 0.5 },
      { count: 5, probability: 1 },
    ]);
    assert.equal(result.total, 345);
    near(result.standardError, '52.3450');
  });
  it('is exact for a census and zero for nothing', () => {
    assert.deepEqual(horvitzThompson([{ count: 7, probability: 1 }]), { total: 7, standardError: 0 });
    assert.deepEqual(horvitzThompson([]), { total: 0, standardError: 0 });
  });
  it('refuses what is no inclusion probability', () => {
    for (const probability of [0, -1, 1.01, Number.NaN])
      assert.throws(() => horvitzThompson([{ count: 1, probability }]), RangeError);
  });
});

describe('stratifiedProportion', () => {
  it('gives the worked value', () => {
    const result = stratifiedProportion([
      { population: 1e5, sampled: 1000, positive: 300 },
      { population: 2e4, sampled: 500, positive: 200 },
      { population: 5e3, sampled: 250, positive: 150 },
    ]);
    near(result.proportion, '0.328');
    near(result.standardError, '0.012110');
  });
  it('has no error when every target was asked', () => {
    assert.deepEqual(stratifiedProportion([{ population: 10, sampled: 10, positive: 4 }]), {
      proportion: 0.4,
      standardError: 0,
    });
  });
  it('refuses what is no stratum', () => {
    for (const [population, sampled, positive] of [
      [10, 1, 1],
      [10, 11, 1],
      [10, 5, 6],
      [10.5, 5, 1],
    ] as const) {
      assert.throws(() => stratifiedProportion([{ population, sampled, positive }]), RangeError);
    }
  });
});
