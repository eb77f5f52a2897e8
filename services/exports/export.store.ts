// Exports a dataset: Postgres makes the rows, a transform makes them RFC 4180 or NDJSON, nothing is held in memory.
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { copyOut, literal } from '../platform/db/copy.ts';
import type { Database } from '../platform/db/database.ts';
import { type Column, DATASETS, type Dataset, type DatasetName } from './columns.ts';
import { crlf } from './crlf.ts';

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

/** Streams a dataset in its fixed order. The same database gives the same bytes. */
export async function exportDataset(
  request: ExportRequest,
  database: Pick<Database, 'pool' | 'db'>,
  signal: AbortSignal,
): Promise<ExportResult> {
  const dataset: Dataset = DATASETS[request.dataset];
  const meter = new Meter(request.format);
  const transform = (source: Readable): AsyncIterable<Uint8Array> =>
    meter.measure(request.format === 'csv' ? crlf(source) : source);
  const copy = COPY[request.format](dataset, request.surveyId);
  if (typeof request.out !== 'string') {
    await copyOut(database.pool, copy, transform, request.out, signal);
    return meter.result();
  }
  const partial = `${request.out}.partial`;
  try {
    await copyOut(database.pool, copy, transform, createWriteStream(partial), signal);
    await writeManifest(request, dataset, meter.result(), database);
    await rename(partial, request.out);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  return meter.result();
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
const guarded = (sql: string): string => `case when ${sql} ~ '^[=+\\-@\\t\\r]' then '''' || ${sql} else ${sql} end`;

function csvExpression({ type, sql }: Column): string {
  if (type === 'text') return guarded(sql);
  if (type === 'texts') return guarded(`array_to_string(${sql}, ' ', '-')`);
  return type === 'timestamp' ? isoTime(sql) : sql;
}

const jsonExpression = ({ type, sql }: Column): string => (type === 'timestamp' ? isoTime(sql) : sql);

async function writeManifest(
  request: ExportRequest,
  dataset: Dataset,
  result: ExportResult,
  { db }: Pick<Database, 'db'>,
): Promise<void> {
  const survey =
    request.surveyId === null
      ? null
      : await db
          .selectFrom('survey')
          .select(['id', 'state', 'manifest'])
          .where('id', '=', request.surveyId)
          .executeTakeFirst();
  const partialFeeds = await db
    .selectFrom('feed_run')
    .select(['feed', 'id', 'partial_reason'])
    .where('state', 'in', ['partial', 'failed'])
    .orderBy('id')
    .execute();
  const manifest = {
    kind: 'kubecensus-export',
    dataset: request.dataset,
    format: request.format,
    madeAt: request.at.toISOString(),
    codeVersion: request.codeVersion,
    survey: survey ?? null,
    partialFeeds,
    columns: dataset.columns.map(({ name, type, description }) => ({ name, type, description })),
    ...result,
  };
  await writeFile(`${request.out as string}.manifest.json`, `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Counts and hashes what passes. */
class Meter {
  readonly #hash = createHash('sha256');
  readonly #header: number;
  #bytes = 0;
  #records = 0;
  #quoted = false;

  constructor(format: ExportFormat) {
    this.#header = format === 'csv' ? 1 : 0;
  }

  async *measure(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const bytes of source) {
      this.#hash.update(bytes);
      this.#bytes += bytes.length;
      this.#count(bytes);
      yield bytes;
    }
  }

  /** A newline outside quotes ends a record; NDJSON has its quotes in pairs too, as a line is whole JSON, but escapes them, so only CSV looks at them. */
  #count(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte === QUOTE && this.#header === 1) this.#quoted = !this.#quoted;
      else if (byte === LF && !this.#quoted) this.#records++;
    }
  }

  result(): ExportResult {
    return { rows: this.#records - this.#header, bytes: this.#bytes, sha256: this.#hash.copy().digest('hex') };
  }
}

const QUOTE = 0x22;
const LF = 0x0a;
