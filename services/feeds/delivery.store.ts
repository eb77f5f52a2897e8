// A delivery: all that a source gave in one go, however many runs that took; and how it compares with the one before.
import { type Kysely, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import { type FeedRun, selectRuns, toRun } from './feed-run.store.ts';
import { FORMATS } from './formats/index.ts';
import { isJump, type Jump } from './jump.ts';

/** A run and those before it at whose place it went on, oldest first: together they are one delivery. */
export async function deliveryOf(db: Kysely<DB>, runId: number): Promise<FeedRun[]> {
  const chain = sql<{ id: number }>`
    with recursive chain as (
      select id, resumes from feed_run where id = ${runId}
      union all select f.id, f.resumes from feed_run f join chain c on f.id = c.resumes
    ) select id from chain`;
  const ids = (await chain.execute(db)).rows.map((row) => row.id);
  if (ids.length === 0) return [];
  return (await selectRuns(db).where('id', 'in', ids).orderBy('id').execute()).map(toRun);
}

/** What of a run says which earlier one it is compared with. */
export type Compared = Pick<FeedRun, 'id' | 'feed' | 'query' | 'sourceSha256'>;

/** Feeds of these names are no one source: files that nobody gave a name of their own go by their format. */
const UNNAMED = new Set(FORMATS.map((format) => format.name));

/**
 * The last whole delivery of a feed before a run, or null when none had rows. Under the name of a format lie files of any origin and size:
 * there a file is compared with files of its own file name only.
 */
export async function lastDelivery(db: Kysely<DB>, run: Compared): Promise<{ id: number; rows: number } | null> {
  const isUnnamedFile = run.sourceSha256 !== null && UNNAMED.has(run.feed);
  const row = await db
    .selectFrom('feed_run')
    .select(['id', 'delivery_rows as rows'])
    .where('feed', '=', run.feed)
    .$if(isUnnamedFile, (query) => query.where('query', '=', run.query))
    .where('state', '=', 'complete')
    .where('delivery_rows', '>', 0)
    .where('id', '<', run.id)
    .orderBy('id', 'desc')
    .executeTakeFirst();
  return row === undefined ? null : { id: row.id, rows: row.rows ?? 0 };
}

/** Compares the rows of a delivery with those of the feed's last whole one. */
export async function rowJump(db: Kysely<DB>, run: FeedRun, whole: boolean): Promise<Jump | null> {
  const before = await lastDelivery(db, run);
  if (before === null) return null;
  const now = (await deliveryOf(db, run.id)).reduce((sum, one) => sum + one.read, 0);
  return isJump(before.rows, now, whole) ? { unit: 'rows', before: before.rows, beforeRun: before.id, now } : null;
}
