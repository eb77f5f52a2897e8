// Exports a dataset: Postgres makes the rows, an encoder makes them a file of some format, nothing is held in memory.
import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { sql } from 'kysely';
import { copyOut, literal } from '../platform/db/copy.ts';
import type { Database } from '../platform/db/database.ts';
import { KubecensusError } from '../platform/errors.ts';
import { requireObservations } from '../surveys/survey.store.ts';
import type { Encoder } from './encoder.ts';
import { FORMAT_SPECS, type FormatSpec } from './export-format.ts';
import { type ExportedSurvey, exportManifest } from './export-manifest.store.ts';
import {
  type ExportRequest,
  type ExportResult,
  type ExportSelection,
  ofOneSurvey,
  selectedDataset,
} from './export-request.ts';

/**
 * Streams a dataset in its fixed order. The same database gives the same bytes. Throws KC_USAGE for a format, a survey or an increment that
 * the dataset does not have, KC_NO_SURVEY when a dataset of a survey is asked of one that there is not, KC_OBSERVATIONS_DROPPED when retention
 * took its rows, and KC_EXPORT_OUT when the file cannot be written; then neither file nor manifest is left behind.
 */
export async function exportDataset(
  request: ExportRequest,
  database: Pick<Database, 'pool' | 'db'>,
  signal: AbortSignal,
): Promise<ExportResult> {
  const dataset = selectedDataset(request);
  const survey = await exportedSurvey(request, database);
  const spec: FormatSpec = FORMAT_SPECS[request.format];
  const encoder = spec.encoder(dataset, factsOf(request));
  const meter = new Meter(encoder);
  const copy = spec.copy(dataset, {
    survey: survey === null ? null : literal(survey.id),
    since: request.since ? literal(request.since.toISOString()) : null,
    optOuts: await anyOptedOut(database),
  });
  const transform = (source: Readable): AsyncIterable<Uint8Array> => meter.measure(source);
  const { out } = request;
  if (typeof out !== 'string') {
    await copyOut(database.pool, copy, transform, out, signal);
    return meter.result();
  }
  await placeFiles(out, async (partial) => {
    await copyOut(
      database.pool,
      copy,
      transform,
      createWriteStream(partial.data, { flags: 'wx', flush: true }),
      signal,
    );
    const manifest = await exportManifest(request, dataset, survey, meter.result(), database.db);
    await writeFile(partial.manifest, `${JSON.stringify(manifest, null, 2)}\n`, { flag: 'wx', flush: true });
  });
  return meter.result();
}

/** The survey whose rows are exported; null where there is none. Throws KC_NO_SURVEY, KC_OBSERVATIONS_DROPPED. */
export async function exportedSurvey(
  selection: ExportSelection,
  { db }: Pick<Database, 'db'>,
): Promise<ExportedSurvey | null> {
  if (!ofOneSurvey(selectedDataset(selection), selection)) return null;
  const { surveyId } = selection;
  const survey = await db
    .selectFrom('survey')
    .select(['id', 'state', 'manifest', 'finished_at', 'rolled_up_at'])
    .where('id', '=', surveyId ?? '')
    .executeTakeFirst();
  if (survey === undefined) throw new KubecensusError('KC_NO_SURVEY', `There is no survey ${surveyId}.`);
  if (FROM_OBSERVATIONS.test(selectedDataset(selection).source)) await requireObservations(db, [survey.id]);
  return survey;
}

/** Opt-outs in force, as one digest and the time of the newest; null when there are none. */
export async function optOutsInForce({
  db,
}: Pick<Database, 'db'>): Promise<{ readonly digest: string; readonly newest: Date } | null> {
  const { rows } = await sql<{ digest: string | null; newest: Date }>`
    select md5(string_agg(kind || ' ' || value, e'\n' order by kind collate "C", value collate "C")) as digest, max(added_at) as newest
    from opt_out where withdrawn_at is null`.execute(db);
  const row = rows[0];
  return row === undefined || row.digest === null ? null : { digest: row.digest, newest: row.newest };
}

/** Whether anybody ever opted out: what a purge masked stays so when they come back. */
async function anyOptedOut({ db }: Pick<Database, 'db'>): Promise<boolean> {
  return (await db.selectFrom('opt_out').select('kind').limit(1).executeTakeFirst()) !== undefined;
}

/** Datasets that are made of observations and not of what was counted from them. */
const FROM_OBSERVATIONS = /\bobservation\b/;

/** What a Parquet file says of itself; no time of making, so that the same rows are the same bytes. */
function factsOf({ dataset, surveyId, since, codeVersion }: ExportRequest): Record<string, string> {
  return {
    'kubecensus.dataset': dataset,
    'kubecensus.version': codeVersion,
    ...(surveyId === null ? {} : { 'kubecensus.survey': surveyId }),
    ...(since ? { 'kubecensus.since': since.toISOString() } : {}),
  };
}

interface Files {
  readonly data: string;
  readonly manifest: string;
}

/** Lets `write` fill two files beside `out`, syncs and renames them into place. Who is killed leaves only files that end in .partial. */
async function placeFiles(out: string, write: (partial: Files) => Promise<void>): Promise<void> {
  const files = { data: out, manifest: `${out}.manifest.json` };
  // A name of its own for each export: two of the same file do not write into each other.
  const mark = randomBytes(4).toString('hex');
  const partial = { data: `${files.data}.${mark}.partial`, manifest: `${files.manifest}.${mark}.partial` };
  try {
    await write(partial);
    await rename(partial.data, files.data);
    await rename(partial.manifest, files.manifest);
  } catch (error) {
    for (const file of Object.values(partial)) await rm(file, { force: true }).catch(() => undefined);
    const { syscall, message } = error as NodeJS.ErrnoException;
    if (syscall === undefined || !FILE_CALLS.has(syscall)) throw error;
    throw new KubecensusError('KC_EXPORT_OUT', `${files.data} cannot be written: ${message}.`, { cause: error });
  }
}

/** System calls by which the file, and not the database, is at fault. */
const FILE_CALLS = new Set(['open', 'write', 'writev', 'fsync', 'close', 'rename']);

/** Counts and hashes what an encoder gives. */
class Meter {
  readonly #encoder: Encoder;
  readonly #hash = createHash('sha256');
  #bytes = 0;

  constructor(encoder: Encoder) {
    this.#encoder = encoder;
  }

  async *measure(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const bytes of this.#encoder.encode(source)) {
      this.#hash.update(bytes);
      this.#bytes += bytes.length;
      yield bytes;
    }
  }

  result(): ExportResult {
    return { rows: this.#encoder.rows, bytes: this.#bytes, sha256: this.#hash.copy().digest('hex') };
  }
}
