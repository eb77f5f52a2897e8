// When a worker does not get on though there is work: judged by what it begins and ends, not by whether its connections seem to live. A judge, without I/O.

/** What is seen of a worker at one look. */
export interface Look {
  /** Milliseconds of a monotonic clock. */
  readonly at: number;
  /** A number that changes with whatever gets on: jobs begun and ended, and steps inside them. */
  readonly progress: number;
  /** Jobs that it holds and that should show steps. */
  readonly held: number;
  /** Whether the truth says that something is to be done now. */
  readonly isWorkOpen: boolean;
  /** Jobs that wait where it takes them; null: the queue does not answer. */
  readonly waiting: number | null;
}

/**
 * Says from look to look whether a worker is stuck: for `afterMs` it began and ended nothing, though all the while there was work, and it held some or the
 * queue had some for it or did not answer. Work that others hold, a pause, and a queue into which nobody puts anything make nobody stuck. Stuck it stays
 * until it gets on, and something is due to be done about it every `afterMs`.
 */
export class Supervision {
  readonly #afterMs: number;
  #progress = 0;
  #since: number | null = null;
  #actedAt = Number.NEGATIVE_INFINITY;

  constructor(afterMs: number) {
    this.#afterMs = afterMs;
  }

  judge({ at, progress, held, isWorkOpen, waiting }: Look): { readonly isStuck: boolean; readonly isDue: boolean } {
    const couldGetOn = isWorkOpen && (held > 0 || waiting === null || waiting > 0);
    if (progress !== this.#progress || !couldGetOn) this.#since = null;
    this.#progress = progress;
    if (!couldGetOn) return { isStuck: false, isDue: false };
    this.#since ??= at;
    const isStuck = at - this.#since >= this.#afterMs;
    const isDue = isStuck && at - this.#actedAt >= this.#afterMs;
    if (isDue) this.#actedAt = at;
    return { isStuck, isDue };
  }
}
