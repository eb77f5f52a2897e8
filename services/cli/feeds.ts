// kubecensus feeds: what is declared, the last run of each, one run explained, and pulling one.
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import type { Feed } from '../feeds/feed.ts';
import { type FeedRun, findRun, lastRuns, quarantined } from '../feeds/feed-run.store.ts';
import { describeFeeds } from '../feeds/index.ts';
import { KubecensusError } from '../platform/errors.ts';
import { type Command, EXIT, type ExitCode, type Session } from './command.ts';
import { formatRows, type Row } from './rows.ts';

/** Quarantined rows that are shown; the table holds more. */
const SHOWN_REJECTS = 20;

export const feedsListCommand: Command = {
  usage: 'feeds list',
  isDefault: true,
  help: 'declared feeds with their terms, cost and last run, and files that were imported',
  run: async (session) => {
    const parts = await session.open();
    const runs = new Map((await lastRuns(parts.db)).map((run) => [run.feed, run]));
    const declared = describeFeeds(parts.config.feeds);
    const imported = [...runs.keys()]
      .filter((feed) => !declared.some((entry) => entry.name === feed))
      .map((name) => ({ name, type: 'import', query: '', upstreams: [], cost: '', terms: '' }));
    const rows = [...declared, ...imported].map(
      ({ name, type, query, upstreams, cost, terms }): Row => ({
        feed: name,
        type,
        ...lastRunOf(runs.get(name)),
        query,
        upstreams: upstreams.join(', '),
        cost,
        terms,
      }),
    );
    await session.out(formatRows(rows, session.format));
    return EXIT.done;
  },
};

const lastRunOf = (run: FeedRun | undefined): Row => ({
  run: run?.id ?? null,
  state: run?.state ?? 'never run',
  read: run?.read ?? null,
  accepted: run?.accepted ?? null,
  duplicate: run?.duplicate ?? null,
  rejected: run?.rejected ?? null,
  at: run?.startedAt ?? null,
});

export const feedsShowCommand: Command = {
  usage: 'feeds show <run>',
  help: 'one run: counts, why it is partial, reasons for rejections with examples',
  run: async (session, [id]) => {
    const parts = await session.open();
    const run = await findRun(parts.db, Number(id));
    if (run === null) throw new KubecensusError('KC_USAGE', `There is no run ${id}.`);
    await printRun(session, run);
    const rows = await quarantined(parts.db, run.id, SHOWN_REJECTS);
    if (rows.length > 0 && session.format === 'table')
      await session.out(`\nrejected rows (at most ${SHOWN_REJECTS})\n${formatRows(rows, 'table')}`);
    return EXIT.done;
  },
};

export const feedsRunCommand: Command = {
  usage: 'feeds run <name>',
  help: 'pull a declared feed now; says first what it may cost',
  options: [{ flags: '--yes', help: "spend without asking, up to the feed's maxCredits" }],
  run: async (session, [name], options) => {
    const parts = await session.open();
    const feed = parts.declaredFeed(name as string);
    await agreeToCost(session, feed, options['yes'] === true);
    const run = await parts.runFeed(feed, session.signal, progressOf(session, name as string));
    return printRun(session, run);
  },
};

/** Says what a run may cost, and asks when that is more than its owner lets pass. Throws KC_FEED_SPEND when nobody agrees. */
async function agreeToCost(session: Session, feed: Feed, agreed: boolean): Promise<void> {
  if (feed.spending === undefined) return;
  const { credits, atMost } = await feed.spending.estimate(session.signal);
  const says = `${feed.name}: ${atMost ? 'at most' : 'about'} ${credits} credits (${feed.cost})`;
  session.say(says);
  if (agreed || credits <= feed.spending.confirmCredits) return;
  const refuse = (): never => {
    throw new KubecensusError(
      'KC_FEED_SPEND',
      `${says}; more than ${feed.spending?.confirmCredits} are not spent unasked.`,
    );
  };
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) return refuse();
  // The terminal keeps its own line editing, so that Ctrl-C stays the signal that ends a command.
  const terminal = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  // The end of the input is no answer, and a question that is open then would wait for ever.
  const ended = once(terminal, 'close').then(() => '');
  const answer = await Promise.race([
    terminal.question('Spend them? [y/N] ', { signal: session.signal }),
    ended,
  ]).finally(() => terminal.close());
  if (!/^y(es)?$/i.test(answer.trim())) refuse();
}

/** Prints a run; partial when it was cut short. */
export async function printRun(session: Session, run: FeedRun): Promise<ExitCode> {
  const row: Row = {
    run: run.id,
    feed: run.feed,
    state: run.state,
    read: run.read,
    accepted: run.accepted,
    duplicate: run.duplicate,
    rejected: run.rejected,
    rejectedBy: run.rejectedBy,
    claimedTotal: run.claimedTotal,
    partialReason: run.partialReason,
    query: run.query,
  };
  await session.out(formatRows([row], session.format));
  return run.state === 'partial' ? EXIT.partial : run.state === 'failed' ? EXIT.failed : EXIT.done;
}

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
