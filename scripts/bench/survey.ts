// A whole survey without a network: candidates, plan, queue, fake dialer, judge, commit, rollup, while workers are killed at random; on both queues.

import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { pino } from 'pino';
import { JOBS, jobOf } from '../../services/jobs.ts';
import { seededRandom } from '../../services/lab/random.ts';
import { makePartitions } from '../../services/observations/partition.store.ts';
import type { Database } from '../../services/platform/db/database.ts';
import { openQueue, type QueuePlace } from '../../services/platform/queue/open.ts';
import { rollUp } from '../../services/rollups/rollup.job.ts';
import { openChunks } from '../../services/surveys/chunk.store.ts';
import { quarantinedChunks } from '../../services/surveys/chunk-start.store.ts';
import { fakeInternet } from './fake-dialer.ts';
import { grouped, megabytes, secondsOf } from './figures.ts';
import { addCandidates, planAll } from './made-up-candidates.ts';
import { withScratch } from './scratch-database.ts';
import type { WorkerTask } from './survey-worker.ts';

/** Some two minutes on two quiet cores. */
const CANDIDATES = 50_000;
const NOW = new Date('2026-11-24T12:00:00Z');
const CLUSTER_KEY = 'bench';
/** One worker lives through the survey, so that its memory can be followed; the others are killed. */
const MORTAL_WORKERS = 2;
/** Between two kills, in milliseconds, drawn evenly. */
const KILL_AFTER = [4_000, 12_000] as const;
const ISSUE_MS = 500;
const ISSUED_AT_ONCE = 200;

/** Prints what the stages took on the queue in Postgres and, when one is named, in Redis, that every endpoint was counted once, and the memory of the worker that lived. */
export async function benchSurvey(
  print: (line: string) => void,
  { candidates, redisUrl }: { readonly candidates: number | null; readonly redisUrl: string | null },
): Promise<void> {
  const endpoints = candidates ?? CANDIDATES;
  await withScratch(NOW, async ({ database, url }) => {
    await makePartitions(database.db, NOW);
    await addCandidates(database, NOW, [0, endpoints]);
    await surveyOn('postgres', { postgresUrl: url }, { database, url, endpoints }, print);
    if (redisUrl === null) print('redis queue: skipped, no server was named (--redis URL)');
    else await surveyOn('redis', { redisUrl }, { database, url, endpoints }, print);
  });
}

interface Bench {
  readonly database: Database;
  readonly url: string;
  readonly endpoints: number;
}

async function surveyOn(
  name: string,
  place: QueuePlace,
  { database, url, endpoints }: Bench,
  print: (line: string) => void,
): Promise<void> {
  const id = `bench-${name}`;
  const planned = await secondsOf(() => planAll(database, id, NOW, endpoints));
  const task = { databaseUrl: url, place, now: NOW.toISOString(), clusterKey: CLUSTER_KEY };
  let fleet: Fleet | null = null;
  const observed = await secondsOf(async () => {
    fleet = await runFleet(database, id, task);
  });
  const counted = await secondsOf(() => rollUp(id, { db: database.db, now: () => NOW }));
  const { kills, memory } = fleet as unknown as Fleet;
  const redone = await oracle(database, id, endpoints);
  const [early, late] = [memory[Math.floor(memory.length / 4)] ?? 0, memory.at(-1) ?? 0];
  print(
    `${name} queue, ${grouped(endpoints)} candidates: planned in ${planned.toFixed(0)} s, observed in ${observed.toFixed(0)} s (${grouped(endpoints / observed)} per second), ` +
      `counted in ${counted.toFixed(0)} s; ${kills} workers killed, ${redone} chunks begun again, every endpoint once and every component as often as it was shown; ` +
      `a worker that lived held ${megabytes(early)} at a quarter of the time and ${megabytes(late)} at the end, ratio ${(late / early).toFixed(2)}`,
  );
}

interface Fleet {
  readonly kills: number;
  /** Resident memory of the worker that lived, once a second, in bytes. */
  readonly memory: readonly number[];
}

