// kubecensus feeds: what is declared, the last run of each, and pulling one.
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { type DescribedFeed, describeFeeds, describeTypes } from '../feeds/describe.ts';
import type { Feed } from '../feeds/feed.ts';
import { type FeedRun, heldRuns, lastRuns } from '../feeds/feed-run.store.ts';
import { KubecensusError } from '../platform/errors.ts';
import { type Command, EXIT, type Session, textOption } from './command.ts';
import { printRun, progressOf, sayHeld } from './feed-runs.ts';
import { formatRows, type Row } from './rows.ts';

export const feedsListCommand: Command = {
  usage: 'feeds list',
  isDefault: true,
  help: 'declared feeds with their query, terms, cost and last run, and files that were imported',
  options: [{ flags: '--all', help: 'also the types of feeds that are not declared yet' }],
  run: async (session, _args, options) => {
    const parts = await session.open();
    const runs = new Map((await lastRuns(parts.db)).map((run) => [run.feed, run]));
    const { feeds, secret } = parts.config;
    const declared = describeFeeds(feeds, secret);
    const imported = [...runs.keys()]
      .filter((feed) => !declared.some((entry) => entry.name === feed))
      .map((name): DescribedFeed => ({ ...IMPORTED, name }));
    const others = options['all'] === true ? describeTypes(feeds) : [];
    const rows = [...declared, ...imported, ...others].map(
      ({ name, type, missing, credits, query, upstreams, cost, terms }): Row => ({
        feed: name,
        type,
        ready: missing ?? 'yes',
        ...lastRunOf(runs.get(name)),
        credits,
        query,
        upstreams: upstreams.join(', '),
        cost,
        terms,
      }),
    );
    await session.out(formatRows(rows, session.format));
    sayHeld(session, await heldRuns(parts.db));
    return EXIT.done;
  },
};

/** Files are given anew each time. */
const IMPORTED = {
  type: 'import',
  title: 'files',
  missing: null,
  credits: null,
  query: '',
  upstreams: [],
  cost: '',
  terms: '',
} as const;

const lastRunOf = (run: FeedRun | undefined): Row => ({
  run: run?.id ?? null,
  state: run?.state ?? 'never run',
  read: run?.read ?? null,
  accepted: run?.accepted ?? null,
  duplicate: run?.duplicate ?? null,
  rejected: run?.rejected ?? null,
  held: run?.held ?? null,
  at: run?.startedAt ?? null,
});

export const feedsRunCommand: Command = {
  usage: 'feeds run <name>',
  help: 'pull a declared feed now; says first what it may cost',
  options: [
    { flags: '--spend <credits>', help: 'spend up to so many credits without asking, and not one more' },
    { flags: '--yes', help: "spend without asking, up to the feed's maxCredits" },
  ],
  run: async (session, [name], options) => {
    const parts = await session.open();
    const spend = creditsOf(textOption(options, 'spend'));
    const feed = parts.declaredFeed(name as string, spend);
    await agreeToCost(session, feed, options['yes'] === true ? Number.POSITIVE_INFINITY : spend);
    const run = await parts.runFeed(feed, session.signal, progressOf(session, name as string));
    return printRun(session, run);
  },
};

/** A limit as it was typed, or null without one. */
function creditsOf(text: string | null): number | null {
  if (text === null) return null;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new KubecensusError('KC_USAGE', `--spend is a whole number of credits, not ${text}.`);
}

/** Says what a run may cost, and asks when that is more than its owner lets pass. Throws KC_FEED_SPEND when nobody agrees. `agreed`: credits that were agreed to beforehand. */
async function agreeToCost(session: Session, feed: Feed, agreed: number | null): Promise<void> {
  if (feed.spending === undefined) return;
  const { credits, atMost } = await feed.spending.estimate(session.signal);
  const says = `${feed.name}: ${atMost ? 'at most' : 'about'} ${credits} credits (${feed.cost})`;
  session.say(says);
  if (agreed !== null && agreed < feed.spending.step)
    throw new KubecensusError(
      'KC_FEED_SPEND',
      `${feed.name}: one page may cost ${feed.spending.step} credits, more than --spend ${agreed}.`,
    );
  if (credits <= Math.max(feed.spending.confirmCredits, agreed ?? 0)) return;
  const refuse = (): never => {
    throw new KubecensusError(
      'KC_FEED_SPEND',
      `${says}; more than ${feed.spending?.confirmCredits} are not spent unasked. Agree with --spend ${credits}.`,
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
