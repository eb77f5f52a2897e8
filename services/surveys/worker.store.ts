// Which workers live, and where: each says so every few seconds, so that a survey whose vantage nobody works at can be seen.
import { type Kysely, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';

/** How often a worker says that it lives. */
export const HEARTBEAT_MS = 5_000;
/** A worker that was silent for longer is taken for dead: as long as the queue waits before it gives its jobs to another. */
const SILENT_SECONDS = 30;
/** Rows of workers that died are kept this long: whoever looks for one sees when it was last there. */
const FORGOTTEN_SECONDS = 86_400;

export interface WorkerFacts {
  /** Made by the worker at its start. */
  readonly id: string;
  readonly vantage: string;
  /** Its code version. */
  readonly release: string;
}

/** The worker lives. Times are the database's, so that clocks of workers need not agree. */
export async function beat(db: Kysely<DB>, { id, vantage, release }: WorkerFacts): Promise<void> {
  await sql`delete from worker where seen_at < now() - make_interval(secs => ${FORGOTTEN_SECONDS})`.execute(db);
  await sql`
    insert into worker (id, vantage, release, started_at, seen_at) values (${id}, ${vantage}, ${release}, now(), now())
    on conflict (id) do update set seen_at = excluded.seen_at`.execute(db);
}

/** The worker has stopped. */
export async function leave(db: Kysely<DB>, id: string): Promise<void> {
  await db.deleteFrom('worker').where('id', '=', id).execute();
}

export interface LiveRelease {
  readonly vantage: string;
  readonly release: string;
  readonly workers: number;
}

/** The workers that live, by vantage and release. */
export async function liveWorkers(db: Kysely<DB>): Promise<LiveRelease[]> {
  const { rows } = await sql<LiveRelease>`
    select vantage, release, count(*)::int as workers from worker
    where seen_at > now() - make_interval(secs => ${SILENT_SECONDS}) group by 1, 2 order by 1, 2`.execute(db);
  return rows;
}

export interface VantageState {
  readonly vantage: string;
  /** Workers that live. */
  readonly workers: number;
  /** Chunks of running surveys that nobody has committed, those whose turn is to come included. */
  readonly openChunks: number;
  /** Seconds from a worker's taking of a chunk to its commit, the mean of the last ones; null before the first. */
  readonly chunkSeconds: number | null;
  /** Seconds since the oldest running survey with open chunks began; 0 without one. */
  readonly goneSeconds: number;
}

/** Chunks whose duration stands for the next: enough to be steady, few enough to follow a change of pace. */
const RECENT_CHUNKS = 50;

/** Every vantage that has live workers or that a running survey dials from. */
export async function vantageStates(db: Kysely<DB>): Promise<VantageState[]> {
  const { rows } = await sql<VantageState>`
    with open_ as (
      select coalesce(c.vantage, s.vantage) as vantage, count(*)::int as chunks, extract(epoch from now() - min(s.started_at))::float8 as gone
      from survey_chunk c join survey s on s.id = c.survey_id
      where s.state = 'running' and s.method = 'active' and c.committed_at is null and c.quarantined_at is null group by 1
    ), live as (
      select vantage, count(*)::int as workers from worker where seen_at > now() - make_interval(secs => ${SILENT_SECONDS}) group by 1
    )
    select vantage, coalesce(live.workers, 0) as workers, coalesce(open_.chunks, 0) as "openChunks", coalesce(open_.gone, 0) as "goneSeconds", (
        select avg(extract(epoch from took))::float8 from (
          select c.committed_at - c.issued_at as took from survey_chunk c join survey s on s.id = c.survey_id
          where s.state = 'running' and s.method = 'active' and coalesce(c.vantage, s.vantage) = v.vantage and c.committed_at > c.issued_at
          order by c.committed_at desc limit ${RECENT_CHUNKS}
        ) recent
      ) as "chunkSeconds"
    from (select vantage from open_ union select vantage from live) v left join open_ using (vantage) left join live using (vantage) order by 1`.execute(
    db,
  );
  return rows;
}

/** Running surveys, each with the vantages that it has open chunks for and that nobody works at. */
export async function waitingSurveys(db: Kysely<DB>): Promise<Map<string, string[]>> {
  const { rows } = await sql<{ id: string; vantages: string[] }>`
    select s.id, array_agg(distinct coalesce(c.vantage, s.vantage)) as vantages from survey s join survey_chunk c on c.survey_id = s.id
    where s.state = 'running' and s.method = 'active' and c.committed_at is null and c.quarantined_at is null and not exists (
      select from worker w where w.vantage = coalesce(c.vantage, s.vantage) and w.seen_at > now() - make_interval(secs => ${SILENT_SECONDS}))
    group by 1`.execute(db);
  return new Map(rows.map(({ id, vantages }) => [id, vantages]));
}
