// What became of a schedule's deliveries, attempt by attempt.
import { type Kysely, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';

export interface DeliveryAttemptRow {
  readonly attempt: number;
  readonly startedAt: string;
  /** null: the process ended before the end was known; the delivery is tried again. */
  readonly result: string | null;
  readonly detail: string | null;
  readonly nextAttemptAt: string | null;
}

export interface DeliveryRow {
  readonly reportId: string;
  readonly destination: string;
  /** waiting, delivered, or why it is not tried (any more). */
  readonly state: string;
  readonly nextAttemptAt: Date | null;
  readonly deliveredAt: Date | null;
  readonly attempts: readonly DeliveryAttemptRow[];
}

/** The newest deliveries of a schedule with every attempt, newest report first. */
export async function listDeliveries(db: Kysely<DB>, scheduleId: number, limit: number): Promise<DeliveryRow[]> {
  const { rows } = await sql<DeliveryRow>`
    select d.report_id as "reportId", d.destination, ${STATE} as state, d.delivered_at as "deliveredAt",
      case when d.delivered_at is null and d.stopped_at is null then d.next_attempt_at end as "nextAttemptAt",
      coalesce((
        select jsonb_agg(jsonb_build_object('attempt', a.attempt, 'startedAt', a.started_at, 'result', a.result, 'detail', a.detail, 'nextAttemptAt', a.next_attempt_at) order by a.attempt)
        from delivery_attempt a where a.delivery_id = d.id
      ), '[]') as attempts
    from delivery d join report r on r.id = d.report_id where d.schedule_id = ${scheduleId}
    order by r.created_at desc, d.report_id desc, d.destination limit ${limit}
  `.execute(db);
  return rows;
}

/** The state of delivery `d` in one word. */
const STATE = sql<string>`case when d.delivered_at is not null then 'delivered' when d.stopped_reason in ('partial', 'jump') then 'held: ' || d.stopped_reason
  when d.stopped_at is not null then d.stopped_reason else 'waiting' end`;

export interface StoppedDestination {
  readonly destination: string;
  readonly reason: string;
  readonly stoppedAt: Date;
}

/** Destinations that the schedule no longer sends to. */
export async function stoppedDestinations(db: Kysely<DB>, scheduleId: number): Promise<StoppedDestination[]> {
  const rows = await db
    .selectFrom('destination_stop')
    .selectAll()
    .where('schedule_id', '=', scheduleId)
    .orderBy('destination')
    .execute();
  return rows.map((row) => ({ destination: row.destination, reason: row.reason, stoppedAt: row.stopped_at }));
}
