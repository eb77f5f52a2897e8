// Finished exports as files: named by what is in them, so that a download can be resumed and the same rows are the same file.
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Database } from '../platform/db/database.ts';
import { exportDataset, exportedSurvey, optOutsInForce } from './export.store.ts';
import { FORMAT_SPECS, type FormatSpec } from './export-format.ts';
import type { ExportManifest } from './export-manifest.store.ts';
import type { ExportRequest } from './export-request.ts';
import { exportFileName } from './file-name.ts';

export interface ExportFile {
  /** Of the dataset, its selection and the bytes: what was exported twice and is the same has one id. 64 hex digits. */
  readonly id: string;
  /** For Content-Disposition. */
  readonly fileName: string;
  readonly mediaType: string;
  readonly bytes: number;
  /** Of the bytes, lower-case hex: a strong ETag. */
  readonly sha256: string;
  readonly manifest: ExportManifest;
  /** The bytes, or those from `start` to `end`, both included. */
  readonly open: (range?: { readonly start: number; readonly end: number }) => Readable;
}

const ID = /^[0-9a-f]{64}$/;
const MANIFEST = '.manifest.json';
/** What a request for a counted survey gave before: its rows do not change any more. */
const REMEMBERED = '.request.json';
const MAKING = 'making-';

/**
 * Makes an export in `directory` (which is made), or finds the one that the same request for the same counted survey gave before. Safe to
 * call from several processes at once. Throws what exportDataset throws.
 */
export async function makeExportFile(
  directory: string,
  request: Omit<ExportRequest, 'out'>,
  database: Pick<Database, 'pool' | 'db'>,
  signal: AbortSignal,
): Promise<ExportFile> {
  await mkdir(directory, { recursive: true });
  const survey = await exportedSurvey(request, database);
  const { dataset, format, surveyId, codeVersion } = request;
  const what = [dataset, format, surveyId, request.since ?? null];
  const optOuts = leavesOut(request) ? ((await optOutsInForce(database))?.digest ?? null) : null;
  const key = survey?.rolled_up_at ? digest([...what, survey.rolled_up_at, codeVersion, optOuts]) : null;
  const before = key === null ? null : await rememberedFile(directory, key);
  if (before !== null) return before;
  const making = join(directory, `${MAKING}${randomBytes(8).toString('hex')}`);
  const { sha256 } = await exportDataset({ ...request, out: making }, database, signal);
  const id = digest([...what, sha256]);
  // The manifest last: who finds it finds the bytes.
  await rename(making, join(directory, id));
  await rename(`${making}${MANIFEST}`, join(directory, `${id}${MANIFEST}`));
  if (key !== null) await writeFile(join(directory, `${key}${REMEMBERED}`), JSON.stringify(id));
  return (await findExportFile(directory, id)) as ExportFile;
}

const leavesOut = ({ format, dataset }: Pick<ExportRequest, 'format' | 'dataset'>): boolean =>
  (FORMAT_SPECS[format] as FormatSpec).of(dataset)?.leavesOut !== undefined;

/** Whether an export of rows about hosts was made before the newest opt-out: it may hold what asked not to be shown. */
export async function isBeforeOptOut(
  { manifest }: Pick<ExportFile, 'manifest'>,
  database: Pick<Database, 'db'>,
): Promise<boolean> {
  if (!leavesOut(manifest)) return false;
  const optOuts = await optOutsInForce(database);
  return optOuts !== null && optOuts.newest > new Date(manifest.madeAt);
}

/** The export of that id, or null. Any text may be asked for. */
export async function findExportFile(directory: string, id: string): Promise<ExportFile | null> {
  if (!ID.test(id)) return null;
  const text = await readIfThere(join(directory, `${id}${MANIFEST}`));
  if (text === null) return null;
  const manifest = JSON.parse(text) as ExportManifest;
  const { dataset, format, survey, since, madeAt, bytes, sha256 } = manifest;
  const named = { dataset, format, surveyId: survey?.id ?? null, since: since === null ? null : new Date(since) };
  const day = new Date(survey?.finished_at ?? madeAt);
  return {
    id,
    fileName: exportFileName(named, day),
    mediaType: FORMAT_SPECS[format].mediaType,
    bytes,
    sha256,
    manifest,
    open: (range) => createReadStream(join(directory, id), range ?? {}),
  };
}

/** Removes what was made before a time, and what a killed process left half made; how many exports went, or would go in a dry run. */
export async function pruneExportFiles(directory: string, before: Date, isDryRun = false): Promise<number> {
  let removed = 0;
  // Manifests first: an export whose bytes are gone must not be found.
  const names = (await readdir(directory).catch(() => [])).toSorted((a, b) => b.length - a.length);
  for (const name of names) {
    const file = join(directory, name);
    const made = await stat(file).catch(() => null);
    if (made === null || made.mtime >= before) continue;
    if (!isDryRun) await rm(file, { force: true });
    if (name.endsWith(MANIFEST) && !name.startsWith(MAKING)) removed++;
  }
  return removed;
}

/** Removes exports of rows about hosts that were made up to a time: whoever opted out since may stand in them. How many went. */
export async function removeExportsBefore(directory: string, at: Date): Promise<number> {
  let removed = 0;
  for (const name of await readdir(directory).catch(() => [])) {
    if (!name.endsWith(MANIFEST) || name.startsWith(MAKING)) continue;
    const file = await findExportFile(directory, name.slice(0, -MANIFEST.length));
    if (file === null || !leavesOut(file.manifest) || new Date(file.manifest.madeAt) > at) continue;
    // The manifest first: an export whose bytes are gone must not be found.
    for (const gone of [name, file.id]) await rm(join(directory, gone), { force: true });
    removed++;
  }
  return removed;
}

async function rememberedFile(directory: string, key: string): Promise<ExportFile | null> {
  const id = await readIfThere(join(directory, `${key}${REMEMBERED}`));
  return id === null ? null : await findExportFile(directory, JSON.parse(id) as string);
}

async function readIfThere(file: string): Promise<string | null> {
  return await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

const digest = (parts: readonly unknown[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex');
