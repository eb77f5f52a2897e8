// A64 in short: adverse and good servers beside each other in one process; `npm run test:mixture` is for ten minutes of 1,000 of each.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FLAT_BYTES, mixture } from '../../scripts/mixture.ts';

const MS = 20_000;
const SERVERS = 250;

test('A64: good targets stay whole beside adverse ones, and memory stays flat', async () => {
  const { good, failed, adverse, rejected, heap, rss } = await mixture({ ms: MS, adverse: SERVERS, good: SERVERS });
  assert.ok(good > 0 && adverse > 0);
  assert.deepEqual(failed, [], 'I7: good targets');
  assert.equal(rejected, 0, 'I1: a probe never rejects');
  assert.ok(heap[1] - heap[0] < FLAT_BYTES && rss[1] - rss[0] < FLAT_BYTES, `I5: heap ${heap}, rss ${rss}`);
});
