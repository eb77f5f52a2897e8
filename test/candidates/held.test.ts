// Deliveries that jump are held, nothing of them is seen until somebody approves, and approving gives what an unheld run had given.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sql } from 'kysely';
import { candidatesOf, forgetFeeds } from '../../services/candidates/candidate.store.ts';
import { type CollectContext, collect } from '../../services/candidates/collect.job.ts';
import { releaseSightings } from '../../services/candidates/held-sighting.store.ts';
import type { Evidence } from '../../services/feeds/evidence.ts';
import type { Feed, FeedItem, Sighting } from '../../services/feeds/feed.ts';
import { loadCursor } from '../../services/feeds/feed-cursor.store.ts';
import { type FeedRun, findRun, heldRuns, lastRuns } from '../../services/feeds/feed-run.store.ts';
import { approveRun, rejectRun } from '../../services/feeds/held-run.store.ts';
import { isJump } from '../../services/feeds/jump.ts';
import { sightingOverlaps } from '../../services/rollups/overlap.store.ts';
import { evidenceOf } from '../../services/surveys/evidence.store.ts';
import { type TestDatabase, withDatabase } from '../support/database.ts';

const NOW = new Date('2026-11-24T12:00:00.000Z');
const LATER = new Date('2026-11-25T12:00:00.000Z');
const never = new AbortController().signal;

