// How often a chunk was begun and not ended: one that ends its process, or always fails, is begun no more until a person says so.
import { type Kysely, sql } from 'kysely';
import type { Clock } from '../platform/clock.ts';
import { isServersFault } from '../platform/db/connection-loss.ts';
import type { DB } from '../platform/db/schema.ts';
import { KubecensusError } from '../platform/errors.ts';
import { openTargets } from './chunk.store.ts';
import type { SurveyTarget } from './survey.ts';

/**
 * Starts without an end that a chunk may have. Machines are restarted and killed for want of memory, and one such end says nothing; three in a row,
 * the last two of them without another suspect beside it, do.
 */
export const MOST_STARTS = 3;

/** A chunk by its survey and number. */
export interface ChunkKey {
  readonly surveyId: string;
  readonly chunk: number;
}

/** Starts of the chunk that have no end yet; 0 for an unknown one. */
async function startsOf(db: Kysely<DB>, { surveyId, chunk }: ChunkKey): Promise<number> {
  const row = await db
    .selectFrom('survey_chunk')
    .select('starts')
    .where('survey_id', '=', surveyId)
    .where('chunk', '=', chunk)
    .executeTakeFirst();
  return row?.starts ?? 0;
}

/**
 * Counts a start and gives the chunk's targets; null when it is committed, unknown, in quarantine or not its turn, or its survey does not run. A chunk
 * that was begun MOST_STARTS times before goes into quarantine instead. Stored before anything is done, so that it is known of a process that dies.
 */
async function startChunk(db: Kysely<DB>, key: ChunkKey, at: Date): Promise<SurveyTarget[] | null> {
  const targets = await openTargets(db, key.surveyId, key.chunk);
  if (targets === null) return null;
  const { rows } = await sql<{ mayBegin: boolean }>`
    update survey_chunk set
      starts = starts + case when starts < ${MOST_STARTS} then 1 else 0 end,
      quarantined_at = case when starts >= ${MOST_STARTS} then ${at}::timestamptz end,
      issued_at = ${at}
    where survey_id = ${key.surveyId} and chunk = ${key.chunk} and committed_at is null and quarantined_at is null
    returning quarantined_at is null as "mayBegin"`.execute(db);
  return rows[0]?.mayBegin === true ? targets : null;
}

/** Takes a start back: it was halted in good order, or failed for a reason that is not the chunk's. */
async function takeBackStart(db: Kysely<DB>, { surveyId, chunk }: ChunkKey): Promise<void> {
  await sql`update survey_chunk set starts = greatest(starts - 1, 0) where survey_id = ${surveyId} and chunk = ${chunk}`.execute(
    db,
  );
}

export interface QuarantinedChunk extends ChunkKey {
  readonly targets: number;
  readonly quarantinedAt: Date;
}

/** Chunks in quarantine, of one survey or of all that were not stopped. */
export async function quarantinedChunks(db: Kysely<DB>, surveyId: string | null = null): Promise<QuarantinedChunk[]> {
  const { rows } = await sql<QuarantinedChunk>`
    select c.survey_id as "surveyId", c.chunk, c.target_count as targets, c.quarantined_at as "quarantinedAt"
    from survey_chunk c join survey s on s.id = c.survey_id
    where c.quarantined_at is not null and (${surveyId}::text is null or s.id = ${surveyId}) and s.state <> 'stopped'
    order by s.created_at, c.chunk`.execute(db);
  return rows;
}

/**
 * Lets the chunks of a survey that are in quarantine be begun again, MOST_STARTS times; a survey that was complete without them runs again and is counted anew.
 * Returns how many. Throws KC_NO_SURVEY when there is none of this id, and KC_USAGE when it was stopped.
 */
export async function releaseChunks(db: Kysely<DB>, surveyId: string): Promise<number> {
  return db.transaction().execute(async (tx) => {
    const survey = await tx
      .selectFrom('survey')
      .select('state')
      .where('id', '=', surveyId)
      .forUpdate()
      .executeTakeFirst();
    if (survey === undefined) throw new KubecensusError('KC_NO_SURVEY', `There is no survey ${surveyId}.`);
    if (survey.state === 'stopped')
      throw new KubecensusError('KC_USAGE', `Survey ${surveyId} was stopped: nothing of it is begun again.`);
    const { numUpdatedRows } = await tx
      .updateTable('survey_chunk')
      .set({ starts: 0, quarantined_at: null })
      .where('survey_id', '=', surveyId)
      .where('quarantined_at', 'is not', null)
      .executeTakeFirst();
    if (numUpdatedRows > 0n)
      await tx
        .updateTable('survey')
        .set({ state: 'running', finished_at: null, rolled_up_at: null, jump: null, end_requested_at: null })
        .where('id', '=', surveyId)
        .where('state', '=', 'complete')
        .execute();
    return Number(numUpdatedRows);
  });
}

/** What a start is made with. */
export interface StartContext {
  readonly now: Clock;
  /** Runs one thing at a time in this process. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>;
  readonly signal: AbortSignal;
}

/**
 * Begins the chunk and does `work` with its targets; false when it may not begin, or when `work` says that nothing of it was committed. A chunk that was begun before and
 * not ended waits until it is the only such one in this process: what ends the process again is then known, and its neighbours are new to it.
 * The start is taken back where the chunk is not to blame: it was halted, or the database or this installation was at fault.
 */
export async function withStart(
  db: Kysely<DB>,
  key: ChunkKey,
  { now, alone, signal }: StartContext,
  work: (targets: readonly SurveyTarget[]) => Promise<boolean>,
): Promise<boolean> {
  const begin = async (): Promise<boolean> => {
    const targets = signal.aborted ? null : await startChunk(db, key, now());
    if (targets === null) return false;
    try {
      const isDone = await work(targets);
      if (!isDone) await takeBackStart(db, key);
      return isDone;
    } catch (error) {
      const isInnocent = signal.aborted || error instanceof KubecensusError || isServersFault(error);
      if (isInnocent) await takeBackStart(db, key).catch(() => undefined);
      throw error;
    }
  };
  return (await startsOf(db, key)) > 0 ? alone(begin) : begin();
}
