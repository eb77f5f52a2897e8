// One run of a feed at a time: a lock that a database session holds, so that a process that dies gives it up.
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import { KubecensusError } from '../platform/errors.ts';

/** How often a queue job looks whether a feed is free: pulls take minutes. */
const LOOK_AGAIN_MS = 2_000;

/** Who runs a feed, as others are told. */
export const runner = (): string => `process ${process.pid} on ${hostname()}`;

/** The lock's number: a feed's name in 64 bits. */
const lockOf = (feed: string) => sql`hashtextextended(${`kubecensus feed ${feed}`}, 0)`;

/**
 * Does `work` while no other process may run, approve or reject anything of this feed. Throws KC_FEED_BUSY at once when another one does.
 * A session that breaks gives the lock up; its run then finds at its next commit that it was taken for dead (advanceRun).
 */
export async function withLease<T>(db: Kysely<DB>, feed: string, work: () => Promise<T>): Promise<T> {
  return db.connection().execute(async (session) => {
    const lock = await sql<{ taken: boolean }>`select pg_try_advisory_lock(${lockOf(feed)}) as taken`.execute(session);
    if (lock.rows[0]?.taken !== true) throw new KubecensusError('KC_FEED_BUSY', await whoHolds(session, feed));
    try {
      return await work();
    } finally {
      // A session that is gone holds nothing.
      await sql`select pg_advisory_unlock(${lockOf(feed)})`.execute(session).catch(() => undefined);
    }
  });
}

async function whoHolds(db: Kysely<DB>, feed: string): Promise<string> {
  const run = await db
    .selectFrom('feed_run')
    .select(['id', 'started_at', 'runner'])
    .where('feed', '=', feed)
    .where('state', '=', 'running')
    .orderBy('id', 'desc')
    .executeTakeFirst();
  return run === undefined
    ? `Rows of the feed ${feed} are being moved by another process, which takes moments.`
    : `Run ${run.id} of the feed ${feed} has been going since ${run.started_at.toISOString()}, by ${run.runner ?? 'an earlier version'}.`;
}

/** Tries until no other run of the feed is in the way, or until `signal` aborts (then KC_FEED_BUSY is thrown). */
export async function whenFree<T>(run: () => Promise<T>, signal: AbortSignal, lookAgainMs = LOOK_AGAIN_MS): Promise<T> {
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof KubecensusError) || error.code !== 'KC_FEED_BUSY' || signal.aborted) throw error;
      await sleep(lookAgainMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
