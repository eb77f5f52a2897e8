// The calls that count: what each engine states, against the lab's form of it, over real sockets.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { COUNTS_ENGINES } from '../../../services/feeds/engines/index.ts';
import type { FeedItem } from '../../../services/feeds/feed.ts';
import { LAB_ENGINES } from '../../../services/lab/engines/index.ts';
import { NOW } from '../formats/items.ts';
import {
  assertNoKey,
  closeAfterwards,
  feedOf,
  KEY,
  noted,
  type OneQuery,
  pull,
  shownOf,
  start,
  waits,
} from './contract.ts';
import { rowsOf } from './rows.ts';

closeAfterwards();

const ROWS = rowsOf(90);
/** 60 of 90 disclose a version, five of them; a quarter is in Norway. */
const countBy: NonNullable<OneQuery['countBy']> = (row, field) => (field === 'country' ? row.country : row.gitVersion);
const counted = (items: readonly FeedItem[]) => items.find((item) => item.type === 'count');

for (const engine of COUNTS_ENGINES) {
  const form = LAB_ENGINES.find(({ type }) => engine.type.startsWith(type));
  describe(engine.type, () => {
    const lab = (more: Partial<OneQuery> = {}) => {
      assert.ok(form !== undefined);
      return start({ form, rows: ROWS, query: engine.query, countBy, ...more });
    };
    const feed = (it: { url: string }, more: Record<string, unknown> = {}) =>
      feedOf(engine.type, it as Parameters<typeof feedOf>[1], more);

    test('buckets with their field, unit, query and cost; what is not in them is omitted where a total is stated', async () => {
      const items = await pull(feed(await lab(), { field: 'version' }));
      const count = counted(items);
      assert.ok(count?.type === 'count');
      assert.deepEqual(
        [count.field, count.unit, count.query, count.observedAt],
        ['version', engine.unit, engine.query, NOW.toISOString()],
      );
      assert.deepEqual(
        count.buckets.map(({ key, count: n }) => [key, n]),
        [0, 1, 2, 3, 4].map((i) => [`v1.31.${i}`, 12]),
      );
      const states = !['netlas-facets', 'quake-aggregation'].includes(engine.type);
      assert.deepEqual([count.total, count.omitted], states ? [90, 30] : [60, null]);
      assert.equal(noted(items)['cost'], engine.credits);
    });

    test('another field is counted by another name', async () => {
      const count = counted(await pull(feed(await lab(), { field: 'country' })));
      assert.deepEqual(count?.type === 'count' ? count.buckets : null, [
        { key: 'DE', count: 67 },
        { key: 'NO', count: 23 },
      ]);
    });

    test('nothing counted is partial, a busy engine is waited for, and nothing is spent beyond the limit', async () => {
      assert.equal(noted(await pull(feed(await lab({ rows: [] }))))['partial'], 'feed_empty');
      const busy = await lab({ faults: [{ kind: 'rate', at: 1, wait: 3 }] });
      assert.ok(counted(await pull(feed(busy))) !== undefined);
      assert.deepEqual(waits, [3000]);
      const feedOfOne = feed(busy);
      assert.deepEqual(await feedOfOne.spending?.estimate(new AbortController().signal), {
        credits: engine.credits,
        atMost: false,
      });
    });

    test('refusals have codes and keep the key to themselves', async () => {
      const it = await lab({ key: 'another-key' });
      for (const [asked, code] of [
        [feed(it), 'KC_FEED_CREDENTIALS'],
        [feed(await lab(), { query: `no such ${KEY}` }), 'KC_FEED_QUERY'],
        [feed(await lab({ faults: [1, 2, 3, 4, 5].map((at) => ({ kind: 'html', at })) })), 'KC_FEED_ANSWER'],
      ] as const) {
        assertNoKey(asked.query);
        await assert.rejects(pull(asked), (error: Error & { code?: string }) => {
          assert.equal(error.code, code);
          assertNoKey(shownOf(error));
          return true;
        });
      }
    });

    test('a reply of another form is none', () => {
      for (const reply of [null, {}, [], { total: 'x' }, { facets: [] }, { data: { version: [{ key: 1 }] } }])
        assert.equal(engine.read(reply, 'version'), null, JSON.stringify(reply));
    });
  });
}

test('a call that costs more than the limit is not made', async () => {
  const paid = COUNTS_ENGINES.filter(({ credits }) => credits > 0);
  assert.ok(paid.length >= 3);
  // Limits are whole numbers above 0, and no call costs more than one credit: the engine's own price is raised instead.
  const { createCountsFeed } = await import('../../../services/feeds/counts.feed.ts');
  for (const engine of paid) {
    const feed = createCountsFeed(
      { ...engine, credits: 3 },
      {
        name: 'mine',
        query: 'q',
        field: 'f',
        buckets: 1,
        baseUrl: 'http://127.0.0.1:1',
        key: KEY,
        http: () => Promise.reject(new Error('nothing is asked')),
        sleep: () => Promise.resolve(),
        clock: () => NOW,
        maxCredits: 2,
        confirmCredits: 1,
      },
    );
    assert.deepEqual(await pull(feed), [{ type: 'note', partial: 'credit_limit', capHit: true }]);
  }
});
