// Rows of one endpoint put together, every row still counted, memory bounded.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeedItem, Sighting } from '../../../services/feeds/feed.ts';
import { gather } from '../../../services/feeds/formats/gather.ts';
import { collect } from './items.ts';

const sighting = (host: string, observedAt: string | null, evidence?: Partial<Sighting['evidence']>): Sighting => ({
  type: 'sighting',
  host,
  port: 443,
  observedAt,
  at: `${host} ${observedAt}`,
  ...(evidence === undefined ? {} : { evidence: { endpoint: { address: host, port: 443 }, ...evidence } }),
});
async function* of(items: Iterable<FeedItem>): AsyncGenerator<FeedItem> {
  yield* items;
}
const T = ['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:05.000Z'] as const;

test('evidence of all rows, the latest time, the other rows without evidence', async () => {
  const request = { path: '/', status: 403 };
  const [first, again, other] = await collect(
    gather(
      of([
        sighting('a', T[1], { transport: 'plain', requests: [request] }),
        sighting('b', null),
        sighting('a', T[0], { transport: 'tls', tls: { chain: ['AAAA'] } }),
      ]),
    ),
  );
  assert.deepEqual(first, {
    ...sighting('a', T[1]),
    evidence: {
      endpoint: { address: 'a', port: 443 },
      transport: 'tls',
      tls: { chain: ['AAAA'] },
      requests: [request],
      observedAt: T[1],
    },
  });
  assert.deepEqual(again, sighting('a', T[0]));
  assert.deepEqual(other, sighting('b', null));
});

test('every row comes out once, and no more than the window is held back', async () => {
  let given = 0;
  let taken = 0;
  let most = 0;
  async function* many() {
    for (let i = 0; i < 50_000; i++) {
      given++;
      most = Math.max(most, given - taken);
      yield sighting(`h${i}`, null);
    }
  }
  for await (const item of gather(many())) if (item.type === 'sighting') taken++;
  assert.deepEqual([given, taken], [50_000, 50_000]);
  assert.ok(most < 10_010, `${most} were held back`);
});

test('large evidence shrinks the window', async () => {
  const body = 'x'.repeat(1024 * 1024);
  let given = 0;
  let taken = 0;
  let most = 0;
  async function* large() {
    for (let i = 0; i < 60; i++) {
      given++;
      most = Math.max(most, given - taken);
      yield sighting(`h${i}`, null, { requests: [{ path: '/', status: 200, body }] });
    }
  }
  for await (const item of gather(large())) if (item.type === 'sighting') taken++;
  assert.equal(taken, 60);
  assert.ok(most <= 18, `${most} were held back`);
});
