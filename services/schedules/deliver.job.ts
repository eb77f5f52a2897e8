// Empties the outbox: every due delivery is tried once; failures wait for their next try.
import type { Kysely } from 'kysely';
import type { Clock } from '../platform/clock.ts';
import type { DB } from '../platform/db/schema.ts';
import type { Log } from '../platform/log.ts';
import { deliverTo } from '../reports/delivery/index.ts';
import { reportDirectory } from '../reports/report-files.ts';
import { finishDelivery, takeDueDeliveries } from './delivery.store.ts';

export interface DeliverContext {
  readonly db: Kysely<DB>;
  readonly now: Clock;
  readonly log: Log;
  readonly dataDir: string;
}

/** Delivers what is due. Receivers may see a report twice, always under the same id. Failures are values: logged, stored, tried again. */
export async function deliverDue(context: DeliverContext): Promise<void> {
  for (const delivery of await takeDueDeliveries(context.db, context.now())) {
    const failure = await deliverTo(delivery.destination, reportDirectory(context.dataDir, delivery.reportId)).catch(
      (error: Error) => error.message,
    );
    if (failure !== null)
      context.log.warn(
        { delivery: delivery.id, attempt: delivery.attempts, failure },
        'a delivery failed and will be tried again',
      );
    await finishDelivery(context.db, delivery.id, context.now(), failure);
  }
}
