// Runs one feed of counts: each stated count becomes a tally, its version strings judged as of the stated day.
import type { Kysely } from 'kysely';
import type { Feed, StatedCount } from '../feeds/feed.ts';
import {
  advanceRun,
  type FeedRun,
  loadCursor,
  NO_COUNTS,
  type RunContext,
  type RunCounts,
  recordRun,
  saveCursor,
} from '../feeds/feed-run.store.ts';
import { classifyVersion } from '../fingerprints/version.ts';
import type { DB } from '../platform/db/schema.ts';
import { KubecensusError } from '../platform/errors.ts';
import { storeTally, type TallyBucket } from './tally.store.ts';

/** Pulls a feed of counts. A statement is one row read: accepted when new, duplicate when stated before. Throws what the feed throws, with the run marked failed. */
export async function tally(
  feed: Feed & { sha256?: string },
  context: RunContext,
  signal: AbortSignal,
): Promise<FeedRun> {
  const { db, now } = context;
  return recordRun(feed, context, async (runId) => {
    for await (const item of feed.pull(await loadCursor(db, feed.name, feed.query), signal)) {
      await db.transaction().execute(async (tx) => {
        if (item.type === 'count') await advanceRun(tx, runId, await state(tx, feed.name, runId, item), {});
        else if (item.type === 'rejection') await advanceRun(tx, runId, rejected(item.reason), {});
        else if (item.type === 'checkpoint') await saveCursor(tx, feed.name, feed.query, item.cursor, runId, now());
        else if (item.type === 'note') await advanceRun(tx, runId, NO_COUNTS, item);
        else
          throw new KubecensusError(
            'KC_INTERNAL',
            `The feed ${feed.name} gives sightings but is declared as a feed of counts.`,
          );
      });
    }
  });
}

async function state(tx: Kysely<DB>, feed: string, runId: number, stated: StatedCount): Promise<RunCounts> {
  const isNew = await storeTally(
    tx,
    feed,
    runId,
    stated,
    stated.buckets.map((bucket) => judgeBucket(bucket, stated.observedAt)),
  );
  return { ...NO_COUNTS, read: 1, accepted: isNew ? 1 : 0, duplicate: isNew ? 0 : 1 };
}

/** What a bare version string proves on the day that the count speaks of. */
export function judgeBucket(bucket: { key: string; count: number }, observedAt: string): TallyBucket {
  const facts = classifyVersion(bucket.key, observedAt);
  const minor = facts.major === null || facts.minor === null ? null : `${facts.major}.${facts.minor}`;
  return { key: bucket.key, count: bucket.count, distribution: facts.slug, minor, support: facts.support };
}

const rejected = (reason: string): RunCounts => ({ ...NO_COUNTS, read: 1, rejected: 1, rejectedBy: { [reason]: 1 } });
