// What stands beside every number of a survey: how it was observed, when, from what evidence, and what it misses.
import { type Kysely, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import { KubecensusError } from '../platform/errors.ts';
import { FLAGS_OF, type StoredFlag } from '../surveys/flags.store.ts';
import { latestSurvey } from '../surveys/survey.store.ts';
import type { CountedSurvey, SurveyFlag } from './counted-survey.ts';

interface Row {
  readonly id: string;
  readonly method: string;
  readonly state: string;
  readonly vantage: string;
  readonly feeds: readonly string[];
  readonly scope: readonly string[];
  readonly sample: number | null;
  readonly excluded: Readonly<Record<string, number>>;
  readonly created: Date;
  readonly started: Date | null;
  readonly finished: Date | null;
  readonly rolledUp: Date | null;
  readonly namedBy: readonly string[];
  readonly partialFeed: boolean;
  readonly stored: readonly StoredFlag[];
}

/** Where a page of surveys goes on: behind this one. */
export interface SurveyPlace {
  readonly createdAt: Date;
  readonly id: string;
}

/** The survey of this id, or the newest counted one for null. Throws KC_NO_SURVEY. */
export async function countedSurvey(db: Kysely<DB>, named: string | null): Promise<CountedSurvey> {
  const id = named ?? (await latestSurvey(db));
  if (id === null) throw new KubecensusError('KC_NO_SURVEY', 'No survey has been counted yet.');
  const [survey] = await select(db, sql`s.id = ${id}`, 1);
  if (survey === undefined) throw new KubecensusError('KC_NO_SURVEY', `There is no survey ${id}.`);
  return survey;
}

/** Surveys that are counted, newest first, behind `after`; at most `limit`. */
export async function countedSurveys(
  db: Kysely<DB>,
  after: SurveyPlace | null,
  limit: number,
): Promise<CountedSurvey[]> {
  return select(db, sql`s.rolled_up_at is not null and ${isBehind(after)}`, limit);
}

/** All surveys in any state, newest first, behind `after`; at most `limit`. */
export async function anySurveys(db: Kysely<DB>, after: SurveyPlace | null, limit: number): Promise<CountedSurvey[]> {
  return select(db, isBehind(after), limit);
}

const isBehind = (after: SurveyPlace | null) =>
  after === null ? sql`true` : sql`(s.created_at, s.id) < (${after.createdAt}, ${after.id})`;

async function select(db: Kysely<DB>, condition: ReturnType<typeof isBehind>, limit: number): Promise<CountedSurvey[]> {
  const { rows } = await sql<Row>`
    select s.id, s.method, s.state, s.vantage, s.feeds, s.scope, s.sample, s.excluded_by as excluded, s.created_at as created,
      s.started_at as started, s.finished_at as finished, s.rolled_up_at as "rolledUp",
      array(select r.values[1] from rollup r where r.survey_id = s.id and r.unit = 'endpoint' and r.dims = '{feed}' and r.values[1] <> ''
        order by 1) as "namedBy",
      exists (
        select from (
          select distinct on (f.feed, f.query, f.source_sha256) f.state from feed_run f
          where f.kind = 'sightings' and f.state not in ('held', 'rejected') and f.started_at <= s.created_at and (s.feeds = '{}' or f.feed = any(s.feeds))
          order by f.feed, f.query, f.source_sha256, f.id desc
        ) last where last.state <> 'complete'
      ) as "partialFeed", ${FLAGS_OF} as stored
    from survey s where ${condition} order by s.created_at desc, s.id desc limit ${limit}
  `.execute(db);
  return rows.map((row) => ({
    id: row.id,
    method: row.method,
    state: row.state,
    vantage: row.vantage,
    evidence: row.method === 'active' ? ['probe'] : row.feeds.length > 0 ? row.feeds : row.namedBy,
    window: { from: row.started, to: row.finished },
    sample: row.sample,
    flags: flagsOf(row),
    createdAt: row.created,
    rolledUpAt: row.rolledUp,
  }));
}

function flagsOf(row: Row): SurveyFlag[] {
  const holds: Readonly<Record<SurveyFlag, boolean>> = {
    unfinished: row.state === 'planning' || row.state === 'running',
    stopped: row.state === 'stopped',
    not_rolled_up: row.rolledUp === null,
    sampled: row.sample !== null,
    partial_feed: row.partialFeed,
    opted_out: Object.hasOwn(row.excluded, 'opted_out'),
    scope_blocked_us: row.stored.includes('scope_blocked_us'),
    mass_loss: row.stored.includes('mass_loss'),
    chunk_quarantined: row.stored.includes('chunk_quarantined'),
    headline_jump: row.stored.includes('headline_jump'),
    lab: row.scope.some((network) => network.startsWith('lab:')),
  };
  return (Object.keys(holds) as SurveyFlag[]).filter((flag) => holds[flag]);
}
