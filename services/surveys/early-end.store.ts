// The early end of a survey: asked for by anybody, heard by its workers within seconds, over when none of them has a chunk of it under way.
import { type Kysely, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import { KubecensusError } from '../platform/errors.ts';

/** Workers hear of it within 2 s and a probe ends within 15 s; who has not committed by then is dead, or cannot. */
const HALTED_MS = 30_000;

/** Chunks that are neither committed nor given up. */
const OPEN_CHUNK = sql`from survey_chunk c where c.survey_id = s.id and c.committed_at is null and c.quarantined_at is null`;

/**
 * From now on no chunk of the survey begins, and those under way dial nobody else and commit what they saw. False for one that has ended already. Waits while the
 * survey's plan is stored. Throws KC_NO_SURVEY.
 */
export async function requestEnd(db: Kysely<DB>, id: string, at: Date): Promise<boolean> {
  const { rows } = await sql<{ isOpen: boolean }>`
    update survey set end_requested_at = coalesce(end_requested_at, case when state in ('planning', 'running') then ${at}::timestamptz end)
    where id = ${id} returning state in ('planning', 'running') as "isOpen"`.execute(db);
  if (rows[0] === undefined) throw new KubecensusError('KC_NO_SURVEY', `There is no survey ${id}.`);
  return rows[0].isOpen;
}

/** Whether nobody is to be dialled for the survey any more: it has ended, or is about to. */
export async function isEnding(db: Kysely<DB>, id: string): Promise<boolean> {
  const { rows } = await sql<{ isEnding: boolean }>`
    select state not in ('planning', 'running') or end_requested_at is not null as "isEnding" from survey where id = ${id}`.execute(
    db,
  );
  return rows[0]?.isEnding === true;
}

/**
 * Ends the surveys whose early end was asked for and of which no chunk is under way, or HALTED_MS ago: stopped, or complete where nothing was left to do. Their
 * open chunks are never issued again. One whose plan is being stored is left for the next call.
 */
export async function endRequested(db: Kysely<DB>, at: Date): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ id: string }>`
      select id from survey where end_requested_at is not null and state in ('planning', 'running') for update skip locked`.execute(
      tx,
    );
    if (rows.length === 0) return;
    // A statement of its own, so that it sees the chunks that were stored before the lock was had.
    await sql`
      update survey s set finished_at = ${at}, state = case when s.state = 'planning' or exists (select ${OPEN_CHUNK}) then 'stopped' else 'complete' end
      where s.id = any(${rows.map(({ id }) => id)}::text[])
        and (s.end_requested_at <= ${new Date(at.getTime() - HALTED_MS)} or not exists (select ${OPEN_CHUNK} and c.starts > 0))`.execute(
      tx,
    );
  });
}
