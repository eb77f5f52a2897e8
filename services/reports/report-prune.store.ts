// Retention of reports on disk: directories that a manifest says are reports of ours, and no others.
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MANIFEST, readReport } from './report-files.ts';

/**
 * Removes reports in `directory` whose manifest was written before the time that holds for their name, but those that `isNeeded`; how many
 * went, or would go in a dry run.
 */
export async function pruneReports(
  directory: string,
  {
    before,
    isNeeded,
    isDryRun,
  }: {
    readonly before: (name: string) => Date;
    readonly isNeeded: (id: string) => boolean;
    readonly isDryRun: boolean;
  },
): Promise<number> {
  let removed = 0;
  for (const entry of await readdir(directory).catch(() => [])) {
    const report = await readReport(join(directory, entry));
    if (report === null || isNeeded(report.id)) continue;
    const made = await stat(join(directory, entry, MANIFEST)).catch(() => null);
    if (made === null || made.mtime >= before(report.name)) continue;
    if (!isDryRun) await rm(join(directory, entry), { recursive: true, force: true });
    removed++;
  }
  return removed;
}
