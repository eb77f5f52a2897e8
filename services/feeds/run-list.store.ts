// Runs of feeds as a list that can be paged.
import type { Kysely } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import { type FeedRun, selectRuns, toRun } from './feed-run.store.ts';

/** Runs of one feed or of all, newest first, below the number `before`; at most `limit`. */
export async function runsBefore(
  db: Kysely<DB>,
  feed: string | null,
  before: number | null,
  limit: number,
): Promise<FeedRun[]> {
  const rows = await selectRuns(db)
    .where((eb) =>
      eb.and([
        feed === null ? eb.lit(true) : eb('feed', '=', feed),
        before === null ? eb.lit(true) : eb('id', '<', before),
      ]),
    )
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(toRun);
}
