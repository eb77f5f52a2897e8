// What the lab log can do wrong, switch by switch. All off: an honest log.

export interface CtLogFaults {
  /** The next `requests` requests are answered with 429 and this Retry-After (none when empty). */
  rateLimit: { requests: number; retryAfter: string } | null;
  /** The checkpoint shown is that of this earlier size: a shrunk tree, or a replica that lags. */
  showSize: number | null;
  /** The checkpoint signs a root that the tiles do not give. */
  wrongRoot: boolean;
  /** The signature of the checkpoint does not verify. */
  wrongSignature: boolean;
  /** Partial tiles are gone where the full tile exists. */
  deletePartialTiles: boolean;
  /** Entries appended now carry a leaf index that is one too high, in the tree as well. */
  misalignIndex: boolean;
  /** Data tile of this number is served with one octet of its first certificate changed. */
  tamperTile: number | null;
  /** Data tiles of this number and above are 404. */
  missingFrom: number | null;
  /** Gzip bodies end in the middle. */
  truncateGzip: boolean;
}

export function noFaults(): CtLogFaults {
  return {
    rateLimit: null,
    showSize: null,
    wrongRoot: false,
    wrongSignature: false,
    deletePartialTiles: false,
    misalignIndex: false,
    tamperTile: null,
    missingFrom: null,
    truncateGzip: false,
  };
}
