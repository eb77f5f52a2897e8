// The life of a run: begun under the feed's lease, pulled, compared with the delivery before, and let in or held.
import type { Kysely } from 'kysely';
import type { Clock } from '../platform/clock.ts';
import type { DB } from '../platform/db/schema.ts';
import { KubecensusError } from '../platform/errors.ts';
import { deliveryOf, lastDelivery } from './delivery.store.ts';
import type { Feed } from './feed.ts';
import { findPlace, isOver } from './feed-cursor.store.ts';
import { runner, withLease } from './feed-lease.store.ts';
import { type FeedRun, findRun, type Hold, type RunCounts, recount, selectRuns, toRun } from './feed-run.store.ts';
import type { Jump } from './jump.ts';

/** Characters of a failure that are kept with its run. */
const FAILURE_TEXT = 500;

/** What every run of a feed needs besides its pull. */
export interface RunContext {
  readonly db: Kysely<DB>;
  readonly now: Clock;
  readonly codeVersion: string;
}

/** A run that has begun. */
export interface BegunRun {
  readonly id: number;
  /** The cursor to pull from. */
  readonly since: unknown;
  readonly startedAt: Date;
  /** There is an earlier delivery to compare with: rows are kept back until the run is judged. */
  readonly keepsBack: boolean;
}

/**
 * Moves the oldest kept rows of a run to where they count, as many as one transaction takes, and says how they are counted there: `held` is
 * negative, or 0 when no kept row is left.
 */
export type Release = (tx: Kysely<DB>, run: FeedRun) => Promise<RunCounts>;

/** What a kind of feed does with its rows. */
export interface RunWork {
  /** Pulls to the end, or until it is told to stop. Throws what the feed throws. */
  readonly pull: (run: BegunRun) => Promise<void>;
  readonly release: Release;
  /** How the delivery that ends with this run differs from what came before, or null when nobody needs to look. */
  readonly jump: (db: Kysely<DB>, run: FeedRun, whole: boolean) => Promise<Jump | null>;
}

/**
 * Records a run around `work`. What pull throws is recorded as the run's failure and thrown on; what it committed before stays.
 * Throws KC_FEED_BUSY while another run of the feed goes on.
 */
export function recordRun(feed: Feed & { sha256?: string }, context: RunContext, work: RunWork): Promise<FeedRun> {
  return withLease(context.db, feed.name, async () => {
    const run = await beginRun(feed, context, work);
    try {
      await work.pull(run);
    } catch (error) {
      const code = error instanceof KubecensusError ? error.code : 'KC_INTERNAL';
      const failure = `${code}: ${(error as Error).message}`.slice(0, FAILURE_TEXT);
      // When the database is what failed, the next run closes this one.
      await endRun(run.id, failure, context, work).catch(() => undefined);
      throw error;
    }
    return endRun(run.id, null, context, work);
  });
}

