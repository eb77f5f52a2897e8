// The kill switch: one row that every worker reads several times a second, with who set it and why.
import type { Kysely } from 'kysely';
import type { DB } from '../platform/db/schema.ts';

/** The kill switch: read by every worker several times a second. */
export async function isPaused(db: Kysely<DB>): Promise<boolean> {
  return (await db.selectFrom('control').select('paused').executeTakeFirstOrThrow()).paused;
}

export interface Pause {
  readonly since: Date | null;
  /** null: a person, who said no more. */
  readonly by: string | null;
  readonly reason: string | null;
}

/** The pause that is on, or null. */
export async function readPause(db: Kysely<DB>): Promise<Pause | null> {
  const row = await db.selectFrom('control').selectAll().executeTakeFirstOrThrow();
  return row.paused ? { since: row.changed_at, by: row.paused_by, reason: row.reason } : null;
}

/** Who pauses when nobody does. */
export const ITSELF = 'kubecensus itself';

/** Sets the switch, or lets go on; the last word counts. `why`: what others are told of it. */
export async function setPaused(
  db: Kysely<DB>,
  paused: boolean,
  at: Date,
  why: { readonly by: string; readonly reason: string } | null = null,
): Promise<void> {
  await db
    .updateTable('control')
    .set({ paused, changed_at: at, paused_by: why?.by ?? null, reason: why?.reason ?? null })
    .execute();
}

/** "Paused by itself since ... : 320 of 900 ...", for people. */
export function pauseText({ since, by, reason }: Pause): string {
  const who = by === ITSELF ? 'by itself' : by === null ? 'by a person' : `by ${by}`;
  return `Paused ${who}${since === null ? '' : ` since ${since.toISOString()}`}${reason === null ? '' : `: ${reason}`}.`;
}
