// Where a text stands in a database: every table, every column whose values can hold it, as Postgres itself lists them.
import { type Kysely, sql } from 'kysely';
import type { DB } from '../../services/platform/db/schema.ts';

/** Tables that the migrator and the queue keep for themselves. */
const FOREIGN = /^kysely_/;

/** "table.column" of every column that holds the text somewhere, in any spelling of case; sorted. */
export async function tracesOf(db: Kysely<DB>, text: string): Promise<string[]> {
  const { rows } = await sql<{ table: string; column: string }>`
    select c.table_name as table, c.column_name as column from information_schema.columns c
      join information_schema.tables t using (table_schema, table_name)
    where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.data_type not in ('bigint', 'integer', 'smallint', 'boolean')
      and not exists (select from pg_inherits where inhrelid = quote_ident(c.table_name)::regclass)
    order by 1, 2`.execute(db);
  const found: string[] = [];
  for (const { table, column } of rows.filter((row) => !FOREIGN.test(row.table))) {
    const held = await sql<{ there: boolean }>`
      select exists (select from ${sql.table(table)} where strpos(lower(${sql.ref(column)}::text), ${text.toLowerCase()}) > 0) as there`.execute(
      db,
    );
    if (held.rows[0]?.there === true) found.push(`${table}.${column}`);
  }
  return found;
}
