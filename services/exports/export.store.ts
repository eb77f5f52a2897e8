// Exports a dataset: Postgres makes the rows, a transform makes them RFC 4180 or NDJSON, nothing is held in memory.
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { copyOut, literal } from '../platform/db/copy.ts';
import type { Database } from '../platform/db/database.ts';
import { KubecensusError } from '../platform/errors.ts';
import { type Column, DATASETS, type Dataset, type DatasetName } from './columns.ts';
import { RecordEnds, withCarriageReturns } from './record-ends.ts';

export const EXPORT_FORMATS = ['csv', 'ndjson'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface ExportRequest {
  readonly dataset: DatasetName;
  readonly surveyId: string | null;
  readonly format: ExportFormat;
  /** A stream, or a path: then the file appears whole or not at all, with PATH.manifest.json beside it. */
  readonly out: Writable | string;
  readonly codeVersion: string;
  readonly at: Date;
}

export interface ExportResult {
  readonly rows: number;
  readonly bytes: number;
  /** Lower-case hex, over the bytes written. */
  readonly sha256: string;
}

/**
 * Streams a dataset in its fixed order. The same database gives the same bytes. Throws KC_NO_SURVEY when a dataset of a survey is asked
 * of one that there is not, and KC_EXPORT_OUT when the file cannot be written; then neither file nor manifest is left behind.
 */
export async function exportDataset(
  request: ExportRequest,
  database: Pick<Database, 'pool' | 'db'>,
  signal: AbortSignal,
): Promise<ExportResult> {
  const dataset: Dataset = DATASETS[request.dataset];
  const survey = dataset.perSurvey ? await surveyOf(request, database) : null;
  const meter = new Meter(request.format);
  const transform = (source: Readable): AsyncIterable<Uint8Array> => meter.measure(source);
  const copy = COPY[request.format](dataset, request.surveyId);
  if (typeof request.out !== 'string') {
    await copyOut(database.pool, copy, transform, request.out, signal);
    return meter.result();
  }
  const files = { data: request.out, manifest: `${request.out}.manifest.json` };
  const partial = { data: `${files.data}.partial`, manifest: `${files.manifest}.partial` };
  try {
    await copyOut(database.pool, copy, transform, createWriteStream(partial.data), signal);
    await writeManifest(partial.manifest, request, survey, meter.result(), database);
    await rename(partial.data, files.data);
    await rename(partial.manifest, files.manifest);
  } catch (error) {
    for (const file of Object.values(partial)) await rm(file, { force: true }).catch(() => undefined);
    const { syscall, message } = error as NodeJS.ErrnoException;
    if (syscall === undefined || !FILE_CALLS.has(syscall)) throw error;
    throw new KubecensusError('KC_EXPORT_OUT', `${files.data} cannot be written: ${message}.`, { cause: error });
  }
  return meter.result();
}

/** System calls by which the file, and not the database, is at fault. */
const FILE_CALLS = new Set(['open', 'write', 'writev', 'close', 'rename']);

async function surveyOf(request: ExportRequest, { db }: Pick<Database, 'db'>): Promise<object> {
  const survey = await db
    .selectFrom('survey')
    .select(['id', 'state', 'manifest'])
    .where('id', '=', request.surveyId ?? '')
    .executeTakeFirst();
  if (survey === undefined) throw new KubecensusError('KC_NO_SURVEY', `There is no survey ${request.surveyId}.`);
  return survey;
}

const COPY: Readonly<Record<ExportFormat, (dataset: Dataset, surveyId: string | null) => string>> = {
  csv: (dataset, surveyId) => `copy (${select(dataset, surveyId, csvExpression)}) to stdout (format csv, header true)`,
  // Control characters are escaped in JSON, so these two never occur and every line is the JSON itself.
  ndjson: (dataset, surveyId) =>
    `copy (select row_to_json(r) from (${select(dataset, surveyId, jsonExpression)}) r) to stdout (format csv, quote e'\\x01', delimiter e'\\x02')`,
};

function select(dataset: Dataset, surveyId: string | null, expression: (column: Column) => string): string {
  const columns = dataset.columns.map((column) => `${expression(column)} as "${column.name}"`);
  const source = dataset.source.replaceAll('$SURVEY', () => literal(surveyId ?? ''));
  return `select ${columns.join(', ')} from ${source} order by ${dataset.orderBy}`;
}

/** ISO 8601 in UTC with milliseconds, as everywhere else. */
const isoTime = (sql: string): string => `to_char(${sql} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Text that a spreadsheet would run gets a leading apostrophe (formula-guard.ts says which). */
const guarded = (sql: string): string => `case when ${sql} ~ '^[=+\\-@\\t\\r\\n]' then '''' || ${sql} else ${sql} end`;

function csvExpression({ type, sql }: Column): string {
  if (type === 'text') return guarded(sql);
  if (type === 'texts') return guarded(`array_to_string(${sql}, ' ', '?')`);
  return type === 'timestamp' ? isoTime(sql) : sql;
}

const jsonExpression = ({ type, sql }: Column): string => (type === 'timestamp' ? isoTime(sql) : sql);

async function writeManifest(
  file: string,
  request: ExportRequest,
  survey: object | null,
  result: ExportResult,
  { db }: Pick<Database, 'db'>,
): Promise<void> {
  const partialFeeds = await db
    .selectFrom('feed_run')
    .select(['feed', 'id', 'partial_reason'])
    .where('state', 'in', ['partial', 'failed'])
    .orderBy('id')
    .execute();
  const dataset: Dataset = DATASETS[request.dataset];
  const manifest = {
    kind: 'kubecensus-export',
    dataset: request.dataset,
    format: request.format,
    madeAt: request.at.toISOString(),
    codeVersion: request.codeVersion,
    survey,
    partialFeeds,
    columns: dataset.columns.map(({ name, type, description, private: field }) => ({
      name,
      type,
      description,
      private: field !== undefined,
    })),
    ...result,
  };
  await writeFile(file, `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Counts and hashes what passes, and ends the records of CSV with CRLF. */
class Meter {
  readonly #hash = createHash('sha256');
  readonly #csv: boolean;
  readonly #ends: RecordEnds;
  #bytes = 0;
  #records = 0;

  constructor(format: ExportFormat) {
    this.#csv = format === 'csv';
    this.#ends = new RecordEnds(format);
  }

  async *measure(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const bytes of source) {
      const ends = this.#ends.in(bytes);
      const out = this.#csv ? withCarriageReturns(bytes, ends) : bytes;
      this.#records += ends.length;
      this.#hash.update(out);
      this.#bytes += out.length;
      yield out;
    }
  }

  result(): ExportResult {
    const header = this.#csv ? 1 : 0;
    return { rows: this.#records - header, bytes: this.#bytes, sha256: this.#hash.copy().digest('hex') };
  }
}
