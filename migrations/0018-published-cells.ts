// Which cells of a counted survey are held back from those without a key, kept with the counts: judging a large survey takes seconds that no reader should wait.
import { type Kysely, sql } from 'kysely';

export const expandsOnly = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  // Judged for these counts and this k; others are judged when somebody asks.
  await sql`
    create table held_back (
      survey_id text primary key references survey (id) on delete cascade,
      k integer not null,
      rolled_up_at timestamptz not null,
      tables jsonb not null
    )`.execute(db);
}
