// Sightings that are kept back until their run is judged: nothing reads them but whoever lets them in.
import { type Kysely, sql } from 'kysely';
import { type FeedRun, NO_COUNTS, type RunCounts } from '../feeds/feed-run.store.ts';
import { int4Array, textArray, timestamptzArray } from '../platform/db/arrays.ts';
import type { DB } from '../platform/db/schema.ts';
import type { Candidate } from './candidate.ts';
import { type AcceptedSighting, storeSightings } from './sighting.store.ts';

/** Rows that are let in by one transaction, as many as a batch of a pull has at most. */
const RELEASED_ROWS = 5000;
/** Characters of evidence among them: all of it is in memory. */
const RELEASED_EVIDENCE = 16 * 1024 * 1024;

/** Keeps sightings of a run back, in their order. */
export async function holdSightings(
  tx: Kysely<DB>,
  runId: number,
  sightings: readonly AcceptedSighting[],
): Promise<void> {
  if (sightings.length === 0) return;
  await sql`
    insert into held_sighting (run_id, kind, key, host, port, observed_at, evidence)
    select ${runId}, kind, key, host, port, observed_at, evidence from unnest(
      ${textArray(sightings.map(({ candidate }) => candidate.kind))}::text[],
      ${textArray(sightings.map(({ candidate }) => candidate.key))}::text[],
      ${textArray(sightings.map(({ candidate }) => candidate.host))}::text[],
      ${int4Array(sightings.map(({ candidate }) => candidate.port))}::int[],
      ${timestamptzArray(sightings.map(({ observedAt }) => observedAt?.getTime() ?? null))}::timestamptz[],
      ${textArray(sightings.map(({ evidence }) => evidence))}::text[]
    ) with ordinality as t (kind, key, host, port, observed_at, evidence, nth) order by nth
  `.execute(tx);
}

interface HeldRow {
  readonly n: number;
  readonly kind: Candidate['kind'];
  readonly key: string;
  readonly host: string;
  readonly port: number | null;
  readonly observedAt: Date | null;
  readonly evidence: string | null;
}

/** Lets in the oldest sightings that a run keeps back, counted as if they had come one after the other just now (see Release). */
export async function releaseSightings(tx: Kysely<DB>, run: FeedRun): Promise<RunCounts> {
  const { rows } = await sql<HeldRow>`
    select n, kind, key, host, port, observed_at as "observedAt", evidence from (
      select *, sum(length(evidence)) over (order by n) - coalesce(length(evidence), 0) as before
      from (select * from held_sighting where run_id = ${run.id} order by n limit ${RELEASED_ROWS}) first
    ) sized where coalesce(before, 0) < ${RELEASED_EVIDENCE} order by n
  `.execute(tx);
  const last = rows.at(-1);
  if (last === undefined) return NO_COUNTS;
  const sightings = rows.map(
    ({ kind, key, host, port, observedAt, evidence }): AcceptedSighting => ({
      candidate: { kind, key, host, port },
      observedAt,
      evidence,
    }),
  );
  const counts = await storeSightings(tx, run.feed, run.id, sightings, run.startedAt);
  await tx.deleteFrom('held_sighting').where('run_id', '=', run.id).where('n', '<=', last.n).execute();
  return { ...NO_COUNTS, ...counts, held: -rows.length };
}

/** The first candidates that a run keeps back, for whoever decides on it. */
export async function heldCandidates(db: Kysely<DB>, runId: number, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('held_sighting')
    .select('key')
    .where('run_id', '=', runId)
    .orderBy('n')
    .limit(limit)
    .execute();
  return rows.map(({ key }) => key);
}
