// How many entries to ask an RFC 6962 log for: what the server gave lately, with a look upwards now and then.

/** CTile, CF_CTile and DigiCert's servers stop at multiples of this; asking in step with them keeps their caches warm. */
export const FIRST_PAGE = 256;
/** What CTFE gives by default is 1,000; more has not been seen. */
const LARGEST_PAGE = 1024;
/** Full replies before twice as much is tried. */
const FULL_REPLIES = 16;

/** The page size of one log, a power of two. */
export class PageSize {
  #size = FIRST_PAGE;
  #ceiling = LARGEST_PAGE;
  #full = 0;

  get size(): number {
    return this.#size;
  }

  /** Says what a request for `asked` entries from an aligned position gave. */
  took(asked: number, got: number): void {
    if (got < asked) {
      const size = 2 ** Math.floor(Math.log2(Math.max(got, 1)));
      // One short reply may be a cached page that grows yet, so the size stays open; the one beyond the first size was a try that failed.
      if (asked > FIRST_PAGE) this.#ceiling = Math.max(FIRST_PAGE, size);
      this.#size = Math.min(this.#size, Math.max(size, 1));
      this.#full = 0;
    } else if (asked === this.#size && ++this.#full >= FULL_REPLIES) {
      this.#full = 0;
      this.#size = Math.min(this.#size * 2, this.#ceiling);
    }
  }

  /** The ranges of `from..to`, each within one aligned page of the size at the time it is asked for. */
  *ranges(from: number, to: number): Generator<{ from: number; to: number }, void, void> {
    for (let at = from; at < to; ) {
      const end = Math.min(to, (Math.floor(at / this.#size) + 1) * this.#size);
      yield { from: at, to: end };
      at = end;
    }
  }
}
