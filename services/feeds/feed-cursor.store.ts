// Where the next pull of a feed goes on, stored in the transaction that stores the rows before it.
import type { Kysely } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import { member } from './json.ts';

/** A committed cursor and the run that committed it. */
export interface Place {
  readonly cursor: unknown;
  readonly runId: number;
}

/** The last committed place of a feed with a query, or null when there is none. */
export async function findPlace(db: Kysely<DB>, feed: string, query: string): Promise<Place | null> {
  const row = await db
    .selectFrom('feed_cursor')
    .select(['cursor', 'run_id'])
    .where('feed', '=', feed)
    .where('query', '=', query)
    .executeTakeFirst();
  return row === undefined ? null : { cursor: row.cursor, runId: row.run_id };
}

/** The cursor that the next pull is given; null: from the start. */
export async function loadCursor(db: Kysely<DB>, feed: string, query: string): Promise<unknown> {
  return (await findPlace(db, feed, query))?.cursor ?? null;
}

/** Whether a delivery ended there, so that the next pull begins a new one (see Checkpoint). */
export const isOver = (cursor: unknown): boolean => cursor === null || member(cursor, 'done') === true;

/** Stores the cursor in the transaction that stores the rows before it. */
export async function saveCursor(
  tx: Kysely<DB>,
  feed: string,
  query: string,
  cursor: unknown,
  runId: number,
  at: Date,
): Promise<void> {
  const value = JSON.stringify(cursor);
  await tx
    .insertInto('feed_cursor')
    .values({ feed, query, cursor: value, run_id: runId, updated_at: at })
    .onConflict((conflict) =>
      conflict.columns(['feed', 'query']).doUpdateSet({ cursor: value, run_id: runId, updated_at: at }),
    )
    .execute();
}

/** The next pull begins anew, when the place was committed by one of these runs. */
export async function forgetPlaces(tx: Kysely<DB>, runIds: readonly number[]): Promise<void> {
  await tx
    .deleteFrom('feed_cursor')
    .where('run_id', 'in', [...runIds])
    .execute();
}
