// Tallies: counts that somebody else states, with source, query, unit and deviation; judged by version, never mixed with our own.
import { type Kysely, sql } from 'kysely';
import type { StatedCount } from '../feeds/feed.ts';
import { storableText } from '../platform/db/json.ts';
import type { DB } from '../platform/db/schema.ts';
import type { TallyBucket } from './tally-bucket.ts';

/** Characters of a bucket's key that are stored: it is part of an index, whose rows Postgres limits to 2,700 bytes. */
const STORED_KEY = 512;

/**
 * Stores one stated count; false when the feed stated it before (same time, query and field): the first statement stays. Buckets of one
 * key are summed: a source may list a version twice.
 */
export async function storeTally(
  tx: Kysely<DB>,
  feed: string,
  runId: number,
  stated: StatedCount,
  buckets: readonly TallyBucket[],
): Promise<boolean> {
  const row = await tx
    .insertInto('tally')
    .values({
      feed,
      run_id: runId,
      observed_at: new Date(stated.observedAt),
      query: stated.query,
      field: stated.field,
      unit: stated.unit,
      total: stated.total,
      omitted: stated.omitted,
      deviation: stated.deviation,
    })
    .onConflict((conflict) => conflict.columns(['feed', 'observed_at', 'query', 'field']).doNothing())
    .returning('id')
    .executeTakeFirst();
  if (row === undefined) return false;
  const byKey = [...Map.groupBy(buckets, (bucket) => storedKey(bucket.key))].map(([key, same]) => ({
    ...(same[0] as TallyBucket),
    key,
    count: same.reduce((sum, bucket) => sum + bucket.count, 0),
  }));
  if (byKey.length > 0) {
    await sql`
      insert into tally_bucket (tally_id, key, count, distribution, minor, support)
      select ${row.id}, * from unnest(
        ${byKey.map((bucket) => bucket.key)}::text[], ${byKey.map((bucket) => bucket.count)}::bigint[],
        ${byKey.map((bucket) => bucket.distribution)}::text[], ${byKey.map((bucket) => bucket.minor)}::text[], ${byKey.map((bucket) => bucket.support)}::text[])
    `.execute(tx);
  }
  return true;
}

const storedKey = (key: string): string => storableText(key.slice(0, STORED_KEY));

/** What tallies can be counted by; `version` is the bucket's key as stated. */
export const TALLY_DIMENSIONS = {
  distribution: 'distribution',
  minor: 'minor',
  support: 'support',
  version: 'key',
} as const;
export type TallyDimension = keyof typeof TALLY_DIMENSIONS;

export interface TallyCount {
  /** Number of the statement. */
  readonly tally: number;
  readonly feed: string;
  /** Day of the statement, YYYY-MM-DD. */
  readonly day: string;
  readonly unit: string;
  readonly query: string;
  readonly field: string;
  readonly total: number;
  readonly omitted: number | null;
  readonly deviation: number | null;
  readonly value: string | null;
  readonly count: number;
  /** Share of the bucketed hosts, 0 to 1. */
  readonly share: number;
}

/** A part of a list of tallies: behind the row `after`, at most `limit` rows. */
export interface TallyPage {
  readonly after: Pick<TallyCount, 'tally' | 'count' | 'value'> | null;
  readonly limit: number;
}

/** Counts over tallies by one dimension, per statement, oldest first and largest first within; all of them, or a page. */
export async function tallyCounts(
  db: Kysely<DB>,
  by: TallyDimension,
  feed: string | null,
  page: TallyPage | null = null,
): Promise<TallyCount[]> {
  const after = page?.after ?? null;
  const behind =
    after === null
      ? sql`true`
      : sql`((t.observed_at, t.feed, t.id) > (select a.observed_at, a.feed, a.id from tally a where a.id = ${after.tally})
          or t.id = ${after.tally} and (-b.count, coalesce(b.value, '')) > (-${after.count}::bigint, ${after.value ?? ''}::text))`;
  const result = await sql<TallyCount>`
    select t.id as tally, t.feed, to_char(t.observed_at at time zone 'UTC', 'YYYY-MM-DD') as day, t.unit, t.query, t.field, t.total, t.omitted,
      t.deviation, b.value, b.count, b.share
    from tally t join lateral (
      select ${sql.ref(TALLY_DIMENSIONS[by])} as value, sum(count)::bigint as count,
        sum(count)::float8 / nullif(sum(sum(count)) over (), 0)::float8 as share
      from tally_bucket where tally_id = t.id group by 1
    ) b on true
    where (${feed}::text is null or t.feed = ${feed}) and ${behind}
    order by t.observed_at, t.feed, t.id, b.count desc, coalesce(b.value, '') limit ${page?.limit ?? null}
  `.execute(db);
  return result.rows;
}
