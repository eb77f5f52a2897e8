// Roles: which parts of the service a process starts. A table of parts, each a function that starts it and gives its stop.
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readiness, startedness } from './api/readiness.store.ts';
import { apiServer, listen, readinessContext } from './api-server.ts';
import { periodsOf } from './config.ts';
import { JOBS, type JobName, type JobPayloads, jobOf } from './jobs.ts';
import { tracedJob, watchInstallation } from './metering.ts';
import { makePartitions } from './observations/partition.store.ts';
import type { Parts } from './parts.ts';
import { nextFire, startTick } from './platform/cron.ts';
import { startMetricsServer } from './platform/metrics-server.ts';
import { workSupervised } from './platform/queue/supervised.ts';
import { makeReport } from './reports/report.job.ts';
import { type DeliverContext, deliverDue } from './schedules/deliver.job.ts';
import { type FireContext, runFire } from './schedules/fire.job.ts';
import { type PurgeContext, purgeOptedOut } from './schedules/purge.store.ts';
import { reportRequest } from './schedules/report-request.ts';
import { collectGarbage, ON_HOSTS } from './schedules/retention.job.ts';
import { claimDue } from './schedules/schedule.store.ts';
import { type Listen, readListen } from './setting.ts';
import { beginSurvey, seenFrom, surveyDefaults } from './survey-request.ts';
import { openChunks } from './surveys/chunk.store.ts';
import { endRequested } from './surveys/early-end.store.ts';
import { isPaused } from './surveys/pause.store.ts';
import { findPlan, surveysDone, surveysIn, uncountedSurveys } from './surveys/survey.store.ts';
import { beat, HEARTBEAT_MS, leave } from './surveys/worker.store.ts';

type Stop = () => Promise<void>;

/** How often the kill switch is read: new dials stop within a second. */
const PAUSE_POLL_MS = 250;
/** A kill switch that could not be read for so long counts as on: whoever pulls it must be able to rely on it. */
const PAUSE_UNREAD_MS = 5_000;
/** How often Postgres is asked what is due. */
const ISSUE_MS = 500;
/** Open chunks of one vantage that the queue holds at most: more would only wait there, and are issued when these are done. */
const ISSUED_AT_ONCE = 200;
/** How often the outbox is looked at. */
const DELIVER_MS = 1000;
/** A stop halts at once: no further dial starts, running probes end by their own deadline (15 s), and what was observed is committed. */
const GRACE_MS = 0;
/** Every second; schedules themselves are due by the minute or the second, as their expression says. */
const TICK = '* * * * * *';
const DAY_MS = 24 * 3600 * 1000;

export const PARTS = {
  /** Runs queue jobs. */
  worker: startWorker,
  /** Issues what Postgres says is due, fires schedules, delivers reports. */
  scheduler: startScheduler,
  /** Answers the statistics API. */
  api: startApi,
} as const satisfies Record<string, (parts: Parts) => Promise<Stop>>;
export type Part = keyof typeof PARTS;

export const ROLES: Readonly<Record<string, readonly Part[]>> = {
  all: ['worker', 'scheduler', 'api'],
  worker: ['worker'],
  scheduler: ['scheduler'],
  api: ['api'],
};

/** Starts parts in order, and the listener for metrics if there is to be one; the returned stop ends them in reverse. */
export async function startParts(names: readonly Part[], parts: Parts): Promise<Stop> {
  const stops: Stop[] = [];
  if (parts.config['metrics.listen'] !== null) stops.push(await startMetrics(parts, parts.config['metrics.listen']));
  for (const name of names) stops.push(await PARTS[name](parts));
  return async () => {
    for (const stop of stops.reverse()) await stop();
  };
}

async function startWorker(parts: Parts): Promise<Stop> {
  const queue = await parts.queue();
  let readAt = performance.now();
  const stopWatching = repeat(PAUSE_POLL_MS, parts, 'pause', async () => {
    const paused = await isPaused(parts.db);
    readAt = performance.now();
    if (paused) parts.pace.pause();
    else parts.pace.resume();
  });
  // Apart from the reading, which may wait for a database that never answers.
  const stopDoubting = repeat(PAUSE_POLL_MS, parts, 'pause', async () => {
    if (performance.now() - readAt > PAUSE_UNREAD_MS) parts.pace.pause();
  });
  const { vantage } = parts.config;
  const me = { id: randomUUID(), vantage, release: parts.codeVersion };
  const stopBeating = repeat(HEARTBEAT_MS, parts, 'heartbeat', () => beat(parts.db, me));
  const kinds = (Object.keys(JOBS) as JobName[]).flatMap((name) =>
    JOBS[name].byVantage === true ? [{ name }, { name, lane: vantage }] : [{ name }],
  );
  const workers = await Promise.all(
    kinds.map(({ name, ...lane }) =>
      workSupervised(
        queue,
        name,
        async (payload, signal) => {
          const job = JOBS[name] as { run: (payload: unknown, parts: Parts, signal: AbortSignal) => Promise<unknown> };
          await tracedJob(name, payload as JobPayloads[typeof name], parts, () => job.run(payload, parts, signal));
        },
        { concurrency: JOBS[name].concurrency, ...lane, ...supervision(name, lane.lane ?? null, parts) },
      ),
    ),
  );
  return async () => {
    await Promise.all(workers.map((worker) => worker.close(GRACE_MS)));
    await stopDoubting();
    await stopWatching();
    await stopBeating();
    await leave(parts.db, me.id).catch((error: unknown) => parts.log.warn({ err: error }, 'left without saying so'));
  };
}

