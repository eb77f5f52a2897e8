// Retention: drops what is older than the settings say, and says of every kind what it dropped, how much, and what stays for whose sake.
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { pruneExportFiles } from '../exports/export-file.store.ts';
import { dropPartition, oldPartitions } from '../observations/old-partition.store.ts';
import type { Clock } from '../platform/clock.ts';
import type { DB } from '../platform/db/schema.ts';
import { REPORTS } from '../reports/index.ts';
import { pruneReports } from '../reports/report-prune.store.ts';
import { purgeCertificates, purgeOldRows, undeliveredReports } from './old-rows.store.ts';
import { cutoffsOf, type Periods } from './retention.ts';

/** One kind of thing whose time may be over. */
export interface Retained {
  /** A table, a partition, or a directory of files. */
  readonly what: string;
  /** What is older goes. */
  readonly before: Date;
  /** Rows or files. */
  readonly count: number;
  /** Where it is known. */
  readonly bytes: number | null;
  /** 'would drop' in a dry run; 'kept' when something still needs it. */
  readonly state: 'dropped' | 'would drop' | 'kept';
  readonly why: string | null;
}

export interface RetentionContext {
  readonly db: Kysely<DB>;
  readonly now: Clock;
  readonly dataDir: string;
  readonly periods: Periods;
  readonly isDryRun: boolean;
}

/** Reports on single hosts go when the observations do that they show. */
export const ON_HOSTS = Object.entries(REPORTS).flatMap(([name, { reads }]) => (reads === 'owner' ? [name] : []));

/**
 * Drops what is old: observations by the day, rows, files of exports and reports in the data directory. Counts, series, manifests of surveys and
 * opt-outs stay for ever. Safe to run twice at once, and to kill: the next run goes on.
 */
export async function collectGarbage(context: RetentionContext): Promise<Retained[]> {
  const { db, now, dataDir, periods, isDryRun } = context;
  const cutoffs = cutoffsOf(periods, now());
  const gone = isDryRun ? 'would drop' : 'dropped';
  const partitions = await dropPartitions(context, cutoffs.observations);
  const rows = await purgeOldRows(db, cutoffs, { onHosts: ON_HOSTS, isDryRun });
  const without = partitions.filter(({ state }) => state === 'would drop').map(({ what }) => what);
  const some = partitions.some(({ state }) => state !== 'kept');
  const certificates = some ? await purgeCertificates(db, { without, isDryRun }) : 0;
  const undelivered = await undeliveredReports(db);
  const places = {
    reports: await pruneReports(join(dataDir, 'reports'), {
      before: (name) => (ON_HOSTS.includes(name) ? cutoffs.observations : cutoffs.reports),
      isNeeded: (id) => undelivered.has(id),
      isDryRun,
    }),
    exports: await pruneExportFiles(join(dataDir, 'exports'), cutoffs.exports, isDryRun),
  };
  return [
    ...partitions,
    ...rows.map(({ table, before, rows: count, neededBy }): Retained => {
      const kept = neededBy.length > 0 && count > 0;
      return {
        ...{ what: table, before, count, bytes: null },
        state: kept ? 'kept' : gone,
        why: kept ? notCounted(neededBy) : null,
      };
    }),
    { what: 'certificate', before: cutoffs.observations, count: certificates, bytes: null, state: gone, why: null },
    { what: 'reports/', before: cutoffs.reports, count: places.reports, bytes: null, state: gone, why: null },
    { what: 'exports/', before: cutoffs.exports, count: places.exports, bytes: null, state: gone, why: null },
  ];
}

async function dropPartitions({ db, now, isDryRun }: RetentionContext, before: Date): Promise<Retained[]> {
  const retained: Retained[] = [];
  for (const { name, rows, bytes, uncounted } of await oldPartitions(db, before)) {
    const row = { what: name, before, count: rows, bytes };
    if (uncounted.length > 0) retained.push({ ...row, state: 'kept', why: notCounted(uncounted) });
    else if (isDryRun) retained.push({ ...row, state: 'would drop', why: null });
    else retained.push({ ...row, ...WHY[await dropPartition(db, name, now())] });
  }
  return retained;
}

const WHY = {
  dropped: { state: 'dropped', why: null },
  gone: { state: 'dropped', why: 'by another run at the same time' },
  busy: { state: 'kept', why: 'it is being read; the next run drops it' },
  needed: { state: 'kept', why: 'a survey with rows in it is not counted' },
} as const satisfies Record<string, Pick<Retained, 'state' | 'why'>>;

const notCounted = (surveys: readonly string[]): string => `not counted yet: ${surveys.join(', ')}`;
