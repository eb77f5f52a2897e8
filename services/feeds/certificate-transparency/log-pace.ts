// When the next request to one log may leave: spaced by a rate, and held back for everybody while the log has asked for a pause.

/** Waits; rejects with the signal's reason when it aborts. */
export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<unknown>;

export interface LogPaceOptions {
  /** Requests a second on average, above 0; null or absent: as fast as replies come. */
  readonly requestsPerSecond?: number | null;
  readonly sleep: Sleep;
  readonly now: () => Date;
}

/** The turns of all requests to one log, in the order in which they ask. */
export class LogPace {
  readonly #spacing: number;
  readonly #sleep: Sleep;
  readonly #now: () => Date;
  /** The latest time known, in milliseconds: the system clock may be set back, and a pace must not stand still for that. */
  #time = 0;
  #next = 0;
  #heldUntil = 0;

  constructor({ requestsPerSecond, sleep, now }: LogPaceOptions) {
    this.#spacing = 1000 / (requestsPerSecond ?? Number.POSITIVE_INFINITY);
    this.#sleep = sleep;
    this.#now = now;
  }

  /** Waits for the next free turn. Rejects with the signal's reason when that aborts. */
  async turn(signal: AbortSignal): Promise<void> {
    // Another request may be told to wait while this one waits for its turn.
    do {
      const now = this.#clock();
      const at = Math.max(now, this.#next, this.#heldUntil);
      this.#next = at + this.#spacing;
      if (at > now) await this.#sleep(at - now, signal);
      this.#time = Math.max(this.#time, at);
    } while (this.#heldUntil > this.#clock());
  }

  /** Lets no request leave for so many milliseconds. */
  hold(milliseconds: number): void {
    this.#heldUntil = Math.max(this.#heldUntil, this.#clock() + milliseconds);
  }

  #clock(): number {
    this.#time = Math.max(this.#time, this.#now().getTime());
    return this.#time;
  }
}