/** Rows of one delivery: `count` addresses from `first` on, each with evidence. */
function rows(count: number, first = 0, day = '2026-11-01T00:00:00Z'): Sighting[] {
  return Array.from({ length: count }, (_, i) => {
    const n = first + i;
    const address = `8.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
    const evidence: Evidence = { endpoint: { address, port: 6443 }, id: `${day} ${n}` };
    return { type: 'sighting', host: address, port: 6443, observedAt: day, at: `line ${i + 1}`, evidence };
  });
}

const PAGE = 500;

/** A source that goes on at its cursor, page by page, and dies (as a process does: nothing is recorded) at row `dieAt`. */
function pagedFeed(items: readonly FeedItem[], options: { dieAt?: number; partialAt?: number; sha256?: string } = {}) {
  const feed: Feed & { sha256?: string } = {
    name: 'f',
    kind: 'sightings',
    title: 'f',
    terms: '',
    upstreams: [],
    cost: '',
    query: 'all',
    ...(options.sha256 === undefined ? {} : { sha256: options.sha256 }),
    pull: async function* (since) {
      const place = since as { next?: number; done?: boolean } | null;
      const from = place?.done === true ? 0 : (place?.next ?? 0);
      for (let at = from; at < items.length; at += PAGE) {
        if (at === options.dieAt) throw new Death();
        if (at === options.partialAt) return yield { type: 'note', partial: 'credit_limit' };
        yield* items.slice(at, at + PAGE);
        yield { type: 'checkpoint', cursor: at + PAGE >= items.length ? { done: true } : { next: at + PAGE } };
      }
      if (items.length === 0) yield { type: 'checkpoint', cursor: { done: true } };
    },
  };
  return feed;
}

class Death extends Error {}

function collecting({ database }: TestDatabase) {
  const context: CollectContext = {
    db: database.db,
    now: () => NOW,
    codeVersion: 'test',
    door: () => null,
    canonicalOptions: {},
    onProgress: () => undefined,
  };
  return (feed: Feed): Promise<FeedRun> => collect(feed, context, never);
}

/** The run is left as a killed process leaves it: running, with what it committed. */
async function killed(test: TestDatabase, feed: Feed): Promise<number> {
  await assert.rejects(collecting(test)(feed), Death);
  const [run] = await lastRuns(test.database.db);
  const { rows: kept } = await sql<{
    n: number;
  }>`select count(*) as n from held_sighting where run_id = ${run?.id}`.execute(test.database.db);
  assert.equal(kept[0]?.n, 0, 'what failed is let in');
  return run?.id as number;
}

/** All that surveys, exports and overlaps see. */
async function seen({ database: { db } }: TestDatabase) {
  const candidates: unknown[] = [];
  for await (const page of candidatesOf(db, [])) candidates.push(...page.map(({ key, feeds }) => [key, feeds]));
  const evidence: unknown[] = [];
  for await (const page of evidenceOf(db, [])) evidence.push(...page.map(({ key, observedAt }) => [key, observedAt]));
  evidence.sort();
  const window = { from: new Date('2026-10-01'), to: new Date('2026-12-01') };
  const { endpoints } = await sightingOverlaps(db, window);
  const state = await sql`select key, c.first_seen, c.last_seen, s.first_seen as f, s.last_seen as l, e.body
    from candidate c join sighting s on s.candidate_id = c.id left join sighting_evidence e on e.feed = s.feed and e.candidate_id = c.id
    order by key collate "C"`.execute(db);
  return { candidates, evidence, endpoints: endpoints.seen, feeds: endpoints.feeds, state: state.rows };
}

/** Thousands of rows: a difference is shown by its first place, for assert's own takes minutes. */
function assertSame(
  actual: Awaited<ReturnType<typeof seen>>,
  expected: typeof actual,
  message = 'the same is seen',
): void {
  for (const key of ['candidates', 'evidence', 'state'] as const) {
    const [is, should] = [
      actual[key].map((row) => JSON.stringify(row)),
      expected[key].map((row) => JSON.stringify(row)),
    ];
    const at = is.findIndex((row, i) => row !== should[i]);
    if (at >= 0) assert.equal(is[at], should[at], message);
    assert.equal(is.length, should.length, message);
  }
  assert.deepEqual([actual.endpoints, actual.feeds], [expected.endpoints, expected.feeds], message);
}

it('calls a step a jump at ten times and a tenth, not for small numbers, and not downwards for what is not whole', () => {
  const cases: [number, number, boolean, boolean][] = [
    [100, 999, true, false],
    [100, 1000, true, true],
    [100, 1000, false, true],
    [1000, 101, true, false],
    [1000, 100, true, true],
    [1000, 100, false, false],
    [9, 99, true, false],
    [9, 100, true, true],
    [99, 1, true, false],
    [0, 100_000, true, false],
    [1000, 0, true, false],
  ];
  for (const [before, now, whole, jump] of cases) assert.equal(isJump(before, now, whole), jump, `${before} ${now}`);
});

it('never holds a first run, however large, and holds ten times as many rows and a tenth of them', async (t) => {
  const test = await withDatabase(t);
  const run = collecting(test);
  const first = await run(pagedFeed(rows(500)));
  assert.deepEqual([first.state, first.accepted, first.held], ['complete', 500, 0]);
  const before = await seen(test);
  for (const items of [rows(5000, 0, '2026-11-02T00:00:00Z'), rows(50, 9000)]) {
    const jumped = await run(pagedFeed(items));
    assert.deepEqual(
      [jumped.state, jumped.read, jumped.held, jumped.accepted, jumped.duplicate],
      ['held', items.length, items.length, 0, 0],
    );
    assert.deepEqual(jumped.hold, {
      reason: 'feed_jump',
      unit: 'rows',
      before: 500,
      now: items.length,
      beforeRun: first.id,
      otherwise: 'complete',
    });
    assertSame(await seen(test), before, 'nothing sees a held run');
  }
  const usual = await run(pagedFeed(rows(700)));
  assert.deepEqual([usual.state, usual.accepted, usual.duplicate, usual.held], ['complete', 200, 500, 0]);
  assert.equal((await heldRuns(test.database.db, 'f')).length, 2, 'both wait still');
});

it('gives after an approval what an unheld run had given, and compares the next delivery with it', async (t) => {
  const [test, other] = [await withDatabase(t), await withDatabase(t)];
  // More than one transaction of an approval takes.
  const large = [...rows(5100, 0, '2026-11-02T00:00:00Z'), ...rows(50)];
  await collecting(test)(pagedFeed(rows(500)));
  const held = await collecting(test)(pagedFeed(large));
  const approved = await approveRun(test.database.db, held.id, LATER, releaseSightings);
  await collecting(other)(pagedFeed(rows(500)));
  // Without an earlier delivery nothing is compared.
  await other.database.db.updateTable('feed_run').set({ delivery_rows: null }).execute();
  const plain = await collecting(other)(pagedFeed(large));
  const counts = ({ read, accepted, duplicate, rejected, held: kept }: FeedRun) => [
    read,
    accepted,
    duplicate,
    rejected,
    kept,
  ];
  assert.deepEqual(counts(approved), counts(plain));
  assert.deepEqual([approved.state, approved.decidedAt], ['complete', LATER]);
  assertSame(await seen(test), await seen(other));
  assert.equal((await test.database.db.selectFrom('held_sighting').select('n').execute()).length, 0);
  await assert.rejects(approveRun(test.database.db, held.id, LATER, releaseSightings), { code: 'KC_FEED_NOT_HELD' });
  assert.equal((await collecting(test)(pagedFeed(large))).state, 'complete');
});

it('goes on with an approval that died in the middle', async (t) => {
  const test = await withDatabase(t);
  await collecting(test)(pagedFeed(rows(500)));
  const held = await collecting(test)(pagedFeed(rows(5600)));
  let transactions = 0;
  const dying = approveRun(test.database.db, held.id, LATER, (tx, run) => {
    if (++transactions === 2) throw new Death();
    return releaseSightings(tx, run);
  });
  await assert.rejects(dying, Death);
  assert.equal((await findRun(test.database.db, held.id))?.held, 600);
  const done = await approveRun(test.database.db, held.id, LATER, releaseSightings);
  assert.deepEqual([done.accepted, done.duplicate, done.held], [5100, 500, 0]);
  assert.equal((await seen(test)).candidates.length, 5600);
});

it('drops a rejected run, keeps its record, and begins anew', async (t) => {
  const test = await withDatabase(t);
  const { db } = test.database;
  await collecting(test)(pagedFeed(rows(100)));
  const before = await seen(test);
  // Cut short in the middle of ten times as many rows: held all the same.
  const held = await collecting(test)(pagedFeed(rows(1500), { partialAt: 1000 }));
  assert.deepEqual([held.state, held.held, held.partialReason], ['held', 1000, 'credit_limit']);
  assert.deepEqual(await loadCursor(db, 'f', 'all'), { next: 1000 });
  const rejected = await rejectRun(db, held.id, LATER);
  assert.deepEqual([rejected.state, rejected.read, rejected.held], ['rejected', 1000, 1000]);
  assert.equal(await loadCursor(db, 'f', 'all'), null);
  assert.equal((await db.selectFrom('held_sighting').select('n').execute()).length, 0);
  assertSame(await seen(test), before);
  for (const decide of [() => approveRun(db, held.id, LATER, releaseSightings), () => rejectRun(db, held.id, LATER)])
    await assert.rejects(decide, { code: 'KC_FEED_NOT_HELD' });
  await assert.rejects(rejectRun(db, 999_999, LATER), { code: 'KC_FEED_NOT_HELD' });
});

it('keeps what was known when a delivery is empty, and says so', async (t) => {
  const test = await withDatabase(t);
  await collecting(test)(pagedFeed(rows(500)));
  const before = await seen(test);
  const empty = await collecting(test)(pagedFeed([]));
  assert.deepEqual([empty.state, empty.partialReason, empty.hold], ['partial', 'feed_empty', null]);
  // What is said of the feed may change, for its last run was partial.
  assertSame({ ...(await seen(test)), feeds: before.feeds }, before);
  const usual = await collecting(test)(pagedFeed(rows(5000)));
  assert.deepEqual([usual.state, usual.hold?.before], ['held', 500], 'an empty delivery is nothing to compare with');
});

it('does not compare what only goes on, nor what was forgotten, nor what is cut short', async (t) => {
  const test = await withDatabase(t);
  const run = collecting(test);
  const stream = (count: number): Feed => ({
    ...pagedFeed([]),
    name: 'log',
    pull: async function* () {
      yield* rows(count);
      yield { type: 'checkpoint', cursor: { position: count } };
    },
  });
  for (const count of [1000, 10, 5000, 0]) assert.equal((await run(stream(count))).state, 'complete');
  await run(pagedFeed(rows(5000)));
  const short = await run(pagedFeed(rows(5000), { partialAt: 500 }));
  assert.deepEqual([short.state, short.held], ['partial', 0]);
  await forgetFeeds(test.database.db, ['f']);
  assert.equal((await run(pagedFeed(rows(50, 9000)))).state, 'complete');
});

it('judges a delivery by all runs that it took, and lets in or holds what each of them kept back', async (t) => {
  const test = await withDatabase(t);
  const { db } = test.database;
  await collecting(test)(pagedFeed(rows(500)));
  // A failure lets in what came; a process that dies cannot.
  const failed = await killed(test, pagedFeed(rows(5000), { dieAt: 1000 }));
  assert.equal((await findRun(db, failed))?.accepted, 500);
  const rest = await collecting(test)(pagedFeed(rows(5000)));
  assert.deepEqual([rest.state, rest.resumes, rest.read, rest.hold?.now], ['held', failed, 4000, 5000]);
  await approveRun(db, rest.id, LATER, releaseSightings);
  assert.equal((await seen(test)).candidates.length, 5000);
});