/** By what a worker of these jobs is seen to get on, and who is told when it does not. */
function supervision(name: JobName, lane: string | null, parts: Parts) {
  const { metrics, stuck, pace, config, log } = parts;
  const place = lane === null ? name : `${name} of ${lane}`;
  const labels = { queue: name };
  return {
    log,
    isWorkOpen: () => JOBS[name].isOpen(parts, lane),
    ...(name === 'observe' ? { steps: () => pace.started(), slowestStepMs: config['pace.addressSpacingMs'] } : {}),
    onStuck: (isStuck: boolean) => {
      if (isStuck) stuck.add(place);
      else stuck.delete(place);
      metrics.set('queue_stuck', [...stuck].some((one) => one === name || one.startsWith(`${name} `)) ? 1 : 0, labels);
    },
    onReopen: () => metrics.add('queue_reopened_total', 1, labels),
  };
}

async function startScheduler(parts: Parts): Promise<Stop> {
  watchInstallation(parts);
  const stopIssuing = repeat(ISSUE_MS, parts, 'issue', () => issue(parts));
  const stopPartitions = repeat(DAY_MS / 24, parts, 'partitions', () => makePartitions(parts.db, parts.now()));
  const stopCollecting = repeat(DAY_MS, parts, 'retention', () => retain(parts));
  const stopPurging = repeat(DAY_MS / 24, parts, 'purge', () => purge(parts));
  const tick = startTick(TICK, async () => {
    for (const fire of await claimDue(parts.db, parts.now(), nextFire)) await runFire(fire, fireContext(parts));
  });
  // Apart from the fires: a receiver that is slow must not hold up a schedule.
  const stopDelivering = repeat(DELIVER_MS, parts, 'deliveries', () => deliverDue(deliverContext(parts)));
  return async () => {
    await tick.stop();
    await stopDelivering();
    await stopPurging();
    await stopCollecting();
    await stopPartitions();
    await stopIssuing();
  };
}

async function startMetrics(parts: Parts, where: string): Promise<Stop> {
  const context = readinessContext(parts);
  const server = await startMetricsServer(readListen(where) as Listen, {
    metrics: parts.metrics,
    ready: () => readiness(context),
    started: () => startedness(context),
  });
  parts.log.info({ url: server.url }, 'metrics are answered');
  return () => server.close();
}

async function startApi(parts: Parts): Promise<Stop> {
  const api = await apiServer(parts);
  try {
    const url = await listen(api, parts.config['api.listen']);
    parts.log.info({ url }, 'the API listens');
  } catch (error) {
    await api.close();
    throw error;
  }
  return () => api.close();
}

/** What deliveries need of the composed parts. */
export function deliverContext(parts: Parts): DeliverContext {
  return { ...parts, random: Math.random, dataDir: parts.config.dataDir };
}

/** Drops what is older than the settings of retention say, and logs what went. */
async function retain(parts: Parts): Promise<void> {
  const { config, log } = parts;
  const context = { ...parts, dataDir: config.dataDir, periods: periodsOf(config), isDryRun: false };
  for (const { what, count, state, why } of await collectGarbage(context))
    if (count > 0) log.info({ what, count, state, why }, 'retention');
}

/** Forgets who opted out since the last time, and logs how much that was: numbers only. */
async function purge(parts: Parts): Promise<void> {
  const purged = await purgeOptedOut(purgeContext(parts));
  if (purged !== null) parts.log.info({ purged }, 'what was stored of those who opted out is forgotten');
}

/** What a purge needs of the composed parts. */
export function purgeContext(parts: Parts): PurgeContext {
  const { dataDir } = parts.config;
  return {
    ...parts,
    random: randomBytes,
    asnOf: async () => {
      const geo = await parts.geo();
      return (address) => geo.lookup(address).asn;
    },
    files: { exports: join(dataDir, 'exports'), reports: join(dataDir, 'reports'), onHosts: ON_HOSTS },
  };
}

/** What a fire needs of the composed parts. */
export function fireContext(parts: Parts): FireContext {
  return {
    ...parts,
    writeReport: (id, spec) => makeReport(reportRequest(id, spec), { ...parts, dataDir: parts.config.dataDir }),
    startFeed: async (feed) => (await parts.queue()).add([jobOf('collect', { feed })]),
    startSurvey: async (id, { feeds, vantages }) => {
      if ((await findPlan(parts.db, id)) === null)
        await beginSurvey(
          { ...surveyDefaults(parts.config), ...(vantages && seenFrom(vantages, parts.config)), id, feeds },
          parts,
        );
    },
  };
}

/** Puts into the queue what Postgres says is not done; what is there already is left alone. */
export async function issue(parts: Parts): Promise<void> {
  const plans = (await surveysIn(parts.db, ['planning'])).map((surveyId) => jobOf('plan', { surveyId }));
  const chunks = (await openChunks(parts.db, ISSUED_AT_ONCE)).map(({ vantage, ...chunk }) =>
    jobOf('observe', chunk, vantage),
  );
  await endRequested(parts.db, parts.now());
  const ended = await surveysDone(parts.db);
  const rollups = [...new Set([...ended, ...(await uncountedSurveys(parts.db))])].map((surveyId) =>
    jobOf('rollup', { surveyId }),
  );
  const jobs = [...plans, ...chunks, ...rollups];
  if (jobs.length > 0) await (await parts.queue()).add(jobs);
}

/** Repeats `work` with a pause in between until stopped; a failure is logged and does not end it. */
function repeat(ms: number, parts: Parts, name: string, work: () => Promise<unknown>): Stop {
  const stopping = new AbortController();
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      await work().catch((error: unknown) =>
        parts.log.error({ err: error, part: name }, 'a part of the service failed and goes on'),
      );
      await sleep(ms, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return async () => {
    stopping.abort();
    await loop;
  };
}