async function beginRun(feed: Feed & { sha256?: string }, context: RunContext, work: RunWork): Promise<BegunRun> {
  const { db, now, codeVersion } = context;
  const startedAt = now();
  const sourceSha256 = feed.sha256 ?? null;
  await closeDeadRuns(db, feed.name, startedAt);
  const place = await findPlace(db, feed.name, feed.query);
  const resumes = place === null || isOver(place.cursor) ? null : await sameSource(db, place.runId, sourceSha256);
  await settleOthers(db, feed.name, resumes, work);
  const { id } = await db
    .insertInto('feed_run')
    .values({
      feed: feed.name,
      kind: feed.kind,
      query: feed.query,
      source_sha256: sourceSha256,
      upstreams: [...feed.upstreams],
      code_version: codeVersion,
      started_at: startedAt,
      runner: runner(),
      resumes,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const keepsBack =
    feed.kind === 'counts' ||
    (await lastDelivery(db, { id, feed: feed.name, query: feed.query, sourceSha256 })) !== null;
  return { id, since: place?.cursor ?? null, startedAt, keepsBack };
}

/** Whoever holds the lease is alone: a run that is not ended belonged to a process that died. */
async function closeDeadRuns(db: Kysely<DB>, feed: string, at: Date): Promise<void> {
  await db
    .updateTable('feed_run')
    .set({ state: 'partial', partial_reason: 'interrupted', finished_at: at })
    .where('feed', '=', feed)
    .where('state', '=', 'running')
    .execute();
}

/** The run, unless it read other bytes than the file that is read now. */
async function sameSource(db: Kysely<DB>, runId: number, sha256: string | null): Promise<number | null> {
  const run = await selectRuns(db).where('id', '=', runId).executeTakeFirst();
  return run === undefined || run.source_sha256 !== sha256 ? null : runId;
}

/** Kept rows of runs that nobody goes on with are let in, or held when they are too many already. Those of the delivery that goes on wait for its end. */
async function settleOthers(db: Kysely<DB>, feed: string, resumes: number | null, work: RunWork): Promise<void> {
  const rows = await selectRuns(db)
    .where('feed', '=', feed)
    .where('held', '>', 0)
    .where('state', 'in', ['complete', 'partial', 'failed'])
    .orderBy('id')
    .execute();
  if (rows.length === 0) return;
  const goesOn = resumes === null ? [] : (await deliveryOf(db, resumes)).map((run) => run.id);
  for (const run of rows.map(toRun).filter(({ id }) => !goesOn.includes(id))) {
    const jump = run.decidedAt === null ? await work.jump(db, run, false) : null;
    if (jump === null) await releaseAll(db, [run], work.release);
    else await hold(db, [run], jump, run.state as Hold['otherwise']);
  }
}

/** Closes a run: failed with a reason, else partial when a note said so or a cap was hit, else complete; held instead when it is a jump. */
async function endRun(runId: number, failure: string | null, context: RunContext, work: RunWork): Promise<FeedRun> {
  const { db, now } = context;
  const run = (await findRun(db, runId)) as FeedRun;
  if (run.state !== 'running')
    throw new KubecensusError('KC_FEED_LEASE', `Run ${runId} of the feed ${run.feed} was taken for dead and closed.`);
  const over = await endedItsDelivery(db, run);
  const reason = failure ?? run.partialReason ?? (over ? await emptyReason(db, run) : null);
  const state = failure !== null ? 'failed' : reason !== null || run.capHit ? 'partial' : 'complete';
  const whole = over && state === 'complete';
  const delivery = run.resumes !== null && run.held === 0 && !whole ? [run] : await deliveryOf(db, runId);
  const rows = delivery.reduce((sum, one) => sum + one.read, 0);
  const jump = await work.jump(db, run, whole);
  await db
    .updateTable('feed_run')
    .set({ finished_at: now(), partial_reason: reason, state, delivery_rows: whole ? rows : null })
    .where('id', '=', runId)
    .execute();
  if (jump === null) await releaseAll(db, delivery, work.release);
  else await hold(db, delivery, jump, state);
  return (await findRun(db, runId)) as FeedRun;
}

/** Whether what the source has was read to its end, by this run or by it and those before it. */
async function endedItsDelivery(db: Kysely<DB>, run: FeedRun): Promise<boolean> {
  const place = await findPlace(db, run.feed, run.query);
  return (
    place === null || (place.runId === run.id ? isOver(place.cursor) : run.resumes === null && isOver(place.cursor))
  );
}

/** A delivery of nothing after one of something says nothing: what was known stays. */
async function emptyReason(db: Kysely<DB>, run: FeedRun): Promise<string | null> {
  const empty = run.kind === 'sightings' && run.read === 0 && run.resumes === null;
  return empty && (await lastDelivery(db, run)) !== null ? 'feed_empty' : null;
}

/** A delivery waits for a person: the run, and what earlier runs of it kept back. */
async function hold(
  db: Kysely<DB>,
  delivery: readonly FeedRun[],
  jump: Jump,
  otherwise: Hold['otherwise'],
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    for (const run of delivery.filter((one, i) => one.held > 0 || i === delivery.length - 1)) {
      const last = run === delivery.at(-1);
      const why: Hold = {
        reason: 'feed_jump',
        ...jump,
        otherwise: last ? otherwise : (run.state as Hold['otherwise']),
      };
      await tx
        .updateTable('feed_run')
        .set({ state: 'held', hold: JSON.stringify(why) })
        .where('id', '=', run.id)
        .execute();
    }
  });
}

/** Lets in what runs kept back, oldest first. Every transaction is whole in itself, so that whoever is killed is gone on from. */
export async function releaseAll(db: Kysely<DB>, runs: readonly FeedRun[], release: Release): Promise<void> {
  for (const run of runs.filter((one) => one.held > 0)) {
    for (let left = true; left; ) {
      left = await db.transaction().execute(async (tx) => {
        // Whoever else moves rows of this run waits here, and then finds them moved.
        await tx.selectFrom('feed_run').select('id').where('id', '=', run.id).forUpdate().execute();
        const counts = await release(tx, run);
        if (counts.held !== 0) await recount(tx, run.id, counts);
        return counts.held !== 0;
      });
    }
  }
}
