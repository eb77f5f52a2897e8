// What every page and report says first of a survey, kept with it: the two indicators in every unit, and the cluster estimate.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table survey add column summary jsonb`.execute(db);
}
