// What a run skipped, deliveries that wait for a person, and who a run belongs to.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table feed_run
      add column skipped jsonb not null default '{}',
      add column runner text,
      add column resumes bigint references feed_run (id),
      add column held bigint not null default 0,
      add column hold jsonb,
      add column decided_at timestamptz,
      add column delivery_rows bigint,
      drop constraint feed_run_check,
      drop constraint feed_run_state_check,
      add constraint feed_run_counts check (accepted + duplicate + rejected + held = read),
      add constraint feed_run_state check (state in ('running', 'complete', 'partial', 'failed', 'held', 'rejected'))`.execute(
    db,
  );
  // What came before is what a feed's next delivery is compared with; feeds without an end of a delivery have none.
  await sql`
    update feed_run r set delivery_rows = read where state = 'complete' and exists (
      select from feed_cursor c where c.feed = r.feed and c.cursor ->> 'done' = 'true')`.execute(db);
  await sql`
    create table held_sighting (
      run_id bigint not null references feed_run (id) on delete cascade,
      n bigint generated always as identity,
      kind text not null check (kind in ('address', 'name')),
      key text not null,
      host text not null,
      port integer,
      observed_at timestamptz,
      evidence text,
      primary key (run_id, n)
    )`.execute(db);
  await sql`
    create table held_tally (
      run_id bigint not null references feed_run (id) on delete cascade,
      n bigint generated always as identity,
      body jsonb not null,
      primary key (run_id, n)
    )`.execute(db);
  await sql`alter table quarantine add column n bigint generated always as identity`.execute(db);
}
