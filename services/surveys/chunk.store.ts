// Chunks of a survey: stored whole with the plan, issued until they are committed, committed once.
import { type Kysely, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import type { SurveyTarget } from './survey.ts';

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
      .select('state')
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirstOrThrow();
    if (survey.state !== 'planning') return false;
    await tx.deleteFrom('survey_chunk').where('survey_id', '=', id).execute();
    let chunk = 0;
    let targetCount = 0;
    for await (const targets of chunks) {
      await tx.insertInto('survey_chunk').values({ survey_id: id, chunk, target_count: targets.length }).execute();
      await insertTargets(tx, id, chunk, targets);
      chunk++;
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
export async function openChunks(db: Kysely<DB>, limit: number): Promise<{ surveyId: string; chunk: number }[]> {
  const rows = await db
    .selectFrom('survey_chunk')
    .innerJoin('survey', 'survey.id', 'survey_chunk.survey_id')
    .select(['survey_chunk.survey_id', 'survey_chunk.chunk'])
    .where('survey.state', '=', 'running')
    .where('survey_chunk.committed_at', 'is', null)
    .orderBy('survey.created_at')
    .orderBy('survey_chunk.chunk')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ surveyId: row.survey_id, chunk: row.chunk }));
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

/**
 * Cuts a chunk in two: the targets at `indices` (counted from 0 in the chunk's order) go into a new open chunk, so that what was observed of the
 * rest can be committed now. Called in the committing transaction, on a locked chunk.
 */
export async function splitChunk(tx: Kysely<DB>, id: string, chunk: number, indices: readonly number[]): Promise<void> {
  // Two chunks may be cut at the same moment; the survey's row makes them take different numbers.
  await tx.selectFrom('survey').select('id').where('id', '=', id).forUpdate().executeTakeFirstOrThrow();
  await sql`
    with fresh as (
      insert into survey_chunk (survey_id, chunk, target_count)
      select survey_id, max(chunk) + 1, ${indices.length} from survey_chunk where survey_id = ${id} group by survey_id returning chunk
    ), numbered as (
      select position, row_number() over (order by position) - 1 as index from survey_target where survey_id = ${id} and chunk = ${chunk}
    ), shrunk as (
      update survey_chunk set target_count = target_count - ${indices.length} where survey_id = ${id} and chunk = ${chunk}
    )
    update survey_target t set chunk = fresh.chunk from fresh, numbered
    where t.survey_id = ${id} and t.chunk = ${chunk} and t.position = numbered.position and numbered.index = any(${[...indices]}::bigint[])
  `.execute(tx);
}
