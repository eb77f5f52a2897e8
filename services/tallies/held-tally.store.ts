// Stated counts that are kept back until their run is judged: nothing reads them but whoever lets them in.
import { type Kysely, sql } from 'kysely';
import { deliveryOf } from '../feeds/delivery.store.ts';
import type { StatedCount } from '../feeds/feed.ts';
import { type FeedRun, NO_COUNTS, type RunCounts } from '../feeds/feed-run.store.ts';
import { isJump, type Jump } from '../feeds/jump.ts';
import { storableJson } from '../platform/db/json.ts';
import type { DB } from '../platform/db/schema.ts';
import { storeTally } from './tally.store.ts';
import { judgeBucket } from './tally-bucket.ts';

/** Keeps a stated count back. */
export async function holdTally(tx: Kysely<DB>, runId: number, stated: StatedCount): Promise<void> {
  await tx
    .insertInto('held_tally')
    .values({ run_id: runId, body: storableJson(stated) })
    .execute();
}

/** Lets in the oldest count that a run keeps back (see Release). */
export async function releaseTally(tx: Kysely<DB>, run: FeedRun): Promise<RunCounts> {
  const row = await tx
    .selectFrom('held_tally')
    .select(['n', 'body'])
    .where('run_id', '=', run.id)
    .orderBy('n')
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return NO_COUNTS;
  const stated = row.body as unknown as StatedCount;
  const buckets = stated.buckets.map((bucket) => judgeBucket(bucket, stated.observedAt));
  const isNew = await storeTally(tx, run.feed, run.id, stated, buckets);
  await tx.deleteFrom('held_tally').where('run_id', '=', run.id).where('n', '=', row.n).execute();
  return { ...NO_COUNTS, accepted: isNew ? 1 : 0, duplicate: isNew ? 0 : 1, held: -1 };
}

/** Compares what a run states with the statement of the same question that is nearest in time; the first that jumps, or null. */
export async function tallyJump(db: Kysely<DB>, run: FeedRun): Promise<Jump | null> {
  const runs = (await deliveryOf(db, run.id)).map(({ id }) => id);
  const { rows } = await sql<Jump>`
    select t.unit, t.total as before, t.run_id as "beforeRun", (h.body ->> 'total')::bigint as now
    from held_tally h cross join lateral (
      select * from tally where feed = ${run.feed} and query = h.body ->> 'query' and field = h.body ->> 'field'
        and unit = h.body ->> 'unit' and total > 0 and observed_at <> (h.body ->> 'observedAt')::timestamptz
      order by abs(extract(epoch from observed_at - (h.body ->> 'observedAt')::timestamptz)), id limit 1
    ) t where h.run_id = any(${runs}::bigint[]) order by h.run_id, h.n
  `.execute(db);
  return rows.find(({ before, now }) => isJump(before, now, true)) ?? null;
}
