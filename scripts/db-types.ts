// Writes services/platform/db/schema.ts from what the migrations really make: an empty PostgreSQL, migrated, looked at by kysely-codegen.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Kysely } from 'kysely';
import { generate, PostgresDialect } from 'kysely-codegen';
import { pino } from 'pino';
import { openDatabase } from '../services/platform/db/database.ts';
import { openEmbedded } from '../services/platform/db/embedded.ts';
import { migrate } from '../services/platform/db/migrate.ts';
import type { DB } from '../services/platform/db/schema.ts';

export const SCHEMA_FILE = fileURLToPath(new URL('../services/platform/db/schema.ts', import.meta.url));

/** The schema of the queue is BullMQ's own business, and the migrator's two tables nobody queries. */
const EXCLUDED = '{bullmq.*,*.kysely_*,kysely_*}';

/** The choices of services/platform/db/values.ts, as types. timestamptz is left as it is: read as Date, written as Date or text. */
const TYPES = { int8: 'number', date: 'string', timestamp: 'string' };

/** The text of schema.ts for a migrated database. Partitions are left out: nobody queries one by its name. */
export async function describeSchema(db: Kysely<DB>): Promise<string> {
  return await generate({
    db,
    dialect: new PostgresDialect({ numericParser: 'string', partitions: false }),
    excludePattern: EXCLUDED,
    outFile: null,
    partitions: false,
    runtimeEnums: false,
    typeMapping: TYPES,
    typeOnlyImports: true,
  });
}

if (import.meta.main) {
  const log = pino({ level: 'warn' }, process.stderr);
  const home = await mkdtemp(join(tmpdir(), 'kubecensus-types-'));
  const embedded = await openEmbedded(home, log);
  try {
    const database = await openDatabase(embedded.url, { log });
    try {
      await migrate(database.db);
      await writeFile(SCHEMA_FILE, await describeSchema(database.db));
    } finally {
      await database.close();
    }
  } finally {
    await embedded.close();
    await rm(home, { recursive: true, force: true });
  }
}
