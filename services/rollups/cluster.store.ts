// Clusters of a survey, estimated from the keys of its observations. Counted on request, never kept.
import { type Kysely, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import { requireObservations } from '../surveys/survey.store.ts';
import { ClusterCount, ClusterEstimate, type ClusterInterval, type ClusterMember } from './cluster-estimate.ts';
import { eachRow } from './each-row.store.ts';
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
  const chosen = sql<{ endpoint: string; values: string[] }>`
    select ${ENDPOINT} as endpoint, ${valuesOf(query.by)} as values from ${observations(query.by)}
    where ${selected(query)} and ${RECOGNISED}`;
  const cells = new Map<string, ClusterCount>();
  await inTransaction(db, async (tx) => {
    const estimate = await joined(tx, query.surveyId);
    await eachRow(tx, chosen, ({ endpoint, values }) => {
      const key = JSON.stringify(values);
      const cell = cells.get(key) ?? new ClusterCount();
      const place = estimate.placeOf(endpoint);
      if (place !== null) cell.see(place);
      cells.set(key, cell);
    });
  });
  return [...cells]
    .map(([key, cell]) => ({ key, ...cell.interval }))
    .sort((a, b) => b.high - a.high || b.low - a.low || (a.key < b.key ? -1 : 1))
    .map(({ key, low, high }) => ({ values: cellValues(query.by, JSON.parse(key) as string[]), low, high }));
}

/** The estimate of a whole survey, or of its observations that meet the conditions. */
export async function clusterInterval(
  db: Kysely<DB>,
  surveyId: string,
  where: CountQuery['where'] = {},
): Promise<ClusterInterval> {
  if (Object.keys(where).length === 0) return inTransaction(db, async (tx) => (await joined(tx, surveyId)).whole);
  const [cell] = await clusters(db, { surveyId, by: [], where });
  return cell === undefined ? { low: 0, high: 0 } : { low: cell.low, high: cell.high };
}

/** The keys of all recognised endpoints of the survey, joined. */
async function joined(tx: Kysely<DB>, surveyId: string): Promise<ClusterEstimate> {
  await requireSurvey(tx, surveyId);
  await requireObservations(tx, [surveyId]);
  const estimate = new ClusterEstimate();
  const members = sql<ClusterMember>`
    select ${ENDPOINT} as endpoint, coalesce(host(o.address), o.host) as address, coalesce(${NETWORK}, o.host) as network,
      array(select jsonb_array_elements_text(coalesce(o.verdict->'cluster'->'keys', '[]'))) as keys
    from observation o where o.survey_id = ${surveyId} and not o.superseded and ${RECOGNISED}`;
  await eachRow(tx, members, (member) => estimate.add(member));
  estimate.join();
  return estimate;
}

/** Both reads see the same rows: inside the caller's transaction, else in one of their own. */
function inTransaction<T>(db: Kysely<DB>, run: (tx: Kysely<DB>) => Promise<T>): Promise<T> {
  return db.isTransaction ? run(db) : db.transaction().setIsolationLevel('repeatable read').execute(run);
}

function cellValues(by: readonly Dimension[], values: readonly string[]): Cell['values'] {
  return Object.fromEntries(by.map((dim, at) => [dim, values[at] || null]));
}
