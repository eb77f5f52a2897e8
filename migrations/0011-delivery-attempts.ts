// Every attempt of a delivery, deliveries that are tried no more and why, and destinations that a schedule no longer sends to.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table delivery
      add column tries_before integer not null default 0,
      add column stopped_at timestamptz,
      add column stopped_reason text check (stopped_reason in ('partial', 'stopped', 'gone', 'refused', 'given-up'))`.execute(
    db,
  );
  await sql`
    create table delivery_attempt (
      delivery_id bigint not null references delivery (id) on delete cascade,
      attempt integer not null,
      started_at timestamptz not null,
      finished_at timestamptz,
      result text check (result in ('delivered', 'failed', 'gone', 'refused')),
      detail text,
      next_attempt_at timestamptz,
      primary key (delivery_id, attempt)
    )`.execute(db);
  await sql`
    create table destination_stop (
      schedule_id bigint not null references schedule (id) on delete cascade,
      destination text not null,
      stopped_at timestamptz not null,
      reason text not null check (reason in ('gone', 'unsubscribed')),
      primary key (schedule_id, destination)
    )`.execute(db);
  await sql`
    create index delivery_due on delivery (next_attempt_at) where delivered_at is null and stopped_at is null`.execute(
    db,
  );
  await sql`create index delivery_of_schedule on delivery (schedule_id, id)`.execute(db);
}
