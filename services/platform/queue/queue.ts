// What the pipeline expects of a queue. It carries keys of work, never the truth: a queue that forgets everything loses nothing.

/** Where the queue's tables are when it is in PostgreSQL: BullMQ's default, beside ours. */
export const QUEUE_SCHEMA = 'bullmq';

/** One piece of work. */
export interface QueuedJob {
  /** One of the names that the queue was opened with. */
  readonly name: string;
  /** Deterministic: the same work has the same id. Not empty, without ":", not all digits, at most 200 characters. */
  readonly id: string;
  /** Only workers of the same lane take it; absent: those without one. Letters, digits, ".", "_" and "-". */
  readonly lane?: string;
  /** Small JSON: keys that the handler looks up. */
  readonly payload: unknown;
}

/** How often a job is tried. */
export interface JobDefinition {
  /** Tries in all, the first one included. */
  readonly attempts: number;
  /** Wait before the second try; it doubles for every further one, and up to half of it is taken off at random. */
  readonly backoffMs: number;
}

/** Does one job. Runs at least once for every job, perhaps twice at a time (a worker that stalled and came back), so its effects must be idempotent. */
export type JobHandler = (payload: unknown, signal: AbortSignal) => Promise<void>;

export interface WorkOptions {
  /** Jobs of this name at a time in this process. */
  readonly concurrency: number;
  /** Takes the jobs of this lane and no others; absent: those without a lane. */
  readonly lane?: string;
  /**
   * How long a worker may be silent before its jobs are given to another, in milliseconds; it renews at half of that. Default 30 s: longer than any
   * pause of a healthy process, and short enough that a killed worker's chunk goes on soon.
   */
  readonly lockDurationMs?: number;
}

export interface JobWorker {
  /**
   * Takes no further job and waits for the running ones. After `graceMs` (default: never) their signal is aborted; they are still waited for.
   * Idempotent.
   */
  close(graceMs?: number): Promise<void>;
}

/**
 * A queue of named jobs.
 * Delivery: at least once, to one worker at a time as long as that worker renews its lock. A job whose worker died is delivered again.
 * Retries: the queue's, as the job's definition says, when the handler rejects. After the last try the job is dropped and logged; whoever holds
 * the truth adds it again if it is still due.
 */
export interface JobQueue {
  /**
   * Adds jobs, at most 500 per round trip. Idempotent by name, lane and id: a job that is waiting, running or between two tries is not added twice; one
   * that has completed or was dropped is accepted again. Not atomic: when it rejects, some may have been added, and the caller adds all again.
   * Rejects with KC_QUEUE_UNREACHABLE without waiting for an absent server, and with KC_QUEUE_JOB for an unknown name, a bad lane or a bad id.
   */
  add(jobs: readonly QueuedJob[]): Promise<void>;
  /** Starts to take jobs of a name. Resolves when the worker is connected; later outages are survived and logged. */
  work(name: string, handler: JobHandler, options: WorkOptions): Promise<JobWorker>;
  /** How many jobs there are by state (waiting, active, delayed), of one name or of all, in the lanes that this process has added to or works in. */
  counts(name?: string): Promise<Record<string, number>>;
  /** How many jobs wait where workers of this name and lane take them. */
  waiting(name: string, lane?: string): Promise<number>;
  /** When the job that has waited longest was added; null when none of that name waits. The same lanes. */
  oldestWaiting(name: string): Promise<Date | null>;
  /** Removes every job of every name in the same lanes, running ones included. For tests and for a queue that is rebuilt from the truth. */
  forget(): Promise<void>;
  /** Closes all workers (as JobWorker.close) and connections. Idempotent. */
  close(graceMs?: number): Promise<void>;
}
