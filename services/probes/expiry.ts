// Keys and the times after which they may be forgotten, in about the order in which they were added.

/** Dead entries at the front are dropped when they are this many and half of the list. */
const COMPACT_AT = 256;

/** A queue of keys with times. Times are expected to rise; a key added out of order is given back late, never early. */
export class Expiry {
  #entries: { readonly key: string; readonly at: number }[] = [];
  #head = 0;

  add(key: string, at: number): void {
    this.#entries.push({ key, at });
  }

  /** Takes out the keys whose time has come. */
  *until(time: number): Generator<string, void, void> {
    for (;;) {
      const entry = this.#entries[this.#head];
      if (entry === undefined || entry.at > time) break;
      this.#head++;
      yield entry.key;
    }
    if (this.#head < COMPACT_AT || this.#head * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#head);
    this.#head = 0;
  }
}
