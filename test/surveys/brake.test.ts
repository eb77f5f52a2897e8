// The brake's rules: chance does not trip them, refusal does within a few hosts, and our own faults are no losses.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { OUTCOMES } from '../../services/probes/outcome.ts';
import { LOST, STOP_AT, stopsSystem, TRIP_ASKED, trips, UNASKED, walked } from '../../services/surveys/brake.ts';

const run = (ends: readonly boolean[], from = 0): number => ends.reduce(walked, from);
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe('what is lost', () => {
  it('is a word of the outcomes: nobody there, or nobody for us', () => {
    const words = Object.entries(OUTCOMES);
    assert.deepEqual(
      [...LOST, ...UNASKED].filter((word) => !Object.hasOwn(OUTCOMES, word)),
      [],
    );
    const classesOf = (set: ReadonlySet<string>): string[] => [
      ...new Set(words.flatMap(([word, { class: kind }]) => (set.has(word) ? [kind] : []))),
    ];
    assert.deepEqual(classesOf(LOST).sort(), ['negative', 'transient']);
    assert.deepEqual(classesOf(UNASKED).sort(), ['not_probed', 'ours']);
    assert.deepEqual(
      words.filter(([word, { class: kind }]) => kind === 'positive' && LOST.has(word)),
      [],
    );
  });

  it('is nothing that failed on our side', () => {
    for (const [word, { class: kind }] of Object.entries(OUTCOMES))
      if (kind === 'ours') assert.ok(UNASKED.has(word) && !LOST.has(word), word);
  });
});

describe('the walk of a network', () => {
  it('stops at the ninth loss in a row, also after any number of answers', () => {
    for (const answers of [0, 1, 100, 10_000]) {
      const before = run(times(answers, false));
      assert.ok(run(times(STOP_AT - 1, true), before) < STOP_AT);
      assert.ok(run(times(STOP_AT, true), before) >= STOP_AT);
    }
  });

  it('needs more than half to be lost since it left zero', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 200 }), (ends) => {
        let level = 0;
        let since: boolean[] = [];
        for (const isLost of ends) {
          level = walked(level, isLost);
          since = level === 0 ? [] : [...since, isLost];
          if (level < STOP_AT) continue;
          const lost = since.filter((one) => one).length;
          assert.ok(lost > since.length / 2 && lost - (since.length - lost) >= STOP_AT);
        }
      }),
    );
  });

  it('reaches nine from zero with a chance of 9^-9 when one in ten is lost: exactly, as the gambler is ruined', () => {
    // From level i, the chance h(i) to reach the top before zero: h(i) = p h(i+1) + (1-p) h(i-1), solved by iteration.
    const p = 0.1;
    const chances = times(STOP_AT + 1, 0).with(STOP_AT, 1);
    for (let turn = 0; turn < 10_000; turn++)
      for (let level = 1; level < STOP_AT; level++)
        chances[level] = p * (chances[level + 1] as number) + (1 - p) * (chances[level - 1] as number);
    const fromZero = p * (chances[1] as number);
    assert.ok(fromZero < 9 ** -STOP_AT * 1.0001, `${fromZero}`);
    // 387 million excursions for one false stop.
    assert.ok(1 / fromZero > 387_000_000, `${1 / fromZero}`);
  });

  it('finds a network that refuses nine in ten within some 11 hosts', () => {
    // The expected number of steps of a walk with drift 0.8 from 0 to 9.
    const p = 0.9;
    const steps = times(STOP_AT + 1, 0);
    for (let turn = 0; turn < 10_000; turn++)
      for (let level = 0; level < STOP_AT; level++)
        steps[level] = 1 + p * (steps[level + 1] as number) + (1 - p) * (steps[Math.max(0, level - 1)] as number);
    assert.ok((steps[0] as number) < 12, `${steps[0]}`);
  });
});

describe('an AS', () => {
  it('is stopped by its networks, in the order of their ends', () => {
    assert.equal(stopsSystem(times(8, true)), false);
    assert.equal(stopsSystem(times(9, true)), true);
    assert.equal(stopsSystem([...times(50, false), ...times(9, true)]), true);
    assert.equal(stopsSystem([...times(8, true), false, true, false, ...times(30, false)]), false);
    assert.equal(stopsSystem(times(60, false).flatMap((answered) => [true, answered])), false);
  });
});

describe('the circuit breaker', () => {
  it('trips above one in five, and not for few', () => {
    assert.equal(trips({ asked: TRIP_ASKED, lost: 60 }), false);
    assert.equal(trips({ asked: TRIP_ASKED, lost: 61 }), true);
    assert.equal(trips({ asked: TRIP_ASKED - 1, lost: TRIP_ASKED - 1 }), false);
    assert.equal(trips({ asked: 100_000, lost: 20_000 }), false);
    assert.equal(trips({ asked: 100_000, lost: 20_001 }), true);
  });

  it('is tripped by chance as seldom as its figures say', () => {
    const bound = (share: number): number =>
      Math.exp(-TRIP_ASKED * (0.2 * Math.log(0.2 / share) + 0.8 * Math.log(0.8 / (1 - share))));
    assert.ok(bound(0.1) < 2e-6, `${bound(0.1)}`);
    assert.ok(bound(0.05) < 1e-18, `${bound(0.05)}`);
    // The bound is one: the tail of the binomial itself lies below it.
    let tail = 0;
    let logChoose = 0;
    for (let lost = 0; lost <= TRIP_ASKED; lost++) {
      if (lost > 0) logChoose += Math.log((TRIP_ASKED - lost + 1) / lost);
      if (trips({ asked: TRIP_ASKED, lost }))
        tail += Math.exp(logChoose + lost * Math.log(0.1) + (TRIP_ASKED - lost) * Math.log(0.9));
    }
    assert.ok(tail > 0 && tail < bound(0.1), `${tail}`);
  });
});
