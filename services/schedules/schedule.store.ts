// Schedules and their fires in Postgres. A fire is claimed once and for ever: two schedulers make one run, missed fires run once.
import { type Kysely, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import { KubecensusError } from '../platform/errors.ts';
import type { Fire, Schedule, ScheduleSpec } from './schedule.ts';

/** A claimed fire that did not finish within this time died with its process; it is run again (reports and surveys of a fire have fixed ids). */
const LEASE_MS = 10 * 60_000;

/** Adds a schedule. Throws KC_SCHEDULE when the name is taken. */
export async function addSchedule(
  db: Kysely<DB>,
  schedule: { name: string; spec: ScheduleSpec; cron: string; destinations: readonly string[]; nextDueAt: Date },
  at: Date,
): Promise<void> {
  const row = await db
    .insertInto('schedule')
    .values({
      name: schedule.name,
      kind: schedule.spec.kind,
      spec: JSON.stringify(schedule.spec),
      cron: schedule.cron,
      destinations: [...schedule.destinations],
      next_due_at: schedule.nextDueAt,
      created_at: at,
    })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returning('id')
    .executeTakeFirst();
  if (row === undefined)
    throw new KubecensusError('KC_SCHEDULE', `There is a schedule named ${schedule.name} already.`);
}

/** A schedule with its last fire. */
export interface ScheduleRow extends Schedule {
  readonly lastFireAt: Date | null;
  /** The report that the last fire made. */
  readonly lastReport: string | null;
  /** Why the last fire failed, else why the newest of its deliveries has not arrived. */
  readonly lastFailure: string | null;
  /** Deliveries of all its reports that arrived, and that are still tried. */
  readonly delivered: number;
  readonly undelivered: number;
  /** Not sent, because the survey is partial or its headline jumped. */
  readonly held: number;
  /** Given up, refused, or not wanted any more. */
  readonly stopped: number;
  /** Destinations that get no more: the receiver said so, or somebody unsubscribed. */
  readonly ended: readonly string[];
  /** When the first of those that are still tried is tried next. */
  readonly nextAttemptAt: Date | null;
}

export async function listSchedules(db: Kysely<DB>): Promise<ScheduleRow[]> {
  const result = await sql<ScheduleRow>`
    select s.id, s.name, s.spec, s.cron, s.destinations, s.next_due_at as "nextDueAt", f.fire_at as "lastFireAt", f.report_id as "lastReport",
      coalesce(f.failure, (
        select d.last_failure from delivery d where d.schedule_id = s.id and delivered_at is null and last_failure is not null order by d.id desc limit 1
      )) as "lastFailure", c.*,
      array(select destination from destination_stop where schedule_id = s.id order by destination) as ended
    from schedule s left join lateral (select * from schedule_fire where schedule_id = s.id order by fire_at desc limit 1) f on true
    cross join lateral (
      select count(*) filter (where delivered_at is not null) as delivered,
        count(*) filter (where delivered_at is null and stopped_at is null) as undelivered,
        count(*) filter (where delivered_at is null and stopped_reason in ('partial', 'jump')) as held,
        count(*) filter (where delivered_at is null and stopped_reason not in ('partial', 'jump')) as stopped,
        min(next_attempt_at) filter (where delivered_at is null and stopped_at is null) as "nextAttemptAt"
      from delivery where schedule_id = s.id
    ) c
    order by s.name
  `.execute(db);
  return result.rows;
}

/** One schedule; throws KC_SCHEDULE when there is none of that name. */
export async function requireSchedule(db: Kysely<DB>, name: string): Promise<ScheduleRow> {
  const found = (await listSchedules(db)).find((schedule) => schedule.name === name);
  if (found === undefined) throw new KubecensusError('KC_SCHEDULE', `There is no schedule named ${name}.`);
  return found;
}

/** Removes a schedule and its fires; what it was still going to deliver is not delivered. False when there is none of that name. */
export async function removeSchedule(db: Kysely<DB>, name: string, at: Date): Promise<boolean> {
  const { rows } = await sql`
    with stopped as (
      update delivery set stopped_at = ${at}, stopped_reason = 'stopped'
      where delivered_at is null and stopped_at is null and schedule_id = (select id from schedule where name = ${name})
    )
    delete from schedule where name = ${name} returning id
  `.execute(db);
  return rows.length > 0;
}

/**
 * Claims every fire that is due at `now`, each for one caller in the world. A schedule whose fires were missed gets one, and its next one
 * lies after `now` (`next` computes it from the cron expression). Fires whose process died are claimed again after the lease.
 */
export async function claimDue(db: Kysely<DB>, now: Date, next: (cron: string, after: Date) => Date): Promise<Fire[]> {
  return db.transaction().execute(async (tx) => {
    const due = await tx
      .selectFrom('schedule')
      .selectAll()
      .where('next_due_at', '<=', now)
      .forUpdate()
      .skipLocked()
      .execute();
    const fires: Fire[] = [];
    for (const row of due) {
      const claimed = await tx
        .insertInto('schedule_fire')
        .values({ schedule_id: row.id, fire_at: row.next_due_at, claimed_at: now })
        .onConflict((conflict) => conflict.doNothing())
        .returning('fire_at')
        .executeTakeFirst();
      await tx
        .updateTable('schedule')
        .set({ next_due_at: next(row.cron, now) })
        .where('id', '=', row.id)
        .execute();
      if (claimed !== undefined) fires.push({ schedule: toSchedule(row), fireAt: claimed.fire_at });
    }
    return [...fires, ...(await reclaimAbandoned(tx, now))];
  });
}

async function reclaimAbandoned(tx: Kysely<DB>, now: Date): Promise<Fire[]> {
  const abandoned = await tx
    .updateTable('schedule_fire')
    .set({ claimed_at: now })
    .where('finished_at', 'is', null)
    .where('claimed_at', '<', new Date(now.getTime() - LEASE_MS))
    .returning(['schedule_id', 'fire_at'])
    .execute();
  const fires: Fire[] = [];
  for (const { schedule_id, fire_at } of abandoned) {
    const row = await tx.selectFrom('schedule').selectAll().where('id', '=', schedule_id).executeTakeFirstOrThrow();
    fires.push({ schedule: toSchedule(row), fireAt: fire_at });
  }
  return fires;
}

/** Claims a fire of this instant, whatever is due; null when there is no schedule of that name. */
export async function claimNow(db: Kysely<DB>, name: string, now: Date): Promise<Fire | null> {
  const row = await db.selectFrom('schedule').selectAll().where('name', '=', name).executeTakeFirst();
  if (row === undefined) return null;
  await db.insertInto('schedule_fire').values({ schedule_id: row.id, fire_at: now, claimed_at: now }).execute();
  return { schedule: toSchedule(row), fireAt: now };
}

/** Records how a claimed fire ended. */
export async function finishFire(
  db: Kysely<DB>,
  fire: Fire,
  at: Date,
  result: { failure: string | null; reportId: string | null },
): Promise<void> {
  await db
    .updateTable('schedule_fire')
    .set({ finished_at: at, failure: result.failure, report_id: result.reportId })
    .where('schedule_id', '=', fire.schedule.id)
    .where('fire_at', '=', fire.fireAt)
    .execute();
}

interface ScheduleTableRow {
  id: number;
  name: string;
  spec: unknown;
  cron: string;
  destinations: string[];
  next_due_at: Date;
}

const toSchedule = (row: ScheduleTableRow): Schedule => ({
  id: row.id,
  name: row.name,
  spec: row.spec as ScheduleSpec,
  cron: row.cron,
  destinations: row.destinations,
  nextDueAt: row.next_due_at,
});
