// Reads what happened between two surveys: joined by endpoint in Postgres, counted there.
import { type Kysely, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import { KubecensusError } from '../platform/errors.ts';
import type { Flow, FlowCount, StayedDifferences, SurvivalPoint, VersionPair } from './change-data.ts';

/** A cohort is followed over this many surveys at most: half a year of weekly ones. */
const FOLLOWED = 26;

interface Pair {
  readonly earlier: string;
  readonly later: string;
}

/** The counted survey before this one of the same method, or the one asked for. Throws KC_NO_SURVEY when there is none. */
export async function earlierSurvey(db: Kysely<DB>, surveyId: string, asked: string | null): Promise<string> {
  if (asked !== null) return asked;
  const row = await db
    .selectFrom('survey as s')
    .innerJoin('survey as this', (join) => join.onRef('this.method', '=', 's.method').on('this.id', '=', surveyId))
    .select('s.id')
    .where('s.rolled_up_at', 'is not', null)
    .whereRef('s.created_at', '<', 'this.created_at')
    .orderBy('s.created_at', 'desc')
    .executeTakeFirst();
  if (row === undefined)
    throw new KubecensusError('KC_NO_SURVEY', `No survey of the same method was counted before ${surveyId}.`);
  return row.id;
}

/** The endpoints of a survey; `k`: a Kubernetes component was recognised. An unresolved name stands for itself. */
const endpoints = (surveyId: string) => sql`
  select coalesce(host(address), host) as h, port, outcome, component, version_id, distribution, certificate_id, authentication,
    component is not null and component <> 'other' as k
  from observation where survey_id = ${surveyId} and not superseded`;

export async function readFlows(db: Kysely<DB>, { earlier, later }: Pair): Promise<FlowCount[]> {
  const { rows } = await sql<{ flow: Flow; component: string; otherwise: string | null; endpoints: string }>`
    with then_ as (${endpoints(earlier)}), now_ as (${endpoints(later)})
    select
      case when t.k and n.k then 'stayed' when n.k then 'appeared' else 'vanished' end as flow,
      case when n.k then n.component else t.component end as component,
      case when t.k and n.k then null when n.k then t.outcome else n.outcome end as otherwise,
      count(*) as endpoints
    from then_ t full join now_ n using (h, port)
    where t.k or n.k group by 1, 2, 3 order by 1, 2, 3`.execute(db);
  return rows.map((row) => ({ ...row, endpoints: Number(row.endpoints) }));
}

export async function readVersionPairs(db: Kysely<DB>, { earlier, later }: Pair): Promise<VersionPair[]> {
  const { rows } = await sql<{ from: string; to: string; endpoints: string }>`
    with then_ as (${endpoints(earlier)}), now_ as (${endpoints(later)})
    select v.git_version as "from", w.git_version as "to", count(*) as endpoints
    from then_ t join now_ n using (h, port) join k8s_version v on v.id = t.version_id join k8s_version w on w.id = n.version_id
    where t.k and n.k group by 1, 2 order by 3 desc, 1, 2`.execute(db);
  return rows.map((row) => ({ ...row, endpoints: Number(row.endpoints) }));
}

export async function readDifferences(db: Kysely<DB>, { earlier, later }: Pair): Promise<StayedDifferences> {
  const { rows } = await sql<Record<keyof StayedDifferences, string>>`
    with then_ as (${endpoints(earlier)}), now_ as (${endpoints(later)})
    select
      count(*) filter (where t.component <> n.component) as component,
      count(*) filter (where t.distribution <> n.distribution) as distribution,
      count(*) filter (where t.certificate_id <> n.certificate_id) as certificate,
      count(*) filter (where t.authentication <> n.authentication) as authentication
    from then_ t join now_ n using (h, port) where t.k and n.k`.execute(db);
  const row = rows[0]!;
  return {
    component: Number(row.component),
    distribution: Number(row.distribution),
    certificate: Number(row.certificate),
    authentication: Number(row.authentication),
  };
}

/** Follows the Kubernetes endpoints of the oldest of the last surveys of this method, up to this one. */
export async function readSurvival(db: Kysely<DB>, surveyId: string): Promise<SurvivalPoint[]> {
  const { rows } = await sql<{ id: string; at: Date; endpoints: string }>`
    with followed as (
      select s.id, s.created_at from survey s join survey this on this.id = ${surveyId} and this.method = s.method
      where s.rolled_up_at is not null and s.observations_dropped_at is null and s.created_at <= this.created_at order by s.created_at desc limit ${FOLLOWED}
    ),
    cohort as (
      select coalesce(host(address), host) as h, port from observation
      where survey_id = (select id from followed order by created_at limit 1) and not superseded and component is not null and component <> 'other'
    )
    select f.id, f.created_at as at, count(c.h) as endpoints
    from followed f left join observation o on o.survey_id = f.id and not o.superseded and o.component is not null and o.component <> 'other'
      left join cohort c on c.h = coalesce(host(o.address), o.host) and c.port = o.port
    group by 1, 2 order by 2, 1`.execute(db);
  return rows.map((row) => ({ surveyId: row.id, at: row.at.toISOString(), endpoints: Number(row.endpoints) }));
}
