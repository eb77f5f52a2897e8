// Brings the schema up to date: the files of migrations/ in the order of their names, in one transaction, under a session advisory lock.
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { KubecensusError } from '../errors.ts';
import type { DB } from './schema.ts';

const MIGRATIONS = new URL('../../../migrations/', import.meta.url);

/** Four digits put them in order; the name says what the migration does. */
const FILE = /^(\d{4}-[a-z0-9-]+)\.ts$/;

/** The migrations of a folder by name. Throws KC_MIGRATION when a file is named otherwise, lacks `up`, or a number is used twice. */
export async function readMigrations(folder: URL = MIGRATIONS): Promise<Record<string, Migration>> {
  const migrations: Record<string, Migration> = {};
  const numbers = new Set<string>();
  for (const file of (await readdir(folder)).sort()) {
    if (!file.endsWith('.ts')) continue;
    const name = FILE.exec(file)?.[1];
    if (name === undefined) throw new KubecensusError('KC_MIGRATION', `${file} is not named NNNN-what-it-does.ts.`);
    const number = name.slice(0, 4);
    if (numbers.has(number)) throw new KubecensusError('KC_MIGRATION', `Two migrations have the number ${number}.`);
    numbers.add(number);
    const module = (await import(new URL(file, folder).href)) as Partial<Migration>;
    if (typeof module.up !== 'function')
      throw new KubecensusError('KC_MIGRATION', `${fileURLToPath(new URL(file, folder))} exports no function up.`);
    migrations[name] = { up: module.up };
  }
  return migrations;
}

/**
 * Applies what is missing; returns the names applied, in order, empty when the schema was up to date. Several processes may call it at once: kysely takes
 * a session advisory lock, so the others wait and then find nothing to do. All or nothing. Throws KC_MIGRATION, also when the database was
 * migrated by a newer release (a name is recorded that the folder does not have).
 */
export async function migrate(db: Kysely<DB>, folder: URL = MIGRATIONS): Promise<string[]> {
  const migrations = await readMigrations(folder);
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error !== undefined) {
    const failed = results.find((result) => result.status === 'Error')?.migrationName;
    const detail = error instanceof Error ? error.message : String(error);
    throw new KubecensusError('KC_MIGRATION', failed === undefined ? detail : `${failed}: ${detail}`, { cause: error });
  }
  return results.filter((result) => result.status === 'Success').map((result) => result.migrationName);
}

/** Names that are recorded as applied and that this release does not have: the database was migrated by a newer one. */
export async function unknownMigrations(db: Kysely<DB>, folder: URL = MIGRATIONS): Promise<string[]> {
  const known = Object.keys(await readMigrations(folder));
  const there = await sql<{ there: boolean }>`select to_regclass('kysely_migration') is not null as there`.execute(db);
  if (there.rows[0]?.there !== true) return [];
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return rows.map(({ name }) => name).filter((name) => !known.includes(name));
}

/** Names that are not applied yet, in order. */
export async function pendingMigrations(db: Kysely<DB>, folder: URL = MIGRATIONS): Promise<string[]> {
  const migrations = await readMigrations(folder);
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  return (await migrator.getMigrations())
    .filter((migration) => migration.executedAt === undefined)
    .map((migration) => migration.name);
}
