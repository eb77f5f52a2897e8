// Cron expressions, in UTC: what they mean, when they fire next, and a tick inside this process.
import { createTask, validateDetailed } from 'node-cron';
import { type Clock, systemClock } from './clock.ts';
import { KubecensusError } from './errors.ts';
import type { Log } from './log.ts';

/** Every date of the calendar falls on every weekday within 40 years, also across 2100, which is no leap year. */
const HORIZON_YEARS = 40;
const DAY_MS = 86_400_000;
const SECOND_MS = 1_000;

interface Fields {
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly months: ReadonlySet<number>;
}

/**
 * Checks an expression of five fields: minute, hour, day of month, month, day of week, with an optional field for seconds in front (names, ranges, steps, L, W and # as node-cron has them). A day must
 * match both day of month and day of week; POSIX cron would take either. Throws KC_CRON that names the field, also when it can never fire.
 */
export function validate(expression: string): void {
  nextFire(expression, new Date(0));
}

/** The first instant after `after` at which the expression fires, in UTC, whole seconds. Throws KC_CRON. */
export function nextFire(expression: string, after: Date): Date {
  const fields = parseFields(expression);
  const task = createTask(expression, () => undefined, { timezone: 'Etc/UTC' });
  try {
    const first = Math.floor(after.getTime() / DAY_MS) * DAY_MS;
    const last = first + HORIZON_YEARS * 366 * DAY_MS;
    for (let day = first; day <= last; day += DAY_MS) {
      if (!fields.months.has(new Date(day).getUTCMonth() + 1) || !task.match(new Date(day + firstTime(fields))))
        continue;
      for (const time of timesOf(fields)) {
        if (day + time > after.getTime()) return new Date(day + time);
      }
    }
  } finally {
    void task.destroy();
  }
  throw new KubecensusError('KC_CRON', `"${expression}" never fires: no such day within ${HORIZON_YEARS} years.`);
}

/** The times of day that match, ascending, in milliseconds after midnight. */
function* timesOf({ hours, minutes, seconds }: Fields): Generator<number> {
  for (const hour of hours)
    for (const minute of minutes) for (const second of seconds) yield ((hour * 60 + minute) * 60 + second) * SECOND_MS;
}

/** node-cron judges instants, not days: the first matching time of a day asks about the day alone. */
function firstTime(fields: Fields): number {
  return timesOf(fields).next().value ?? 0;
}

function parseFields(expression: string): Fields {
  const count = expression.trim().split(/\s+/).length;
  if (count !== 5 && count !== 6)
    throw new KubecensusError('KC_CRON', `"${expression}" has ${count} fields instead of five, or six with seconds.`);
  const { valid, fields, errors } = validateDetailed(expression);
  if (!valid || fields === undefined) {
    const reasons = errors.map((error) => `${error.field}: ${error.message}`).join('; ');
    throw new KubecensusError('KC_CRON', `"${expression}": ${reasons || 'it is no cron expression'}.`);
  }
  const ascending = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b);
  return {
    seconds: ascending(fields.second),
    minutes: ascending(fields.minute),
    hours: ascending(fields.hour),
    months: new Set(fields.month),
  };
}

export interface Tick {
  /** No further tick starts; resolves when the running one has ended. */
  stop(): Promise<void>;
}

/**
 * Calls `onTick` with the clock's time whenever the expression fires in this process, one at a time: a tick that falls into a running one is left out, and
 * one missed while the process was down is not made up for. So a tick looks at what is due in the database, and never does a thing because it is called.
 * Rejections are logged, and the next tick comes as usual. Throws KC_CRON.
 */
export function startTick(
  expression: string,
  onTick: (at: Date) => Promise<void>,
  clock: Clock = systemClock,
  log?: Log,
): Tick {
  validate(expression);
  let running: Promise<void> = Promise.resolve();
  const run = async (): Promise<void> => {
    try {
      await onTick(clock());
    } catch (error) {
      log?.error({ err: error }, 'a scheduled tick failed');
    }
  };
  const logger = {
    info: (message: string) => log?.debug(message),
    warn: (message: string) => log?.warn(message),
    error: (message: string | Error) => log?.error(String(message)),
    debug: (message: string | Error) => log?.debug(String(message)),
  };
  const task = createTask(
    expression,
    () => {
      running = run();
      return running;
    },
    { timezone: 'Etc/UTC', noOverlap: true, logger },
  );
  void task.start();
  return {
    async stop() {
      await task.destroy();
      await running;
    },
  };
}
