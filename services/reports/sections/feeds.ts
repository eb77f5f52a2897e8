// Which feeds named the endpoints, what each run brought, and which of them were cut short.
import { code, count, time, words } from '../columns.ts';
import { cellsOf, type FeedRunFacts, type HeadlineData } from '../headline-data.ts';
import { byValue, sum } from '../kubernetes-cells.ts';
import { partialRuns } from '../manifest.ts';
import { NOT_OBSERVED } from '../names.ts';
import { counted } from '../numbers.ts';
import { type Note, type Section, section } from '../section.ts';

const SHOWN_RUNS = 30;

export function feedsSection(data: HeadlineData): Section {
  const named = byValue(data, 'feed');
  const runs = data.feedRuns;
  return section('feeds', 'Feeds', {
    paragraphs: [
      [
        'Feeds say where to look; they prove nothing. An endpoint that several feeds name counts once in every total of this report, and once under each of its feeds here, so these rows do not add up.',
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
          bars: named.map((one) => ({ label: one.value ?? NOT_OBSERVED, value: one.endpoints, role: 'plain' })),
        },
        table: 'feeds',
      },
    ],
    tables: [
      {
        id: 'feeds',
        title: 'Endpoints by feed',
        columns: [
          words('feed', 'Feed'),
          words('state', 'Last runs'),
          count('endpoints', 'Kubernetes', 'endpoint'),
          count('apiserver_endpoints', 'kube-apiserver', 'endpoint'),
          count('observed_endpoints', 'Observed', 'endpoint'),
        ],
        rows: named.map((one) => [
          one.value,
          feedState(runs, one.value),
          one.endpoints,
          one.apiserver.endpoint,
          sum(cellsOf(data, 'endpoint', 'feed').filter((cell) => (cell.values.feed ?? null) === one.value)),
        ]),
      },
      {
        id: 'feed-runs',
        title: 'What the last run of every query brought',
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
      {
        id: 'feed-queries',
        title: 'What each run asked, and why rows were rejected',
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
      },
    ],
    notes: partialNotes(data),
  });
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

function partialNotes(data: HeadlineData): Note[] {
  return partialRuns(data).map((run) => ({
    tone: 'caution',
    title: `${run.feed} is partial.`,
    text: [
      `State ${runState(run)}. `,
      { count: run.read, unit: 'row' },
      ' read',
      ...(run.claimedTotal === null
        ? []
        : [' of ', { count: run.claimedTotal, unit: 'entry' }, ' that the source claims']),
      '. Counts under this feed, and all that only this feed names, are too low.',
    ],
  }));
}
