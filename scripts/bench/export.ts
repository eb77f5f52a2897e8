// How fast observations are exported as CSV, beside psql's \copy of the same columns, in the same run.
import { join } from 'node:path';
import { DATASETS } from '../../services/exports/columns.ts';
import { exportDataset } from '../../services/exports/export.store.ts';
import { commitChunk } from '../../services/observations/observation.store.ts';
import type { Database } from '../../services/platform/db/database.ts';
import { storeChunks } from '../../services/surveys/chunk.store.ts';
import { CHUNK_SIZE } from '../../services/surveys/chunk.ts';
import { createSurvey } from '../../services/surveys/survey.store.ts';
import { madeUpObservation } from './made-up.ts';
import { COPY_CLIENT, copyToFile } from './psql.ts';
import { withScratch } from './scratch-database.ts';

const OBSERVATIONS = 100_000;
/** Odd, so that the median is a measured round. */
const ROUNDS = 3;
const NOW = new Date('2026-11-24T12:00:00Z');

/** Prints rows per second of an export and of the reference, medians of rounds in turn, their ratio and the peak of resident memory. */
export async function benchExport(print: (line: string) => void): Promise<void> {
  await withScratch(NOW, async ({ database, url, directory }) => {
    await fill(database);
    const { columns, source, orderBy } = DATASETS.observations;
    const select = `(select ${columns.map((column) => column.sql).join(', ')} from ${source.replaceAll('$SURVEY', "'bench'")} order by ${orderBy})`;
    const before = process.memoryUsage.rss();
    const seconds: { ours: number[]; reference: number[] } = { ours: [], reference: [] };
    // One round that is not measured, then in turn, so that neither profits from a quieter machine.
    for (let round = 0; round <= ROUNDS; round++) {
      const ours = await exportOnce(database, join(directory, 'ours.csv'));
      const reference = await copyToFile(url, select, join(directory, 'reference.csv'), '(format csv, header)');
      if (round === 0) continue;
      seconds.ours.push(ours);
      seconds.reference.push(reference);
    }
    const [ours, reference] = [OBSERVATIONS / median(seconds.ours), OBSERVATIONS / median(seconds.reference)];
    print(`${rate(ours)} rows/s of observations exported as CSV: formula guard, ISO times, CRLF, digest and manifest`);
    print(`${rate(reference)} rows/s by ${COPY_CLIENT} of the same columns to a file`);
    print(`ratio ${(ours / reference).toFixed(2)}`);
    print(
      `resident memory grew by ${((process.memoryUsage.rss() - before) / 1e6).toFixed(0)} MB over ${(ROUNDS + 1) * OBSERVATIONS} rows`,
    );
  });
}

async function exportOnce(database: Database, out: string): Promise<number> {
  const started = performance.now();
  const request = {
    dataset: 'observations',
    surveyId: 'bench',
    format: 'csv',
    out,
    codeVersion: 'bench',
    at: NOW,
  } as const;
  const { rows } = await exportDataset(request, database, new AbortController().signal);
  if (rows !== OBSERVATIONS) throw new Error(`${rows} of ${OBSERVATIONS} rows were exported.`);
  return (performance.now() - started) / 1000;
}

async function fill(database: Database): Promise<void> {
  const plan = {
    id: 'bench',
    method: 'active',
    seed: 's',
    sample: null,
    ports: [6443],
    portsOnly: false,
    feeds: [],
    scope: [],
    vantage: 'bench',
    rate: 1,
  } as const;
  await createSurvey(database.db, plan, {}, NOW);
  await storeChunks(
    database.db,
    'bench',
    Array.from({ length: OBSERVATIONS / CHUNK_SIZE }, () => []),
    {},
    NOW,
  );
  for (let chunk = 0; chunk < OBSERVATIONS / CHUNK_SIZE; chunk++) {
    const observations = Array.from({ length: CHUNK_SIZE }, (_, i) => madeUpObservation(chunk * CHUNK_SIZE + i, NOW));
    await commitChunk(database, { surveyId: 'bench', chunk, vantage: 'bench' }, observations, NOW);
  }
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const rate = (perSecond: number): string => Math.round(perSecond).toLocaleString('en-US');
