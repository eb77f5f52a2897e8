// A bounded memory of what was worked out from a text, for texts that come again and again in a census.

/**
 * Keeps at least the `limit` values last used and at most twice as many, in two generations: what is asked for again moves to the young one,
 * and when that is full the old one is forgotten. No clock and no list to keep in order.
 */
export class Recent<V extends object> {
  readonly #limit: number;
  #young = new Map<string, V>();
  #old = new Map<string, V>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The value of `key`, worked out by `make` when it is not remembered. `make` must give an equal value for an equal key. */
  get(key: string, make: (key: string) => V): V {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const value = this.#old.get(key) ?? make(key);
    if (this.#young.size >= this.#limit) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
    return value;
  }
}
