// Whether the database behind this process is one that it can answer from and survey into.
import { type Kysely, sql } from 'kysely';
import { pendingMigrations } from '../platform/db/migrate.ts';
import type { DB } from '../platform/db/schema.ts';

const DAY_MS = 24 * 3600 * 1000;

/** Rejects when the database does not answer. */
export async function answers(db: Kysely<DB>): Promise<void> {
  await sql`select 1`.execute(db);
}

/** Whether every migration of this release is applied. */
export async function isMigrated(db: Kysely<DB>): Promise<boolean> {
  return (await pendingMigrations(db)).length === 0;
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
