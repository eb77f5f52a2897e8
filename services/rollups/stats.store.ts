// One function for one number: counts of a survey by any dimensions in any unit, with what they must be quoted with.
import { type Kysely, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import { KubecensusError } from '../platform/errors.ts';
import { clusters } from './cluster.store.ts';
import { CLUSTER, type CountedUnit, type Where } from './count-request.ts';
import { countedSurvey } from './counted-survey.store.ts';
import type { CountedSurvey } from './counted-survey.ts';
import { count } from './rollup.store.ts';
import type { Cell, Dimension, Unit } from './rollup.ts';
import { drawnShare } from './sample-estimate.store.ts';
import { type CellEstimate, cellEstimate, widestEffect } from './sample-estimate.ts';
import { surveySummary } from './summary.store.ts';

export interface StatsQuery {
  /** null: the newest counted survey. */
  readonly surveyId: string | null;
  readonly by: readonly Dimension[];
  readonly where: Where;
  readonly unit: CountedUnit;
}

/** One cell. Clusters are an estimate between two numbers, everything else is counted; endpoints of a sample have an estimated total beside the count. */
export type StatsCell =
  | { readonly values: Cell['values']; readonly count: number; readonly estimate?: CellEstimate }
  | { readonly values: Cell['values']; readonly low: number; readonly high: number };

export interface Stats extends Omit<StatsQuery, 'surveyId'> {
  readonly survey: CountedSurvey;
  /** Largest first, then by value. */
  readonly cells: readonly StatsCell[];
}

/** Counts of one survey. Throws KC_NO_SURVEY, and KC_FEED_UNKNOWN for a condition on a feed that nobody knows. Reads only. */
export async function stats(db: Kysely<DB>, query: StatsQuery): Promise<Stats> {
  return statsOf(db, await countedSurvey(db, query.surveyId), query);
}

/** The same of a survey whose facts are known. */
export async function statsOf(
  db: Kysely<DB>,
  survey: CountedSurvey,
  { by, where, unit }: Omit<StatsQuery, 'surveyId'>,
): Promise<Stats> {
  await requireFeeds(db, survey, where.feed ?? []);
  const query = { surveyId: survey.id, by, where };
  const cells: StatsCell[] =
    unit === CLUSTER
      ? await clusters(db, query)
      : await estimated(db, survey, unit, await count(db, { ...query, unit }));
  return { survey, by, where, unit, cells: cells.toSorted(largestFirst) };
}

/**
 * Totals are estimated of endpoints only: a host or certificate is in the sample when any of its endpoints is, with a probability that nobody
 * knows. Of a survey that did not end, the sample is not whole and has none either.
 */
async function estimated(db: Kysely<DB>, survey: CountedSurvey, unit: Unit, cells: Cell[]): Promise<StatsCell[]> {
  const share = drawnShare(survey);
  if (share === null || unit !== 'endpoint' || survey.state !== 'complete') return cells;
  const { sampling } = await surveySummary(db, survey.id);
  const effect = sampling === null ? 1 : widestEffect(sampling);
  return cells.map((cell) => ({ ...cell, estimate: cellEstimate(cell.count, share, effect) }));
}

/** By code units and not by the database's collation, so that an order is the same on every server. */
function largestFirst(a: StatsCell, b: StatsCell): number {
  const size = (cell: StatsCell): number => ('count' in cell ? cell.count : cell.high);
  const low = (cell: StatsCell): number => ('count' in cell ? 0 : cell.low);
  const key = (cell: StatsCell): string => JSON.stringify(Object.values(cell.values));
  return size(b) - size(a) || low(b) - low(a) || (key(a) < key(b) ? -1 : 1);
}

/** A feed that never ran and never named an endpoint is a slip of the pen, and not a count of zero. */
async function requireFeeds(db: Kysely<DB>, survey: CountedSurvey, wanted: readonly string[]): Promise<void> {
  const names = wanted.filter((name) => name !== '');
  if (names.length === 0) return;
  const { rows } = await sql<{ feed: string }>`
    select feed from feed_run union select f.feed from observation o cross join unnest(o.feeds) as f (feed)
      where o.survey_id = ${survey.id} and o.feeds && ${names}::text[] order by 1`.execute(db);
  const known = rows.map((row) => row.feed);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new KubecensusError(
      'KC_FEED_UNKNOWN',
      `No feed named ${unknown.join(', ')} has run yet; there are: ${known.join(', ')}.`,
    );
}
