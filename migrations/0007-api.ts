// Keys of the API, what was answered under an Idempotency-Key, and the secret that signs cursors.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table api_key (
      id bigint generated always as identity primary key,
      prefix text not null unique,
      secret_sha256 text not null,
      name text not null,
      scopes text[] not null check (cardinality(scopes) > 0 and scopes <@ array['aggregate:read', 'host:read', 'admin']),
      networks text[] not null default '{}',
      created_at timestamptz not null,
      expires_at timestamptz,
      last_used_at timestamptz,
      revoked_at timestamptz
    )`.execute(db);
  await sql`
    create table idempotency_key (
      api_key_id bigint not null references api_key (id) on delete cascade,
      key text not null,
      request_sha256 text not null,
      status smallint not null,
      body jsonb not null,
      created_at timestamptz not null,
      primary key (api_key_id, key)
    )`.execute(db);
  await sql`
    create table api_secret (
      id boolean primary key default true check (id),
      cursor_key text not null
    )`.execute(db);
}