/** Runs workers, issues what Postgres says is open, and kills one worker after the other until nothing is open. */
async function runFleet({ db }: Database, id: string, task: WorkerTask): Promise<Fleet> {
  const random = seededRandom(`${id} kills`);
  const queue = await openQueue(task.place, pino({ level: 'silent' }), JOBS);
  const steady = startWorker(task);
  const mortal = Array.from({ length: MORTAL_WORKERS }, () => startWorker(task));
  const memory: number[] = [];
  let kills = 0;
  const [least, most] = KILL_AFTER;
  const pause = (): number => least + random.next() * (most - least);
  let killAt = performance.now() + pause();
  try {
    for (;;) {
      const open = (await openChunks(db, ISSUED_AT_ONCE)).filter(({ surveyId }) => surveyId === id);
      if (open.length === 0) return { kills, memory };
      await queue.add(open.map(({ vantage, ...chunk }) => jobOf('observe', chunk, vantage)));
      memory.push(residentOf(steady));
      if (steady.exitCode !== null) throw new Error(`The worker that was to live ended with ${steady.exitCode}.`);
      if (performance.now() > killAt) {
        const victim = random.integer(MORTAL_WORKERS);
        mortal[victim]?.kill('SIGKILL');
        mortal[victim] = startWorker(task);
        kills++;
        killAt = performance.now() + pause();
      }
      await sleep(ISSUE_MS);
    }
  } finally {
    for (const worker of [steady, ...mortal]) worker.kill('SIGKILL');
    await queue.close();
  }
}

function startWorker(task: WorkerTask): ChildProcess {
  const child = fork(new URL('./survey-worker.ts', import.meta.url), { execArgv: [] });
  child.send(task);
  return child;
}

/** Throws unless every endpoint of the plan has one observation and every component was counted as often as the fake internet shows it. Chunks that were begun again. */
async function oracle({ db }: Database, id: string, endpoints: number): Promise<number> {
  const quarantined = await quarantinedChunks(db, id);
  if (quarantined.length > 0) throw new Error(`${quarantined.length} chunks are in quarantine.`);
  // What was written a minute ago is not known to the planner of the server yet.
  await sql`analyze observation, survey_target`.execute(db);
  const { rows } = await sql<Record<'rows' | 'distinct' | 'missing', string>>`
    select (select count(*) from observation where survey_id = ${id}) as rows,
      (select count(*) from (select distinct address, port from observation where survey_id = ${id}) o) as distinct,
      (select count(*) from survey_target t where survey_id = ${id}
        and not exists (select from observation o where o.survey_id = ${id} and o.address = t.address and o.port = t.port)) as missing`.execute(
    db,
  );
  const seen = rows[0]!;
  if (Number(seen.rows) !== endpoints || Number(seen.distinct) !== endpoints || Number(seen.missing) !== 0)
    throw new Error(`Of ${endpoints} endpoints there are ${JSON.stringify(seen)}.`);
  await requireComponents(db, id);
  const { rows: again } = await sql<{
    count: string;
  }>`select count(*) from survey_chunk where survey_id = ${id} and starts > 1`.execute(db);
  return Number(again[0]!.count);
}

async function requireComponents(db: Database['db'], id: string): Promise<void> {
  const { componentAt } = await fakeInternet(NOW, CLUSTER_KEY);
  const shown = new Map<string, number>();
  const { rows: targets } = await sql<{
    address: string;
  }>`select host(address) as address from survey_target where survey_id = ${id}`.execute(db);
  for (const { address } of targets) {
    const component = componentAt(address) ?? '';
    shown.set(component, (shown.get(component) ?? 0) + 1);
  }
  const { rows: counted } = await sql<{ component: string; count: string }>`
    select values[1] as component, count from rollup where survey_id = ${id} and unit = 'endpoint' and dims = '{component}'`.execute(
    db,
  );
  for (const { component, count } of counted)
    if (shown.get(component) !== Number(count))
      throw new Error(`${count} of ${component} were counted, ${shown.get(component)} shown.`);
  if (counted.length !== shown.size) throw new Error(`${counted.length} components were counted, ${shown.size} shown.`);
}

function residentOf({ pid }: ChildProcess): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
}
