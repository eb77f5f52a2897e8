// Who saw which candidate when, with the evidence that came along. One batch is one transaction together with its run's counts and cursor.
import { type Kysely, sql } from 'kysely';
import { int4Array, int8Array, jsonbArray, textArray, timestamptzArray } from '../platform/db/arrays.ts';
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

/** All that one batch says of one candidate. */
interface Group {
  readonly candidate: Candidate;
  readonly sightings: AcceptedSighting[];
  /** The candidate's row, once it is known to have one. */
  id: number | null;
  /** Milliseconds: when it was seen, by this batch and a time that is known already. */
  first: number;
  last: number;
  /** When the evidence was observed that this feed gave before, or null. */
  evidenceAt: number | null;
  /** Whether the candidate's row has to be written. */
  widens: boolean;
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
  const groups = groupByCandidate(sightings);
  const accepted = await recogniseKnown(tx, feed, groups, fallback.getTime());
  await storeCandidates(
    tx,
    groups.filter((group) => group.widens),
  );
  await sql`
    insert into sighting as s (feed, candidate_id, first_seen, last_seen, first_run, last_run)
    select ${feed}, id, first, last, ${runId}, ${runId} from unnest(
      ${int8Array(groups.map((group) => group.id))}::bigint[],
      ${timestamptzArray(groups.map((group) => group.first))}::timestamptz[],
      ${timestamptzArray(groups.map((group) => group.last))}::timestamptz[]
    ) as t (id, first, last)
    on conflict (feed, candidate_id) do update set
      first_seen = least(s.first_seen, excluded.first_seen), last_seen = greatest(s.last_seen, excluded.last_seen), last_run = excluded.last_run
  `.execute(tx);
  await storeEvidence(tx, feed, groups, fallback.getTime());
  return { accepted, duplicate: sightings.length - accepted };
}

/** One group for each candidate, in the order of their keys: transactions that meet wait for each other in the same order. */
function groupByCandidate(sightings: readonly AcceptedSighting[]): Group[] {
  const groups = new Map<string, Group>();
  for (const sighting of sightings) {
    const { candidate } = sighting;
    const group = groups.get(candidate.key);
    if (group !== undefined) group.sightings.push(sighting);
    else
      groups.set(candidate.key, {
        candidate,
        sightings: [sighting],
        id: null,
        first: 0,
        last: 0,
        evidenceAt: null,
        widens: true,
      });
  }
  return [...groups.values()].sort((a, b) => (a.candidate.key < b.candidate.key ? -1 : 1));
}

/** Looks up what is known of the groups, and reckons their times with it. Returns how many sightings are accepted. */
async function recogniseKnown(
  tx: Kysely<DB>,
  feed: string,
  groups: readonly Group[],
  fallback: number,
): Promise<number> {
  const { rows } = await sql<{
    nth: number;
    id: number;
    firstSeen: Date;
    lastSeen: Date;
    seen: Date | null;
    evidenceAt: Date | null;
  }>`
    select t.nth, c.id, c.first_seen as "firstSeen", c.last_seen as "lastSeen", s.last_seen as seen, e.observed_at as "evidenceAt"
    from unnest(${textArray(groups.map((group) => group.candidate.key))}::text[]) with ordinality as t (key, nth)
      join candidate c using (key)
      left join sighting s on s.feed = ${feed} and s.candidate_id = c.id
      left join sighting_evidence e on e.feed = s.feed and e.candidate_id = s.candidate_id
  `.execute(tx);
  const known = new Map(rows.map((row) => [row.nth - 1, row]));
  let accepted = 0;
  for (const [i, group] of groups.entries()) {
    const row = known.get(i);
    accepted += reckon(group, row?.seen?.getTime() ?? null, fallback);
    if (row === undefined) continue;
    group.id = row.id;
    group.evidenceAt = row.evidenceAt?.getTime() ?? null;
    group.widens = group.first < row.firstSeen.getTime() || group.last > row.lastSeen.getTime();
  }
  return accepted;
}

/** Sets a group's times; `known` is when the feed has seen its candidate last. Returns how many of its sightings are accepted. */
function reckon(group: Group, known: number | null, fallback: number): number {
  let accepted = 0;
  let last = known;
  let first = known;
  for (const { observedAt } of group.sightings) {
    const stated = observedAt?.getTime() ?? null;
    if (last === null || (stated !== null && stated > last)) accepted++;
    const seen = stated ?? last ?? fallback;
    if (first === null || seen < first) first = seen;
    if (last === null || seen > last) last = seen;
  }
  group.first = first ?? fallback;
  group.last = last ?? fallback;
  return accepted;
}

