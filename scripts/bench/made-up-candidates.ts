// Candidates of a survey of any size, and its plan, for the benchmarks that need one.
import { sql } from 'kysely';
import { createOptOuts } from '../../services/candidates/opt-out.ts';
import { createPolicy, type Policy } from '../../services/candidates/policy.ts';
import { parseScope } from '../../services/candidates/scope.ts';
import type { Database } from '../../services/platform/db/database.ts';
import { CHUNK_SIZE } from '../../services/surveys/chunk.ts';
import { plan } from '../../services/surveys/plan.job.ts';
import { createSurvey } from '../../services/surveys/survey.store.ts';
import { SCRATCH_PORT, scratchSurvey } from './survey-plan.ts';

/** Candidates `from` to `to`, addresses in no order, each seen by one feed. */
export async function addCandidates({ db }: Database, now: Date, [from, to]: readonly [number, number]): Promise<void> {
  await sql`
    insert into feed_run (feed, kind, query, code_version, started_at) values ('bench', 'sightings', ${String(from)}, 'bench', ${now})
  `.execute(db);
  await sql`
    with fresh as (
      insert into candidate (key, kind, host, address, port, first_seen, last_seen)
      select host || ':' || ${sql.lit(SCRATCH_PORT)}, 'address', host, host::inet, ${sql.lit(SCRATCH_PORT)}, ${now}, ${now} from (
        select host('11.0.0.0'::inet + (i::bigint * 9999991) % 16777216) as host from generate_series(${from}::int, ${to - 1}::int) as i
      ) as hosts returning id
    ) insert into sighting (feed, candidate_id, first_seen, last_seen, first_run, last_run)
      select 'bench', id, ${now}, ${now}, (select max(id) from feed_run), (select max(id) from feed_run) from fresh
  `.execute(db);
}

/** Everything may be dialled but what the table of the code denies. */
export const everywhere = (): Policy =>
  createPolicy({ own: [], optOuts: createOptOuts([]), scope: parseScope(['0.0.0.0/0']), loopbackLab: false });

/** Creates a survey of all candidates and plans it. Throws when not every one of `endpoints` was planned. */
export async function planAll({ db }: Database, id: string, now: Date, endpoints: number): Promise<void> {
  await createSurvey(db, scratchSurvey(id), {}, now);
  const resolver = { resolve: () => Promise.reject(new Error('No candidate is a name.')), close: () => undefined };
  await plan(id, { db, now: () => now, policy: everywhere(), resolver, chunkSize: CHUNK_SIZE });
  const { target_count: planned } = await db
    .selectFrom('survey')
    .select('target_count')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  if (planned !== endpoints) throw new Error(`${planned} of ${endpoints} endpoints were planned.`);
}
