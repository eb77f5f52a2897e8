// A bounded queue between a socket that does not wait and a reader that may be slow.

/** Keeps the oldest messages; what comes when it is full is dropped and counted. One reader. */
export class MessageQueue {
  /** Messages that found no room. */
  dropped = 0;
  readonly #limit: number;
  #messages: string[] = [];
  #wake: (() => void) | null = null;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(message: string): void {
    if (this.#messages.length >= this.#limit) this.dropped++;
    else this.#messages.push(message);
    this.wake();
  }

  /** Takes everything that is there. */
  take(): string[] {
    const taken = this.#messages;
    this.#messages = [];
    return taken;
  }

  /** Lets the reader look around. */
  wake(): void {
    this.#wake?.();
    this.#wake = null;
  }

  /** Until a message is there, `wake` is called, or `ended` has aborted (its listener must call `wake`). */
  async arrival(ended: AbortSignal): Promise<void> {
    if (this.#messages.length > 0 || ended.aborted) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}