/** Writes candidates that are new or seen earlier or later than before, and gives their groups the number of their row. */
async function storeCandidates(tx: Kysely<DB>, groups: readonly Group[]): Promise<void> {
  if (groups.length === 0) return;
  const { rows } = await sql<{ id: number; key: string }>`
    insert into candidate as c (key, kind, host, address, port, first_seen, last_seen)
    select key, kind, host, case when kind = 'address' then host::inet end, port, first, last from unnest(
      ${textArray(groups.map(({ candidate }) => candidate.key))}::text[],
      ${textArray(groups.map(({ candidate }) => candidate.kind))}::text[],
      ${textArray(groups.map(({ candidate }) => candidate.host))}::text[],
      ${int4Array(groups.map(({ candidate }) => candidate.port))}::int[],
      ${timestamptzArray(groups.map((group) => group.first))}::timestamptz[],
      ${timestamptzArray(groups.map((group) => group.last))}::timestamptz[]
    ) as t (key, kind, host, port, first, last)
    on conflict (key) do update set first_seen = least(c.first_seen, excluded.first_seen), last_seen = greatest(c.last_seen, excluded.last_seen)
    returning id, key
  `.execute(tx);
  const ids = new Map(rows.map(({ id, key }) => [key, id]));
  for (const group of groups) group.id = ids.get(group.candidate.key) ?? group.id;
}

/** Keeps, for each feed and candidate, the newest evidence that came with a sighting; of equally old evidence the first. */
async function storeEvidence(tx: Kysely<DB>, feed: string, groups: readonly Group[], fallback: number): Promise<void> {
  const fresh: News[] = [];
  const later: News[] = [];
  for (const { id, sightings, evidenceAt } of groups) {
    let newest: News | null = null;
    for (const { observedAt, evidence } of sightings) {
      if (evidence === null) continue;
      const news = { id, at: observedAt?.getTime() ?? fallback, dated: observedAt !== null, body: evidence };
      if (newest === null || news.at > newest.at) newest = news;
      if (evidenceAt !== null && news.at > evidenceAt) later.push(news);
    }
    if (newest !== null && evidenceAt === null) fresh.push(newest);
  }
  if (fresh.length > 0) await insertEvidence(tx, feed, fresh);
  if (later.length > 0) await replaceEvidence(tx, feed, later);
}

/** Evidence that may be newer than what is known. */
interface News {
  readonly id: number | null;
  readonly at: number;
  readonly dated: boolean;
  readonly body: string;
}

const newer = sql`on conflict (feed, candidate_id) do update set observed_at = excluded.observed_at, body = excluded.body
  where excluded.observed_at > e.observed_at`;

/** First evidence: one of each candidate. Nothing is sorted or joined, bodies are large. */
async function insertEvidence(tx: Kysely<DB>, feed: string, news: readonly News[]): Promise<void> {
  await sql`
    insert into sighting_evidence as e (feed, candidate_id, observed_at, body)
    select ${feed}, id, at, body from unnest(
      ${int8Array(news.map(({ id }) => id))}::bigint[], ${timestamptzArray(news.map(({ at }) => at))}::timestamptz[],
      ${jsonbArray(news.map(({ body }) => body))}::jsonb[]
    ) as t (id, at, body) ${newer}
  `.execute(tx);
}

/** Evidence of candidates that have some. Without a time of its own it says nothing new when it says the same. */
async function replaceEvidence(tx: Kysely<DB>, feed: string, news: readonly News[]): Promise<void> {
  await sql`
    insert into sighting_evidence as e (feed, candidate_id, observed_at, body)
    select distinct on (t.id) ${feed}, t.id, t.at, t.body
    from unnest(
      ${int8Array(news.map(({ id }) => id))}::bigint[], ${timestamptzArray(news.map(({ at }) => at))}::timestamptz[],
      ${int4Array(news.map(({ dated }) => Number(dated)))}::int[], ${jsonbArray(news.map(({ body }) => body))}::jsonb[]
    ) with ordinality as t (id, at, dated, body, nth)
      left join sighting_evidence known on known.feed = ${feed} and known.candidate_id = t.id
    where t.dated = 1 or known.body is distinct from t.body
    order by t.id, t.at desc, t.nth ${newer}
  `.execute(tx);
}
