// When the observations of a survey began to be dropped: its counts stay, and nothing is counted anew from what is left.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table survey add column observations_dropped_at timestamptz`.execute(db);
}
