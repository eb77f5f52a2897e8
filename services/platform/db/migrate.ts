// Brings the schema up to date: the files of migrations/ in the order of their names, in one transaction, under a session advisory lock.
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Kysely, sql } from 'kysely';
import { type Migration, type MigrationResultSet, Migrator } from 'kysely/migration';
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
    const module = (await import(new URL(file, folder).href)) as Partial<Migration> & {
      readonly expandsOnly?: boolean;
    };
    if (typeof module.up !== 'function')
      throw new KubecensusError('KC_MIGRATION', `${fileURLToPath(new URL(file, folder))} exports no function up.`);
    migrations[name] = { up: module.expandsOnly === true ? module.up : endingOlder(name, module.up) };
  }
  return migrations;
}

/** A migration that is not marked as one that only adds: releases that do not know it have to go. */
function endingOlder(name: string, up: Migration['up']): Migration['up'] {
  return async (db) => {
    await up(db);
    if (await isThere(db, COMPATIBILITY)) await sql`update schema_compatibility set oldest_known = ${name}`.execute(db);
  };
}

/** SQLSTATE of a table that is not there. */
const UNDEFINED_TABLE = '42P01';
/** Retention drops a few partitions an hour, one after the other; a look takes some 20 ms. */
const LOOKS = 10;
const LOOK_AGAIN_MS = 100;

/** One row: the migration that a release must know to work on this schema. */
const COMPATIBILITY = 'schema_compatibility';

async function isThere(db: Kysely<DB>, table: string): Promise<boolean> {
  const { rows } = await sql<{ there: boolean }>`select to_regclass(${table}) is not null as there`.execute(db);
  return rows[0]?.there === true;
}

/** What a newer release made of the schema. */
export interface NewerSchema {
  /** Its migrations that this release does not have, in order. */
  readonly migrations: readonly string[];
  /** Whether this release may go on working: all of them only add. */
  readonly isServed: boolean;
}

/** null when no newer release has migrated the database. */
export async function newerSchema(db: Kysely<DB>, folder: URL = MIGRATIONS): Promise<NewerSchema | null> {
  const migrations = await unknownMigrations(db, folder);
  if (migrations.length === 0) return null;
  if (!(await isThere(db, COMPATIBILITY))) return { migrations, isServed: false };
  const { rows } = await sql<{ oldest: string }>`select oldest_known as oldest from schema_compatibility`.execute(db);
  const known = Object.keys(await readMigrations(folder));
  return { migrations, isServed: known.includes(rows[0]?.oldest ?? '') };
}

/** Throws KC_MIGRATION for a schema that serves this release no more, and for one that lacks migrations of this release beside newer ones. */
async function requireServed({ migrations, isServed }: NewerSchema, db: Kysely<DB>, folder: URL): Promise<void> {
  const made = `A newer release made ${migrations.join(', ')}`;
  if (!isServed) throw new KubecensusError('KC_MIGRATION', `${made}: this one is too old for the schema.`);
  const pending = await pendingMigrations(db, folder);
  if (pending.length > 0)
    throw new KubecensusError(
      'KC_MIGRATION',
      `${made} without ${pending.join(', ')}, which this one has: they do not go together.`,
    );
}

/**
 * Applies what is missing; returns the names applied, in order, empty when the schema was up to date. Several processes may call it at once: kysely takes
 * a session advisory lock, so the others wait and then find nothing to do. All or nothing. A schema that a newer release
 * made and that still serves this one is left alone. Throws KC_MIGRATION, also when it does not.
 */
export async function migrate(db: Kysely<DB>, folder: URL = MIGRATIONS): Promise<string[]> {
  const migrations = await readMigrations(folder);
  const applied = await appliedMigrations(db);
  if (applied.join() === Object.keys(migrations).join()) return [];
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error, results = [] } = await untilNoTableGoes(() => migrator.migrateToLatest());
  if (error !== undefined) {
    const newer = await newerSchema(db, folder);
    if (newer !== null) {
      await requireServed(newer, db, folder);
      return [];
    }
    const failed = results.find((result) => result.status === 'Error')?.migrationName;
    const detail = error instanceof Error ? error.message : String(error);
    throw new KubecensusError('KC_MIGRATION', failed === undefined ? detail : `${failed}: ${detail}`, { cause: error });
  }
  return results.filter((result) => result.status === 'Success').map((result) => result.migrationName);
}

/**
 * Kysely looks at every column of every table before it begins, and fails when one goes while it looks: partitions do, by retention. It has done
 * nothing by then.
 */
async function untilNoTableGoes(run: () => Promise<MigrationResultSet>): Promise<MigrationResultSet> {
  for (let attempt = 1; ; attempt++) {
    const set = await run();
    const isGone = set.results === undefined && (set.error as { code?: unknown } | undefined)?.code === UNDEFINED_TABLE;
    if (!isGone || attempt === LOOKS) return set;
    await sleep(LOOK_AGAIN_MS);
  }
}

/** Names that are recorded as applied, in order; none where nothing was ever migrated. Reads that one table: whoever starts does this. */
async function appliedMigrations(db: Kysely<DB>): Promise<string[]> {
  if (!(await isThere(db, 'kysely_migration'))) return [];
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name collate "C"`.execute(db);
  return rows.map(({ name }) => name);
}

/** Those of them that this release does not have: the database was migrated by a newer one. */
async function unknownMigrations(db: Kysely<DB>, folder: URL): Promise<string[]> {
  const known = Object.keys(await readMigrations(folder));
  return (await appliedMigrations(db)).filter((name) => !known.includes(name));
}

/** Names that are not applied yet, in order. */
export async function pendingMigrations(db: Kysely<DB>, folder: URL = MIGRATIONS): Promise<string[]> {
  const applied = await appliedMigrations(db);
  return Object.keys(await readMigrations(folder)).filter((name) => !applied.includes(name));
}

/** Whether this login may change the schema: it owns what is there, or may make tables where nothing is yet. */
export async function mayMigrate(db: Kysely<DB>): Promise<boolean> {
  const { rows } = await sql<{ may: boolean }>`
    select coalesce((select pg_has_role(relowner, 'usage') from pg_class where oid = to_regclass('kysely_migration')),
      has_schema_privilege(current_schema(), 'create'), false) as may`.execute(db);
  return rows[0]?.may === true;
}

/** For logins that may not migrate. Throws KC_MIGRATION when the schema is neither this release's nor a newer one that serves it. */
export async function requireMigrated(db: Kysely<DB>, folder: URL = MIGRATIONS): Promise<void> {
  const pending = await pendingMigrations(db, folder);
  if (pending.length > 0)
    throw new KubecensusError(
      'KC_MIGRATION',
      `The schema lacks ${pending.join(', ')}, and this login may not change it: run \`kubecensus migrate\` as the owner of the database.`,
    );
  const newer = await newerSchema(db, folder);
  if (newer !== null) await requireServed(newer, db, folder);
}
