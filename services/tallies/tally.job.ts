// Runs one feed of counts: each stated count becomes a tally, its version strings judged as of the stated day.
import type { Kysely } from 'kysely';
import type { Feed, FeedItem } from '../feeds/feed.ts';
import { saveCursor } from '../feeds/feed-cursor.store.ts';
import { advanceRun, type FeedRun, NO_COUNTS, type RunCounts } from '../feeds/feed-run.store.ts';
import { type RunContext, recordRun } from '../feeds/record-run.store.ts';
import type { DB } from '../platform/db/schema.ts';
import { KubecensusError } from '../platform/errors.ts';
import { holdTally, releaseTally, tallyJump } from './held-tally.store.ts';

/**
 * Pulls a feed of counts. A statement is one row read: accepted when new, duplicate when stated before, both once the run is judged.
 * Throws what the feed throws, with the run marked failed, and KC_FEED_BUSY while another run of the feed goes on.
 */
export async function tally(
  feed: Feed & { sha256?: string },
  context: RunContext,
  signal: AbortSignal,
): Promise<FeedRun> {
  return recordRun(feed, context, {
    pull: async ({ id, since }) => {
      for await (const item of feed.pull(since, signal))
        await context.db.transaction().execute((tx) => take(tx, feed, id, item, context.now()));
    },
    release: releaseTally,
    jump: tallyJump,
  });
}

async function take(tx: Kysely<DB>, feed: Feed, runId: number, item: FeedItem, at: Date): Promise<void> {
  switch (item.type) {
    case 'count':
      await holdTally(tx, runId, item);
      return advanceRun(tx, runId, { ...NO_COUNTS, read: 1, held: 1 }, {});
    case 'rejection':
      return advanceRun(tx, runId, rejected(item.reason), {});
    case 'checkpoint':
      return saveCursor(tx, feed.name, feed.query, item.cursor, runId, at);
    case 'note':
      return advanceRun(tx, runId, NO_COUNTS, item);
    case 'sighting':
      throw new KubecensusError(
        'KC_INTERNAL',
        `The feed ${feed.name} gives sightings but is declared as a feed of counts.`,
      );
  }
}

const rejected = (reason: string): RunCounts => ({ ...NO_COUNTS, read: 1, rejected: 1, rejectedBy: { [reason]: 1 } });
