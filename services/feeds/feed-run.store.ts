// Runs of feeds: what was asked, what came, whether it was whole, and whether it waits for a person.
import type { Kysely } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import { KubecensusError } from '../platform/errors.ts';
import type { RunNote } from './feed.ts';
import type { Jump } from './jump.ts';

/** Counts of one run. accepted + duplicate + rejected + held = read, always (also a constraint of the table). */
export interface RunCounts {
  readonly read: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly rejected: number;
  /** Rows that are kept and do not count yet: until the run is judged, or a person has approved it. */
  readonly held: number;
  readonly rejectedBy: Readonly<Record<string, number>>;
}

/** Why a run waits for a person. */
export interface Hold extends Jump {
  readonly reason: 'feed_jump';
  /** The state that the run has once it is approved. */
  readonly otherwise: 'complete' | 'partial' | 'failed';
}

export interface FeedRun extends RunCounts {
  readonly id: number;
  readonly feed: string;
  readonly kind: string;
  readonly query: string;
  /** Of the file that was read; null for what is no file. */
  readonly sourceSha256: string | null;
  /** running, complete, partial, failed, held or rejected. */
  readonly state: string;
  readonly partialReason: string | null;
  readonly claimedTotal: number | null;
  readonly entries: number | null;
  /** What was read and deliberately not taken, by word. */
  readonly skipped: Readonly<Record<string, number>>;
  readonly capHit: boolean;
  readonly cost: number | null;
  readonly hold: Hold | null;
  /** When a person approved or rejected it. */
  readonly decidedAt: Date | null;
  /** The run at whose last committed place this one went on. */
  readonly resumes: number | null;
  readonly runner: string | null;
  readonly codeVersion: string;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
}

export const NO_COUNTS: RunCounts = { read: 0, accepted: 0, duplicate: 0, rejected: 0, held: 0, rejectedBy: {} };

/** Sums two counts, reason by reason. */
export function addCounts(a: RunCounts, b: RunCounts): RunCounts {
  const rejectedBy: Record<string, number> = { ...a.rejectedBy };
  for (const [reason, n] of Object.entries(b.rejectedBy)) rejectedBy[reason] = (rejectedBy[reason] ?? 0) + n;
  return {
    read: a.read + b.read,
    accepted: a.accepted + b.accepted,
    duplicate: a.duplicate + b.duplicate,
    rejected: a.rejected + b.rejected,
    held: a.held + b.held,
    rejectedBy,
  };
}

/**
 * Adds counts and notes to a running run; called in the transaction that stores the rows that they count. Throws KC_FEED_LEASE when the run
 * was closed meanwhile, so that a process that was taken for dead commits nothing more.
 */
export async function advanceRun(
  tx: Kysely<DB>,
  runId: number,
  counts: RunCounts,
  note: Omit<RunNote, 'type'>,
): Promise<void> {
  const run = await tx.selectFrom('feed_run').selectAll().where('id', '=', runId).forUpdate().executeTakeFirstOrThrow();
  if (run.state !== 'running')
    throw new KubecensusError('KC_FEED_LEASE', `Run ${runId} of the feed ${run.feed} was taken for dead and closed.`);
  await tx
    .updateTable('feed_run')
    .set({
      ...countColumns(addCounts({ ...run, rejectedBy: run.rejected_by as Record<string, number> }, counts)),
      claimed_total: note.claimedTotal ?? run.claimed_total,
      entries: note.entries ?? run.entries,
      skipped: JSON.stringify(note.skipped ?? run.skipped),
      cap_hit: note.capHit ?? run.cap_hit,
      partial_reason: note.partial ?? run.partial_reason,
      cost: note.cost ?? run.cost,
    })
    .where('id', '=', runId)
    .execute();
}

/** Adds counts to a run that has ended: its kept rows are being moved to where they count. */
export async function recount(tx: Kysely<DB>, runId: number, counts: RunCounts): Promise<void> {
  const run = await tx.selectFrom('feed_run').selectAll().where('id', '=', runId).forUpdate().executeTakeFirstOrThrow();
  const total = addCounts({ ...run, rejectedBy: run.rejected_by as Record<string, number> }, counts);
  await tx.updateTable('feed_run').set(countColumns(total)).where('id', '=', runId).execute();
}

const countColumns = (counts: RunCounts) => ({
  read: counts.read,
  accepted: counts.accepted,
  duplicate: counts.duplicate,
  rejected: counts.rejected,
  held: counts.held,
  rejected_by: JSON.stringify(counts.rejectedBy),
});

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

/** Runs that wait for a person, oldest first; of one feed, or of all. */
export async function heldRuns(db: Kysely<DB>, feed: string | null = null): Promise<FeedRun[]> {
  const rows = await selectRuns(db)
    .where('state', '=', 'held')
    .where((eb) => (feed === null ? eb.lit(true) : eb('feed', '=', feed)))
    .orderBy('id')
    .execute();
  return rows.map(toRun);
}

export const selectRuns = (db: Kysely<DB>) => db.selectFrom('feed_run').selectAll();

type RunRow = Awaited<ReturnType<ReturnType<typeof selectRuns>['execute']>>[number];

export function toRun(row: RunRow): FeedRun {
  return {
    id: row.id,
    feed: row.feed,
    kind: row.kind,
    query: row.query,
    sourceSha256: row.source_sha256,
    state: row.state,
    partialReason: row.partial_reason,
    claimedTotal: row.claimed_total,
    entries: row.entries,
    skipped: row.skipped as Record<string, number>,
    capHit: row.cap_hit,
    cost: row.cost,
    hold: row.hold as unknown as Hold | null,
    decidedAt: row.decided_at,
    resumes: row.resumes,
    runner: row.runner,
    codeVersion: row.code_version,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    read: row.read,
    accepted: row.accepted,
    duplicate: row.duplicate,
    rejected: row.rejected,
    held: row.held,
    rejectedBy: row.rejected_by as Record<string, number>,
  };
}
