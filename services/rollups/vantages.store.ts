// Counts, for a survey from several vantages, how many endpoints each set of them saw.
import { type Kysely, sql } from 'kysely';
import { isAnswered, sawKubernetes } from '../observations/seen-more.store.ts';
import type { DB } from '../platform/db/schema.ts';
import type { VantageCounts } from './vantages.ts';

/** null for a survey from one vantage. The survey must exist. */
export async function countVantages(db: Kysely<DB>, surveyId: string): Promise<VantageCounts | null> {
  const { vantages } = await db
    .selectFrom('survey')
    .select('vantages')
    .where('id', '=', surveyId)
    .executeTakeFirstOrThrow();
  if (vantages.length < 2) return null;
  const { rows } = await sql<{ by: string[]; endpoints: number }>`
    select by, count(*) as endpoints from (
      select array_remove(array_agg(case when ${sawKubernetes('o')} then o.vantage end order by o.vantage), null) as by from observation o
      where o.survey_id = ${surveyId} and o.address is not null and ${isAnswered('o')}
      group by o.address, o.port having count(*) = ${vantages.length}
    ) e group by by order by cardinality(by), by`.execute(db);
  const seenBy = rows.map(({ by, endpoints }) => ({
    vantages: vantages.filter((vantage) => by.includes(vantage)),
    endpoints: Number(endpoints),
  }));
  return {
    vantages,
    asked: seenBy.reduce((sum, { endpoints }) => sum + endpoints, 0),
    seenBy: seenBy.filter((set) => set.vantages.length > 0),
  };
}
