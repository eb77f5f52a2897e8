// Surveys, their chunks and targets; observations (facts, by day) apart from the state of an endpoint; dimension tables.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table survey (
      id text primary key,
      method text not null check (method in ('active', 'passive')),
      state text not null check (state in ('planning', 'running', 'stopped', 'complete')),
      seed text not null,
      sample double precision check (sample > 0 and sample <= 1),
      ports integer[] not null,
      feeds text[] not null,
      scope text[] not null,
      vantage text not null,
      rate double precision not null,
      manifest jsonb not null,
      target_count bigint not null default 0,
      excluded_by jsonb not null default '{}',
      created_at timestamptz not null,
      started_at timestamptz,
      finished_at timestamptz,
      rolled_up_at timestamptz
    )`.execute(db);
  await sql`
    create table survey_chunk (
      survey_id text not null references survey (id) on delete cascade,
      chunk integer not null,
      target_count integer not null,
      issued_at timestamptz,
      committed_at timestamptz,
      primary key (survey_id, chunk)
    )`.execute(db);
  await sql`create index survey_chunk_open on survey_chunk (survey_id, chunk) where committed_at is null`.execute(db);
  await sql`
    create table survey_target (
      survey_id text not null,
      chunk integer not null,
      position integer not null,
      candidate_id bigint,
      host text not null,
      address inet,
      port integer not null,
      server_name text,
      feeds text[] not null,
      flags text[] not null default '{}',
      outcome text,
      evidence_feed text,
      primary key (survey_id, chunk, position),
      foreign key (survey_id, chunk) references survey_chunk (survey_id, chunk) on delete cascade
    )`.execute(db);
  await sql`create table control (id boolean primary key default true check (id), paused boolean not null default false, changed_at timestamptz)`.execute(
    db,
  );
  await sql`insert into control default values`.execute(db);
  await sql`
    create table certificate (
      id bigint generated always as identity primary key,
      sha256 text not null unique,
      spki_sha256 text,
      subject text not null,
      issuer text not null,
      dns_names text[] not null,
      ip_addresses text[] not null,
      not_before timestamptz,
      not_after timestamptz
    )`.execute(db);
  await sql`
    create table k8s_version (
      id bigint generated always as identity primary key,
      git_version text not null unique
    )`.execute(db);
  await sql`
    create table observation (
      survey_id text not null,
      recorded_at timestamptz not null,
      observed_at timestamptz not null,
      host text not null,
      address inet,
      port integer not null,
      server_name text,
      method text not null,
      vantage text not null,
      feeds text[] not null,
      evidence_feed text,
      outcome text not null,
      phase text not null,
      alert smallint,
      detail text,
      ms_connect integer,
      ms_tls integer,
      ms_http integer,
      ms_total integer,
      bytes_in integer not null,
      component text,
      grade text not null,
      certificate_name boolean,
      version_endpoint boolean,
      authentication text,
      version_id bigint,
      certificate_id bigint,
      distribution text,
      minor text,
      support text,
      honeypot text not null,
      country text,
      asn bigint,
      evidence_digest text not null,
      flags text[] not null,
      verdict jsonb not null
    ) partition by range (recorded_at)`.execute(db);
  await sql`create table observation_default partition of observation default`.execute(db);
  await sql`create index observation_recorded on observation using brin (recorded_at)`.execute(db);
  await sql`create index observation_survey on observation (survey_id)`.execute(db);
  await sql`create index observation_endpoint on observation (address, port, recorded_at)`.execute(db);
  await sql`
    create table endpoint_state (
      address inet not null,
      port integer not null,
      first_seen timestamptz,
      last_seen timestamptz,
      last_probed timestamptz not null,
      last_changed timestamptz not null,
      misses integer not null default 0,
      outcome text not null,
      component text,
      grade text not null,
      version_id bigint,
      distribution text,
      primary key (address, port)
    ) with (fillfactor = 70)`.execute(db);
}
