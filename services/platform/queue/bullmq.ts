// The queue over BullMQ, the same on every backend: one BullMQ queue per job name and lane.
import { setTimeout as sleep } from 'node:timers/promises';
import { type BackendFactory, type IQueueBackend, Queue, Worker } from 'bullmq';
import { KubecensusError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { JobDefinition, JobHandler, JobQueue, JobWorker, QueuedJob, WorkOptions } from './queue.ts';

/** Where BullMQ keeps its jobs. Producers and workers connect differently: the ones must fail fast, the others must never give up. */
export interface QueueBackend<B extends IQueueBackend, C> {
  readonly factory: BackendFactory<B, C>;
  /** A connection, or how to make one, for one BullMQ queue or worker. */
  producer(): C;
  worker(concurrency: number): C;
  /** Makes ready what a BullMQ queue needs before its first job is added. Idempotent. */
  prepare(queue: string): Promise<void>;
  /** Closes a connection that `producer` or `worker` made itself, after BullMQ let go of it. */
  release(connection: C): void;
  /** Closes what was opened for the backend as a whole. */
  close(): Promise<void>;
}

export interface QueueOptions {
  readonly jobs: Readonly<Record<string, JobDefinition>>;
  readonly log: Log;
  /** Prefix of the BullMQ queues' names; several installations may share one server. */
  readonly namespace?: string;
}

/** More in one call blocks the event loop for seconds (BullMQ issue 1670). */
const ADD_CHUNK = 500;
const MAX_ID_LENGTH = 200;
/** What stands between a job's name and its lane in the name of the BullMQ queue; no lane has it in it. */
const LANE_SIGN = '@';
const LANE = /^[A-Za-z0-9._-]{1,64}$/;
const LOCK_DURATION_MS = 30_000;
/**
 * Looks for locks that ran out, in the life of one. Workers leave looks out that another has just done, and a job is moved at the second look that finds it: with three, that is within five
 * thirds of a lock's life after its worker died, so that a killed worker's chunk goes on within a minute.
 */
const LOOKS_PER_LOCK = 3;
/** A job whose worker died this often is likely what kills it; it is dropped like one that failed too often. */
const MAX_STALLED = 3;
/** After an error a worker looks for work again this soon; BullMQ's own 15 s would be most of an outage. */
const RUN_RETRY_MS = 1_000;
/** A connection that does not close by then is cut: the server may be away. */
const CLOSE_TIMEOUT_MS = 5_000;
/** A worker that has no answer by then gets none: whoever started it may try again, or end. */
const READY_TIMEOUT_MS = 20_000;
/** Adding must not hang on a server that accepts and stays silent. */
const ADD_TIMEOUT_MS = 20_000;
/** An outage raises an error per worker and second; the log needs one now and then. */
const ERROR_LOG_INTERVAL_MS = 10_000;

type Named<B extends IQueueBackend, C> = Queue<unknown, void, string, unknown, void, string, B, C>;

/** Opens the queue. Connections to the server are made when first needed. */
export function openBullQueue<B extends IQueueBackend, C>(
  backend: QueueBackend<B, C>,
  options: QueueOptions,
): JobQueue {
  return new BullQueue(backend, options);
}

class BullQueue<B extends IQueueBackend, C> implements JobQueue {
  readonly #backend: QueueBackend<B, C>;
  readonly #jobs: Readonly<Record<string, JobDefinition>>;
  readonly #log: Log;
  readonly #namespace: string;
  readonly #queues = new Map<string, { queue: Named<B, C>; connection: C }>();
  /** Job names with lanes that were added to or worked in. */
  readonly #places = new Set<string>();
  readonly #workers = new Set<JobWorker>();
  readonly #prepared = new Set<string>();
  #closing: Promise<void> | null = null;

  constructor(backend: QueueBackend<B, C>, options: QueueOptions) {
    this.#backend = backend;
    this.#jobs = options.jobs;
    this.#log = options.log;
    this.#namespace = options.namespace ?? 'kubecensus';
  }

  async add(jobs: readonly QueuedJob[]): Promise<void> {
    const byPlace = Map.groupBy(jobs, ({ name, lane }) => placeOf(name, lane));
    for (const [place, group] of byPlace) {
      const name = group[0]!.name;
      const { attempts, backoffMs } = this.#definition(name);
      for (const job of group) checkId(job.id);
      const entries = group.map(({ id, payload }) => ({
        name,
        data: payload,
        opts: {
          jobId: id,
          attempts,
          backoff: { type: 'exponential' as const, delay: backoffMs, jitter: 0.5 },
          // Removed at once, so that the same id is accepted again.
          removeOnComplete: true,
          removeOnFail: true,
          stackTraceLimit: 1,
        },
      }));
      for (let start = 0; start < entries.length; start += ADD_CHUNK) {
        await this.#reach(async (queue) => {
          await this.#prepare(queue.name);
          await queue.addBulk(entries.slice(start, start + ADD_CHUNK));
        }, place);
      }
    }
  }

  async work(name: string, handler: JobHandler, options: WorkOptions): Promise<JobWorker> {
    this.#definition(name);
    const place = placeOf(name, options.lane);
    this.#places.add(place);
    const lockDuration = options.lockDurationMs ?? LOCK_DURATION_MS;
    const running = new Set<Promise<void>>();
    const connection = this.#backend.worker(options.concurrency);
    const worker = new LeavableWorker<B, C>(
      this.#queueName(place),
      async (job, _token, signal) => {
        const run = handler(job.data, signal ?? new AbortController().signal);
        const settled = run.catch(() => undefined);
        running.add(settled);
        void settled.then(() => running.delete(settled));
        await run;
      },
      {
        connection,
        concurrency: options.concurrency,
        lockDuration,
        // Redis takes whole milliseconds.
        stalledInterval: Math.ceil(lockDuration / LOOKS_PER_LOCK),
        maxStalledCount: MAX_STALLED,
        runRetryDelay: RUN_RETRY_MS,
      },
      this.#backend.factory,
    );
    worker.on('error', this.#reporter(place));
    worker.on('failed', (job, error) => {
      const last = job === undefined || job.attemptsMade >= (job.opts.attempts ?? 1);
      const fields = { job: name, id: job?.id, attempt: job?.attemptsMade, err: error };
      if (last) this.#log.error(fields, 'a job failed for good and was dropped');
      else this.#log.warn(fields, 'a job failed and will be tried again');
    });
    worker.on('stalled', (id) => this.#log.warn({ job: name, id }, 'a worker went silent; its job goes to another'));
    // Another worker may have the job by now: this one must not go on in vain.
    worker.on('lockRenewalFailed', (ids) => {
      for (const id of ids) worker.cancelJob(id, 'the lock was lost');
    });
    try {
      await answered(worker.waitUntilReady(), READY_TIMEOUT_MS);
    } catch (cause) {
      await this.#cut(worker, running, connection);
      throw new KubecensusError('KC_QUEUE_UNREACHABLE', '', { cause });
    }
    let closing: Promise<void> | null = null;
    const handle: JobWorker = {
      close: (graceMs) => {
        closing ??= this.#closeWorker(worker, running, connection, graceMs).finally(() => this.#workers.delete(handle));
        return closing;
      },
    };
    this.#workers.add(handle);
    return handle;
  }

  async counts(name?: string): Promise<Record<string, number>> {
    const totals: Record<string, number> = { waiting: 0, active: 0, delayed: 0 };
    for (const each of this.#placesOf(name)) {
      const counts = await this.#reach((queue) => queue.getJobCounts('waiting', 'active', 'delayed'), each);
      for (const [state, count] of Object.entries(counts)) totals[state] = (totals[state] ?? 0) + count;
    }
    return totals;
  }

  async waiting(name: string, lane?: string): Promise<number> {
    this.#definition(name);
    return this.#reach(async (queue) => (await queue.getJobCounts('waiting'))['waiting'] ?? 0, placeOf(name, lane));
  }

  async oldestWaiting(name: string): Promise<Date | null> {
    const times: number[] = [];
    for (const place of this.#placesOf(name))
      await this.#reach(async (queue) => {
        const { waiting = 0 } = await queue.getJobCounts('waiting');
        if (waiting === 0) return;
        // Newest first on both backends; asking for the ascending order gives the newest on PostgreSQL, too (BullMQ 6.7).
        const [job] = await queue.getJobs(['waiting'], waiting - 1, waiting - 1);
        if (job !== undefined) times.push(job.timestamp);
      }, place);
    return times.length === 0 ? null : new Date(Math.min(...times));
  }

  async forget(): Promise<void> {
    for (const place of this.#placesOf()) await this.#reach((queue) => queue.obliterate({ force: true }), place);
  }

  close(graceMs?: number): Promise<void> {
    this.#closing ??= (async () => {
      await Promise.all([...this.#workers].map((worker) => worker.close(graceMs)));
      await Promise.all([...this.#queues.keys()].map((name) => this.#drop(name)));
      await this.#backend.close();
    })();
    return this.#closing;
  }

  #definition(name: string): JobDefinition {
    const definition = Object.hasOwn(this.#jobs, name) ? this.#jobs[name] : undefined;
    if (definition === undefined)
      throw new KubecensusError('KC_QUEUE_JOB', `There is no job named ${JSON.stringify(name)}.`);
    return definition;
  }

  /** The queues of one job or of all, lanes included. */
  #placesOf(name?: string): string[] {
    const names = name === undefined ? Object.keys(this.#jobs) : [name];
    for (const each of names) this.#definition(each);
    const lanes = [...this.#places].filter((place) => names.some((each) => place.startsWith(`${each}${LANE_SIGN}`)));
    return [...names, ...lanes];
  }

  async #prepare(queue: string): Promise<void> {
    if (this.#prepared.has(queue)) return;
    await this.#backend.prepare(queue);
    this.#prepared.add(queue);
  }

  #queueName(place: string): string {
    return `${this.#namespace}-${place}`;
  }

  #queue(name: string): Named<B, C> {
    const known = this.#queues.get(name);
    if (known !== undefined) return known.queue;
    this.#places.add(name);
    const connection = this.#backend.producer();
    const queue = new Queue<unknown, void, string, unknown, void, string, B, C>(
      this.#queueName(name),
      { connection },
      this.#backend.factory,
    );
    queue.on('error', this.#reporter(name));
    this.#queues.set(name, { queue, connection });
    return queue;
  }

  async #drop(name: string): Promise<void> {
    const entry = this.#queues.get(name);
    if (entry === undefined) return;
    this.#queues.delete(name);
    await within(entry.queue.close(), CLOSE_TIMEOUT_MS, () => entry.queue.disconnect());
    this.#backend.release(entry.connection);
  }

  /** Does something with a queue, and turns whatever goes wrong with the server into one error. */
  async #reach<T>(act: (queue: Named<B, C>) => Promise<T>, name: string): Promise<T> {
    const queue = this.#queue(name);
    try {
      return await answered(
        queue.waitUntilReady().then(() => act(queue)),
        ADD_TIMEOUT_MS,
      );
    } catch (cause) {
      // A backend whose first connection failed remembers that for ever: the next call starts with a new one.
      if (this.#queues.get(name)?.queue === queue) void this.#drop(name);
      throw new KubecensusError('KC_QUEUE_UNREACHABLE', '', { cause });
    }
  }

  #reporter(name: string): (error: Error) => void {
    let last = Number.NEGATIVE_INFINITY;
    return (error) => {
      const now = performance.now();
      if (now - last < ERROR_LOG_INTERVAL_MS) return;
      last = now;
      this.#log.warn({ job: name, err: error }, 'trouble with the queue');
    };
  }

  async #closeWorker(
    worker: LeavableWorker<B, C>,
    running: Set<Promise<void>>,
    connection: C,
    graceMs?: number,
  ): Promise<void> {
    const timer =
      graceMs === undefined ? undefined : setTimeout(() => worker.cancelAllJobs('the worker is closing'), graceMs);
    await this.#cut(worker, running, connection);
    clearTimeout(timer);
  }

  /** Waits for the running jobs as long as they take, and for the connections only so long. */
  async #cut(worker: LeavableWorker<B, C>, running: Set<Promise<void>>, connection: C): Promise<void> {
    const closed = worker.close().catch(() => undefined);
    while (running.size > 0) await Promise.all(running);
    await within(closed, CLOSE_TIMEOUT_MS, () => worker.disconnect());
    worker.stopRenewing();
    this.#backend.release(connection);
  }
}

