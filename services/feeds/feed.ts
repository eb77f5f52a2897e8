// What a feed is: a source of sightings, or of counts that somebody else states.
import type { Evidence } from './evidence.ts';

/** One statement of a feed: this host (and port) was seen at this time, with this evidence if any. Text as the feed gave it: candidates judges it. */
export interface Sighting {
  readonly type: 'sighting';
  /** An address or a name, exactly as the feed wrote it (no trimming beyond the format's own syntax). */
  readonly host: string;
  /** The port as the feed wrote it, or null when the feed gave none: then the survey's ports apply. */
  readonly port: string | number | null;
  /** The feed's own time of observation (RFC 3339), or null when the feed gave none. */
  readonly observedAt: string | null;
  readonly evidence?: Evidence;
  /** Where in the source this stands ("line 12", "entry 4711"), for the quarantine. */
  readonly at: string;
}

/** A row that the feed's own format already rules out. It is counted as read and rejected under its reason. */
export interface Rejection {
  readonly type: 'rejection';
  /** A stable snake_case word, e.g. bad_json, no_host, bad_certificate. */
  readonly reason: string;
  readonly at: string;
  /** At most 200 characters of the offending row. */
  readonly excerpt: string;
}

/** A count that somebody else states (an engine's aggregate bucket set, an earlier census). */
export interface StatedCount {
  readonly type: 'count';
  /** The time the count speaks of (RFC 3339). */
  readonly observedAt: string;
  readonly query: string;
  readonly field: string;
  /** What was counted, in the source's word: hosts, IPv4 addresses, services. */
  readonly unit: string;
  readonly total: number;
  /** Hosts outside the buckets, as stated by the source. */
  readonly omitted: number | null;
  /** The deviation the source admits, in units. */
  readonly deviation: number | null;
  readonly buckets: readonly { readonly key: string; readonly count: number }[];
  readonly at: string;
}

/** Progress that is committed with the rows before it: where a killed pull goes on. */
export interface Checkpoint {
  readonly type: 'checkpoint';
  /**
   * JSON-serialisable and small. Passed back as `since` of the next pull. With a member `done: true` it says that all the source has was
   * delivered, so that the next pull begins anew; such deliveries are compared with each other. A source that only goes on never says it.
   */
  readonly cursor: unknown;
}

/** What a run learns about itself while it goes. Later notes overwrite earlier ones field by field. */
export interface RunNote {
  readonly type: 'note';
  /** How many the source says there are. */
  readonly claimedTotal?: number;
  /** True when the source or a limit of ours cut the run short. */
  readonly capHit?: boolean;
  /** Why the run is not whole; a run with a reason is partial and says so in every report that uses it. */
  readonly partial?: string;
  /** Cost in the source's own unit, e.g. credits. */
  readonly cost?: number;
  /** Entries of the source that were read, where most of them yield no sighting (a log of certificates). */
  readonly entries?: number;
  /** What was read and deliberately not yielded, by a stable snake_case word, e.g. wildcard, internal. */
  readonly skipped?: Readonly<Record<string, number>>;
}

export type FeedItem = Sighting | Rejection | StatedCount | Checkpoint | RunNote;

/** Metadata of a feed, shown by `feeds list`. */
export interface FeedDescription {
  readonly name: string;
  /** 'sightings' become candidates, 'counts' become tallies. */
  readonly kind: 'sightings' | 'counts';
  readonly title: string;
  /** The terms of use in one sentence, or where they stand. */
  readonly terms: string;
  /** Other feeds or sources that this one reads or buys from. */
  readonly upstreams: readonly string[];
  readonly cost: string;
}

/** What a run may cost, before it is made. */
export interface CostEstimate {
  /** In the source's own unit. */
  readonly credits: number;
  /** True when it is a bound rather than a count of what there is. */
  readonly atMost: boolean;
}

/** Spending of a feed that is paid by the run. */
export interface Spending {
  /** Asks nothing that costs. Never throws for what the network or the source does. */
  estimate(signal: AbortSignal): Promise<CostEstimate>;
  /** A person agrees before a run that may cost more than this. */
  readonly confirmCredits: number;
  /** Credits of one run at most, known without asking. */
  readonly most: number;
  /** Credits of one step: a run that may spend less than these asks for nothing. */
  readonly step: number;
}

/** One source, ready to be pulled. */
export interface Feed extends FeedDescription {
  /** The query text or file name as recorded with the run; never holds a secret. */
  readonly query: string;
  readonly spending?: Spending;
  /**
   * Yields items in order; between two checkpoints nothing is lost or double counted when the pull is killed and called again
   * with the last committed cursor (null: from the start). Throws KubecensusError when the source as a whole is unusable;
   * ends early with a `partial` note when it was cut short. Stops at the next item when `signal` aborts.
   */
  pull(since: unknown, signal: AbortSignal): AsyncIterable<FeedItem>;
}
