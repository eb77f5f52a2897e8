// Runs of feeds: what was asked, what came, whether it was whole; and where the next pull goes on.
import type { Kysely } from 'kysely';
import type { Clock } from '../platform/clock.ts';
import type { DB } from '../platform/db/schema.ts';
import { KubecensusError } from '../platform/errors.ts';
import type { Feed, FeedDescription, RunNote } from './feed.ts';

/** Counts of one run. accepted + duplicate + rejected = read, always (also a constraint of the table). */
export interface RunCounts {
  readonly read: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly rejected: number;
  readonly rejectedBy: Readonly<Record<string, number>>;
}

export interface FeedRun extends RunCounts {
  readonly id: number;
  readonly feed: string;
  readonly kind: string;
  readonly query: string;
  readonly state: string;
  readonly partialReason: string | null;
  readonly claimedTotal: number | null;
  readonly entries: number | null;
  readonly capHit: boolean;
  readonly cost: number | null;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
}

/** Characters of a failure that are kept with its run. */
const FAILURE_TEXT = 500;

export const NO_COUNTS: RunCounts = { read: 0, accepted: 0, duplicate: 0, rejected: 0, rejectedBy: {} };

/** Sums two counts, reason by reason. */
export function addCounts(a: RunCounts, b: RunCounts): RunCounts {
  const rejectedBy: Record<string, number> = { ...a.rejectedBy };
  for (const [reason, n] of Object.entries(b.rejectedBy)) rejectedBy[reason] = (rejectedBy[reason] ?? 0) + n;
  return {
    read: a.read + b.read,
    accepted: a.accepted + b.accepted,
    duplicate: a.duplicate + b.duplicate,
    rejected: a.rejected + b.rejected,
    rejectedBy,
  };
}