/** A worker of BullMQ (6.7) whose close waits for a connection that hangs renews locks for ever, and keeps the process from ending. */
class LeavableWorker<B extends IQueueBackend, C> extends Worker<unknown, void, string, B, never, C> {
  stopRenewing(): void {
    void this.lockManager.close();
  }
}

/** Where jobs of a name and lane are kept. Throws KC_QUEUE_JOB for a lane that cannot be part of a queue's name. */
function placeOf(name: string, lane: string | undefined): string {
  if (lane === undefined) return name;
  if (!LANE.test(lane)) throw new KubecensusError('KC_QUEUE_JOB', `${JSON.stringify(lane)} is no lane.`);
  return `${name}${LANE_SIGN}${lane}`;
}

/** BullMQ takes a number for an id that it made itself, and uses ":" in its keys. */
function checkId(id: string): void {
  if (id === '' || id.length > MAX_ID_LENGTH || id.includes(':') || /^\d+$/.test(id)) {
    throw new KubecensusError(
      'KC_QUEUE_JOB',
      `The job id ${JSON.stringify(id)} is empty, too long, all digits, or has a ":" in it.`,
    );
  }
}

/** Rejects when there is no answer in time. */
async function answered<T>(work: Promise<T>, ms: number): Promise<T> {
  const done = new AbortController();
  const late = sleep(ms, undefined, { signal: done.signal, ref: false }).then((): never => {
    throw new Error(`no answer within ${ms} ms`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    done.abort();
  }
}

async function within(work: Promise<unknown>, ms: number, otherwise: () => Promise<unknown>): Promise<void> {
  const done = new AbortController();
  const late = sleep(ms, 'late', { signal: done.signal, ref: false }).catch(() => 'done');
  const first = await Promise.race([work.then(() => 'done').catch(() => 'done'), late]);
  done.abort();
  if (first === 'late') await Promise.race([otherwise().catch(() => undefined), sleep(ms, undefined, { ref: false })]);
}
