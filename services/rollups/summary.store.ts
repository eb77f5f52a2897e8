// The summary of a survey: counted from its observations once it is complete, kept with the survey, and counted anew while it is not.
import { type Kysely, sql } from 'kysely';
import { addressPerNetwork } from '../observations/observation.store.ts';
import { storableJson } from '../platform/db/json.ts';
import type { DB } from '../platform/db/schema.ts';
import { clusterInterval } from './cluster.store.ts';
import type { IndicatorCounts, SurveySummary, UnitHeadline } from './headline.ts';
import type { Unit } from './rollup.ts';
import { countSampling } from './sample-estimate.store.ts';
import { GRADE, JOIN_SUSPECT } from './suspect.store.ts';

/** The summary that is kept, else a new count. The survey must exist. */
export async function surveySummary(db: Kysely<DB>, surveyId: string): Promise<SurveySummary> {
  const row = await db.selectFrom('survey').select('summary').where('id', '=', surveyId).executeTakeFirst();
  const kept = (row?.summary ?? null) as SurveySummary | null;
  if (kept === null) return countSummary(db, surveyId);
  // One that was kept before there were estimates has none.
  return kept.sampling === undefined ? { ...kept, sampling: await countSampling(db, surveyId) } : kept;
}

/** Counts the summary of a counted survey and keeps it with the survey; recompute() drops it. Idempotent. */
export async function keepSummary(db: Kysely<DB>, surveyId: string): Promise<void> {
  const summary = storableJson(await countSummary(db, surveyId));
  await db.updateTable('survey').set({ summary }).where('id', '=', surveyId).execute();
}

async function countSummary(db: Kysely<DB>, surveyId: string): Promise<SurveySummary> {
  return {
    headline: await countHeadline(db, surveyId),
    clusters: await clusterInterval(db, surveyId),
    sampling: await countSampling(db, surveyId),
    addressOfNetwork: Object.fromEntries(await addressPerNetwork(db, surveyId)),
  };
}

/** What one thing of each unit is. An unresolved name stands for itself. */
const UNIT_KEYS = {
  endpoint: sql`(coalesce(host(o.address), o.host), o.port)`,
  host: sql`coalesce(host(o.address), o.host)`,
  certificate: sql`certificate_id`,
} as const satisfies Record<Unit, unknown>;

async function countHeadline(db: Kysely<DB>, surveyId: string): Promise<Record<Unit, UnitHeadline>> {
  return {
    endpoint: await countUnit(db, surveyId, 'endpoint'),
    host: await countUnit(db, surveyId, 'host'),
    certificate: await countUnit(db, surveyId, 'certificate'),
  };
}

/** Counted from the observations and not from rollup cells: a host may stand in several cells, and cells of hosts cannot be added. */
async function countUnit(db: Kysely<DB>, surveyId: string, unit: Unit): Promise<UnitHeadline> {
  const { rows } = await sql<Record<string, string>>`
    with thing as (
      select
        ${UNIT_KEYS[unit]} as key,
        coalesce(bool_or(certificate_name), false) as san,
        coalesce(bool_or(version_endpoint), false) as version,
        coalesce(bool_or(certificate_name) filter (where ${GRADE} not in ('medium', 'high')), false) as clean_san,
        coalesce(bool_or(version_endpoint) filter (where ${GRADE} not in ('medium', 'high')), false) as clean_version
      from observation o ${JOIN_SUSPECT}
      where o.survey_id = ${surveyId} and ${unit === 'certificate' ? sql`certificate_id is not null` : sql`true`}
      group by 1
    )
    select
      count(*) as observed,
      count(*) filter (where san and version) as both,
      count(*) filter (where san and not version) as only_san,
      count(*) filter (where version and not san) as only_version,
      count(*) filter (where clean_san and clean_version) as clean_both,
      count(*) filter (where clean_san and not clean_version) as clean_only_san,
      count(*) filter (where clean_version and not clean_san) as clean_only_version
    from thing`.execute(db);
  const row = rows[0]!;
  return {
    observed: Number(row['observed']),
    all: indicatorCounts(row['both'], row['only_san'], row['only_version']),
    withoutSuspects: indicatorCounts(row['clean_both'], row['clean_only_san'], row['clean_only_version']),
  };
}

function indicatorCounts(both: unknown, onlyName: unknown, onlyVersion: unknown): IndicatorCounts {
  const [m, a, b] = [Number(both), Number(onlyName), Number(onlyVersion)];
  return {
    certificateName: m + a,
    versionEndpoint: m + b,
    both: m,
    onlyCertificateName: a,
    onlyVersionEndpoint: b,
    either: m + a + b,
  };
}
