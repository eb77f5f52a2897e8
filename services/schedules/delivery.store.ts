// The outbox: a report and its deliveries are one transaction; each delivery is tried until it succeeds, at least once, under the report's id.
import { type Kysely, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';

/** Tries before a delivery is given up, and the wait before each next one in minutes: two days in all. */
const RETRY_MINUTES = [1, 5, 15, 60, 180, 360, 720, 1440] as const;

/** Stores a report with one delivery per destination. A report stored before keeps its deliveries. */
export async function storeReport(
  db: Kysely<DB>,
  report: { id: string; name: string; surveyId: string | null; manifest: object },
  outbox: { scheduleId: number | null; destinations: readonly string[] },
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
    for (const destination of outbox.destinations) {
      await tx
        .insertInto('delivery')
        .values({ report_id: report.id, schedule_id: outbox.scheduleId, destination, next_attempt_at: at })
        .onConflict((conflict) => conflict.columns(['report_id', 'destination']).doNothing())
        .execute();
    }
  });
}

export interface Delivery {
  readonly id: number;
  readonly reportId: string;
  readonly destination: string;
  readonly attempts: number;
}

/** Takes the deliveries that are due; each is pushed to its next retry time first, so that a crash repeats it later and two processes do not race. */
export async function takeDueDeliveries(db: Kysely<DB>, now: Date): Promise<Delivery[]> {
  const result = await sql<Delivery>`
    update delivery set attempts = attempts + 1,
      next_attempt_at = ${now}::timestamptz + make_interval(mins => (${[...RETRY_MINUTES]}::int[])[least(attempts + 1, ${RETRY_MINUTES.length})])
    where id in (
      select id from delivery where delivered_at is null and attempts < ${RETRY_MINUTES.length} and next_attempt_at <= ${now} for update skip locked)
    returning id, report_id as "reportId", destination, attempts
  `.execute(db);
  return result.rows;
}

/** Records the end of one attempt: null for success, else why it failed. */
export async function finishDelivery(db: Kysely<DB>, id: number, at: Date, failure: string | null): Promise<void> {
  const set = failure === null ? { delivered_at: at, last_failure: null } : { last_failure: failure };
  await db.updateTable('delivery').set(set).where('id', '=', id).execute();
}
