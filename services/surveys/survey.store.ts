// Surveys, chunks and targets in Postgres: what is due, what was done.
import { type Kysely, sql } from 'kysely';
import { storableJson } from '../platform/db/json.ts';
import type { DB } from '../platform/db/schema.ts';
import type { SurveyPlan, SurveyTarget } from './survey.ts';

export interface SurveyRow {
  readonly id: string;
  readonly method: string;
  readonly state: string;
  readonly vantage: string;
  readonly targets: number;
  readonly chunks: number;
  readonly committed: number;
  readonly excludedBy: Readonly<Record<string, number>>;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly rolledUpAt: Date | null;
  readonly manifest: Readonly<Record<string, unknown>>;
}

/** Records a survey that is still to be planned. */
export async function createSurvey(db: Kysely<DB>, plan: SurveyPlan, manifest: object, at: Date): Promise<void> {
  await db
    .insertInto('survey')
    .values({
      id: plan.id,
      method: plan.method,
      state: 'planning',
      seed: plan.seed,
      sample: plan.sample,
      ports: [...plan.ports],
      feeds: [...plan.feeds],
      scope: [...plan.scope],
      vantage: plan.vantage,
      rate: plan.rate,
      manifest: storableJson({ ...manifest, plan }),
      created_at: at,
    })
    .execute();
}

/** The plan that a survey was created with; null when there is no such survey. */
export async function findPlan(db: Kysely<DB>, id: string): Promise<SurveyPlan | null> {
  const row = await db.selectFrom('survey').select('manifest').where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : (row.manifest as unknown as { plan: SurveyPlan }).plan;
}

/** Surveys with their progress, newest first; one when `id` is given. */
export async function listSurveys(db: Kysely<DB>, id: string | null = null): Promise<SurveyRow[]> {
  const result = await sql<SurveyRow>`
    select s.id, s.method, s.state, s.vantage, s.target_count as targets, s.excluded_by as "excludedBy", s.created_at as "createdAt",
      s.started_at as "startedAt", s.finished_at as "finishedAt", s.rolled_up_at as "rolledUpAt", s.manifest,
      (select count(*) from survey_chunk c where c.survey_id = s.id) as chunks,
      (select count(*) from survey_chunk c where c.survey_id = s.id and committed_at is not null) as committed
    from survey s where ${id}::text is null or s.id = ${id} order by s.created_at desc, s.id desc
  `.execute(db);
  return result.rows;
}

/** The newest survey that is complete or stopped, or null. */
export async function latestSurvey(db: Kysely<DB>, method: string | null = null): Promise<string | null> {
  const row = await db
    .selectFrom('survey')
    .select('id')
    .where('rolled_up_at', 'is not', null)
    .$if(method !== null, (query) => query.where('method', '=', method as string))
    .orderBy('created_at', 'desc')
    .executeTakeFirst();
  return row?.id ?? null;
}

/**
 * Stores the planned chunks and sets the survey running, in one transaction. Idempotent: a survey planned twice has the last plan only,
 * and one that is no longer 'planning' is left alone (false).
 */
export async function storeChunks(
  db: Kysely<DB>,
  id: string,
  chunks: readonly (readonly SurveyTarget[])[],
  excludedBy: Readonly<Record<string, number>>,
  at: Date,
): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const survey = await tx
      .selectFrom('survey')
      .select('state')
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirstOrThrow();
    if (survey.state !== 'planning') return false;
    await tx.deleteFrom('survey_chunk').where('survey_id', '=', id).execute();
    for (const [chunk, targets] of chunks.entries()) {
      await tx.insertInto('survey_chunk').values({ survey_id: id, chunk, target_count: targets.length }).execute();
      await insertTargets(tx, id, chunk, targets);
    }
    const targetCount = chunks.reduce((sum, targets) => sum + targets.length, 0);
    await tx
      .updateTable('survey')
      .set({ state: 'running', target_count: targetCount, excluded_by: JSON.stringify(excludedBy), started_at: at })
      .where('id', '=', id)
      .execute();
    return true;
  });
}

