// Counts: rollups of our own surveys; tallies that somebody else states, never mixed with them.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table rollup (
      survey_id text not null references survey (id) on delete cascade,
      unit text not null,
      dims text[] not null,
      values text[] not null,
      count bigint not null,
      primary key (survey_id, unit, dims, values)
    )`.execute(db);
  await sql`
    create table tally (
      id bigint generated always as identity primary key,
      feed text not null,
      run_id bigint not null references feed_run (id),
      observed_at timestamptz not null,
      query text not null,
      field text not null,
      unit text not null,
      total bigint not null,
      omitted bigint,
      deviation bigint,
      unique (feed, observed_at, query, field)
    )`.execute(db);
  await sql`
    create table tally_bucket (
      tally_id bigint not null references tally (id) on delete cascade,
      key text not null,
      count bigint not null,
      distribution text not null,
      minor text,
      support text not null,
      primary key (tally_id, key)
    )`.execute(db);
}
