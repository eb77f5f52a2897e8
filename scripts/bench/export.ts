// How fast observations are exported in each format, beside psql's \copy of the same columns as CSV, in the same run.
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

/** Prints rows per second of an export in each format and of the reference, medians of rounds in turn, their ratio and the growth of resident memory. */
export async function benchExport(print: (line: string) => void): Promise<void> {
  await withScratch(NOW, async ({ database, url, directory }) => {
    await fill(database);
    const { columns, source, orderBy } = DATASETS.observations;
    const select = `(select ${columns.map((column) => column.sql).join(', ')} from ${source.replaceAll('$SURVEY', "'bench'")} order by ${orderBy})`;
    const runs: Readonly<Record<string, () => Promise<number>>> = {
      reference: () => copyToFile(url, select, join(directory, 'reference.csv'), '(format csv, header)'),
      ...Object.fromEntries(
        Object.keys(SAYS).map((format) => [format, () => exportOnce(database, format as Format, directory)]),
      ),
    };
    const before = process.memoryUsage.rss();
    const seconds: Record<string, number[]> = {};
    // One round that is not measured, then in turn, so that none profits from a quieter machine.
    for (let round = 0; round <= ROUNDS; round++)
      for (const [name, run] of Object.entries(runs)) {
        const took = await run();
        if (round > 0) seconds[name] = [...(seconds[name] ?? []), took];
      }
    const perSecond = (name: string): number => OBSERVATIONS / median(seconds[name] ?? []);
    print(`${rate(perSecond('reference'))} rows/s by ${COPY_CLIENT} of the same columns to a file`);
    for (const [format, says] of Object.entries(SAYS))
      print(
        `${rate(perSecond(format))} rows/s of observations as ${format}: ${says}; ratio ${(perSecond(format) / perSecond('reference')).toFixed(2)}`,
      );
    const grown = ((process.memoryUsage.rss() - before) / 1e6).toFixed(0);
    print(`resident memory grew by ${grown} MB over ${(ROUNDS + 1) * Object.keys(SAYS).length * OBSERVATIONS} rows`);
  });
}

const SAYS = {
  csv: 'formula guard, ISO times, CRLF, digest and manifest',
  ndjson: 'exact values, digest and manifest',
  parquet: 'typed columns, dictionaries, zstd, statistics, digest and manifest',
} as const;
type Format = keyof typeof SAYS;

async function exportOnce(database: Database, format: Format, directory: string): Promise<number> {
  const started = performance.now();
  const request = {
    dataset: 'observations',
    surveyId: 'bench',
    format,
    out: join(directory, `ours.${format}`),
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