async function insertTargets(
  tx: Kysely<DB>,
  id: string,
  chunk: number,
  targets: readonly SurveyTarget[],
): Promise<void> {
  const rows = targets.map((target, position) => ({
    survey_id: id,
    chunk,
    position,
    candidate_id: target.candidateId,
    host: target.host,
    address: target.address,
    port: target.port,
    server_name: target.serverName,
    feeds: target.feeds,
    flags: target.flags,
    outcome: target.outcome,
    evidence_feed: target.evidenceFeed,
  }));
  await sql`insert into survey_target select * from json_populate_recordset(null::survey_target, ${JSON.stringify(rows)}::json)`.execute(
    tx,
  );
}

/** Chunks that Postgres says are not done, of surveys that run; at most `limit`, oldest survey first. */
export async function openChunks(
  db: Kysely<DB>,
  limit: number,
  id: string | null = null,
): Promise<{ surveyId: string; chunk: number }[]> {
  const rows = await db
    .selectFrom('survey_chunk')
    .innerJoin('survey', 'survey.id', 'survey_chunk.survey_id')
    .select(['survey_chunk.survey_id', 'survey_chunk.chunk'])
    .where('survey.state', '=', 'running')
    .where('survey_chunk.committed_at', 'is', null)
    .$if(id !== null, (query) => query.where('survey.id', '=', id as string))
    .orderBy('survey.created_at')
    .orderBy('survey_chunk.chunk')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ surveyId: row.survey_id, chunk: row.chunk }));
}

/** Surveys in one of the states, oldest first. */
export async function surveysIn(db: Kysely<DB>, states: readonly string[]): Promise<string[]> {
  const rows = await db
    .selectFrom('survey')
    .select('id')
    .where('state', 'in', [...states])
    .orderBy('created_at')
    .execute();
  return rows.map((row) => row.id);
}

/** The targets of a chunk in their order, or null when the chunk is committed, unknown, or its survey does not run. */
export async function openTargets(db: Kysely<DB>, id: string, chunk: number): Promise<SurveyTarget[] | null> {
  const open = await openChunk(db, id, chunk).executeTakeFirst();
  if (open === undefined) return null;
  await db
    .updateTable('survey_chunk')
    .set({ issued_at: sql`now()` })
    .where('survey_id', '=', id)
    .where('chunk', '=', chunk)
    .execute();
  const rows = await db
    .selectFrom('survey_target')
    .selectAll()
    .where('survey_id', '=', id)
    .where('chunk', '=', chunk)
    .orderBy('position')
    .execute();
  return rows.map((row) => ({
    candidateId: row.candidate_id,
    host: row.host,
    address: row.address,
    port: row.port,
    serverName: row.server_name,
    feeds: row.feeds,
    flags: row.flags,
    outcome: row.outcome,
    evidenceFeed: row.evidence_feed,
  }));
}

/** Locks the chunk for commit; false when somebody committed it before, or the survey was stopped. Call inside the committing transaction. */
export async function lockOpenChunk(tx: Kysely<DB>, id: string, chunk: number): Promise<boolean> {
  return (await openChunk(tx, id, chunk).forUpdate('survey_chunk').executeTakeFirst()) !== undefined;
}

const openChunk = (db: Kysely<DB>, id: string, chunk: number) =>
  db
    .selectFrom('survey_chunk')
    .innerJoin('survey', 'survey.id', 'survey_chunk.survey_id')
    .select('survey_chunk.chunk')
    .where('survey_chunk.survey_id', '=', id)
    .where('survey_chunk.chunk', '=', chunk)
    .where('survey_chunk.committed_at', 'is', null)
    .where('survey.state', '=', 'running');

/** Marks the chunk committed; called in the transaction that stores its observations. */
export async function markCommitted(tx: Kysely<DB>, id: string, chunk: number, at: Date): Promise<void> {
  await tx
    .updateTable('survey_chunk')
    .set({ committed_at: at })
    .where('survey_id', '=', id)
    .where('chunk', '=', chunk)
    .execute();
}

