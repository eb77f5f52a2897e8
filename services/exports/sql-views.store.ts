// Puts the views for researchers into the database, with a comment on every column and a role that reads them alone.
import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { literal } from '../platform/db/copy.ts';
import type { DB } from '../platform/db/schema.ts';
import { commentOf, READER_ROLE, SQL_VIEWS, type SqlView } from './sql-views.ts';

/** Any number that no other part locks. */
const VIEWS_LOCK = 5_550_002;

/**
 * Makes the views what this release says they are; nothing is done when they are that already. Views grow at their end only, so that a running
 * query and an older release are not disturbed. The role is made where the user may make roles, else it is left to whoever may.
 */
export async function placeViews(db: Kysely<DB>): Promise<void> {
  const mark = markOf(SQL_VIEWS);
  if ((await placedMark(db)) === mark) return;
  await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${VIEWS_LOCK})`.execute(tx);
    if ((await placedMark(tx)) === mark) return;
    await makeRole(tx);
    for (const view of SQL_VIEWS) await placeView(tx, view);
    await sql
      .raw(`comment on view ${SQL_VIEWS[0]!.name} is ${literal(`${SQL_VIEWS[0]!.description} [${mark}]`)}`)
      .execute(tx);
  });
}

function markOf(views: readonly SqlView[]): string {
  return createHash('sha256').update(JSON.stringify(views)).digest('hex').slice(0, 16);
}

/** The mark of the release that placed the views last; null before the first. */
async function placedMark(db: Kysely<DB>): Promise<string | null> {
  const { rows } = await sql<{ comment: string | null }>`
    select obj_description(to_regclass(${SQL_VIEWS[0]!.name}), 'pg_class') as comment`.execute(db);
  return /\[([0-9a-f]{16})\]$/.exec(rows[0]?.comment ?? '')?.[1] ?? null;
}

/** Roles belong to the server and not to the database: another one may have made it, or be making it. */
async function makeRole(tx: Kysely<DB>): Promise<void> {
  await sql
    .raw(`do $$ begin
    create role ${READER_ROLE} nologin;
  exception when duplicate_object or unique_violation or insufficient_privilege then null; end $$`)
    .execute(tx);
}

async function placeView(tx: Kysely<DB>, view: SqlView): Promise<void> {
  await sql.raw(`create or replace view ${view.name} as ${view.query}`).execute(tx);
  await sql.raw(`comment on view ${view.name} is ${literal(view.description)}`).execute(tx);
  for (const column of view.columns)
    await sql.raw(`comment on column ${view.name}."${column.name}" is ${literal(commentOf(column))}`).execute(tx);
  await sql
    .raw(`do $$ begin
    grant select on ${view.name} to ${READER_ROLE};
  exception when undefined_object then null; end $$`)
    .execute(tx);
}
