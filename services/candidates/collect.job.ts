// Runs one feed of sightings: every item is canonicalised, judged by policy, counted, and stored with the cursor in one transaction.
import type { Checkpoint, Feed, FeedItem, Rejection, RunNote, Sighting } from '../feeds/feed.ts';
import {
  advanceRun,
  type FeedRun,
  loadCursor,
  type RunContext,
  type RunCounts,
  recordRun,
  saveCursor,
} from '../feeds/feed-run.store.ts';
import { storableJson } from '../platform/db/json.ts';
import { KubecensusError } from '../platform/errors.ts';
import { type AcceptedSighting, quarantine, storeSightings } from './candidate.store.ts';
import { type Candidate, canonicalise } from './candidate.ts';

/** Rows per transaction: large enough that COPY would gain little, small enough that memory stays flat. */
const BATCH_ROWS = 5000;
/** Characters of evidence per transaction: bodies may be hundreds of kilobytes each, and one query holds all of them. */
const BATCH_EVIDENCE = 16 * 1024 * 1024;
/** Rejected rows kept per run; more are counted and not kept. */
const QUARANTINE_ROWS = 1000;
/** Characters of a rejected row that are kept. */
const EXCERPT = 200;
/** A feed whose clock runs ahead of ours by more than this states nonsense. */
const FUTURE_MS = 24 * 3600 * 1000;
/** The first public commit of Kubernetes: nothing earlier can have seen it. */
const EARLIEST = Date.parse('2014-06-06T00:00:00Z');
/** Reasons whose rows are counted and not kept: who opted out is not stored. */
const NOT_KEPT = new Set(['opted_out']);

/** What a candidate may not be: the reason it is refused at the door, or null. */
export type Door = (candidate: Candidate) => string | null;

export interface CollectContext extends RunContext {
  readonly door: Door;
  readonly canonicalOptions: Parameters<typeof canonicalise>[1];
  readonly onProgress: (counts: RunCounts) => void;
}

/**
 * Pulls the feed from its last committed cursor to its end, or until `signal` aborts (then the run is partial).
 * accepted + duplicate + rejected = read, always. Nothing is dialled. A failing feed leaves what was committed and a run marked failed, and throws.
 */
export async function collect(
  feed: Feed & { sha256?: string },
  context: CollectContext,
  signal: AbortSignal,
): Promise<FeedRun> {
  return recordRun(feed, context, async (runId) => {
    const batch = new Batch(feed, runId, context.now(), context);
    const cursor = await loadCursor(context.db, feed.name, feed.query);
    for await (const item of feed.pull(cursor, signal)) await batch.add(item);
    if (signal.aborted) await batch.add({ type: 'note', partial: 'interrupted' });
    await batch.commit(null);
  });
}

/** Rows of one run between two commits. */
class Batch {
  readonly #feed: Feed;
  readonly #runId: number;
  readonly #startedAt: Date;
  readonly #context: CollectContext;
  #rows: AcceptedSighting[] = [];
  #evidence = 0;
  #rejections: { at: string; reason: string; excerpt: string }[] = [];
  #rejectedBy: Record<string, number> = {};
  #rejected = 0;
  #kept = 0;
  #note: Omit<RunNote, 'type'> = {};

  constructor(feed: Feed, runId: number, startedAt: Date, context: CollectContext) {
    this.#feed = feed;
    this.#runId = runId;
    this.#startedAt = startedAt;
    this.#context = context;
  }

  async add(item: FeedItem): Promise<void> {
    switch (item.type) {
      case 'sighting':
        this.#sight(item);
        break;
      case 'rejection':
        this.#reject(item);
        break;
      case 'checkpoint':
        await this.commit(item);
        break;
      case 'note':
        this.#note = { ...this.#note, ...withoutType(item) };
        break;
      case 'count':
        throw new KubecensusError(
          'KC_INTERNAL',
          `The feed ${this.#feed.name} gives counts but is declared as a feed of sightings.`,
        );
    }
    if (this.#rows.length + this.#rejected >= BATCH_ROWS || this.#evidence >= BATCH_EVIDENCE) await this.commit(null);
  }

  #sight(sighting: Sighting): void {
    const observedAt = sighting.observedAt === null ? null : new Date(sighting.observedAt);
    const result = canonicalise(sighting, this.#context.canonicalOptions);
    const reason = !result.ok
      ? result.reason
      : (badTime(observedAt, this.#startedAt) ?? this.#context.door(result.candidate));
    if (!result.ok || reason !== null) {
      const shown = sighting.port === null ? sighting.host : `${sighting.host} ${sighting.port}`;
      this.#reject({ type: 'rejection', reason: reason ?? 'rejected', at: sighting.at, excerpt: shown });
      return;
    }
    const evidence = sighting.evidence === undefined ? null : storableJson(sighting.evidence);
    this.#evidence += evidence?.length ?? 0;
    this.#rows.push({ candidate: result.candidate, observedAt, evidence });
  }

  #reject(rejection: Rejection): void {
    this.#rejected++;
    this.#rejectedBy[rejection.reason] = (this.#rejectedBy[rejection.reason] ?? 0) + 1;
    if (this.#kept >= QUARANTINE_ROWS || NOT_KEPT.has(rejection.reason)) return;
    this.#kept++;
    this.#rejections.push({ at: rejection.at, reason: rejection.reason, excerpt: rejection.excerpt.slice(0, EXCERPT) });
  }

  /** Rows, counts, notes and the cursor in one transaction. */
  async commit(checkpoint: Checkpoint | null): Promise<void> {
    const counts = await this.#context.db.transaction().execute(async (tx) => {
      const stored = await storeSightings(tx, this.#feed.name, this.#runId, this.#rows, this.#startedAt);
      await quarantine(tx, this.#runId, this.#rejections);
      const counted: RunCounts = {
        ...stored,
        read: this.#rows.length + this.#rejected,
        rejected: this.#rejected,
        rejectedBy: this.#rejectedBy,
      };
      await advanceRun(tx, this.#runId, counted, this.#note);
      if (checkpoint !== null)
        await saveCursor(tx, this.#feed.name, this.#feed.query, checkpoint.cursor, this.#runId, this.#context.now());
      return counted;
    });
    this.#rows = [];
    this.#evidence = 0;
    this.#rejections = [];
    this.#rejectedBy = {};
    this.#rejected = 0;
    this.#note = {};
    this.#context.onProgress(counts);
  }
}

function badTime(observedAt: Date | null, now: Date): string | null {
  if (observedAt === null) return null;
  if (!(observedAt.getTime() >= EARLIEST)) return 'bad_time';
  return observedAt.getTime() > now.getTime() + FUTURE_MS ? 'time_in_future' : null;
}

function withoutType(note: RunNote): Omit<RunNote, 'type'> {
  const { type: _type, ...rest } = note;
  return rest;
}
