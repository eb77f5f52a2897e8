// How much of a log one run reads when nobody says otherwise.

/** About 130 MB of gzip tiles and some seconds of CPU: a run that ends within minutes on a common line. */
export const DEFAULT_MAX_ENTRIES = 256_000;
