// Clusters of a survey, estimated from the keys of its observations. Counted on request, never kept.
import { type Kysely, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import { ClusterEstimate, type ClusterInterval, type ClusterMember } from './cluster-estimate.ts';
import { type CountQuery, observations, requireSurvey, selected, valuesOf } from './rollup.store.ts';
import type { Cell, Dimension } from './rollup.ts';
import { NETWORK } from './suspect.store.ts';

/** One cell: its values, and between how many clusters its endpoints belong to. A cluster with endpoints in several cells counts in each. */
export interface ClusterCell extends ClusterInterval {
  readonly values: Cell['values'];
}

/** Endpoints that were recognised with some certainty; a `possible` one may be a proxy that only shows a cluster's certificate. */
const RECOGNISED = sql`o.grade in ('confirmed', 'probable')`;
const ENDPOINT = sql<string>`coalesce(host(o.address), o.host) || ' ' || o.port`;

/**
 * The estimate of cluster-estimate.ts by any dimensions. Keys are judged and joined over all of the survey's recognised endpoints, and then
 * those that meet the conditions are counted. Largest first, then by value. Throws KC_NO_SURVEY when there is no survey of that id.
 */
export async function clusters(db: Kysely<DB>, query: Omit<CountQuery, 'unit'>): Promise<ClusterCell[]> {
  await requireSurvey(db, query.surveyId);
  const estimate = new ClusterEstimate(await readMembers(db, query.surveyId));
  const { rows } = await sql<{ endpoint: string; values: string[] }>`
    select ${ENDPOINT} as endpoint, ${valuesOf(query.by)} as values from ${observations(query.by)}
    where ${selected(query)} and ${RECOGNISED}
  `.execute(db);
  const cells = Map.groupBy(rows, ({ values }) => JSON.stringify(values));
  return [...cells]
    .map(([key, members]) => ({
      key,
      values: cellValues(query.by, members[0]?.values ?? []),
      ...estimate.of(members.map(({ endpoint }) => endpoint)),
    }))
    .sort((a, b) => b.high - a.high || b.low - a.low || (a.key < b.key ? -1 : 1))
    .map(({ key: _key, ...cell }) => cell);
}

/** The estimate of a whole survey. */
export async function clusterInterval(db: Kysely<DB>, surveyId: string): Promise<ClusterInterval> {
  const [cell] = await clusters(db, { surveyId, by: [], where: {} });
  return cell === undefined ? { low: 0, high: 0 } : { low: cell.low, high: cell.high };
}

async function readMembers(db: Kysely<DB>, surveyId: string): Promise<readonly ClusterMember[]> {
  const { rows } = await sql<ClusterMember>`
    select ${ENDPOINT} as endpoint, coalesce(host(o.address), o.host) as address, coalesce(${NETWORK}, o.host) as network,
      array(select jsonb_array_elements_text(coalesce(o.verdict->'cluster'->'keys', '[]'))) as keys
    from observation o where o.survey_id = ${surveyId} and ${RECOGNISED} order by 1
  `.execute(db);
  return rows;
}

function cellValues(by: readonly Dimension[], values: readonly string[]): Cell['values'] {
  return Object.fromEntries(by.map((dim, at) => [dim, values[at] || null]));
}