/** Completes a running survey whose every chunk is committed; true when this call did it. */
export async function completeSurvey(db: Kysely<DB>, id: string, at: Date): Promise<boolean> {
  const result = await sql`
    update survey set state = 'complete', finished_at = ${at} where id = ${id} and state = 'running'
      and not exists (select 1 from survey_chunk c where c.survey_id = survey.id and c.committed_at is null)
  `.execute(db);
  return Number(result.numAffectedRows ?? 0) > 0;
}

/** Stops a survey that is not complete: its open chunks are never issued again and its counts say partial. */
export async function stopSurvey(db: Kysely<DB>, id: string, at: Date): Promise<void> {
  await db
    .updateTable('survey')
    .set({ state: 'stopped', finished_at: at })
    .where('id', '=', id)
    .where('state', 'in', ['planning', 'running'])
    .execute();
}

/** True when the survey has ended and is not counted yet. */
export async function needsRollup(db: Kysely<DB>, id: string): Promise<boolean> {
  return (await endedUncounted(db).where('id', '=', id).executeTakeFirst()) !== undefined;
}

/** Surveys that have ended and are not counted yet. */
export async function uncountedSurveys(db: Kysely<DB>): Promise<string[]> {
  return (await endedUncounted(db).orderBy('created_at').execute()).map((row) => row.id);
}

const endedUncounted = (db: Kysely<DB>) =>
  db.selectFrom('survey').select('id').where('state', 'in', ['complete', 'stopped']).where('rolled_up_at', 'is', null);

/** The kill switch: read by every worker several times a second. */
export async function isPaused(db: Kysely<DB>): Promise<boolean> {
  return (await db.selectFrom('control').select('paused').executeTakeFirstOrThrow()).paused;
}

export async function setPaused(db: Kysely<DB>, paused: boolean, at: Date): Promise<void> {
  await db.updateTable('control').set({ paused, changed_at: at }).execute();
}

/** Evidence that came with sightings of the named feeds (all when none), newest per endpoint first; page by page. */
export async function* evidenceOf(db: Kysely<DB>, feeds: readonly string[]): AsyncIterable<EvidenceRow[]> {
  for (let after = 0; ; ) {
    const page = await sql<EvidenceRow>`
      select c.id, c.key, c.kind, c.host, coalesce(c.port, substring(e.body->'endpoint'->>'port' from '^[1-9][0-9]{0,4}$')::int) as port,
        nullif(e.body->'endpoint'->>'address', '') as address, e.feed, e.observed_at as "observedAt"
      from candidate c join sighting_evidence e on e.candidate_id = c.id
      where (${feeds.length === 0} or e.feed = any(${feeds}::text[])) and c.id in (
        select candidate_id from sighting_evidence
        where candidate_id > ${after} and (${feeds.length === 0} or feed = any(${feeds}::text[])) group by 1 order by 1 limit 5000)
      order by c.id, e.observed_at desc, e.feed
    `.execute(db);
    const last = page.rows.at(-1);
    if (last === undefined) return;
    yield page.rows;
    after = last.id;
  }
}

export interface EvidenceRow {
  readonly id: number;
  readonly key: string;
  readonly kind: 'address' | 'name';
  readonly host: string;
  readonly port: number | null;
  readonly address: string | null;
  readonly feed: string;
  readonly observedAt: Date;
}

/** Stored evidence by candidate and feed, keyed "feed id". */
export async function evidenceBodies(
  db: Kysely<DB>,
  wanted: readonly { candidateId: number; feed: string }[],
): Promise<Map<string, { body: unknown; observedAt: Date }>> {
  const rows = await sql<{ id: number; feed: string; body: unknown; observed_at: Date }>`
    select t.id, t.feed, e.body, e.observed_at
    from unnest(${wanted.map((item) => item.candidateId)}::bigint[], ${wanted.map((item) => item.feed)}::text[]) as t (id, feed)
    join sighting_evidence e on e.candidate_id = t.id and e.feed = t.feed
  `.execute(db);
  return new Map(rows.rows.map((row) => [`${row.feed} ${row.id}`, { body: row.body, observedAt: row.observed_at }]));
}
