// The outbox: a report and its deliveries are one transaction; each delivery is tried until it succeeds, at least once, under one id.
import { type Kysely, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import type { AttemptEnd } from '../reports/delivery/delivery.ts';
import { MOST_ATTEMPTS } from './backoff.ts';

/** An attempt whose end is not known by then died with its process, and the delivery is tried again. Longer than any attempt may take. */
export const ATTEMPT_LEASE_MS = 10 * 60_000;

/** Why a delivery waits for a person: the survey misses something, or its headline jumped. */
export type HeldReason = 'partial' | 'jump';

/** Why a delivery is not tried (any more). */
export type StopReason = HeldReason | 'stopped' | 'gone' | 'refused' | 'given-up';

export interface Outbox {
  readonly scheduleId: number | null;
  readonly destinations: readonly string[];
  /** Why the deliveries are kept and not sent; null: they are sent. */
  readonly held?: HeldReason | null;
}

/** Stores a report with one delivery per destination. A report stored before keeps its deliveries. What a schedule no longer sends to gets none. */
export async function storeReport(
  db: Kysely<DB>,
  report: { id: string; name: string; surveyId: string | null; manifest: object },
  { scheduleId, destinations, held = null }: Outbox,
  at: Date,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx
      .insertInto('report')
      .values({
        id: report.id,
        name: report.name,
        survey_id: report.surveyId,
        created_at: at,
        manifest: JSON.stringify(report.manifest),
      })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
    const stops = scheduleId === null ? [] : await stopsOf(tx, scheduleId);
    for (const destination of destinations) {
      const reason: StopReason | null = stops.includes(destination) ? 'stopped' : held;
      await tx
        .insertInto('delivery')
        .values({
          report_id: report.id,
          schedule_id: scheduleId,
          destination,
          next_attempt_at: at,
          stopped_at: reason === null ? null : at,
          stopped_reason: reason,
        })
        .onConflict((conflict) => conflict.columns(['report_id', 'destination']).doNothing())
        .execute();
    }
  });
}

/** Destinations that have ended. One that ends at this moment waits for this transaction (its row refers to the schedule) and finds its deliveries. */
async function stopsOf(db: Kysely<DB>, scheduleId: number): Promise<string[]> {
  await db.selectFrom('schedule').select('id').where('id', '=', scheduleId).forUpdate().execute();
  const rows = await db
    .selectFrom('destination_stop')
    .select('destination')
    .where('schedule_id', '=', scheduleId)
    .execute();
  return rows.map((row) => row.destination);
}

/** A delivery that was taken for one attempt. */
export interface TakenDelivery {
  readonly id: number;
  readonly reportId: string;
  readonly destination: string;
  readonly schedule: string | null;
  /** From 1, over all that was ever tried. */
  readonly attempt: number;
  /** From 1 again when somebody asked to send it again. */
  readonly tried: number;
}

/**
 * Takes one delivery that is due, the longest due first, and records that an attempt began; null when none is. It is due again after the lease, so that a
 * crash repeats it and two processes do not race.
 */
export async function takeDueDelivery(db: Kysely<DB>, now: Date): Promise<TakenDelivery | null> {
  await giveUpCrashing(db, now);
  const lease = new Date(now.getTime() + ATTEMPT_LEASE_MS);
  const { rows } = await sql<TakenDelivery>`
    with taken as (
      update delivery d set attempts = attempts + 1, next_attempt_at = ${lease}
      where id = (
        select id from delivery where delivered_at is null and stopped_at is null and next_attempt_at <= ${now}
        order by next_attempt_at, id limit 1 for update skip locked)
      returning id, report_id, destination, schedule_id, attempts, tries_before
    ), begun as (
      insert into delivery_attempt (delivery_id, attempt, started_at, next_attempt_at) select id, attempts, ${now}, ${lease} from taken
    )
    select t.id, report_id as "reportId", destination, s.name as schedule, attempts as attempt, attempts - tries_before as tried
    from taken t left join schedule s on s.id = t.schedule_id
  `.execute(db);
  return rows[0] ?? null;
}

