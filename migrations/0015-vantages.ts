// Surveys from several vantages: what a survey demands, whose turn a chunk is, what another vantage saw better; who works; which releases a schema serves.
import { type Kysely, sql } from 'kysely';

export const expandsOnly = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  // Surveys from before demanded the one vantage that `vantage` names.
  await sql`
    alter table survey
      add column vantages text[] not null default '{}',
      add column vantage_spacing_ms bigint not null default 0 check (vantage_spacing_ms >= 0)`.execute(db);
  // Chunks of one `root` hold the same targets, one chunk for each vantage, which take turns in the order of `turn`. Null: as before, of the
  // survey's one vantage, and a root of its own.
  await sql`
    alter table survey_chunk
      add column vantage text,
      add column root integer,
      add column turn integer not null default 0`.execute(db);
  await sql`create index survey_chunk_root on survey_chunk (survey_id, root) where root is not null`.execute(db);
  // True where another vantage saw more of the endpoint in this survey: the row stays, and is not counted.
  await sql`alter table observation add column superseded boolean not null default false`.execute(db);
  await sql`
    create table worker (
      id text primary key,
      vantage text not null,
      release text not null,
      started_at timestamptz not null,
      seen_at timestamptz not null
    )`.execute(db);
  // The oldest release that may work on this schema, by the last migration that it knows. Migrations that only add leave it alone.
  await sql`
    create table schema_compatibility (
      id boolean primary key default true check (id),
      oldest_known text not null
    )`.execute(db);
  await sql`insert into schema_compatibility (oldest_known) values ('0013-retention')`.execute(db);
}
