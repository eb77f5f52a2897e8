// One worker of the survey benchmark: takes chunks from the queue, "dials" them, judges and commits, until it is killed. The rest of its process is the real one.
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { JOBS } from '../../services/jobs.ts';
import { type ObserveContext, observe } from '../../services/observations/observe.job.ts';
import { oneAtATime } from '../../services/platform/alone.ts';
import { openDatabase } from '../../services/platform/db/database.ts';
import { openQueue, type QueuePlace } from '../../services/platform/queue/open.ts';
import { createPace } from '../../services/probes/pace.ts';
import { fakeInternet } from './fake-dialer.ts';
import { everywhere } from './made-up-candidates.ts';
import { SCRATCH_VANTAGE } from './survey-plan.ts';

/** What a worker is told at its start. */
export interface WorkerTask {
  readonly databaseUrl: string;
  readonly place: QueuePlace;
  readonly now: string;
  readonly clusterKey: string;
}

/** Nothing waits: what is measured is everything but the network. */
const PACE = { perAddressMs: 0, perNetworkMs: 0, perNetworkInFlight: 1000, globalPerSecond: 1e6, maxInFlight: 1000 };

process.once('message', async ({ databaseUrl, place, now: text, clusterKey }: WorkerTask) => {
  const log = pino({ level: 'silent' });
  const now = new Date(text);
  const database = await openDatabase(databaseUrl, { log, applicationName: 'kubecensus-bench' });
  const queue = await openQueue(place, log, JOBS);
  const { probe } = await fakeInternet(now, clusterKey);
  const policy = everywhere();
  const context: ObserveContext = {
    database,
    now: () => now,
    probe,
    firstFlight: () => Promise.reject(new Error('The survey asks for whole probes.')),
    pace: createPace({
      ...PACE,
      now: () => performance.now(),
      sleep: (ms, signal) => sleep(ms, undefined, { signal }),
    }),
    vantage: SCRATCH_VANTAGE,
    policyFor: async () => policy,
    geo: { lookup: () => ({ country: null, asn: null, organisation: null }) },
    clusterKey,
    alone: oneAtATime(),
  };
  await queue.work(
    'observe',
    async (payload, signal) => {
      await observe(payload as { surveyId: string; chunk: number }, context, signal);
    },
    { concurrency: JOBS.observe.concurrency, lane: SCRATCH_VANTAGE },
  );
});
process.once('disconnect', () => process.exit());
