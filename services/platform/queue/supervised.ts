// A worker of the queue that is watched for progress, and that makes its connections anew when it does not get on.
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../log.ts';
import type { JobHandler, JobQueue, JobWorker, WorkOptions } from './queue.ts';
import { type Look, Supervision } from './supervision.ts';

/**
 * Without progress for so long a worker is stuck. A probe ends within 15 s and the spacing of one address is a minute, so that a chunk which is worked on moves at least
 * that often; and a lock is given to another after a minute at most. Three minutes are three times that, and a fifth of what the alert on waiting jobs allows.
 */
const STUCK_AFTER_MS = 3 * 60_000;
const LOOK_MS = 15_000;

type WorkQueue = Pick<JobQueue, 'work' | 'waiting'>;

export interface SupervisedOptions extends WorkOptions {
  /** Whether the truth says that something is to be done now: false while paused. When it rejects nobody knows, and nobody is stuck. */
  readonly isWorkOpen: () => Promise<boolean>;
  /** Grows with steps inside jobs; absent: jobs that are held say nothing, however long they take. */
  readonly steps?: () => number;
  /** How long it may be from one step to the next while all is well, in milliseconds; a worker is stuck after three times that at the earliest. */
  readonly slowestStepMs?: number;
  /** Told when the worker gets stuck, and when it gets on again. */
  readonly onStuck: (isStuck: boolean) => void;
  /** Told when it was made anew. */
  readonly onReopen: () => void;
  readonly log: Log;
  readonly stuckAfterMs?: number;
  readonly lookMs?: number;
}

/** Starts a worker as JobQueue.work does, and watches it until it is closed. */
export async function workSupervised(
  queue: WorkQueue,
  name: string,
  handler: JobHandler,
  options: SupervisedOptions,
): Promise<JobWorker> {
  const supervised = new SupervisedWorker(queue, name, handler, options);
  await supervised.open();
  return supervised;
}

/** What a worker holds, and whether it is still the one in use: those that were given up may run on for a moment. */
interface Hold {
  held: number;
}

class SupervisedWorker implements JobWorker {
  readonly #queue: WorkQueue;
  readonly #name: string;
  readonly #handler: JobHandler;
  readonly #options: SupervisedOptions;
  readonly #closing = new AbortController();
  readonly #workers = new Set<JobWorker>();
  #moves = 0;
  #current: Hold = { held: 0 };
  #isOpening = false;
  /** The old worker was given up, and no new one could be opened yet. */
  #isWithout = false;
  #watching: Promise<void> | null = null;
  #closed: Promise<void> | null = null;

  constructor(queue: WorkQueue, name: string, handler: JobHandler, options: SupervisedOptions) {
    this.#queue = queue;
    this.#name = name;
    this.#handler = handler;
    this.#options = options;
  }

  async open(): Promise<void> {
    await this.#open();
    this.#watching = this.#watch();
  }

  close(graceMs?: number): Promise<void> {
    this.#closed ??= (async () => {
      this.#closing.abort();
      await this.#watching;
      await Promise.all([...this.#workers].map((worker) => worker.close(graceMs)));
    })();
    return this.#closed;
  }

  async #open(): Promise<void> {
    const hold: Hold = { held: 0 };
    const move = (by: number): void => {
      hold.held += by;
      if (hold === this.#current) this.#moves++;
    };
    const handler: JobHandler = async (payload, signal) => {
      move(1);
      try {
        await this.#handler(payload, signal);
      } finally {
        move(-1);
      }
    };
    this.#current = hold;
    const worker = await this.#queue.work(this.#name, handler, this.#options);
    this.#workers.add(worker);
    // It became ready while everything was being closed.
    if (this.#closing.signal.aborted) await worker.close(0);
  }

  async #watch(): Promise<void> {
    const { stuckAfterMs = STUCK_AFTER_MS, slowestStepMs = 0, lookMs = LOOK_MS, onStuck, log } = this.#options;
    const { signal } = this.#closing;
    const supervision = new Supervision(Math.max(stuckAfterMs, 3 * slowestStepMs));
    let wasStuck = false;
    for (;;) {
      await sleep(lookMs, undefined, { signal }).catch(() => undefined);
      const look = signal.aborted ? null : await this.#look();
      if (look === null || signal.aborted) return;
      const { isStuck, isDue } = supervision.judge(look);
      if (isStuck !== wasStuck) onStuck(isStuck);
      if (wasStuck && !isStuck) log.info({ job: this.#name }, 'a worker gets on again');
      wasStuck = isStuck;
      if (isDue) this.#reopen(look);
      else if (this.#isWithout) this.#openAgain();
    }
  }

  async #look(): Promise<Look> {
    const { isWorkOpen, steps, lane } = this.#options;
    const isOpen = await isWorkOpen().catch(() => false);
    return {
      at: performance.now(),
      progress: this.#moves + (steps?.() ?? 0),
      held: steps === undefined ? 0 : this.#current.held,
      isWorkOpen: isOpen,
      waiting: isOpen ? await this.#queue.waiting(this.#name, lane).catch(() => null) : 0,
    };
  }

  /** Makes a new worker and gives the old ones up: what they hold is halted in good order, and what the queue gave them comes again. */
  #reopen({ held, waiting }: Look): void {
    const { log, onReopen } = this.#options;
    log.error({ job: this.#name, held, waiting }, 'a worker does not get on though there is work; it connects anew');
    if (this.#isOpening) return;
    onReopen();
    for (const worker of this.#workers) void worker.close(0).finally(() => this.#workers.delete(worker));
    this.#isWithout = true;
    this.#openAgain();
  }

  /** Tried at every look until there is a worker again: a server may be away for longer than one try takes, and the old worker waits for it no more. */
  #openAgain(): void {
    if (this.#isOpening) return;
    this.#isOpening = true;
    this.#open()
      .then(() => {
        this.#isWithout = false;
      })
      .catch((error: unknown) => this.#options.log.error({ job: this.#name, err: error }, 'the queue does not answer'))
      .finally(() => {
        this.#isOpening = false;
      });
  }
}
