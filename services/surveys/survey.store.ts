// Surveys, chunks and targets in Postgres: what is due, what was done.
import { type Kysely, sql } from 'kysely';
import { storableJson } from '../platform/db/json.ts';
import type { DB } from '../platform/db/schema.ts';
import { KubecensusError } from '../platform/errors.ts';
import { FLAGS_OF } from './flags.store.ts';
import { type SurveyPlan, vantagesOf } from './survey.ts';

export interface SurveyRow {
  readonly id: string;
  readonly method: string;
  readonly state: string;
  readonly vantage: string;
  readonly targets: number;
  readonly chunks: number;
  readonly committed: number;
  /** Chunks that are begun no more. */
  readonly quarantined: number;
  /** What stopped itself or looks wrong: words of flags.store.ts. */
  readonly flags: readonly string[];
  /** The headline that jumped (rollups/headline-jump.ts), or null. */
  readonly jump: unknown;
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
      vantages: [...vantagesOf(plan)],
      vantage_spacing_ms: plan.vantageSpacingMs ?? 0,
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
      s.started_at as "startedAt", s.finished_at as "finishedAt", s.rolled_up_at as "rolledUpAt", s.manifest, s.jump,
      (select count(*) from survey_chunk c where c.survey_id = s.id) as chunks,
      (select count(*) from survey_chunk c where c.survey_id = s.id and committed_at is not null) as committed,
      (select count(*) from survey_chunk c where c.survey_id = s.id and quarantined_at is not null) as quarantined,
      ${FLAGS_OF} as flags
    from survey s where ${id}::text is null or s.id = ${id} order by s.created_at desc, s.id desc
  `.execute(db);
  return result.rows;
}

/** The newest survey that is complete or stopped, or null. */
export async function latestSurvey(db: Kysely<DB>): Promise<string | null> {
  const row = await db
    .selectFrom('survey')
    .select('id')
    .where('rolled_up_at', 'is not', null)
    .orderBy('created_at', 'desc')
    .executeTakeFirst();
  return row?.id ?? null;
}

/** Throws KC_OBSERVATIONS_DROPPED when retention has taken observations of one of these surveys: what is left must not be counted as the whole. */
export async function requireObservations(db: Kysely<DB>, ids: readonly string[]): Promise<void> {
  const dropped = await db
    .selectFrom('survey')
    .select('id')
    .where('id', 'in', [...ids])
    .where('observations_dropped_at', 'is not', null)
    .executeTakeFirst();
  if (dropped !== undefined)
    throw new KubecensusError('KC_OBSERVATIONS_DROPPED', `Survey ${dropped.id} has no observations any more.`);
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

/** Running surveys whose every chunk is committed or in quarantine, oldest first. */
export async function surveysDone(db: Kysely<DB>): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select s.id from survey s where s.state = 'running'
      and not exists (select 1 from survey_chunk c where c.survey_id = s.id and c.committed_at is null and c.quarantined_at is null)
    order by s.created_at`.execute(db);
  return rows.map((row) => row.id);
}

/** Completes a running survey whose every chunk is committed or in quarantine; true when this call did it. */
export async function completeSurvey(db: Kysely<DB>, id: string, at: Date): Promise<boolean> {
  const result = await sql`
    update survey set state = 'complete', finished_at = ${at} where id = ${id} and state = 'running'
      and not exists (select 1 from survey_chunk c where c.survey_id = survey.id and c.committed_at is null and c.quarantined_at is null)
  `.execute(db);
  return Number(result.numAffectedRows ?? 0) > 0;
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
