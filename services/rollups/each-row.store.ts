// Rows of a query one by one, read by a cursor: a survey has millions of them.
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';

/** Rows held at once. */
const PAGE = 20_000;

/** Inside a transaction, one such walk at a time. */
export async function eachRow<T>(tx: Kysely<DB>, query: RawBuilder<T>, take: (row: T) => void): Promise<void> {
  await sql`declare each_row no scroll cursor for ${query}`.execute(tx);
  for (;;) {
    const { rows } = await sql<T>`fetch forward ${sql.lit(PAGE)} from each_row`.execute(tx);
    if (rows.length === 0) break;
    for (const row of rows) take(row);
  }
  await sql`close each_row`.execute(tx);
}
