// Who may read about single hosts: owners of networks, each with how that was checked. An owner's report covers these prefixes and nothing else.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table owner (
      name text primary key,
      prefixes cidr[] not null check (cardinality(prefixes) > 0),
      verified_by text not null check (verified_by <> ''),
      verified_at timestamptz not null
    )`.execute(db);
}
