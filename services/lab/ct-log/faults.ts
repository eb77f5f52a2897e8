// What the lab log can do wrong, switch by switch. All off: an honest log.

/** A whole reply that stands in for the right one. */
export interface LabReply {
  readonly status: number;
  readonly body: Buffer | string;
  readonly headers?: Record<string, string>;
}

export interface CtLogFaults {
  /** The next `requests` requests for paths that match are answered with `reply`. */
  intercept: { requests: number; path: RegExp; reply: LabReply } | null;
  /** get-entries gives at most so many rows. */
  pageCap: number;
  /** get-entries does not cross multiples of this, as CTile servers and CTFE do; 0: no such bounds. */
  pageAlign: number;
  /** get-entries gives one row more than was asked for. */
  oneRowMore: boolean;
  /** The next `requests` get-entries hold no rows. */
  emptyPages: number;
  /** This entry is served by get-entries with one octet of its certificate changed. */
  tamperEntry: number | null;
  /** get-sth-consistency gives proofs with one bit changed. */
  wrongProof: boolean;
  /** The static side is not there: every path but /ct/v1/ is 404. */
  noTiles: boolean;
  /** The next `requests` requests are answered with 429 and this Retry-After (none when empty). */
  rateLimit: { requests: number; retryAfter: string } | null;
  /** The checkpoint shown is that of this earlier size: a shrunk tree, or a replica that lags. */
  showSize: number | null;
  /** When the tree head shown was signed, in milliseconds; null: now. A replica that lags shows an older one. */
  showTimestamp: number | null;
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
  /** Names tiles are served (an option of the protocol that many logs do not have). */
  namesTiles: boolean;
  /** The last line of each names tile is missing, as where the log could not read a certificate. */
  namesWithoutUnreadable: boolean;
  /** Gzip bodies end in the middle. */
  truncateGzip: boolean;
}

export function noFaults(): CtLogFaults {
  return {
    intercept: null,
    pageCap: 1000,
    pageAlign: 0,
    oneRowMore: false,
    emptyPages: 0,
    tamperEntry: null,
    wrongProof: false,
    noTiles: false,
    namesTiles: false,
    namesWithoutUnreadable: false,
    rateLimit: null,
    showSize: null,
    showTimestamp: null,
    wrongRoot: false,
    wrongSignature: false,
    deletePartialTiles: false,
    misalignIndex: false,
    tamperTile: null,
    missingFrom: null,
    truncateGzip: false,
  };
}
