// How fast chunks are committed and sightings stored, beside COPY of the same rows into an identical table, in the same run.
import { join } from 'node:path';
import { sql } from 'kysely';
import { canonicalise } from '../../services/candidates/candidate.ts';
import { type AcceptedSighting, storeSightings } from '../../services/candidates/sighting.store.ts';
import { commitChunk } from '../../services/observations/observation.store.ts';
import type { Database } from '../../services/platform/db/database.ts';
import { storeChunks } from '../../services/surveys/chunk.store.ts';
import { CHUNK_SIZE } from '../../services/surveys/chunk.ts';
import { createSurvey } from '../../services/surveys/survey.store.ts';
import { copySeconds, SIGHTING_TABLES } from './copy-rate.ts';
import { madeUpObservation } from './made-up.ts';
import { COPY_CLIENT, copyFromFile, copyToFile } from './psql.ts';
import { withScratch } from './scratch-database.ts';
import { scratchSurvey } from './survey-plan.ts';

/** COPY of fewer rows would mostly measure connecting. */
const OBSERVATIONS = 100_000;
const SIGHTINGS = 200_000;
/** As the collector commits them. */
const BATCH = 5000;
/** Not measured: plans, caches and the JIT settle. */
const WARM_UP_CHUNKS = 20;
/** Chunks that one worker commits at once. */
const WORKERS = 4;
const NOW = new Date('2026-11-24T12:00:00Z');

/** Prints rows per second of our writers and of COPY, and their ratios. About a minute. */
export async function benchIngest(print: (line: string) => void): Promise<void> {
  await withScratch(NOW, async (scratch) => {
    const { database, url, directory } = scratch;
    const chunks = OBSERVATIONS / CHUNK_SIZE;
    await planSurvey(database, chunks + WARM_UP_CHUNKS);
    const observations = await commitAll(database, chunks);
    const copied = await copyRate(database, url, join(directory, 'observations.copy'), 'observation', OBSERVATIONS);
    print(
      `${rate(observations)} observations/s committed in chunks of ${CHUNK_SIZE} by ${WORKERS} at once, with endpoint states, certificates and versions`,
    );
    print(
      `${rate(copied)} observations/s by ${COPY_CLIENT} of the same rows into an identical table with the same indexes`,
    );
    print(`ratio ${(observations / copied).toFixed(2)}`);
    const sightings = await storeAll(database);
    const { count } = await database.db
      .selectFrom('candidate')
      .select((expression) => expression.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    const copiedSightings = count / (await copySeconds(scratch, SIGHTING_TABLES.slice(0, 2)));
    print(
      `${rate(sightings)} sightings/s stored in batches of ${BATCH}: candidates with provenance, what is known recognised`,
    );
    print(
      `${rate(copiedSightings)} candidates/s by ${COPY_CLIENT}, with their sightings, into tables with the same columns, indexes and keys`,
    );
    print(`ratio ${(sightings / copiedSightings).toFixed(2)}`);
  });
}

async function planSurvey({ db }: Database, chunks: number): Promise<void> {
  const plan = scratchSurvey('bench');
  await createSurvey(db, plan, {}, NOW);
  await storeChunks(
    db,
    'bench',
    Array.from({ length: chunks }, () => []),
    {},
    NOW,
  );
}

/** Observations per second over all chunks but the first ones. */
async function commitAll(database: Database, chunks: number): Promise<number> {
  const commit = async (chunk: number): Promise<void> => {
    const observations = Array.from({ length: CHUNK_SIZE }, (_, i) => madeUpObservation(chunk * CHUNK_SIZE + i, NOW));
    if (!(await commitChunk(database, { surveyId: 'bench', chunk, vantage: 'bench' }, observations, NOW)))
      throw new Error(`Chunk ${chunk} was not committed.`);
  };
  let next = 0;
  for (; next < WARM_UP_CHUNKS; next++) await commit(next);
  const started = performance.now();
  const worker = async (): Promise<void> => {
    while (next < chunks + WARM_UP_CHUNKS) await commit(next++);
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
  return OBSERVATIONS / ((performance.now() - started) / 1000);
}

/** Sightings per second; a tenth of every batch is known already. */
async function storeAll({ db }: Database): Promise<number> {
  const { id } = await db
    .insertInto('feed_run')
    .values({ feed: 'bench', kind: 'sightings', query: 'bench', code_version: 'bench', started_at: NOW })
    .returning('id')
    .executeTakeFirstOrThrow();
  const started = performance.now();
  let stored = 0;
  for (let from = 0; from < SIGHTINGS; from += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, i) => sightingOf(i % 10 === 0 ? Math.max(0, from - i) : from + i));
    await db.transaction().execute((tx) => storeSightings(tx, 'bench', id, batch, NOW));
    stored += batch.length;
  }
  return stored / ((performance.now() - started) / 1000);
}

function sightingOf(i: number): AcceptedSighting {
  const result = canonicalise({ host: `11.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`, port: 6443 });
  if (!result.ok) throw new Error(result.reason);
  return { candidate: result.candidate, observedAt: NOW, evidence: null };
}

/** Rows per second of COPY into a table with the same columns and indexes; the file is written before. */
async function copyRate({ db }: Database, url: string, file: string, table: string, rows: number): Promise<number> {
  await copyToFile(url, `(select * from ${table} limit ${rows})`, file, '');
  await sql`create table ${sql.table(`${table}_copy`)} (like ${sql.table(table)} including all excluding identity)`.execute(
    db,
  );
  const seconds = await copyFromFile(url, `${table}_copy`, file);
  const { numRows } = (
    await sql<{ numRows: number }>`select count(*) as "numRows" from ${sql.table(`${table}_copy`)}`.execute(db)
  ).rows[0]!;
  return numRows / seconds;
}

const rate = (perSecond: number): string => Math.round(perSecond).toLocaleString('en-US');
