// How opt-outs were verified, larger ones that wait for it, what was purged for them, and complaints.
import { type Kysely, sql } from 'kysely';

export const expandsOnly = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  // Without `verified_at` a request holds unverified: level 0. `purged_at` is empty while something stored may still name who opted out.
  await sql`
    alter table opt_out
      add column verification text,
      add column verified_by text,
      add column verified_at timestamptz,
      add column purged_at timestamptz,
      add constraint opt_out_verified check ((verification is null) = (verified_at is null))`.execute(db);
  await sql`
    create table opt_out_request (
      id bigint generated always as identity primary key,
      kind text not null check (kind in ('address', 'prefix', 'asn', 'dns-suffix', 'certificate-key')),
      value text not null,
      note text not null default '',
      token text not null,
      asked_at timestamptz not null,
      decided_at timestamptz,
      decision text check (decision in ('verified', 'refused')),
      check ((decided_at is null) = (decision is null))
    )`.execute(db);
  await sql`create unique index opt_out_request_open on opt_out_request (kind, value) where decided_at is null`.execute(
    db,
  );
  await sql`
    create table opt_out_purge (
      id bigint generated always as identity primary key,
      started_at timestamptz not null,
      finished_at timestamptz,
      opt_outs integer not null,
      removed jsonb not null default '{}'
    )`.execute(db);
  await sql`
    create table complaint (
      id bigint generated always as identity primary key,
      kind text not null,
      value text not null,
      contact text not null check (contact <> ''),
      note text not null default '',
      state text not null default 'open' check (state in ('open', 'answered', 'closed')),
      stopped_by text not null check (stopped_by in ('opt-out', 'pause')),
      received_at timestamptz not null,
      answered_at timestamptz,
      closed_at timestamptz,
      outcome text
    )`.execute(db);
  await sql`create index complaint_open on complaint (received_at) where state <> 'closed'`.execute(db);
}
