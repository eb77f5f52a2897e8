// When a worker is stuck: the judge alone, look by look.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Look, Supervision } from '../../services/platform/queue/supervision.ts';

const AFTER = 100;
const wedged: Look = { at: 0, progress: 1, held: 0, isWorkOpen: true, waiting: 3 };

/** The verdicts of a row of looks. */
function verdicts(looks: readonly Look[]): { isStuck: boolean; isDue: boolean }[] {
  const supervision = new Supervision(AFTER);
  return looks.map((look) => supervision.judge(look));
}
const stuck = (looks: readonly Look[]): boolean[] => verdicts(looks).map(({ isStuck }) => isStuck);
const every = (changes: Partial<Look>, count = 6): Look[] =>
  Array.from({ length: count }, (_, i) => ({ ...wedged, ...changes, at: i * 50 }));

describe('a worker', () => {
  it('is stuck when jobs wait for it and it takes none for so long, and not before', () => {
    assert.deepEqual(stuck(every({}, 4)), [false, false, true, true]);
  });

  it('is stuck when the queue does not answer, or what it holds makes no step', () => {
    assert.deepEqual(stuck(every({ waiting: null }, 3)), [false, false, true]);
    assert.deepEqual(stuck(every({ waiting: 0, held: 2 }, 3)), [false, false, true]);
  });

  it('is not stuck without work, while paused, or when others hold all of it', () => {
    assert.ok(!stuck(every({ isWorkOpen: false })).includes(true));
    assert.ok(!stuck(every({ isWorkOpen: false, held: 4, waiting: null })).includes(true));
    assert.ok(!stuck(every({ waiting: 0 })).includes(true));
  });

  it('is not stuck as long as anything moves', () => {
    const looks = every({}, 20).map((look, i) => ({ ...look, progress: Math.floor(i / 2) }));
    assert.ok(!stuck(looks).includes(true));
  });

  it('counts from the look at which work was there first', () => {
    const looks = [
      ...every({ isWorkOpen: false }, 10),
      ...every({}, 4).map((look) => ({ ...look, at: look.at + 500 })),
    ];
    assert.deepEqual(stuck(looks).slice(10), [false, false, true, true]);
  });

  it('is to be helped at once and then every so often, and stays stuck until it gets on', () => {
    const looks = every({}, 8);
    assert.deepEqual(
      verdicts(looks).map(({ isDue }) => isDue),
      [false, false, true, false, true, false, true, false],
    );
    assert.deepEqual(stuck([...looks, { ...wedged, at: 400, progress: 2 }]).slice(-2), [true, false]);
  });
});
