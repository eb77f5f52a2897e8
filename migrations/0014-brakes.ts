// What the service stops by itself: networks that began to refuse us, everything when too much is lost at once, chunks that kill their process; and why.
import { type Kysely, sql } from 'kysely';

export const expandsOnly = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  // Both null for whoever paused with an earlier release.
  await sql`alter table control add column paused_by text, add column reason text`.execute(db);
  // Against which survey a headline jumped, and by how much; null: it did not.
  await sql`alter table survey add column jump jsonb`.execute(db);
  // Nullable: planners of an earlier release write no value, and their targets are compared with nothing.
  await sql`alter table survey_target add column was_up boolean`.execute(db);
  await sql`
    alter table survey_chunk
      add column starts integer not null default 0,
      add column quarantined_at timestamptz`.execute(db);
  await sql`create index survey_chunk_quarantined on survey_chunk (survey_id) where quarantined_at is not null`.execute(
    db,
  );
  // Networks that a survey leaves alone for its rest: a prefix, or "AS" and a number.
  await sql`
    create table survey_stop (
      survey_id text not null references survey (id) on delete cascade,
      scope text not null,
      asked integer not null,
      lost integer not null,
      stopped_at timestamptz not null,
      primary key (survey_id, scope)
    )`.execute(db);
  // How each network with endpoints that were up ended so far: what an AS is judged by.
  await sql`
    create table survey_network (
      survey_id text not null references survey (id) on delete cascade,
      network cidr not null,
      asn bigint,
      is_lost boolean not null,
      ended_at timestamptz not null,
      primary key (survey_id, network)
    )`.execute(db);
  await sql`create index survey_network_as on survey_network (survey_id, asn, ended_at)`.execute(db);
  await sql`
    create table survey_minute (
      survey_id text not null references survey (id) on delete cascade,
      minute timestamptz not null,
      asked integer not null,
      lost integer not null,
      primary key (survey_id, minute)
    )`.execute(db);
  // Times in which so much was lost that the fault was taken for ours: no miss of such a time counts against an endpoint.
  await sql`
    create table survey_trip (
      survey_id text not null references survey (id) on delete cascade,
      tripped_at timestamptz not null,
      window_from timestamptz not null,
      window_to timestamptz not null,
      asked integer not null,
      lost integer not null,
      primary key (survey_id, tripped_at)
    )`.execute(db);
  await sql`
    alter table delivery
      drop constraint delivery_stopped_reason_check,
      add constraint delivery_stopped_reason check (stopped_reason in ('partial', 'jump', 'stopped', 'gone', 'refused', 'given-up'))`.execute(
    db,
  );
}
