// A short run of scripts/fuzz.ts, and that the fuzzer itself finds what is broken and makes the same inputs again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mutated } from '../../scripts/fuzz/mutation.ts';
import { type FuzzTarget, fuzzTargets } from '../../scripts/fuzz/targets.ts';
import { fuzz, inputOf } from '../../scripts/fuzz.ts';
import { seededRandom } from '../../services/lab/random.ts';

/** Enough for a second; `npm run test:fuzz` is for more. */
const RUNS = 150;

test('captures, responses, certificates and TLS flights with changed bytes break nothing', async () => {
  const targets = fuzzTargets();
  assert.deepEqual(
    targets.map(({ name, seeds }) => [name, seeds.length > 0]),
    ['evidence lines', 'responses', 'certificates', 'TLS flights'].map((name) => [name, true]),
  );
  const { runs, failure } = await fuzz(targets, 'kubecensus', (run) => run >= RUNS);
  assert.equal(failure, null, failure === null ? '' : `${failure.target} ${failure.run}: ${String(failure.error)}`);
  for (const [name, count] of runs) assert.equal(count, RUNS, name);
});

test('seeds themselves pass', async () => {
  for (const { seeds, check } of fuzzTargets()) for (const seed of seeds) await check(Buffer.from(seed));
});

const BROKEN: FuzzTarget = {
  name: 'broken',
  seeds: [Buffer.from('a text of some length'), Buffer.from('another')],
  check: (input) => assert.ok(!input.includes(0), 'a zero octet'),
};

test('what is broken is found, the same for the same seed', async () => {
  const over = (run: number): boolean => run >= 5000;
  const { failure } = await fuzz([BROKEN], 's', over);
  assert.ok(failure);
  assert.ok(failure.input.includes(0));
  assert.deepEqual((await fuzz([BROKEN], 's', over)).failure?.input, failure.input);
  assert.deepEqual(inputOf(BROKEN, failure.run, seededRandom('s')), failure.input, 'by its number alone');
  assert.notDeepEqual((await fuzz([BROKEN], 'other', over)).failure?.input, failure.input);
});

test('a mutation changes a copy', () => {
  const seed = Buffer.from('seed that stays');
  const before = Buffer.from(seed);
  const random = seededRandom('x');
  const results = new Set(
    Array.from({ length: 200 }, () => mutated(seed, Buffer.from('other'), random).toString('hex')),
  );
  assert.deepEqual(seed, before);
  assert.ok(results.size > 150, `${results.size} results`);
});
