// Feeds, their runs and cursors, candidates, sightings with provenance, evidence that came with them, the quarantine, opt-outs.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table feed_run (
      id bigint generated always as identity primary key,
      feed text not null,
      kind text not null check (kind in ('sightings', 'counts')),
      query text not null,
      source_sha256 text,
      upstreams text[] not null default '{}',
      state text not null default 'running' check (state in ('running', 'complete', 'partial', 'failed')),
      partial_reason text,
      claimed_total bigint,
      entries bigint,
      read bigint not null default 0,
      accepted bigint not null default 0,
      duplicate bigint not null default 0,
      rejected bigint not null default 0,
      rejected_by jsonb not null default '{}',
      cap_hit boolean not null default false,
      cost double precision,
      code_version text not null,
      started_at timestamptz not null,
      finished_at timestamptz,
      check (accepted + duplicate + rejected = read)
    )`.execute(db);
  await sql`create index feed_run_feed on feed_run (feed, id desc)`.execute(db);
  await sql`
    create table feed_cursor (
      feed text not null,
      query text not null,
      cursor jsonb not null,
      run_id bigint not null references feed_run (id),
      updated_at timestamptz not null,
      primary key (feed, query)
    )`.execute(db);
  await sql`
    create table candidate (
      id bigint generated always as identity primary key,
      key text not null unique,
      kind text not null check (kind in ('address', 'name')),
      host text not null,
      address inet,
      port integer check (port between 1 and 65535),
      first_seen timestamptz not null,
      last_seen timestamptz not null,
      check ((kind = 'address') = (address is not null))
    )`.execute(db);
  await sql`
    create table sighting (
      feed text not null,
      candidate_id bigint not null references candidate (id) on delete cascade,
      first_seen timestamptz not null,
      last_seen timestamptz not null,
      first_run bigint not null references feed_run (id),
      last_run bigint not null references feed_run (id),
      primary key (feed, candidate_id)
    )`.execute(db);
  await sql`create index sighting_candidate on sighting (candidate_id)`.execute(db);
  await sql`
    create table sighting_evidence (
      feed text not null,
      candidate_id bigint not null,
      observed_at timestamptz not null,
      body jsonb not null,
      primary key (feed, candidate_id),
      foreign key (feed, candidate_id) references sighting (feed, candidate_id) on delete cascade
    )`.execute(db);
  await sql`
    create table quarantine (
      run_id bigint not null references feed_run (id) on delete cascade,
      at text not null,
      reason text not null,
      excerpt text not null
    )`.execute(db);
  await sql`create index quarantine_run on quarantine (run_id)`.execute(db);
  await sql`
    create table opt_out (
      id bigint generated always as identity primary key,
      kind text not null check (kind in ('address', 'prefix', 'asn', 'dns-suffix', 'certificate-key')),
      value text not null,
      note text not null default '',
      added_at timestamptz not null,
      withdrawn_at timestamptz
    )`.execute(db);
  await sql`create unique index opt_out_active on opt_out (kind, value) where withdrawn_at is null`.execute(db);
}
