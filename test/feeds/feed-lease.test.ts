// One run of a feed at a time: who is second is told who is first, waits as a queue job, and who was taken for dead commits nothing more.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sql } from 'kysely';
import { type CollectContext, collect } from '../../services/candidates/collect.job.ts';
import type { Feed, FeedItem } from '../../services/feeds/feed.ts';
import { whenFree, withLease } from '../../services/feeds/feed-lease.store.ts';
import { findRun, lastRuns } from '../../services/feeds/feed-run.store.ts';
import { until } from '../platform/until.ts';
import { type TestDatabase, withDatabase } from '../support/database.ts';

const NOW = new Date('2026-11-24T12:00:00.000Z');
const never = new AbortController().signal;
/** After that a lease that should be free is not: the test fails instead of waiting. */
const PATIENCE_MS = 20_000;

function feedOf(name: string, pull: Feed['pull']): Feed {
  return { name, kind: 'sightings', title: '', terms: '', upstreams: [], cost: '', query: 'all', pull };
}
const sighting = (host: string): FeedItem => ({ type: 'sighting', host, port: null, observedAt: null, at: 'line 1' });

function collecting({ database }: TestDatabase) {
  const context: CollectContext = {
    db: database.db,
    now: () => NOW,
    codeVersion: 'test',
    door: () => null,
    canonicalOptions: {},
    onProgress: () => undefined,
  };
  return (feed: Feed, signal = never) => collect(feed, context, signal);
}

/** A feed that has given a row and waits until it is told to go on, at the latest by the end of the test: its run holds a session that closing waits for. */
function waitingFeed(name: string, { onEnd }: TestDatabase) {
  const go = Promise.withResolvers<void>();
  onEnd(async () => go.resolve());
  const began = Promise.withResolvers<void>();
  const feed = feedOf(name, async function* () {
    yield sighting('8.0.0.1');
    yield { type: 'checkpoint', cursor: { done: true } };
    began.resolve();
    await go.promise;
    yield sighting('8.0.0.2');
    yield { type: 'checkpoint', cursor: { done: true } };
  });
  return { feed, began: began.promise, go: () => go.resolve() };
}

const quick = (name: string) =>
  feedOf(name, async function* () {
    yield sighting('8.0.0.3');
  });

it('refuses a second run while the first goes on, says who runs since when, and lets other feeds be', async (t) => {
  const test = await withDatabase(t);
  const run = collecting(test);
  const { feed, began, go } = waitingFeed('f', test);
  const first = run(feed);
  await began;
  const [going] = await lastRuns(test.database.db);
  await assert.rejects(run(quick('f')), {
    code: 'KC_FEED_BUSY',
    message: `Run ${going?.id} of the feed f has been going since ${NOW.toISOString()}, by ${going?.runner}.`,
  });
  assert.match(going?.runner ?? '', new RegExp(`^process ${process.pid} on .`));
  assert.equal((await run(quick('other'))).state, 'complete');
  assert.equal((await findRun(test.database.db, going?.id ?? 0))?.state, 'running', 'it was not taken for dead');
  go();
  assert.deepEqual([(await first).state, (await first).accepted], ['complete', 2]);
  assert.equal((await run(quick('f'))).state, 'complete', 'the feed is free again');
});

it('makes a queue job wait, and stops waiting when it is told to', async (t) => {
  const test = await withDatabase(t);
  const run = collecting(test);
  const { feed, began, go } = waitingFeed('f', test);
  const first = run(feed);
  await began;
  let tries = 0;
  const trying = () => {
    tries++;
    return run(quick('f'));
  };
  const giveUp = new AbortController();
  const job = whenFree(trying, giveUp.signal, 5);
  test.onEnd(async () => giveUp.abort());
  await until('the job to try again', () => tries >= 3);
  const stopping = new AbortController();
  const stopped = whenFree(() => run(quick('f')), stopping.signal, 60_000);
  stopping.abort();
  await assert.rejects(stopped, { code: 'KC_FEED_BUSY' });
  go();
  assert.equal((await first).state, 'complete');
  assert.equal((await job).state, 'complete');
  await assert.rejects(
    whenFree(() => Promise.reject(new Error('broken')), never, 5),
    /broken/,
    'other failures are the queue’s to retry',
  );
});

it('frees the lease of a session that broke, and the run that lost it commits nothing more', async (t) => {
  const test = await withDatabase(t);
  const { db } = test.database;
  const run = collecting(test);
  const { feed, began, go } = waitingFeed('f', test);
  const zombie = run(feed);
  const outcome = assert.rejects(zombie, { code: 'KC_FEED_LEASE' });
  await began;
  const [lost] = await lastRuns(db);
  await sql`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted and database =
    (select oid from pg_database where datname = current_database())`.execute(db);
  const second = await whenFree(() => run(quick('f')), AbortSignal.timeout(PATIENCE_MS), 5);
  assert.equal(second.state, 'complete');
  go();
  await outcome;
  const closed = await findRun(db, lost?.id ?? 0);
  assert.deepEqual([closed?.state, closed?.partialReason, closed?.read], ['partial', 'interrupted', 1]);
  const { rows } = await sql<{ host: string }>`select host from candidate order by host`.execute(db);
  assert.deepEqual(
    rows.map(({ host }) => host),
    ['8.0.0.1', '8.0.0.3'],
  );
});

it('gives the lease up when the work fails', async (t) => {
  const { database } = await withDatabase(t);
  await assert.rejects(
    withLease(database.db, 'f', () => Promise.reject(new Error('broken'))),
    /broken/,
  );
  assert.equal(await withLease(database.db, 'f', async () => 'free'), 'free');
});
