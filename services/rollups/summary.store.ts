// The summary of a survey: counted from its observations once it is complete, kept with the survey, and counted anew while it is not.
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { addressPerNetwork } from '../observations/observation.store.ts';
import { storableJson } from '../platform/db/json.ts';
import type { DB } from '../platform/db/schema.ts';
import { clusterInterval } from './cluster.store.ts';
import type { IndicatorCounts, SurveySummary, UnitHeadline } from './headline.ts';
import { type CountQuery, observations, selected } from './rollup.store.ts';
import type { Unit } from './rollup.ts';
import { countSampling } from './sample-estimate.store.ts';
import { GRADE } from './suspect.store.ts';
import { countVantages } from './vantages.store.ts';
import type { VantageCounts } from './vantages.ts';

/** The summary that is kept, else a new count. The survey must exist. */
export async function surveySummary(db: Kysely<DB>, surveyId: string): Promise<SurveySummary> {
  const row = await db.selectFrom('survey').select('summary').where('id', '=', surveyId).executeTakeFirst();
  const kept = (row?.summary ?? null) as SurveySummary | null;
  if (kept === null) return countSummary(db, surveyId);
  // One that was kept before there were estimates has none.
  return kept.sampling === undefined ? { ...kept, sampling: await countSampling(db, surveyId) } : kept;
}

/** What the vantages of a counted survey saw; null for a survey from one, and before it is counted. */
export async function keptVantages(
  db: Kysely<DB>,
  { id, rolledUpAt }: { readonly id: string; readonly rolledUpAt: Date | null },
): Promise<VantageCounts | null> {
  return rolledUpAt === null ? null : ((await surveySummary(db, id)).vantages ?? null);
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
    vantages: await countVantages(db, surveyId),
    addressOfNetwork: Object.fromEntries(await addressPerNetwork(db, surveyId)),
  };
}

/** What one thing of each unit is. Endpoints of a survey are its rows, as in its rollups; an unresolved name stands for itself. */
const THINGS = {
  endpoint: null,
  host: sql`o.address, case when o.address is null then o.host end`,
  certificate: sql`o.certificate_id`,
} as const satisfies Record<Unit, unknown>;

/** The two indicators of a survey in every unit, over the observations that meet the conditions. */
export async function countHeadline(
  db: Kysely<DB>,
  surveyId: string,
  where: CountQuery['where'] = {},
): Promise<Record<Unit, UnitHeadline>> {
  const chosen = selected({ surveyId, where, by: [] });
  return {
    endpoint: await countUnit(db, chosen, 'endpoint'),
    host: await countUnit(db, chosen, 'host'),
    certificate: await countUnit(db, chosen, 'certificate'),
  };
}

/** Counted from the observations and not from rollup cells: a host may stand in several cells, and cells of hosts cannot be added. */
async function countUnit(db: Kysely<DB>, chosen: RawBuilder<unknown>, unit: Unit): Promise<UnitHeadline> {
  const thing = THINGS[unit];
  const any = (flag: RawBuilder<unknown>) =>
    thing === null ? sql`coalesce(${flag}, false)` : sql`coalesce(bool_or(${flag}), false)`;
  const clean = sql`${GRADE} not in ('medium', 'high')`;
  const { rows } = await sql<Record<string, string>>`
    with thing as (
      select ${any(sql`certificate_name`)} as san, ${any(sql`version_endpoint`)} as version,
        ${any(sql`certificate_name and ${clean}`)} as clean_san, ${any(sql`version_endpoint and ${clean}`)} as clean_version
      from ${observations([])}
      where ${chosen} and ${unit === 'certificate' ? sql`certificate_id is not null` : sql`true`}
      ${thing === null ? sql`` : sql`group by ${thing}`}
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
