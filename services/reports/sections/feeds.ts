// Which feeds named the endpoints, what each run brought, and which of them were cut short.
import { asking, code, count, time, words } from '../columns.ts';
import { cellCount, type FeedRunFacts, type HeadlineData } from '../headline-data.ts';
import { byValue, KUBERNETES } from '../kubernetes-cells.ts';
import { partialRuns } from '../manifest.ts';
import { NOT_OBSERVED } from '../names.ts';
import { counted } from '../numbers.ts';
import { type Note, type Section, section, type Table, type Text } from '../section.ts';

const SHOWN_RUNS = 30;

export function feedsSection(data: HeadlineData): Section {
  const named = byValue(data, 'feed');
  const runs = data.feedRuns;
  return section('feeds', 'Feeds', {
    paragraphs: [
      [
        'Feeds say where to look; they prove nothing. An endpoint that several feeds name counts once in every total, and once under each of its feeds here, so these rows do not add up.',
      ],
    ],
    figures: [
      {
        id: 'feeds',
        title: 'Kubernetes endpoints by the feed that named them',
        description:
          'Endpoints of all Kubernetes components under each feed that named them; rows overlap and do not add up.',
        chart: {
          kind: 'bars',
          unit: 'endpoints',
          total: null,
          bars: named.flatMap(({ value, endpoints }) =>
            endpoints === null ? [] : [{ label: value ?? NOT_OBSERVED, value: endpoints, role: 'plain' }],
          ),
        },
        table: 'feeds',
      },
    ],
    tables: [
      {
        id: 'feeds',
        title: 'Endpoints by feed',
        columns: [
          asking(words('feed', 'Feed'), { by: 'component', of: { feed: 'feed' } }),
          words('state', 'Last runs'),
          asking(count('endpoints', 'Kubernetes', 'endpoint'), {
            where: { component: KUBERNETES },
            of: { feed: 'feed' },
          }),
          asking(count('apiserver_endpoints', 'kube-apiserver', 'endpoint'), {
            where: { component: ['kube-apiserver'] },
            of: { feed: 'feed' },
          }),
          asking(count('observed_endpoints', 'Observed', 'endpoint'), { of: { feed: 'feed' } }),
        ],
        rows: named.map((one) => [
          one.value,
          feedState(runs, one.value),
          one.endpoints,
          one.apiserver.endpoint,
          cellCount(data, 'endpoint', ['feed'], { feed: one.value }),
        ]),
      },
      totalsTable(runs),
      {
        id: 'feed-runs',
        title: 'What the last run of every query or file brought',
        folded: true,
        columns: [
          words('feed', 'Feed'),
          words('state', 'State'),
          count('claimed_entries', 'Source claims', 'entry'),
          count('read_rows', 'Read', 'row'),
          count('accepted_rows', 'Accepted', 'row'),
          count('duplicate_rows', 'Duplicate', 'row'),
          count('rejected_rows', 'Rejected', 'row'),
        ],
        rows: runs.map((run) => [
          run.feed,
          runState(run),
          run.claimedTotal,
          run.read,
          run.accepted,
          run.duplicate,
          run.rejected,
        ]),
        shown: SHOWN_RUNS,
      },
      // Names of files and queries are whoever asked's own; counts are not.
      ...(data.isWithheld === undefined ? [queriesTable(runs)] : []),
    ],
    notes: partialNotes(data),
  });
}

function queriesTable(runs: readonly FeedRunFacts[]): Table {
  return {
    id: 'feed-queries',
    title: 'What each of these runs asked, and why rows were rejected',
    folded: true,
    columns: [
      words('feed', 'Feed'),
      time('started_at', 'Began'),
      code('query', 'Query or file'),
      words('rejected_by', 'Rejected for'),
      words('upstreams', 'Reads from'),
    ],
    rows: runs.map((run) => [
      run.feed,
      run.startedAt,
      run.query,
      reasons(run.rejectedBy),
      run.upstreams.join(', ') || null,
    ]),
    shown: SHOWN_RUNS,
  };
}

/** One row a feed: a feed of many queries or files has a run of each. */
function totalsTable(runs: readonly FeedRunFacts[]): Table {
  const feeds = [...Map.groupBy(runs, (run) => run.feed)];
  const over = (its: readonly FeedRunFacts[], of: (run: FeedRunFacts) => number): number =>
    its.reduce((total, run) => total + of(run), 0);
  return {
    id: 'feed-totals',
    title: 'What each feed brought, by the last run of every query or file',
    columns: [
      words('feed', 'Feed'),
      count('query_runs', 'Queries or files', 'run'),
      count('partial_runs', 'Not whole', 'run'),
      time('last_began_at', 'Last began'),
      count('read_rows', 'Read', 'row'),
      count('accepted_rows', 'Accepted', 'row'),
      count('duplicate_rows', 'Duplicate', 'row'),
      count('rejected_rows', 'Rejected', 'row'),
    ],
    rows: feeds.map(([feed, its]) => [
      feed,
      its.length,
      its.filter((run) => run.state !== 'complete').length,
      last(its).startedAt,
      over(its, (run) => run.read),
      over(its, (run) => run.accepted),
      over(its, (run) => run.duplicate),
      over(its, (run) => run.rejected),
    ]),
  };
}

/** "complete", or why not. */
function runState(run: FeedRunFacts): string {
  if (run.state === 'complete') return 'complete';
  const why = [run.partialReason, run.capHit ? 'a cap was hit' : null].filter((one) => one !== null).join('; ');
  return why === '' ? run.state : `${run.state}: ${why}`;
}

function feedState(runs: readonly FeedRunFacts[], feed: string | null): string | null {
  const states = runs.filter((run) => run.feed === feed).map((run) => run.state);
  return states.length === 0 ? null : (states.find((state) => state !== 'complete') ?? 'complete');
}

function reasons(rejectedBy: Readonly<Record<string, number>>): string | null {
  const list = Object.entries(rejectedBy).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return list.length === 0 ? null : list.map(([reason, rows]) => `${reason}: ${counted(rows, 'row')}`).join(', ');
}

/** One note a feed: forty files that were cut short are one caution, and the table of runs has each. */
function partialNotes(data: HeadlineData): Note[] {
  return [...Map.groupBy(partialRuns(data), (run) => run.feed)].map(([feed, runs]) => ({
    tone: 'caution',
    title: `${feed} is partial.`,
    text: [
      ...(runs.length === 1
        ? soleRun(runs[0]!)
        : [
            { count: runs.length, unit: 'run' },
            ` of it are not whole, the last of them: state ${runState(last(runs))}`,
          ]),
      '. Counts under this feed, and all that only this feed names, are too low.',
    ],
  }));
}

function soleRun(run: FeedRunFacts): Text {
  return [
    `State ${runState(run)}. `,
    { count: run.read, unit: 'row' },
    ' read',
    ...(run.claimedTotal === null
      ? []
      : [' of ', { count: run.claimedTotal, unit: 'entry' } as const, ' that the source claims']),
  ];
}

function last(runs: readonly FeedRunFacts[]): FeedRunFacts {
  return runs.reduce((latest, run) => (run.startedAt > latest.startedAt ? run : latest));
}
