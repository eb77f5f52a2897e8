// Runs one feed of sightings: every item is canonicalised, judged by policy, counted, and stored with the cursor in one transaction.
import type { Kysely } from 'kysely';
import { rowJump } from '../feeds/delivery.store.ts';
import type { Checkpoint, Feed, FeedItem, Rejection, RunNote, Sighting } from '../feeds/feed.ts';
import { saveCursor } from '../feeds/feed-cursor.store.ts';
import { advanceRun, type FeedRun, NO_COUNTS, type RunCounts } from '../feeds/feed-run.store.ts';
import { type BegunRun, type RunContext, recordRun } from '../feeds/record-run.store.ts';
import { storableJson } from '../platform/db/json.ts';
import type { DB } from '../platform/db/schema.ts';
import { KubecensusError } from '../platform/errors.ts';
import { quarantine } from './candidate.store.ts';
import { type Candidate, canonicalise } from './candidate.ts';
import { holdSightings, releaseSightings } from './held-sighting.store.ts';
import { type AcceptedSighting, storeSightings } from './sighting.store.ts';

/** Rows per transaction: large enough that COPY would gain little, small enough that memory stays flat. */
const BATCH_ROWS = 5000;
/** Characters of evidence per transaction: bodies may be hundreds of kilobytes each, and one query holds all of them. */
const BATCH_EVIDENCE = 16 * 1024 * 1024;
/** Rejected rows kept per run; more are counted and not kept. */
const QUARANTINE_ROWS = 1000;
/** Of each reason so many are kept in any case, so that a common one does not hide the others. */
const QUARANTINE_EACH = 5;
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
  return recordRun(feed, context, {
    pull: async (run) => {
      const batch = new Batch(feed, run, context);
      try {
        for await (const item of feed.pull(run.since, signal)) {
          const committing = batch.add(item);
          if (committing !== null) await committing;
        }
        if (signal.aborted) await batch.add({ type: 'note', partial: 'interrupted' });
        await batch.commit(null);
      } finally {
        await batch.settled();
      }
    },
    release: releaseSightings,
    jump: rowJump,
  });
}

/** Rows of one run between two commits. While one batch is written the next is filled, and no more than these two stand in memory. */
class Batch {
  readonly #feed: Feed;
  readonly #run: BegunRun;
  readonly #context: CollectContext;
  #rows: AcceptedSighting[] = [];
  #evidence = 0;
  #rejections: { at: string; reason: string; excerpt: string }[] = [];
  #rejectedBy: Record<string, number> = {};
  #rejected = 0;
  readonly #kept = new Map<string, number>();
  #keptRows = 0;
  #note: Omit<RunNote, 'type'> = {};
  #writing: Promise<void> = Promise.resolve();

  constructor(feed: Feed, run: BegunRun, context: CollectContext) {
    this.#feed = feed;
    this.#run = run;
    this.#context = context;
  }

  /** Takes an item. Null when there is nothing to wait for, which is so for nearly all. */
  add(item: FeedItem): Promise<void> | null {
    switch (item.type) {
      case 'sighting':
        this.#sight(item);
        break;
      case 'rejection':
        this.#reject(item);
        break;
      case 'checkpoint':
        return this.commit(item);
      case 'note':
        this.#note = { ...this.#note, ...withoutType(item) };
        break;
      case 'count':
        throw new KubecensusError(
          'KC_INTERNAL',
          `The feed ${this.#feed.name} gives counts but is declared as a feed of sightings.`,
        );
    }
    const full = this.#rows.length + this.#rejected >= BATCH_ROWS || this.#evidence >= BATCH_EVIDENCE;
    return full ? this.commit(null) : null;
  }

  #sight(sighting: Sighting): void {
    const observedAt = sighting.observedAt === null ? null : new Date(sighting.observedAt);
    const result = canonicalise(sighting, this.#context.canonicalOptions);
    const reason = !result.ok
      ? result.reason
      : (badTime(observedAt, this.#run.startedAt) ?? this.#context.door(result.candidate));
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
    const kept = this.#kept.get(rejection.reason) ?? 0;
    if ((this.#keptRows >= QUARANTINE_ROWS && kept >= QUARANTINE_EACH) || NOT_KEPT.has(rejection.reason)) return;
    this.#kept.set(rejection.reason, kept + 1);
    this.#keptRows++;
    this.#rejections.push({ at: rejection.at, reason: rejection.reason, excerpt: rejection.excerpt.slice(0, EXCERPT) });
  }

  /** Begins to write what was taken, once the batch before is written. Throws when that one was not: nothing is stored past a gap. */
  async commit(checkpoint: Checkpoint | null): Promise<void> {
    const taken: Taken = {
      rows: this.#rows,
      rejections: this.#rejections,
      rejected: this.#rejected,
      rejectedBy: this.#rejectedBy,
      note: this.#note,
    };
    this.#rows = [];
    this.#evidence = 0;
    this.#rejections = [];
    this.#rejectedBy = {};
    this.#rejected = 0;
    this.#note = {};
    await this.#writing;
    this.#writing = this.#write(taken, checkpoint);
    // Whoever commits next, or asks whether all is settled, gets the failure.
    this.#writing.catch(() => undefined);
  }

  /** Resolves when everything committed is written. Throws what the last write threw. */
  settled(): Promise<void> {
    return this.#writing;
  }

  /** Rows, counts, notes and the cursor in one transaction. */
  async #write(taken: Taken, checkpoint: Checkpoint | null): Promise<void> {
    const counts = await this.#context.db.transaction().execute(async (tx) => {
      const stored = await this.#store(tx, taken.rows);
      await quarantine(tx, this.#run.id, taken.rejections);
      const counted: RunCounts = {
        ...NO_COUNTS,
        ...stored,
        read: taken.rows.length + taken.rejected,
        rejected: taken.rejected,
        rejectedBy: taken.rejectedBy,
      };
      await advanceRun(tx, this.#run.id, counted, taken.note);
      if (checkpoint !== null)
        await saveCursor(tx, this.#feed.name, this.#feed.query, checkpoint.cursor, this.#run.id, this.#context.now());
      return counted;
    });
    this.#context.onProgress(counts);
  }

  /** Rows count at once, unless there is an earlier delivery that the whole of them is compared with first. */
  async #store(tx: Kysely<DB>, rows: readonly AcceptedSighting[]): Promise<Partial<RunCounts>> {
    if (!this.#run.keepsBack) return storeSightings(tx, this.#feed.name, this.#run.id, rows, this.#run.startedAt);
    await holdSightings(tx, this.#run.id, rows);
    return { held: rows.length };
  }
}

/** What one transaction writes. */
interface Taken {
  readonly rows: readonly AcceptedSighting[];
  readonly rejections: readonly { at: string; reason: string; excerpt: string }[];
  readonly rejected: number;
  readonly rejectedBy: Readonly<Record<string, number>>;
  readonly note: Omit<RunNote, 'type'>;
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
