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
import { median } from './rounds.ts';
import { type Scratch, withScratch } from './scratch-database.ts';
import { scratchSurvey } from './survey-plan.ts';

const SURVEY = 'bench';
const OBSERVATIONS = 100_000;
/** Odd, so that the median is a measured round. */
const ROUNDS = 3;
const NOW = new Date('2026-11-24T12:00:00Z');

/** Prints rows per second of an export in each format and of the reference, medians of rounds in turn, their ratio and the growth of resident memory. */
export async function benchExport(print: (line: string) => void): Promise<void> {
  await withScratch(NOW, async (scratch) => {
    await fill(scratch.database);
    await compareExports(scratch, { surveyId: SURVEY, rows: OBSERVATIONS, rounds: ROUNDS }, print);
  });
}

/** The survey to export, and how often each side does; the first round of several is not measured. */
export interface ExportRun {
  readonly surveyId: string;
  readonly rows: number;
  /** Odd. */
  readonly rounds: number;
}

/** Exports a survey's observations in every format and copies the same columns by a client, in turn, and prints what came of it. */
export async function compareExports(
  { database, url, directory }: Scratch,
  run: ExportRun,
  print: (line: string) => void,
): Promise<void> {
  const { columns, source, orderBy } = DATASETS.observations;
  const select = `(select ${columns.map((column) => column.sql).join(', ')} from ${source.replaceAll('$SURVEY', `'${run.surveyId}'`)} order by ${orderBy})`;
  const runs: Readonly<Record<string, () => Promise<number>>> = {
    reference: () => copyToFile(url, select, join(directory, 'reference.csv'), '(format csv, header)'),
    ...Object.fromEntries(
      Object.keys(SAYS).map((format) => [format, () => exportOnce(database, format as Format, directory, run)]),
    ),
  };
  const before = process.memoryUsage.rss();
  const seconds: Record<string, number[]> = {};
  // One round that is not measured, then in turn, so that none profits from a quieter machine.
  for (let round = run.rounds > 1 ? 0 : 1; round <= run.rounds; round++)
    for (const [name, act] of Object.entries(runs)) {
      const took = await act();
      if (round > 0) seconds[name] = [...(seconds[name] ?? []), took];
    }
  const perSecond = (name: string): number => run.rows / median(seconds[name] ?? []);
  print(`${rate(perSecond('reference'))} rows/s by ${COPY_CLIENT} of the same columns to a file`);
  for (const [format, says] of Object.entries(SAYS))
    print(
      `${rate(perSecond(format))} rows/s of observations as ${format}: ${says}; ratio ${(perSecond(format) / perSecond('reference')).toFixed(2)}`,
    );
  const grown = ((process.memoryUsage.rss() - before) / 1e6).toFixed(0);
  const exported = (run.rounds > 1 ? run.rounds + 1 : 1) * Object.keys(SAYS).length * run.rows;
  print(`resident memory grew by ${grown} MB over ${rate(exported)} rows`);
}

const SAYS = {
  csv: 'formula guard, ISO times, CRLF, digest and manifest',
  ndjson: 'exact values, digest and manifest',
  parquet: 'typed columns, dictionaries, zstd, statistics, digest and manifest',
} as const;
type Format = keyof typeof SAYS;

export async function exportOnce(
  database: Database,
  format: Format,
  directory: string,
  { surveyId, rows: expected }: ExportRun,
): Promise<number> {
  const started = performance.now();
  const request = {
    dataset: 'observations',
    surveyId,
    format,
    out: join(directory, `ours.${format}`),
    codeVersion: 'bench',
    at: NOW,
  } as const;
  const { rows } = await exportDataset(request, database, new AbortController().signal);
  if (rows !== expected) throw new Error(`${rows} of ${expected} rows were exported.`);
  return (performance.now() - started) / 1000;
}

async function fill(database: Database): Promise<void> {
  const plan = scratchSurvey(SURVEY);
  await createSurvey(database.db, plan, {}, NOW);
  await storeChunks(
    database.db,
    SURVEY,
    Array.from({ length: OBSERVATIONS / CHUNK_SIZE }, () => []),
    {},
    NOW,
  );
  for (let chunk = 0; chunk < OBSERVATIONS / CHUNK_SIZE; chunk++) {
    const observations = Array.from({ length: CHUNK_SIZE }, (_, i) => madeUpObservation(chunk * CHUNK_SIZE + i, NOW));
    await commitChunk(database, { surveyId: SURVEY, chunk, vantage: 'bench' }, observations, NOW);
  }
}

const rate = (perSecond: number): string => Math.round(perSecond).toLocaleString('en-US');
