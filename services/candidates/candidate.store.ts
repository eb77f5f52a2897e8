// Candidates and who saw them when. One batch is one transaction together with its run's counts and cursor.
import { type Kysely, sql } from 'kysely';
import { storableText } from '../platform/db/json.ts';
import type { DB } from '../platform/db/schema.ts';
import type { Candidate } from './candidate.ts';

/** A sighting that survived canonicalising and policy. */
export interface AcceptedSighting {
  readonly candidate: Candidate;
  /** The feed's own time, or null when it states none. */
  readonly observedAt: Date | null;
  /** Evidence as storable JSON, or null. */
  readonly evidence: string | null;
}

/**
 * Stores sightings of one feed in their order. A sighting is accepted when the feed had not named the candidate before or names it with a
 * later time of its own; everything else is a duplicate, however a stream is cut into batches. Idempotent: the same batch again changes
 * nothing. A sighting without a time speaks of `fallback` when it is the feed's first of the candidate, and adds nothing later.
 * Older times never move state backwards; first and last seen widen.
 */
export async function storeSightings(
  tx: Kysely<DB>,
  feed: string,
  runId: number,
  sightings: readonly AcceptedSighting[],
  fallback: Date,
): Promise<{ accepted: number; duplicate: number }> {
  if (sightings.length === 0) return { accepted: 0, duplicate: 0 };
  const candidates = sightings.map(({ candidate }) => candidate);
  const result = await sql<{ accepted: number }>`
    with input as (
      select t.*, s.last_seen as known, row_number() over (partition by key order by at) as nth
      from unnest(
        ${candidates.map((candidate) => candidate.key)}::text[], ${candidates.map((candidate) => candidate.kind)}::text[],
        ${candidates.map((candidate) => candidate.host)}::text[], ${candidates.map((candidate) => candidate.port)}::int[],
        ${sightings.map((sighting) => sighting.observedAt)}::timestamptz[]
      ) with ordinality as t (key, kind, host, port, stated, at)
      left join candidate c using (key) left join sighting s on s.feed = ${feed} and s.candidate_id = c.id
    ), timed as (
      select *, coalesce(stated, known, case when nth = 1 then ${fallback}::timestamptz end) as seen from input
    ), ranked as (
      select known, stated, nth, greatest(known, max(seen) over (partition by key order by at rows between unbounded preceding and 1 preceding)) as before
      from timed
    ), spans as (
      select key, kind, host, port, min(seen) as first_seen, max(seen) as last_seen from timed group by key, kind, host, port
    ), candidates as (
      insert into candidate as c (key, kind, host, address, port, first_seen, last_seen)
      select key, kind, host, case when kind = 'address' then host::inet end, port, first_seen, last_seen from spans order by key
      on conflict (key) do update set first_seen = least(c.first_seen, excluded.first_seen), last_seen = greatest(c.last_seen, excluded.last_seen)
      returning id, key
    ), stored as (
      insert into sighting as s (feed, candidate_id, first_seen, last_seen, first_run, last_run)
      select ${feed}, id, first_seen, last_seen, ${runId}, ${runId} from spans join candidates using (key) order by id
      on conflict (feed, candidate_id) do update set
        first_seen = least(s.first_seen, excluded.first_seen), last_seen = greatest(s.last_seen, excluded.last_seen), last_run = excluded.last_run
    )
    select count(*) filter (where (known is null and nth = 1) or stated > before) as accepted from ranked
  `.execute(tx);
  const accepted = Number(result.rows[0]?.accepted ?? 0);
  await storeEvidence(tx, feed, sightings, fallback);
  return { accepted, duplicate: sightings.length - accepted };
}

/** Keeps, for each feed and candidate, the newest evidence that came with a sighting; of equally old evidence the first. */
async function storeEvidence(
  tx: Kysely<DB>,
  feed: string,
  sightings: readonly AcceptedSighting[],
  fallback: Date,
): Promise<void> {
  const carrying = sightings.filter((sighting) => sighting.evidence !== null);
  if (carrying.length === 0) return;
  await sql`
    insert into sighting_evidence as e (feed, candidate_id, observed_at, body)
    select distinct on (c.id) ${feed}, c.id, coalesce(t.stated, ${fallback}::timestamptz), t.body
    from (
      select key, stated, body::jsonb as body, at from unnest(
        ${carrying.map((sighting) => sighting.candidate.key)}::text[],
        ${carrying.map((sighting) => sighting.observedAt)}::timestamptz[],
        ${carrying.map((sighting) => sighting.evidence)}::text[]
      ) with ordinality as u (key, stated, body, at)
    ) t join candidate c using (key) left join sighting_evidence known on known.feed = ${feed} and known.candidate_id = c.id
    where t.stated is not null or known.body is distinct from t.body
    order by c.id, coalesce(t.stated, ${fallback}::timestamptz) desc, t.at
    on conflict (feed, candidate_id) do update set observed_at = excluded.observed_at, body = excluded.body
      where excluded.observed_at > e.observed_at
  `.execute(tx);
}

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

/** All candidates of the named feeds (all feeds when none is named), in key order, page by page. */
export async function* candidatesOf(
  db: Kysely<DB>,
  feeds: readonly string[],
  pageSize = 10_000,
): AsyncIterable<CandidateRow[]> {
  for (let after = ''; ; ) {
    const page = await sql<CandidateRow>`
      select c.id, c.key, c.kind, c.host, c.port, array_agg(s.feed order by s.feed) as feeds
      from candidate c join sighting s on s.candidate_id = c.id
      where c.key > ${after} and (${feeds.length === 0} or s.feed = any(${feeds}::text[]))
      group by c.id order by c.key limit ${pageSize}
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
  });
}
