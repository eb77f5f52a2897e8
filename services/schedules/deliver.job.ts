// Empties the outbox: every due delivery is tried once, a few at a time; failures wait for their next try.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { Clock } from '../platform/clock.ts';
import type { DB } from '../platform/db/schema.ts';
import type { Log } from '../platform/log.ts';
import type { AttemptEnd, Means } from '../reports/delivery/delivery.ts';
import { deliverTo } from '../reports/delivery/index.ts';
import { reportDirectory } from '../reports/report-files.ts';
import { nextAttempt } from './backoff.ts';
import { finishDelivery, type TakenDelivery, takeDueDelivery } from './delivery.store.ts';

export interface DeliverContext {
  readonly db: Kysely<DB>;
  readonly now: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly log: Log;
  readonly dataDir: string;
  readonly deliveries: Means;
}

/** Deliveries on their way at once: a receiver that is slow should not hold up the others. */
const LANES = 4;
/** An attempt that takes longer has failed. Half of the lease, so that nobody else has taken it by then. */
const ATTEMPT_MS = 5 * 60_000;

/** Delivers what is due. Receivers may see a report twice, always under the same id. Failures are values: logged, stored, tried again. */
export async function deliverDue(context: DeliverContext): Promise<void> {
  const next = (): Promise<TakenDelivery | null> => takeDueDelivery(context.db, context.now());
  // Most looks find nothing, and one question says so.
  const first = await next();
  if (first === null) return;
  const lane = async (begin: TakenDelivery | null): Promise<void> => {
    for (let taken = begin ?? (await next()); taken !== null; taken = await next()) await attempt(taken, context);
  };
  const lanes = Array.from({ length: LANES }, (_, at) => lane(at === 0 ? first : null));
  // All come to their end before the caller goes on, also when one of them lost the database.
  const failed = (await Promise.allSettled(lanes)).find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function attempt(taken: TakenDelivery, context: DeliverContext): Promise<void> {
  const { destination, reportId, schedule } = taken;
  const directory = reportDirectory(context.dataDir, reportId);
  const end = await bounded(
    deliverTo({ destination, directory, schedule, at: context.now() }, context.deliveries),
    ATTEMPT_MS,
  );
  const at = context.now();
  const again = end.result === 'failed' ? nextAttempt(taken.tried, at, context.random(), end.retryAfterMs ?? 0) : null;
  if (end.result !== 'delivered')
    context.log.warn(
      { report: reportId, destination, attempt: taken.attempt, ...end, next: again },
      'a report was not delivered',
    );
  await finishDelivery(context.db, taken, at, end, again);
}

async function bounded(work: Promise<AttemptEnd>, ms: number): Promise<AttemptEnd> {
  const timer = new AbortController();
  const late = sleep(ms, undefined, { signal: timer.signal, ref: false }).then(
    (): AttemptEnd => ({ result: 'failed', detail: `it took longer than ${ms / 60_000} minutes` }),
  );
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.abort();
  }
}
