// Chunks of a survey: stored whole with the plan, one for each vantage's visit, issued when their turn has come until they are committed, committed once.
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import type { SurveyTarget } from './survey.ts';
import { turnsOf } from './turn.ts';

/**
 * An endpoint that the last probe saw up, so many days ago at most, counts as up before the survey. A week and a day: weekly surveys still compare; after
 * longer times too many addresses have a new owner for a loss to mean anything.
 */
const COMPARED_DAYS = 8;

const TARGET_COLUMNS = sql.raw(
  'survey_id, chunk, position, candidate_id, host, address, port, server_name, feeds, flags, outcome, evidence_feed',
);

/**
 * Stores the planned chunks and sets the survey running, in one transaction. Idempotent: a survey planned twice has the last plan only,
 * and one that is no longer 'planning' is left alone (false). Chunks are taken one by one; `excludedBy` is read after the last of them.
 */
export async function storeChunks(
  db: Kysely<DB>,
  id: string,
  chunks: Iterable<readonly SurveyTarget[]> | AsyncIterable<readonly SurveyTarget[]>,
  excludedBy: Readonly<Record<string, number>>,
  at: Date,
): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const survey = await tx
      .selectFrom('survey')
      .select(['state', 'vantages', 'vantage'])
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirstOrThrow();
    if (survey.state !== 'planning') return false;
    await tx.deleteFrom('survey_chunk').where('survey_id', '=', id).execute();
    const vantages = survey.vantages.length === 0 ? [survey.vantage] : survey.vantages;
    let chunk = 0;
    let planned = 0;
    let targetCount = 0;
    for await (const targets of chunks) {
      const root = chunk;
      for (const visit of turnsOf(targets, vantages, planned)) {
        const { vantage, turn } = visit;
        const place = { survey_id: id, chunk, vantage, turn, root: vantages.length === 1 ? null : root };
        await tx
          .insertInto('survey_chunk')
          .values({ ...place, target_count: visit.targets.length })
          .execute();
        await insertTargets(tx, id, chunk, visit.targets, at);
        chunk++;
      }
      planned++;
      targetCount += targets.length;
    }
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
  at: Date,
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
  await sql`
    insert into survey_target (${TARGET_COLUMNS}, was_up)
    select ${TARGET_COLUMNS}, exists (
      select from endpoint_state e where e.address = t.address and e.port = t.port and e.misses = 0
        and e.last_seen > ${at}::timestamptz - make_interval(days => ${COMPARED_DAYS})
    ) from json_populate_recordset(null::survey_target, ${JSON.stringify(rows)}::json) t`.execute(tx);
}

/** A chunk that somebody should take. */
export interface OpenChunk {
  readonly surveyId: string;
  readonly chunk: number;
  /** Whose workers; null where nothing is dialled, so that anybody's may. */
  readonly vantage: string | null;
}

/** Chunks whose turn has come and that Postgres says are not done, of surveys that run; at most `limit` for each vantage, oldest survey first. */
export async function openChunks(db: Kysely<DB>, limit: number): Promise<OpenChunk[]> {
  const { rows } = await sql<OpenChunk>`
    select o."surveyId", o.chunk, o.vantage from (
      select distinct unnest(case when method = 'passive' then array[null]::text[] when vantages = '{}' then array[vantage] else vantages end) as vantage
      from survey where state = 'running'
    ) v cross join lateral (
      select survey.id as "surveyId", survey_chunk.chunk, v.vantage, survey.created_at
      from survey_chunk join survey on survey.id = survey_chunk.survey_id
      where survey.state = 'running' and survey.end_requested_at is null and survey_chunk.committed_at is null and survey_chunk.quarantined_at is null and ${HAS_TURN}
        and case when survey.method = 'passive' then null else ${VANTAGE} end is not distinct from v.vantage
      order by survey.created_at, survey_chunk.chunk limit ${limit}
    ) o order by o.created_at, o.chunk`.execute(db);
  return rows;
}

/** Chunks of earlier releases name no vantage: they are of their survey's only one. */
const VANTAGE: RawBuilder<string> = sql`coalesce(survey_chunk.vantage, survey.vantage)`;

/** Every earlier visit to the same targets has ended, and long enough ago. */
const HAS_TURN: RawBuilder<boolean> = sql<boolean>`not exists (
  select from survey_chunk e where e.survey_id = survey_chunk.survey_id and e.root = survey_chunk.root and e.turn < survey_chunk.turn
    and coalesce(coalesce(e.committed_at, e.quarantined_at) > now() - make_interval(secs => survey.vantage_spacing_ms / 1000.0), true))`;

/** Whose visit an open chunk is and whether another vantage was there before, or null when it is not to be begun. */
export async function openTurn(
  db: Kysely<DB>,
  id: string,
  chunk: number,
): Promise<{ readonly vantage: string; readonly turn: number } | null> {
  const row = await chunkToBegin(db, id, chunk)
    .select(['survey_chunk.turn', VANTAGE.as('vantage')])
    .executeTakeFirst();
  return row ?? null;
}

/** The targets of a chunk in their order, or null when the chunk is committed, unknown, or its survey does not run or is about to end. Reads only. */
export async function openTargets(db: Kysely<DB>, id: string, chunk: number): Promise<SurveyTarget[] | null> {
  const open = await chunkToBegin(db, id, chunk).executeTakeFirst();
  if (open === undefined) return null;
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
    wasUp: row.was_up === true,
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
    .where('survey.state', '=', 'running')
    .where(HAS_TURN);

/** Of a survey that is about to end, nothing begins and what is under way may be committed. */
const chunkToBegin = (db: Kysely<DB>, id: string, chunk: number) =>
  openChunk(db, id, chunk).where('survey.end_requested_at', 'is', null);

/** Marks the chunk committed; called in the transaction that stores its observations. What is committed is no longer in quarantine. */
export async function markCommitted(tx: Kysely<DB>, id: string, chunk: number, at: Date): Promise<void> {
  await tx
    .updateTable('survey_chunk')
    .set({ committed_at: at, quarantined_at: null })
    .where('survey_id', '=', id)
    .where('chunk', '=', chunk)
    .execute();
}

/**
 * Cuts a chunk in two: the targets at `indices` (counted from 0 in the chunk's order) go into a new open chunk, so that what was observed of the
 * rest can be committed now. Called in the committing transaction, on a locked chunk.
 */
export async function splitChunk(tx: Kysely<DB>, id: string, chunk: number, indices: readonly number[]): Promise<void> {
  // Two chunks may be cut at the same moment; the survey's row makes them take different numbers.
  await tx.selectFrom('survey').select('id').where('id', '=', id).forUpdate().executeTakeFirstOrThrow();
  await sql`
    with fresh as (
      insert into survey_chunk (survey_id, chunk, target_count, vantage, root, turn)
      select survey_id, (select max(chunk) + 1 from survey_chunk where survey_id = ${id}), ${indices.length}, vantage, root, turn
      from survey_chunk where survey_id = ${id} and chunk = ${chunk} returning chunk
    ), numbered as (
      select position, row_number() over (order by position) - 1 as index from survey_target where survey_id = ${id} and chunk = ${chunk}
    ), shrunk as (
      update survey_chunk set target_count = target_count - ${indices.length} where survey_id = ${id} and chunk = ${chunk}
    )
    update survey_target t set chunk = fresh.chunk from fresh, numbered
    where t.survey_id = ${id} and t.chunk = ${chunk} and t.position = numbered.position and numbered.index = any(${[...indices]}::bigint[])
  `.execute(tx);
}
