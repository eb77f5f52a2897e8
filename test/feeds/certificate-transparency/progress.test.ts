// Which tiles a run reads, and what its cursor says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cursorOf, readCursor, tileSteps } from '../../../services/feeds/certificate-transparency/progress.ts';

const steps = (done: [number, number], size: number, max: number) =>
  [...tileSteps(done, size, max)].map(({ tile, from, to }) => [tile, from, to]);

test('a first run walks backwards from the head', () => {
  assert.deepEqual(steps([600, 600], 600, 10_000), [
    [2, 512, 600],
    [1, 256, 512],
    [0, 0, 256],
  ]);
  assert.deepEqual(steps([600, 600], 600, 400), [
    [2, 512, 600],
    [1, 256, 512],
  ]);
  assert.deepEqual(steps([600, 600], 600, 1), [[2, 512, 600]]);
  assert.deepEqual(steps([0, 0], 0, 100), []);
});

test('a later run reads forward first, then goes on backwards', () => {
  assert.deepEqual(steps([512, 600], 1000, 10_000), [
    [2, 600, 768],
    [3, 768, 1000],
    [1, 256, 512],
    [0, 0, 256],
  ]);
  assert.deepEqual(steps([0, 600], 600, 10_000), []);
});

test('every entry is read once, whatever the budgets and growth of the runs', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(900), fc.integer({ min: 1, max: 1500 })), { minLength: 1, maxLength: 12 }),
      (runs) => {
        let size = 0;
        let done: readonly [number, number] | null = null;
        const seen = new Set<number>();
        const read = (max: number): void => {
          const start: readonly [number, number] = done ?? [size, size];
          done = start;
          for (const step of tileSteps(start, size, max)) {
            for (let i = step.from; i < step.to; i++) {
              assert.equal(Math.floor(i / 256), step.tile);
              assert.ok(!seen.has(i), `entry ${i} twice`);
              seen.add(i);
            }
            done = step.done;
            assert.equal(done[1] - done[0], seen.size, 'the cursor says what was read');
          }
        };
        for (const [growth, max] of runs) {
          size += growth;
          read(max);
        }
        read(Number.MAX_SAFE_INTEGER);
        assert.equal(seen.size, size);
      },
    ),
    { numRuns: 300, seed: 5 },
  );
});

test('a cursor comes back as it went, another log starts anew, and junk is refused', () => {
  const cursor = cursorOf('a.example', { size: 10, root: Buffer.alloc(32, 1), timestamp: 0 }, [2, 10]);
  assert.deepEqual(readCursor(JSON.parse(JSON.stringify(cursor)), 'a.example'), cursor);
  assert.equal(readCursor(cursor, 'b.example'), null);
  assert.equal(readCursor(null, 'a.example'), null);
  for (const bad of [
    {},
    'x',
    7,
    { ...cursor, done: [5, 2] },
    { ...cursor, done: [0, 11] },
    { ...cursor, done: [-1, 2] },
    { ...cursor, root: 'AAAA' },
    { ...cursor, size: '10' },
    { ...cursor, origin: 1 },
  ]) {
    assert.throws(() => readCursor(bad, 'a.example'), { code: 'KC_INTERNAL' }, JSON.stringify(bad));
  }
});
