// The data of a report counted anew over the endpoints of some countries: what the rollups keep for the whole survey is asked for them alone.
import type { Kysely } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import { clusterInterval } from '../rollups/cluster.store.ts';
import { count } from '../rollups/rollup.store.ts';
import { ROLLUP_SETS, UNITS } from '../rollups/rollup.ts';
import { countHeadline } from '../rollups/summary.store.ts';
import type { HeadlineData, Rollup } from './headline-data.ts';

/**
 * The same data of endpoints whose address is registered in one of the countries. Counts that others state, and
 * what a sample says of the rest, are of the whole world and are left out.
 */
export async function inCountries(
  db: Kysely<DB>,
  data: HeadlineData,
  countries: readonly string[],
): Promise<HeadlineData> {
  const where = { country: countries };
  const surveyId = data.survey.id;
  const rollups: Rollup[] = [];
  for (const unit of UNITS)
    for (const dims of ROLLUP_SETS)
      rollups.push({ unit, dims, cells: await count(db, { surveyId, by: dims, where, unit }) });
  const clusters = await clusterInterval(db, surveyId, where);
  const headline = await countHeadline(db, surveyId, where);
  return { ...data, headline, clusters, rollups, tallies: [], compare: null, sampling: null };
}
