// What is measured: probes and refusals as they happen, the state of the installation when somebody asks.
import { unansweredComplaints } from './candidates/complaint.store.ts';
import type { Policy } from './candidates/policy.ts';
import type { FeedRun } from './feeds/feed-run.store.ts';
import { JOBS, type JobName, type JobPayloads } from './jobs.ts';
import { readPartitions } from './observations/partition.store.ts';
import type { Parts } from './parts.ts';
import type { Metrics } from './platform/metrics.ts';
import type { ProbeResult } from './probes/probe.ts';
import { readState } from './schedules/state.store.ts';
import { readStops } from './surveys/stops.store.ts';
import { vantageStates } from './surveys/worker.store.ts';
import { workersWanted } from './surveys/workers-wanted.ts';

const MS = 1000;
/** Whoever asks for metrics keeps the opt-outs fresh with it: an idle process shows no old list. */
const EVERYWHERE = ['0.0.0.0/0', '::/0'];
/** Files that somebody imported have any name; as a label they are one. */
export const IMPORT = 'import';

/** A way to dial that counts how it went. */
export function measured<T>(
  dial: (target: T) => Promise<ProbeResult>,
  metrics: Metrics,
  vantage: string,
): (target: T) => Promise<ProbeResult> {
  return async (target) => {
    const result = await dial(target);
    metrics.add('probe_attempts_total', 1, { outcome: result.outcome ?? 'answered', phase: result.phase, vantage });
    metrics.add('probe_bytes_received_total', result.bytesIn);
    for (const [phase, ms] of Object.entries(result.ms))
      if (ms !== null) metrics.observe('probe_duration_seconds', ms / MS, { phase });
    return result;
  };
}

/** A policy that counts what it refuses. */
export function counted(policy: Policy, metrics: Metrics): Policy {
  return {
    ...policy,
    decide: (address) => {
      const decision = policy.decide(address);
      if (!decision.allowed) metrics.add('policy_denied_total', 1, { reason: decision.reason });
      return decision;
    },
  };
}

/** Runs a job as a span of its survey's trace, below that of the plan. Runs of feeds are spans wherever they are started. */
export function tracedJob<N extends JobName>(
  name: N,
  payload: JobPayloads[N],
  { tracer, config }: Pick<Parts, 'tracer' | 'config'>,
  work: () => Promise<unknown>,
): Promise<unknown> {
  if (!('surveyId' in payload)) return work();
  const { surveyId: survey } = payload;
  const { vantage } = config;
  if (name === 'plan') return tracer.span('plan', { trace: survey, isRoot: true }, { survey }, work);
  const facts = 'chunk' in payload ? { survey, vantage, chunk: payload.chunk } : { survey };
  return tracer.span(name === 'observe' ? 'chunk' : 'rollup', { trace: survey, below: 'plan' }, facts, work);
}

/** Counts a run of a feed that has ended. `declared`: names that are labels of their own. */
export function countRun(run: FeedRun, declared: readonly string[], metrics: Metrics): void {
  const feed = declared.includes(run.feed) ? run.feed : IMPORT;
  metrics.add('feed_runs_total', 1, { feed, result: run.state });
  for (const result of ['accepted', 'duplicate', 'rejected', 'held'] as const)
    metrics.add('feed_records_total', run[result], { feed, result });
}

/** Reads what this process does when somebody asks. */
export function watchProcess({ metrics, pace, policyFor }: Pick<Parts, 'metrics' | 'pace' | 'policyFor'>): void {
  metrics.onRead(() => {
    const { inFlight, waiting } = pace.counts();
    metrics.set('probe_inflight', inFlight);
    metrics.set('probe_waiting', waiting);
  });
  metrics.onRead(() => policyFor(EVERYWHERE));
}

/** Reads the state of the whole installation when somebody asks: once is enough, so the scheduler does. */
export function watchInstallation(parts: Parts): void {
  const { metrics, db, now, config } = parts;
  metrics.onState(async () => {
    const { targets, due, lastComplete, paused, feeds, deliveries } = await readState(db);
    metrics.set('targets_due', due);
    metrics.set('survey_progress_ratio', targets === 0 ? 1 : 1 - due / targets);
    metrics.set('survey_last_complete_timestamp_seconds', seconds(lastComplete));
    metrics.set('paused', paused ? 1 : 0);
    const stops = await readStops(db);
    metrics.set('paused_by_itself', stops.pausedByItself ? 1 : 0);
    metrics.set('scopes_left_alone', stops.scopes);
    metrics.set('chunks_given_up', stops.chunks);
    metrics.set('headline_jumped', stops.jumped ? 1 : 0);
    for (const feed of Object.keys(config.feeds))
      metrics.set('feed_last_success_timestamp_seconds', seconds(feeds.get(feed) ?? null), { feed });
    for (const { channel, state, count } of deliveries) metrics.set('report_deliveries', count, { channel, state });
    const complaints = await unansweredComplaints(db);
    metrics.set('complaints_open', complaints.count);
    const since = complaints.oldest?.getTime() ?? now().getTime();
    metrics.set('complaint_oldest_seconds', Math.max(0, now().getTime() - since) / MS);
    const { ahead, strays } = await readPartitions(db, now());
    metrics.set('db_partition_ahead_days', ahead);
    metrics.set('db_default_partition_rows', strays);
    for (const { vantage, workers, ...backlog } of await vantageStates(db)) {
      metrics.set('vantage_workers', workers, { vantage });
      metrics.set('vantage_chunks_open', backlog.openChunks, { vantage });
      const plan = { atOnce: JOBS.observe.concurrency, windowSeconds: config['survey.hours'] * 3600 };
      metrics.set('workers_wanted', workersWanted({ ...backlog, ...plan }), { vantage });
    }
    const queue = await parts.queue();
    for (const name of Object.keys(JOBS) as JobName[]) {
      for (const [state, count] of Object.entries(await queue.counts(name)))
        metrics.set('queue_jobs', count, { queue: name, state });
      const oldest = await queue.oldestWaiting(name);
      const waited = oldest === null ? 0 : Math.max(0, now().getTime() - oldest.getTime()) / MS;
      metrics.set('queue_oldest_waiting_seconds', waited, { queue: name });
    }
  });
}

const seconds = (time: Date | null): number => (time === null ? 0 : time.getTime() / MS);
