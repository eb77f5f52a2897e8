// kubecensus feeds show, approve, reject: one run explained so that its owner can mend it, and the decision on one that is held.
import { heldCandidates, releaseSightings } from '../candidates/held-sighting.store.ts';
import { isOver, loadCursor } from '../feeds/feed-cursor.store.ts';
import { type FeedRun, findRun } from '../feeds/feed-run.store.ts';
import { approveRun, rejectRun } from '../feeds/held-run.store.ts';
import { examplesByReason } from '../feeds/quarantine.store.ts';
import { adviceOn, holdText } from '../feeds/run-advice.ts';
import { KubecensusError } from '../platform/errors.ts';
import { releaseTally } from '../tallies/held-tally.store.ts';
import { type Command, EXIT, type ExitCode, type Session } from './command.ts';
import { formatRows, type Row } from './rows.ts';
import { runPage, SHOWN_HELD, SHOWN_OF_REASON } from './run-page.ts';

export const feedsShowCommand: Command = {
  usage: 'feeds show <run>',
  help: 'one run: counts, why it is partial or held, refused rows by reason with their places, where it goes on, what to do',
  run: async (session, [id]) => {
    const { db } = await session.open();
    const run = await findRun(db, Number(id));
    if (run === null) throw new KubecensusError('KC_USAGE', `There is no run ${id}.`);
    const refused = await examplesByReason(db, run.id, SHOWN_OF_REASON);
    const waiting = await heldCandidates(db, run.id, SHOWN_HELD);
    const todo = adviceOn(run);
    const row: Row = {
      ...rowOf(run),
      kind: run.kind,
      entries: run.entries,
      skipped: run.skipped,
      capHit: run.capHit,
      cost: run.cost,
      resumes: run.resumes,
      nextFrom: placeText(await loadCursor(db, run.feed, run.query)),
      startedAt: run.startedAt,
      finishedAt: run.finishedAt,
      decidedAt: run.decidedAt,
      runner: run.runner,
      codeVersion: run.codeVersion,
      todo,
      waiting,
      refused: refused.map(({ reason, at, excerpt }) => `${reason}, ${at}: ${excerpt}`),
    };
    await session.out(
      session.format === 'table' ? runPage(row, run, refused, todo) : formatRows([row], session.format),
    );
    return EXIT.done;
  },
};

export const feedsApproveCommand: Command = {
  usage: 'feeds approve <run>',
  help: 'let in what a held run keeps back',
  run: async (session, [id]) => {
    const parts = await session.open();
    const run = await findRun(parts.db, Number(id));
    const release = run?.kind === 'counts' ? releaseTally : releaseSightings;
    return printRun(session, await approveRun(parts.db, Number(id), parts.now(), release));
  },
};

export const feedsRejectCommand: Command = {
  usage: 'feeds reject <run>',
  help: 'drop what a held run keeps back; its record stays',
  run: async (session, [id]) => {
    const parts = await session.open();
    await session.out(formatRows([rowOf(await rejectRun(parts.db, Number(id), parts.now()))], session.format));
    return EXIT.done;
  },
};

/** The row of a run, as runs and imports print it. */
function rowOf(run: FeedRun): Row {
  return {
    run: run.id,
    feed: run.feed,
    state: run.state,
    read: run.read,
    accepted: run.accepted,
    duplicate: run.duplicate,
    rejected: run.rejected,
    held: run.held,
    rejectedBy: run.rejectedBy,
    claimedTotal: run.claimedTotal,
    partialReason: run.partialReason,
    hold: holdText(run),
    query: run.query,
  };
}

const EXIT_OF: Readonly<Record<string, ExitCode>> = {
  partial: EXIT.partial,
  held: EXIT.partial,
  failed: EXIT.failed,
};

/** Prints a run, and says what to type when it is held. */
export const printRun = (session: Session, run: FeedRun): Promise<ExitCode> => printRuns(session, [run]);

/** Prints runs as one table, says of those that are held what to type, and gives the code of the worst: a failure, else what is partial or held. */
export async function printRuns(session: Session, runs: readonly FeedRun[]): Promise<ExitCode> {
  if (runs.length > 0) await session.out(formatRows(runs.map(rowOf), session.format));
  sayHeld(session, runs);
  const codes = runs.map((run) => EXIT_OF[run.state] ?? EXIT.done);
  return codes.find((code) => code === EXIT.failed) ?? codes.find((code) => code !== EXIT.done) ?? EXIT.done;
}

/** Says of each run that is held why, and what to type. */
export function sayHeld(session: Session, runs: readonly FeedRun[]): void {
  for (const run of runs.filter((one) => one.state === 'held'))
    session.say(
      `Run ${run.id} of ${run.feed} is held. ${holdText(run)}. Look at it with kubecensus feeds show ${run.id}, then kubecensus feeds approve ${run.id} or kubecensus feeds reject ${run.id}.`,
    );
}

/** Where the next run of this query goes on. */
const placeText = (cursor: unknown): string => (isOver(cursor) ? 'the beginning' : JSON.stringify(cursor));

/** Says how far a run is, at most once a second. */
export function progressOf(session: Session, feed: string): (counts: { read: number }) => void {
  let read = 0;
  let saidAt = 0;
  return (counts) => {
    read += counts.read;
    if (!session.progressBars || Date.now() - saidAt < 1000) return;
    saidAt = Date.now();
    session.say(`${feed}: ${read} rows read`);
  };
}
