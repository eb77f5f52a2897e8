// The chaos matrix: every fault C1 to C25, what holds in spite of it, and which tests show that. A case without a test fails.

/** A test by its file below test/ and words of its name. */
export interface Shown {
  readonly file: string;
  readonly test: string;
}

export interface ChaosCase {
  readonly fault: string;
  readonly holds: string;
  readonly by: readonly Shown[];
}

/** Cases of test/chaos are named by their number. */
const here = (file: string, id: string): Shown => ({ file: `chaos/${file}`, test: `${id}:` });
const elsewhere = (file: string, test: string): Shown => ({ file, test });

export const CHAOS_CASES: Readonly<Record<string, ChaosCase>> = {
  C1: {
    fault: 'a worker is killed with chunks in hand',
    holds: 'others have them within a minute; a host is asked at most once more',
    by: [here('killed.chaos.ts', 'C1'), elsewhere('e2e/kill.test.ts', 'kill -9 of a worker')],
  },
  C2: {
    fault: 'the next worker is killed over the same chunks',
    holds: 'they are issued again',
    by: [here('killed.chaos.ts', 'C2'), elsewhere('platform/queue.contract.ts', 'tries a rejected job again')],
  },
  C3: {
    fault: 'SIGTERM under load',
    holds: 'exit code 0 within 30 seconds; what was observed is stored, nobody is asked again',
    by: [here('fleet.test.ts', 'C3'), here('outage.chaos.ts', 'C3')],
  },
  C4: {
    fault: 'Redis restarts empty',
    holds: 'the scheduler issues what Postgres says is due',
    by: [here('fleet.test.ts', 'C4'), elsewhere('e2e/census-redis.test.ts', 'restarted empty in the middle')],
  },
  C5: {
    fault: 'Redis is away for 3 s, 30 s, 5 min',
    holds: 'workers connect again and go on',
    by: [here('fleet.test.ts', 'C5'), here('reopen.test.ts', 'C5'), here('outage.chaos.ts', 'C5')],
  },
  C6: {
    fault: 'Redis has 8 MB and they are full',
    holds: 'nothing is issued until there is room; nothing is lost',
    by: [here('queue.test.ts', 'C6')],
  },
  C7: {
    fault: 'Redis is read-only, as in a failover',
    holds: 'the same',
    by: [here('queue.test.ts', 'C7')],
  },
  C8: {
    fault: 'Postgres restarts, is killed, or the connection breaks after COMMIT was sent',
    holds: 'a chunk is stored once, whether the commit had happened or not; nobody is asked again',
    by: [
      here('database.test.ts', 'C8'),
      here('outage.chaos.ts', 'C8'),
      elsewhere('e2e/kill.test.ts', 'kill -9 of the embedded server'),
    ],
  },
  C9: {
    fault: 'Postgres is read-only, or its disk is full',
    holds: 'what was observed is held, probing pauses, the process is not ready; nobody is asked again',
    by: [here('database.test.ts', 'C9')],
  },
  C10: {
    fault: 'Postgres has no connection left',
    holds: 'probing pauses and goes on',
    by: [here('starved.test.ts', 'C10')],
  },
  C11: {
    fault: 'every statement takes two seconds more',
    holds: 'chunks in hand are bounded, memory is flat',
    by: [here('outage.chaos.ts', 'C11')],
  },
  C12: {
    fault: 'clocks jump by an hour; a day of 23 hours; a leap day',
    holds: 'no fire twice or left out, every target once, observations lie in their day (UTC)',
    by: [here('clock.test.ts', 'C12')],
  },
  C13: {
    fault: 'two schedulers and two planners at once',
    holds: 'one survey, planned once',
    by: [
      here('fleet.test.ts', 'C13'),
      elsewhere('schedules/schedule.test.ts', 'schedulers that look at the same moment'),
    ],
  },
  C14: {
    fault: 'one chunk in two hands at once: its lock was lost',
    holds: 'it is stored once',
    by: [
      here('killed.chaos.ts', 'C14'),
      elsewhere('observations/observation.store.test.ts', 'is stored once when it is delivered many times at once'),
    ],
  },
  C15: {
    fault: 'the partition of a day is missing',
    holds: 'observations are kept, the process is not ready, the next start makes the partition and moves them there',
    by: [here('partition.test.ts', 'C15'), elsewhere('e2e/metrics.test.ts', 'not without partitions')],
  },
  C16: {
    fault: 'an opt-out in the middle of a survey',
    holds: 'no dial after 30 seconds',
    by: [here('outage.chaos.ts', 'C16')],
  },
  C17: {
    fault: 'the kill switch',
    holds: 'no new dial after a second, none while it cannot be read; the survey goes on when it is released',
    by: [here('fleet.test.ts', 'C17'), here('database.test.ts', 'C23')],
  },
  C18: {
    fault: 'the resolver is silent, or fails every question',
    holds: 'nobody is dialled, no state moves, all are found when it is back',
    by: [here('starved.test.ts', 'C18')],
  },
  C19: {
    fault: 'no file descriptor is left',
    holds: 'such targets are `error_ours`, no state moves',
    by: [here('starved.test.ts', 'C19'), elsewhere('probes/tls.probe.test.ts', 'out of descriptors is our fault')],
  },
  C20: {
    fault: 'the event loop stands still for 40 seconds',
    holds: 'what hosts did meanwhile is `error_ours`, no state moves, the chunk is stored once',
    by: [here('killed.chaos.ts', 'C20'), here('stall.test.ts', 'C20')],
  },
  C21: {
    fault: 'a migration is applied while workers of the release before run',
    holds: 'they go on',
    by: [elsewhere('e2e/rolling-upgrade.test.ts', 'old workers on a new schema')],
  },
  C22: {
    fault: 'a chunk that ends its process',
    holds: 'it is left alone after three starts, the others are done',
    by: [elsewhere('e2e/poison.test.ts', 'kills its worker three times')],
  },
  C23: {
    fault: 'only the way to Postgres is gone',
    holds: 'probing pauses within seconds and goes on; nobody is asked again',
    by: [here('database.test.ts', 'C23')],
  },
  C24: {
    fault: 'a receiver of reports is down for 24 hours',
    holds: 'it gets its report once, and nothing else waits for it',
    by: [here('receiver.test.ts', 'C24')],
  },
  C25: {
    fault: 'values of a newer release in the database after a rollback',
    holds: 'the older release shows them as they are',
    by: [elsewhere('e2e/rolling-upgrade.test.ts', 'values of a newer release')],
  },
};

/** The matrix as it stands in docs/running.md. */
export function casesTable(): string {
  const rows = Object.entries(CHAOS_CASES).map(
    ([id, { fault, holds, by }]) =>
      `| ${id} | ${fault} | ${holds} | ${[...new Set(by.map(({ file }) => file))].join(', ')} |`,
  );
  return ['| case | fault | what holds | in test/ |', '|---|---|---|---|', ...rows].join('\n');
}
