// Opt-outs in Postgres: applied at once, kept until withdrawn, never published.
import type { Kysely } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import type { OptOutKind, OptOutRow } from './opt-out.ts';

/** All opt-outs in force. */
export async function optOutRows(db: Kysely<DB>): Promise<OptOutRow[]> {
  const rows = await db
    .selectFrom('opt_out')
    .select(['kind', 'value'])
    .where('withdrawn_at', 'is', null)
    .orderBy('kind')
    .orderBy('value')
    .execute();
  return rows.map((row) => ({ kind: row.kind as OptOutKind, value: row.value }));
}

/** Adds an opt-out in canonical form; false when it is in force already. */
export async function addOptOut(db: Kysely<DB>, row: OptOutRow, note: string, at: Date): Promise<boolean> {
  const active = await db
    .selectFrom('opt_out')
    .select('id')
    .where('kind', '=', row.kind)
    .where('value', '=', row.value)
    .where('withdrawn_at', 'is', null)
    .executeTakeFirst();
  if (active !== undefined) return false;
  await db.insertInto('opt_out').values({ kind: row.kind, value: row.value, note, added_at: at }).execute();
  return true;
}

/** Withdraws an opt-out; the row stays for the record. False when none was in force. */
export async function withdrawOptOut(db: Kysely<DB>, row: OptOutRow, at: Date): Promise<boolean> {
  const result = await db
    .updateTable('opt_out')
    .set({ withdrawn_at: at })
    .where('kind', '=', row.kind)
    .where('value', '=', row.value)
    .where('withdrawn_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}
