// One destination of a schedule, as its recipient sees it: whether reports go there, or went there until somebody ended it.
import type { Kysely } from 'kysely';
import type { DB } from '../platform/db/schema.ts';

export interface Subscription {
  readonly scheduleId: number;
  readonly destination: string;
  /** null: reports are sent there. */
  readonly endedAt: Date | null;
}

/** The destination of the schedule of that name; null when there is no such schedule any more, or it does not send there. */
export async function findSubscription(
  db: Kysely<DB>,
  schedule: string,
  isDestination: (destination: string) => boolean,
): Promise<Subscription | null> {
  const row = await db
    .selectFrom('schedule')
    .select(['id', 'destinations'])
    .where('name', '=', schedule)
    .executeTakeFirst();
  const destination = row?.destinations.find(isDestination);
  if (row === undefined || destination === undefined) return null;
  const stop = await db
    .selectFrom('destination_stop')
    .select('stopped_at')
    .where('schedule_id', '=', row.id)
    .where('destination', '=', destination)
    .executeTakeFirst();
  return { scheduleId: row.id, destination, endedAt: stop?.stopped_at ?? null };
}