/** Records that a run begins. A run of the same feed that never finished (its process died) is closed as partial. */
async function startRun(
  db: Kysely<DB>,
  feed: FeedDescription & { query: string },
  options: { at: Date; codeVersion: string; sourceSha256: string | null },
): Promise<number> {
  return db.transaction().execute(async (tx) => {
    await tx
      .updateTable('feed_run')
      .set({ state: 'partial', partial_reason: 'interrupted', finished_at: options.at })
      .where('feed', '=', feed.name)
      .where('state', '=', 'running')
      .execute();
    const row = await tx
      .insertInto('feed_run')
      .values({
        feed: feed.name,
        kind: feed.kind,
        query: feed.query,
        source_sha256: options.sourceSha256,
        upstreams: [...feed.upstreams],
        code_version: options.codeVersion,
        started_at: options.at,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    return row.id;
  });
}

/** Adds counts and notes to a running run; called in the transaction that stores the rows that they count. */
export async function advanceRun(
  tx: Kysely<DB>,
  runId: number,
  counts: RunCounts,
  note: Omit<RunNote, 'type'>,
): Promise<void> {
  const run = await tx.selectFrom('feed_run').selectAll().where('id', '=', runId).forUpdate().executeTakeFirstOrThrow();
  const total = addCounts({ ...run, rejectedBy: run.rejected_by as Record<string, number> }, counts);
  await tx
    .updateTable('feed_run')
    .set({
      read: total.read,
      accepted: total.accepted,
      duplicate: total.duplicate,
      rejected: total.rejected,
      rejected_by: JSON.stringify(total.rejectedBy),
      claimed_total: note.claimedTotal ?? run.claimed_total,
      entries: note.entries ?? run.entries,
      cap_hit: note.capHit ?? run.cap_hit,
      partial_reason: note.partial ?? run.partial_reason,
      cost: note.cost ?? run.cost,
    })
    .where('id', '=', runId)
    .execute();
}

/** Closes a run: failed with a reason, else partial when a note said so or a cap was hit, else complete. */
async function finishRun(db: Kysely<DB>, runId: number, at: Date, failure: string | null): Promise<FeedRun> {
  const run = await findRun(db, runId);
  const state =
    failure !== null ? 'failed' : run?.partialReason != null || run?.capHit === true ? 'partial' : 'complete';
  await db
    .updateTable('feed_run')
    .set({ state, finished_at: at, ...(failure === null ? {} : { partial_reason: failure }) })
    .where('id', '=', runId)
    .execute();
  return (await findRun(db, runId)) as FeedRun;
}

/** What every run of a feed needs besides its pull. */
export interface RunContext {
  readonly db: Kysely<DB>;
  readonly now: Clock;
  readonly codeVersion: string;
}

/** Records a run around `pull`. What pull throws is recorded as the run's failure and thrown on; what it committed before stays. */
export async function recordRun(
  feed: Feed & { sha256?: string },
  context: RunContext,
  pull: (runId: number) => Promise<void>,
): Promise<FeedRun> {
  const { db, now, codeVersion } = context;
  const runId = await startRun(db, feed, { at: now(), codeVersion, sourceSha256: feed.sha256 ?? null });
  try {
    await pull(runId);
    return await finishRun(db, runId, now(), null);
  } catch (error) {
    const code = error instanceof KubecensusError ? error.code : 'KC_INTERNAL';
    await finishRun(db, runId, now(), `${code}: ${(error as Error).message}`.slice(0, FAILURE_TEXT));
    throw error;
  }
}

/** One run, or null when there is none of that number. */
export async function findRun(db: Kysely<DB>, runId: number): Promise<FeedRun | null> {
  if (!Number.isSafeInteger(runId)) return null;
  const rows = await selectRuns(db).where('id', '=', runId).execute();
  return rows[0] === undefined ? null : toRun(rows[0]);
}

/** The last run of every feed, by name. */
export async function lastRuns(db: Kysely<DB>): Promise<FeedRun[]> {
  const rows = await selectRuns(db).distinctOn('feed').orderBy('feed').orderBy('id', 'desc').execute();
  return rows.map(toRun);
}

/** Quarantined rows of a run, in the order they were met; at most `limit`. */
export async function quarantined(
  db: Kysely<DB>,
  runId: number,
  limit: number,
): Promise<{ at: string; reason: string; excerpt: string }[]> {
  return db
    .selectFrom('quarantine')
    .select(['at', 'reason', 'excerpt'])
    .where('run_id', '=', runId)
    .limit(limit)
    .execute();
}

/** Where the next pull of this feed with this query goes on; null: from the start. */
export async function loadCursor(db: Kysely<DB>, feed: string, query: string): Promise<unknown> {
  const row = await db
    .selectFrom('feed_cursor')
    .select('cursor')
    .where('feed', '=', feed)
    .where('query', '=', query)
    .executeTakeFirst();
  return row?.cursor ?? null;
}

/** Stores the cursor in the transaction that stores the rows before it. */
export async function saveCursor(
  tx: Kysely<DB>,
  feed: string,
  query: string,
  cursor: unknown,
  runId: number,
  at: Date,
): Promise<void> {
  const value = JSON.stringify(cursor);
  await tx
    .insertInto('feed_cursor')
    .values({ feed, query, cursor: value, run_id: runId, updated_at: at })
    .onConflict((conflict) =>
      conflict.columns(['feed', 'query']).doUpdateSet({ cursor: value, run_id: runId, updated_at: at }),
    )
    .execute();
}

const selectRuns = (db: Kysely<DB>) => db.selectFrom('feed_run').selectAll();

type RunRow = Awaited<ReturnType<ReturnType<typeof selectRuns>['execute']>>[number];

function toRun(row: RunRow): FeedRun {
  return {
    id: row.id,
    feed: row.feed,
    kind: row.kind,
    query: row.query,
    state: row.state,
    partialReason: row.partial_reason,
    claimedTotal: row.claimed_total,
    entries: row.entries,
    capHit: row.cap_hit,
    cost: row.cost,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    read: row.read,
    accepted: row.accepted,
    duplicate: row.duplicate,
    rejected: row.rejected,
    rejectedBy: row.rejected_by as Record<string, number>,
  };
}
