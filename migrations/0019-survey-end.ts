// A survey can be ended early by somebody who does not run it: workers read that it is to end, and halt.
import { type Kysely, sql } from 'kysely';

export const expandsOnly = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table survey add column end_requested_at timestamptz`.execute(db);
}
