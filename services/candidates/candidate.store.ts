// Candidates and who saw them when. One batch is one transaction together with its run's counts and cursor.
import { type Kysely, sql } from 'kysely';
import type { Evidence } from '../feeds/evidence.ts';
import { storableJson, storableText } from '../platform/db/json.ts';
import type { DB } from '../platform/db/schema.ts';
import type { Candidate } from './candidate.ts';

/** A sighting that survived canonicalising and policy. */
export interface AcceptedSighting {
  readonly candidate: Candidate;
  /** The feed's own time, or null: then `fallback` of the batch. */
  readonly observedAt: Date | null;
  readonly evidence: Evidence | null;
}

/**
 * Stores one batch of one feed. `sightings` hold no key twice. A sighting is accepted when the feed had not named the candidate before or
 * names it with a later time of its own; everything else is a duplicate. Idempotent: the same batch again accepts nothing.
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
  const rows = sightings.map((sighting) => ({
    key: sighting.candidate.key,
    kind: sighting.candidate.kind,
    host: sighting.candidate.host,
    port: sighting.candidate.port,
    stated: sighting.observedAt,
    seen: sighting.observedAt ?? fallback,
  }));
  const result = await sql<{ accepted: number }>`
    with input as (
      select * from unnest(
        ${rows.map((row) => row.key)}::text[], ${rows.map((row) => row.kind)}::text[], ${rows.map((row) => row.host)}::text[],
        ${rows.map((row) => row.port)}::int[], ${rows.map((row) => row.stated)}::timestamptz[], ${rows.map((row) => row.seen)}::timestamptz[]
      ) as t (key, kind, host, port, stated, seen)
    ), candidates as (
      insert into candidate as c (key, kind, host, address, port, first_seen, last_seen)
      select key, kind, host, case when kind = 'address' then host::inet end, port, seen, seen from input order by key
      on conflict (key) do update set first_seen = least(c.first_seen, excluded.first_seen), last_seen = greatest(c.last_seen, excluded.last_seen)
      returning id, key
    ), before as (
      select c.id, i.seen, i.stated, s.last_seen as known
      from input i join candidates c using (key) left join sighting s on s.feed = ${feed} and s.candidate_id = c.id
    ), stored as (
      insert into sighting as s (feed, candidate_id, first_seen, last_seen, first_run, last_run)
      select ${feed}, id, seen, seen, ${runId}, ${runId} from before order by id
      on conflict (feed, candidate_id) do update set
        first_seen = least(s.first_seen, excluded.first_seen), last_seen = greatest(s.last_seen, excluded.last_seen), last_run = excluded.last_run
      returning 1
    )
    select count(*) filter (where known is null or stated > known) as accepted, (select count(*) from stored) as stored from before
  `.execute(tx);
  const accepted = Number(result.rows[0]?.accepted ?? 0);
  await storeEvidence(tx, feed, sightings, fallback);
  return { accepted, duplicate: sightings.length - accepted };
}

/** Keeps, for each feed and candidate, the newest evidence that came with a sighting. */
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
    select ${feed}, c.id, t.observed_at, t.body::jsonb
    from unnest(
      ${carrying.map((sighting) => sighting.candidate.key)}::text[],
      ${carrying.map((sighting) => sighting.observedAt ?? fallback)}::timestamptz[],
      ${carrying.map((sighting) => storableJson(sighting.evidence))}::text[]
    ) as t (key, observed_at, body) join candidate c using (key)
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
