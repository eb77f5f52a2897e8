// Schedules with a permanent fire table, stored reports, and the outbox of deliveries.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table report (
      id text primary key,
      name text not null,
      survey_id text references survey (id),
      created_at timestamptz not null,
      manifest jsonb not null
    )`.execute(db);
  await sql`
    create table schedule (
      id bigint generated always as identity primary key,
      name text not null unique,
      kind text not null check (kind in ('feed', 'survey', 'report')),
      spec jsonb not null,
      cron text not null,
      destinations text[] not null,
      next_due_at timestamptz not null,
      created_at timestamptz not null
    )`.execute(db);
  await sql`
    create table schedule_fire (
      schedule_id bigint not null references schedule (id) on delete cascade,
      fire_at timestamptz not null,
      claimed_at timestamptz not null,
      finished_at timestamptz,
      failure text,
      report_id text references report (id),
      primary key (schedule_id, fire_at)
    )`.execute(db);
  await sql`
    create table delivery (
      id bigint generated always as identity primary key,
      report_id text not null references report (id) on delete cascade,
      schedule_id bigint references schedule (id) on delete set null,
      destination text not null,
      attempts integer not null default 0,
      next_attempt_at timestamptz not null,
      delivered_at timestamptz,
      last_failure text,
      unique (report_id, destination)
    )`.execute(db);
}
