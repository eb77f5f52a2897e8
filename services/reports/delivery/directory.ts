// Delivers a report into a directory: under its own name, whole or not at all, once.
import { join, resolve } from 'node:path';
import { KubecensusError } from '../../platform/errors.ts';
import { writeDirectory } from '../atomic-directory.ts';
import { type ReportFiles, readContents, readReport } from '../report-files.ts';

export interface DirectoryDelivery {
  /** Where the report lies now, absolute. */
  readonly directory: string;
  /** False when it was there already, whole. */
  readonly written: boolean;
}

/**
 * Copies a report to `path`/<name>-<id>, checked against its manifest. Idempotent by report id: a whole copy that is there already is left
 * alone, a damaged one is replaced; two deliveries at once leave one whole copy. Throws KC_REPORT_DAMAGED when the report itself
 * does not match its manifest, and what the file system throws (the outbox retries).
 */
export async function deliverToDirectory(report: ReportFiles, path: string): Promise<DirectoryDelivery> {
  const directory = join(resolve(path), `${report.name}-${safeName(report.id)}`);
  if (await isDelivered(report, directory)) return { directory, written: false };
  const read = await readContents(report);
  if ('damaged' in read)
    throw new KubecensusError('KC_REPORT_DAMAGED', `${read.damaged} of report ${report.id} is missing or was changed.`);
  await writeDirectory(directory, read.contents);
  return { directory, written: true };
}

async function isDelivered(report: ReportFiles, directory: string): Promise<boolean> {
  const there = await readReport(directory);
  if (there === null || there.id !== report.id) return false;
  return JSON.stringify(there.files) === JSON.stringify(report.files) && 'contents' in (await readContents(there));
}

/** Ids are made by us (uuid or digest), but a file name is no place to rely on that. */
function safeName(id: string): string {
  return id.replaceAll(/[^A-Za-z0-9._-]/g, '_');
}
