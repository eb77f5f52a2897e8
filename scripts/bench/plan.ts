// Planning a survey of 1,500,000 endpoints: how fast, and that memory does not grow with the number of candidates.
import { sql } from 'kysely';
import { createOptOuts } from '../../services/candidates/opt-out.ts';
import { createPolicy } from '../../services/candidates/policy.ts';
import { parseScope } from '../../services/candidates/scope.ts';
import type { Database } from '../../services/platform/db/database.ts';
import { CHUNK_SIZE } from '../../services/surveys/chunk.ts';
import { plan } from '../../services/surveys/plan.job.ts';
import { createSurvey } from '../../services/surveys/survey.store.ts';
import { withScratch } from './scratch-database.ts';
import { scratchSurvey } from './survey-plan.ts';

const NOW = new Date('2026-11-24T12:00:00Z');
/** A tenth first: what a plan of ten times as many needs more is what would grow. */
const ENDPOINTS = [150_000, 1_500_000] as const;
const LOOK_MS = 100;

/** Prints endpoints per second and the largest resident memory of both plans. Some minutes, with 2 GB of disk while it runs. */
export async function benchPlan(print: (line: string) => void): Promise<void> {
  await withScratch(NOW, async ({ database }) => {
    const peaks: number[] = [];
    let stored = 0;
    for (const endpoints of ENDPOINTS) {
      await addCandidates(database, stored, endpoints);
      stored = endpoints;
      let peak = 0;
      const look = setInterval(() => {
        peak = Math.max(peak, process.memoryUsage.rss());
      }, LOOK_MS);
      const start = performance.now();
      await planOf(database, endpoints);
      const seconds = (performance.now() - start) / 1000;
      clearInterval(look);
      peaks.push(peak);
      print(
        `${endpoints.toLocaleString('en-US')} endpoints planned in ${seconds.toFixed(0)} s, RSS at most ${Math.round(peak / 1e6)} MB`,
      );
    }
    print(`ratio of the larger plan's memory to the smaller's ${(peaks[1]! / peaks[0]!).toFixed(2)}`);
  });
}

/** Candidates `from` to `to`, addresses in no order, each seen by one feed. */
async function addCandidates({ db }: Database, from: number, to: number): Promise<void> {
  await sql`
    insert into feed_run (feed, kind, query, code_version, started_at) values ('bench', 'sightings', ${String(from)}, 'bench', ${NOW})
  `.execute(db);
  await sql`
    with fresh as (
      insert into candidate (key, kind, host, address, port, first_seen, last_seen)
      select host || ':6443', 'address', host, host::inet, 6443, ${NOW}, ${NOW} from (
        select host('11.0.0.0'::inet + (i::bigint * 9999991) % 16777216) as host from generate_series(${from}::int, ${to - 1}::int) as i
      ) as hosts returning id
    ) insert into sighting (feed, candidate_id, first_seen, last_seen, first_run, last_run)
      select 'bench', id, ${NOW}, ${NOW}, (select max(id) from feed_run), (select max(id) from feed_run) from fresh
  `.execute(db);
}

async function planOf({ db }: Database, endpoints: number): Promise<void> {
  const id = `bench-${endpoints}`;
  const survey = scratchSurvey(id);
  await createSurvey(db, survey, {}, NOW);
  const policy = createPolicy({
    own: [],
    optOuts: createOptOuts([]),
    scope: parseScope(['0.0.0.0/0']),
    loopbackLab: false,
  });
  const resolver = { resolve: () => Promise.reject(new Error('No candidate is a name.')), close: () => undefined };
  await plan(id, { db, now: () => NOW, policy, resolver, chunkSize: CHUNK_SIZE });
  const { target_count: planned } = await db
    .selectFrom('survey')
    .select('target_count')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  if (planned !== endpoints) throw new Error(`${planned} of ${endpoints} endpoints were planned.`);
}
