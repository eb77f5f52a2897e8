// Candidates as surveys read them, rows that were refused, and forgetting.
import { type Kysely, sql } from 'kysely';
import { storableText } from '../platform/db/json.ts';
import type { DB } from '../platform/db/schema.ts';

/** Rows that were rejected, kept for the feed's owner to look at. */
export async function quarantine(
  tx: Kysely<DB>,
  runId: number,
  rows: readonly { at: string; reason: string; excerpt: string }[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx
    .insertInto('quarantine')
    .values(rows.map((row) => ({ run_id: runId, at: row.at, reason: row.reason, excerpt: storableText(row.excerpt) })))
    .execute();
}

/** A candidate as a survey needs it. */
export interface CandidateRow {
  readonly id: number;
  readonly key: string;
  readonly kind: 'address' | 'name';
  readonly host: string;
  readonly port: number | null;
  readonly feeds: readonly string[];
}

/** All candidates of the named feeds (all feeds when none is named), in key order, page by page: each page is read from its first key on, and no further. */
export async function* candidatesOf(
  db: Kysely<DB>,
  feeds: readonly string[],
  pageSize = 10_000,
): AsyncIterable<CandidateRow[]> {
  for (let after = ''; ; ) {
    const page = await sql<CandidateRow>`
      select c.id, c.key, c.kind, c.host, c.port, s.feeds
      from candidate c cross join lateral (
        select array_agg(feed order by feed) as feeds from sighting
        where candidate_id = c.id and (${feeds.length === 0} or feed = any(${feeds}::text[]))
      ) s
      where c.key > ${after} and s.feeds is not null order by c.key limit ${pageSize}
    `.execute(db);
    if (page.rows.length === 0) return;
    yield page.rows;
    after = (page.rows.at(-1) as CandidateRow).key;
  }
}

/** Forgets what feeds said: their sightings and cursors, and candidates that nobody else named. Their runs stay on record. */
export async function forgetFeeds(db: Kysely<DB>, feeds: readonly string[]): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await sql`
      with gone as (delete from sighting where feed = any(${feeds}::text[]) returning candidate_id)
      delete from candidate c where c.id in (select candidate_id from gone)
        and not exists (select 1 from sighting s where s.candidate_id = c.id and s.feed <> all(${feeds}::text[]))
    `.execute(tx);
    await tx
      .deleteFrom('feed_cursor')
      .where('feed', 'in', [...feeds])
      .execute();
    // Nor is there a delivery left that the next one could be compared with.
    await tx
      .updateTable('feed_run')
      .set({ delivery_rows: null })
      .where('feed', 'in', [...feeds])
      .execute();
  });
}
