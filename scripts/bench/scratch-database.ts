// A migrated database of its own for a benchmark: an embedded server in a temporary directory, gone afterwards.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { makePartitions } from '../../services/observations/partition.store.ts';
import { type Database, openDatabase } from '../../services/platform/db/database.ts';
import { openEmbedded } from '../../services/platform/db/embedded.ts';
import { migrate } from '../../services/platform/db/migrate.ts';

export interface Scratch {
  readonly database: Database;
  /** With the password in it. */
  readonly url: string;
  /** For files of the benchmark. */
  readonly directory: string;
}

/** Runs `work` with an empty database whose partitions hold `now`. */
export async function withScratch(now: Date, work: (scratch: Scratch) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'kubecensus-bench-'));
  const log = pino({ level: 'silent' });
  try {
    const embedded = await openEmbedded(directory, log);
    try {
      const database = await openDatabase(embedded.url, { log, applicationName: 'kubecensus-bench' });
      try {
        await migrate(database.db);
        await makePartitions(database.db, now);
        await work({ database, url: embedded.url, directory });
      } finally {
        await database.close();
      }
    } finally {
      await embedded.close();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
