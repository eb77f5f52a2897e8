// Whether this process is fit: to answer, to plan, to dial. Every role asks the same.
import type { Kysely } from 'kysely';
import type { Clock } from '../platform/clock.ts';
import type { DB } from '../platform/db/schema.ts';
import type { Log } from '../platform/log.ts';
import { answers, hasPartitions, isMigrated, takesWrites } from './health.store.ts';

export interface ReadinessContext {
  readonly db: Kysely<DB>;
  readonly now: Clock;
  readonly log: Log;
  /** Rejects when the opt-outs cannot be read. */
  readonly readOptOuts: () => Promise<unknown>;
  /** Rejects when the queue does not answer. */
  readonly askQueue: () => Promise<unknown>;
}

type Checks = Readonly<Record<string, (context: ReadinessContext) => Promise<unknown>>>;

/** What a process that has started may rely on; each throws or is false when it may not. */
const STARTED: Checks = {
  database: ({ db }) => answers(db),
  schema: ({ db }) => isMigrated(db),
};

const READY: Checks = {
  ...STARTED,
  writes: ({ db }) => takesWrites(db),
  partitions: ({ db, now }) => hasPartitions(db, now()),
  // Fail closed: without the opt-outs nothing may be probed or shown. They are read anew when they are older than some seconds.
  'opt-outs': ({ readOptOuts }) => readOptOuts(),
  queue: ({ askQueue }) => askQueue(),
};

/** Each check, and whether it passes; failures are logged. */
export const readiness = (context: ReadinessContext): Promise<Record<string, boolean>> => passing(READY, context);
export const startedness = (context: ReadinessContext): Promise<Record<string, boolean>> => passing(STARTED, context);

async function passing(checks: Checks, context: ReadinessContext): Promise<Record<string, boolean>> {
  const passed = Object.entries(checks).map(async ([name, check]) => {
    const result = await check(context).then(
      (value) => value !== false,
      (error: unknown) => {
        context.log.warn({ err: error, check: name }, 'not ready');
        return false;
      },
    );
    return [name, result] as const;
  });
  return Object.fromEntries(await Promise.all(passed));
}