/** A delivery whose every attempt ended with its process is not tried for ever. */
async function giveUpCrashing(db: Kysely<DB>, now: Date): Promise<void> {
  await sql`
    update delivery set stopped_at = ${now}, stopped_reason = 'given-up', last_failure = coalesce(last_failure, 'every attempt ended with its process')
    where delivered_at is null and stopped_at is null and next_attempt_at <= ${now} and attempts - tries_before >= ${MOST_ATTEMPTS}
  `.execute(db);
}

/**
 * Records how an attempt ended, with the next one where there is one; where there is none, the delivery stops. `gone` also stops the destination
 * for its schedule, with whatever else of it still waits.
 */
export async function finishDelivery(
  db: Kysely<DB>,
  { id, attempt }: Pick<TakenDelivery, 'id' | 'attempt'>,
  at: Date,
  end: AttemptEnd,
  next: Date | null,
): Promise<void> {
  const reason = stopOf(end, next);
  await db.transaction().execute(async (tx) => {
    await tx
      .updateTable('delivery_attempt')
      .set({ finished_at: at, result: end.result, detail: end.detail, next_attempt_at: next })
      .where('delivery_id', '=', id)
      .where('attempt', '=', attempt)
      .execute();
    const row = await tx
      .updateTable('delivery')
      .set({
        ...(end.result === 'delivered' ? { delivered_at: at, last_failure: null } : { last_failure: end.detail }),
        ...(next === null ? {} : { next_attempt_at: next }),
        ...(reason === null ? {} : { stopped_at: at, stopped_reason: reason }),
      })
      .where('id', '=', id)
      .returning(['schedule_id', 'destination'])
      .executeTakeFirst();
    if (end.result === 'gone' && row !== undefined && row.schedule_id !== null)
      await stopDestination(tx, { scheduleId: row.schedule_id, destination: row.destination, reason: 'gone' }, at);
  });
}

function stopOf(end: AttemptEnd, next: Date | null): StopReason | null {
  if (end.result === 'gone' || end.result === 'refused') return end.result;
  return end.result === 'failed' && next === null ? 'given-up' : null;
}

/** Ends a subscription: the schedule sends no more there, and what waits for it stops. Idempotent. */
export async function stopDestination(
  db: Kysely<DB>,
  stop: { readonly scheduleId: number; readonly destination: string; readonly reason: 'gone' | 'unsubscribed' },
  at: Date,
): Promise<void> {
  await db
    .insertInto('destination_stop')
    .values({ schedule_id: stop.scheduleId, destination: stop.destination, stopped_at: at, reason: stop.reason })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await db
    .updateTable('delivery')
    .set({ stopped_at: at, stopped_reason: 'stopped' })
    .where('schedule_id', '=', stop.scheduleId)
    .where('destination', '=', stop.destination)
    .where('delivered_at', 'is', null)
    .where('stopped_at', 'is', null)
    .execute();
}

/**
 * Makes the deliveries of a schedule's newest report due again, those that arrived too, with a fresh count of attempts; under the same ids, so that receivers
 * can tell. Lifts the stop of these destinations, and of the one that is named also when nothing was sent there yet. `destination` null: all of them but those
 * from which somebody unsubscribed, who is to be named. Returns what will be sent.
 */
export async function sendAgain(
  db: Kysely<DB>,
  scheduleId: number,
  destination: string | null,
  at: Date,
): Promise<{ reportId: string; destination: string }[]> {
  return db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ reportId: string; destination: string }>`
      update delivery d set delivered_at = null, stopped_at = null, stopped_reason = null, last_failure = null, next_attempt_at = ${at}, tries_before = attempts
      where schedule_id = ${scheduleId} and (${destination}::text is null or destination = ${destination})
        and report_id = (select report_id from delivery where schedule_id = ${scheduleId} order by id desc limit 1)
        and (${destination}::text is not null or not exists (
          select from destination_stop s where s.schedule_id = ${scheduleId} and s.destination = d.destination and s.reason = 'unsubscribed'))
      returning report_id as "reportId", destination
    `.execute(tx);
    await tx
      .deleteFrom('destination_stop')
      .where('schedule_id', '=', scheduleId)
      .where('destination', 'in', [destination ?? '', ...rows.map((row) => row.destination)])
      .execute();
    return rows;
  });
}
