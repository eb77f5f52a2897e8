// The kill switch: one row that every worker reads several times a second.
import type { Kysely } from 'kysely';
import type { DB } from '../platform/db/schema.ts';

/** The kill switch: read by every worker several times a second. */
export async function isPaused(db: Kysely<DB>): Promise<boolean> {
  return (await db.selectFrom('control').select('paused').executeTakeFirstOrThrow()).paused;
}

export async function setPaused(db: Kysely<DB>, paused: boolean, at: Date): Promise<void> {
  await db.updateTable('control').set({ paused, changed_at: at }).execute();
}
