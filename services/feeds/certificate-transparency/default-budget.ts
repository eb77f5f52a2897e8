// How much of a log one run reads, and how fast it asks, when nobody says otherwise.

/** About 130 MB of gzip tiles and some seconds of CPU: a run that ends within minutes on a common line. */
export const DEFAULT_MAX_ENTRIES = 256_000;

/**
 * Requests a second to one log. Tiles are files that caches hold, and the strictest known reader of static logs lets 75 a second pass for all
 * clients together; get-entries costs the log a search each time, and the strictest announced limit is 10 a second.
 */
export const DEFAULT_RATES = { static: 20, rfc6962: 4 } as const;
