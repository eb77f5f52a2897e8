// Whether the database behind this process is one that it can answer from and survey into.
import { type Kysely, sql } from 'kysely';
import { newerSchema, pendingMigrations } from '../platform/db/migrate.ts';
import type { DB } from '../platform/db/schema.ts';

const DAY_MS = 24 * 3600 * 1000;

/** Rejects when the database does not answer. */
export async function answers(db: Kysely<DB>): Promise<void> {
  await sql`select 1`.execute(db);
}

/** Whether the database takes what is to be stored: a standby, or one that was set read-only, only answers. */
export async function takesWrites(db: Kysely<DB>): Promise<boolean> {
  const { rows } = await sql<{
    takes: boolean;
  }>`select current_setting('transaction_read_only') = 'off' as takes`.execute(db);
  return rows[0]?.takes === true;
}

/** Whether every migration of this release is applied, and no newer one ends its work. */
export async function isMigrated(db: Kysely<DB>): Promise<boolean> {
  const newer = await newerSchema(db);
  return (newer === null || newer.isServed) && (await pendingMigrations(db)).length === 0;
}

/** Whether observations of today and tomorrow (UTC) have a partition of their own. */
export async function hasPartitions(db: Kysely<DB>, now: Date): Promise<boolean> {
  const names = [now, new Date(now.getTime() + DAY_MS)].map(
    (day) => `observation_${day.toISOString().slice(0, 10).replaceAll('-', '')}`,
  );
  const { rows } = await sql<{ there: boolean }>`
    select bool_and(to_regclass(name) is not null) as there from unnest(${names}::text[]) as n (name)`.execute(db);
  return rows[0]?.there === true;
}
