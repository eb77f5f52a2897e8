// How fast a year of surveys answers: pages and statistics for twenty clients at once, exports beside a client's \copy, and how long the counting takes.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { sql } from 'kysely';
import { recompute } from '../../services/rollups/rollup.store.ts';
import { keepSummary } from '../../services/rollups/summary.store.ts';
import { keepPublicCells } from '../../services/rollups/suppress.store.ts';
import { DEFAULT_K } from '../../services/rollups/suppress.ts';
import { askAtOnce } from './answers-load.ts';
import { compareExports, exportOnce } from './export.ts';
import { grouped, megabytes, secondsOf } from './figures.ts';
import { allAtOnce, type MadeUpSurvey, writeYear, yearOf } from './made-up-year.ts';
import { type Scratch, withScratch } from './scratch-database.ts';

/** Some two minutes on two quiet cores. */
const OBSERVATIONS = 100_000;
const SEED = 1;
const NOW = new Date('2026-11-24T12:00:00Z');
const CLIENTS = 20;
/** Answers per client and route, after one that is not measured. */
const ASKED = 25;
/** The goal: what a page feels instant below. */
const GOAL_MS = 200;
/** The route that answers are compared with. */
const REFERENCE = '/bare';

const ROUTES = [
  '/livez',
  '/',
  '/versions',
  '/places',
  '/series',
  '/components',
  '/explore',
  '/v1/stats',
  '/v1/stats?by=component',
  '/v1/stats?by=country,minor',
  '/v1/stats?by=asn',
] as const;

/** Makes the year, counts it, asks for answers and exports the newest survey; prints each beside its reference. */
export async function benchAnswers(print: (line: string) => void, observations: number | null): Promise<void> {
  await withScratch(NOW, async (scratch) => {
    const surveys = yearOf(observations ?? OBSERVATIONS, NOW);
    const wrote = await secondsOf(() => writeYear(scratch.database, surveys, SEED));
    const { rows } = await sql<{ size: string; count: string }>`
      select pg_size_pretty(pg_database_size(current_database())) as size, (select count(*) from observation) as count`.execute(
      scratch.database.db,
    );
    print(
      `${grouped(Number(rows[0]!.count))} observations of ${surveys.length} surveys in a year of daily partitions, ${rows[0]!.size}, made in ${wrote.toFixed(0)} s`,
    );
    await countAll(scratch, surveys, print);
    await answers(scratch, print);
    const newest = surveys.at(-1)!;
    await compareExports(scratch, { surveyId: newest.id, rows: newest.endpoints, rounds: 1 }, print);
    await exportMemory(scratch, newest, print);
  });
}

/** Counts every survey of the year, the newest last, whose seconds are told beside those of reading its rows once. */
async function countAll(
  { database: { db } }: Scratch,
  surveys: readonly MadeUpSurvey[],
  print: (line: string) => void,
): Promise<void> {
  const newest = surveys.at(-1)!;
  const earlier = await secondsOf(() =>
    allAtOnce(
      surveys.slice(0, -1).map(({ id, at }) => async () => {
        await recompute(db, id, at);
        await keepSummary(db, id);
      }),
    ),
  );
  print(`the ${surveys.length - 1} earlier surveys counted and summed up in ${earlier.toFixed(0)} s, two at once`);
  const read = await secondsOf(() =>
    sql`select count(*) from (select distinct address, port, version_id from observation where survey_id = ${newest.id}) t`.execute(
      db,
    ),
  );
  const counted = await secondsOf(() => recompute(db, newest.id, newest.at));
  const summed = await secondsOf(() => keepSummary(db, newest.id));
  const judged = await secondsOf(() => keepPublicCells(db, newest.id, DEFAULT_K));
  print(
    `${grouped(newest.endpoints)} endpoints counted by all kept sets in ${counted.toFixed(1)} s summed up in ${summed.toFixed(1)} s, judged for the public in ${judged.toFixed(1)} s; one distinct over its rows takes ${read.toFixed(1)} s; ratio ${((counted + summed + judged) / read).toFixed(1)}`,
  );
}

async function answers({ url }: Scratch, print: (line: string) => void): Promise<void> {
  const server = fork(new URL('./answers-server.ts', import.meta.url), [url, NOW.toISOString()], { execArgv: [] });
  try {
    const [{ url: base }] = (await once(server, 'message')) as [{ url: string }];
    const bare = await askAtOnce(`${base}${REFERENCE}`, CLIENTS, ASKED);
    print(
      `${CLIENTS} clients at once; ${REFERENCE}, a select 1 through the same server: p50 ${ms(bare.p50)}, p95 ${ms(bare.p95)}`,
    );
    for (const route of ROUTES) {
      const { first, p50, p95, bytes } = await askAtOnce(`${base}${route}`, CLIENTS, ASKED);
      print(
        `${route}: first ${ms(first)}, p50 ${ms(p50)}, p95 ${ms(p95)}${p95 > GOAL_MS ? ` (goal ${GOAL_MS} ms missed)` : ''}, ${grouped(bytes)} bytes; ratio of p50 ${(p50 / bare.p50).toFixed(1)}`,
      );
    }
    server.send('rss');
    const [{ rss }] = (await once(server, 'message')) as [{ rss: number }];
    print(`resident memory of the API after them: ${Math.round(rss / 1e6)} MB`);
  } finally {
    server.disconnect();
    await once(server, 'exit');
  }
}

/** Resident memory at a tenth and at the end of a CSV export. */
async function exportMemory(
  scratch: Scratch,
  { id, endpoints }: MadeUpSurvey,
  print: (line: string) => void,
): Promise<void> {
  const memory: number[] = [];
  const timer = setInterval(() => memory.push(process.memoryUsage.rss()), 20);
  await exportOnce(scratch.database, 'csv', scratch.directory, { surveyId: id, rows: endpoints, rounds: 1 }).finally(
    () => clearInterval(timer),
  );
  const at = (share: number): number => memory[Math.max(0, Math.ceil(memory.length * share) - 1)] ?? 0;
  print(
    `RSS of a CSV export of ${grouped(endpoints)} rows at 10 % ${megabytes(at(0.1))}, at 100 % ${megabytes(at(1))}, ratio ${(at(1) / at(0.1)).toFixed(2)}`,
  );
}

const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
