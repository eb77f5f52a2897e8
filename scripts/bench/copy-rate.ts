// The reference of what we store: COPY of the same rows into empty tables with the same columns, indexes and keys.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { copyFromFile, copyToFile } from './psql.ts';
import type { Scratch } from './scratch-database.ts';

/** What a sighting is stored in, in the order in which rows refer to each other. */
export const SIGHTING_TABLES = ['candidate', 'sighting', 'sighting_evidence'] as const;

/** Seconds that COPY takes for all rows of the tables, connecting and reading the files included, writing the files not. Tables named later may refer to earlier ones. */
export async function copySeconds(
  { database: { db }, url, directory }: Scratch,
  tables: readonly string[],
): Promise<number> {
  let seconds = 0;
  for (const table of tables) {
    const copy = `${table}_copy`;
    await sql`create table ${sql.table(copy)} (like ${sql.table(table)} including all excluding identity)`.execute(db);
    const { rows } = await sql<{ key: string }>`
      select pg_get_constraintdef(oid) as key from pg_constraint where contype = 'f' and conrelid = ${table}::regclass
    `.execute(db);
    for (const { key } of rows) {
      const own = key.replace(/REFERENCES (\w+)/, (all, name: string) => (tables.includes(name) ? `${all}_copy` : all));
      await sql`alter table ${sql.table(copy)} add ${sql.raw(own)}`.execute(db);
    }
    const file = join(directory, 'rows.copy');
    await copyToFile(url, table, file, '');
    await sql`checkpoint`.execute(db);
    seconds += await copyFromFile(url, copy, file);
    await rm(file);
  }
  return seconds;
}
