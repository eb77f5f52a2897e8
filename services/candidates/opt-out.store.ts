// Opt-outs in Postgres: applied at once, kept until withdrawn, never published.
import { type Kysely, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import type { OptOutKind, OptOutRow } from './opt-out.ts';
import type { Proof, Verification } from './opt-out-verification.ts';

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

/** An opt-out in force, with how it was verified. */
export interface OptOutRecord extends OptOutRow {
  /** 0: applied unverified; 1: verified. */
  readonly level: 0 | 1;
  readonly verification: Verification | null;
}

/** All opt-outs in force, for those who keep the list. */
export async function optOutRecords(db: Kysely<DB>): Promise<OptOutRecord[]> {
  const rows = await db
    .selectFrom('opt_out')
    .select(['kind', 'value', 'verification'])
    .where('withdrawn_at', 'is', null)
    .orderBy('kind')
    .orderBy('value')
    .execute();
  return rows.map(({ kind, value, verification }) => ({
    kind: kind as OptOutKind,
    value,
    level: verification === null ? 0 : 1,
    verification: verification as Verification | null,
  }));
}

/** Adds an opt-out in canonical form; false when it is in force already. A proof is noted in either case, the first one for good. */
export async function addOptOut(
  db: Kysely<DB>,
  row: OptOutRow,
  note: string,
  at: Date,
  proof: Proof | null = null,
): Promise<boolean> {
  const proven = proof === null ? {} : { verification: proof.how, verified_by: proof.by, verified_at: at };
  const added = await db
    .insertInto('opt_out')
    .values({ kind: row.kind, value: row.value, note, added_at: at, ...proven })
    .onConflict((conflict) => conflict.columns(['kind', 'value']).where('withdrawn_at', 'is', null).doNothing())
    .executeTakeFirst();
  if ((added.numInsertedOrUpdatedRows ?? 0n) > 0n) return true;
  if (proof !== null)
    await db
      .updateTable('opt_out')
      .set(proven)
      .where('kind', '=', row.kind)
      .where('value', '=', row.value)
      .where('withdrawn_at', 'is', null)
      .where('verified_at', 'is', null)
      .execute();
  return false;
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

/** How many known names a suffix covers, up to `limit`. */
export async function namesBelow(db: Kysely<DB>, suffix: string, limit: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from (
      select from candidate where kind = 'name' and right('.' || host, ${suffix.length + 1}) = ${`.${suffix}`} limit ${limit}
    ) below`.execute(db);
  return rows[0]?.n ?? 0;
}
