// Partitions of observations are made, locked and dropped by functions with their owner's rights, so that the scheduler needs none of its own to change the schema.
import { type Kysely, sql } from 'kysely';

export const expandsOnly = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  // A function with rights of its own looks for names only where its tables are, and never first among a caller's temporary ones.
  const { rows } = await sql<{ path: string }>`
    select quote_ident(current_schema()) || ', pg_temp' as path`.execute(db);
  const header = sql.raw(`language plpgsql security definer set search_path = ${rows[0]!.path}`);
  // A day whose partition was missing has its rows in the default one, and no partition can be made over them: they move into it.
  await sql`
    create function make_observation_partition(day date) returns void ${header} as $$
    declare
      name text := 'observation_' || to_char(day, 'YYYYMMDD');
      first text := to_char(day, 'YYYY-MM-DD') || 'T00:00:00Z';
      after text := to_char(day + 1, 'YYYY-MM-DD') || 'T00:00:00Z';
    begin
      if to_regclass(quote_ident(name)) is not null then return; end if;
      if not exists (select from observation_default where recorded_at >= first::timestamptz and recorded_at < after::timestamptz) then
        execute format('create table %I partition of observation for values from (%L) to (%L)', name, first, after);
        return;
      end if;
      lock table only observation in share update exclusive mode;
      lock table observation_default in access exclusive mode;
      execute format('create table %I (like observation including all)', name);
      execute format('with moved as (delete from observation_default where recorded_at >= %L and recorded_at < %L returning *)
        insert into %I select * from moved', first, after, name);
      execute format('alter table observation attach partition %I for values from (%L) to (%L)', name, first, after);
    end $$`.execute(db);
  // Locks are taken in the order in which every query takes them, or they would wait for each other. They last as long as the caller's transaction.
  await sql`
    create function lock_observation_partition(name text) returns void ${header} as $$
    begin
      if name !~ '^observation_[0-9]{8}$' then raise exception '% is no partition of one day', name; end if;
      lock table only observation in access exclusive mode;
      execute format('lock table %I in access exclusive mode', name);
    end $$`.execute(db);
  await sql`
    create function drop_observation_partition(name text) returns void ${header} as $$
    begin
      if name !~ '^observation_[0-9]{8}$' then raise exception '% is no partition of one day', name; end if;
      execute format('drop table %I', name);
    end $$`.execute(db);
  for (const signature of [
    'make_observation_partition(date)',
    'lock_observation_partition(text)',
    'drop_observation_partition(text)',
  ])
    await sql.raw(`revoke execute on function ${signature} from public`).execute(db);
}
