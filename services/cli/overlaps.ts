// kubecensus feeds overlaps: what feeds share and what only one of them has, in a window of time, whatever was surveyed.
import { KubecensusError } from '../platform/errors.ts';
import { LAG_HOURS, type SightingOverlaps, sightingOverlaps } from '../rollups/overlap.store.ts';
import type { Overlap, OverlapEstimate } from '../rollups/overlap.ts';
import { type Command, EXIT, type Options, textOption } from './command.ts';
import { formatRows, type Row } from './rows.ts';

const UNITS = { endpoint: 'endpoints', name: 'names', certificate: 'certificates' } as const satisfies Record<
  string,
  keyof SightingOverlaps
>;

/** What is listed, by the word of --by. */
const VIEWS: Readonly<Record<string, (overlap: Overlap) => Row[]>> = {
  feed: ({ feeds, seen }) =>
    feeds.map(({ feed, named, only, cost, partial, upstreams }) => ({
      feed,
      named,
      only,
      onlyShare: seen === 0 ? null : only / seen,
      cost,
      costPerOnly: cost === null || only === 0 ? null : cost / only,
      state: partial ? 'partial' : 'complete',
      upstreams: upstreams.join(', '),
    })),
  set: ({ combinations }) => combinations.map(({ feeds, count }) => ({ feeds: feeds.join(', '), count })),
  pair: ({ pairs }) =>
    pairs.map(({ feeds: [feed, other], both, either, estimate }) => ({
      feed,
      other,
      both,
      either,
      ...numbers(estimate),
    })),
  together: ({ together }) =>
    together.map((one) => ({
      method: one.method,
      feeds: one.feeds.join(', '),
      seen: one.seen,
      ...numbers(one),
      modelsFrom: one.range?.[0] ?? null,
      modelsTo: one.range?.[1] ?? null,
    })),
};

const numbers = ({ estimate, interval, refused, cautions }: OverlapEstimate): Row => ({
  estimate,
  from: interval?.[0] ?? null,
  to: interval?.[1] ?? null,
  refused,
  cautions: cautions.join(', '),
});

export const feedsOverlapsCommand: Command = {
  usage: 'feeds overlaps',
  help: 'what feeds share and what only one has, of everything they named in a window of time',
  options: [
    { flags: '--unit <unit>', help: `${Object.keys(UNITS).join(', ')} (default: endpoint)` },
    {
      flags: '--by <view>',
      help: 'feed (what each adds, with its cost), set (exact sets of feeds), pair, together (estimates; default: feed)',
    },
    { flags: '--from <time>', help: `begin of the window, RFC 3339 (default: ${LAG_HOURS} hours before its end)` },
    { flags: '--to <time>', help: 'end of the window (default: now)' },
  ],
  run: async (session, _args, options) => {
    const unit = wordOf(options, 'unit', Object.keys(UNITS), 'endpoint') as keyof typeof UNITS;
    const view = wordOf(options, 'by', Object.keys(VIEWS), 'feed');
    const parts = await session.open();
    const to = timeOf(options, 'to') ?? parts.now();
    const from = timeOf(options, 'from') ?? new Date(to.getTime() - LAG_HOURS * 3_600_000);
    if (from >= to) throw new KubecensusError('KC_USAGE', '--from is a time before --to.');
    const overlap = (await sightingOverlaps(parts.db, { from, to }))[UNITS[unit]];
    session.say(`${overlap.seen} ${UNITS[unit]} from ${from.toISOString()} to ${to.toISOString()}.`);
    await session.out(formatRows(VIEWS[view]!(overlap), session.format));
    return EXIT.done;
  },
};

function wordOf(options: Options, name: string, words: readonly string[], fallback: string): string {
  const word = textOption(options, name) ?? fallback;
  if (words.includes(word)) return word;
  throw new KubecensusError('KC_USAGE', `--${name} is one of ${words.join(', ')}.`);
}

function timeOf(options: Options, name: string): Date | null {
  const text = textOption(options, name);
  if (text === null) return null;
  const time = new Date(text);
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(time.getTime())) return time;
  throw new KubecensusError('KC_USAGE', `--${name} is a time such as 2026-11-24T00:00:00Z, not ${text}.`);
}
