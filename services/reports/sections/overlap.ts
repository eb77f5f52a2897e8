// Which combinations of feeds named the Kubernetes endpoints: the matrix, every combination with its counts, and every two feeds.
import type { Combination, Overlap } from '../../rollups/overlap.ts';
import type { MatrixChart } from '../chart.ts';
import { count, part, share, words } from '../columns.ts';
import type { FeedsData } from '../feeds-data.ts';
import { type Section, section } from '../section.ts';

/** Columns of the matrix that stay apart on a telephone; smaller feeds share the last. */
const SHOWN_FEEDS = 10;
/** Rows of the matrix that are read at a glance; the table has all. */
const SHOWN_COMBINATIONS = 20;
const SHOWN_ROWS = 30;

export function overlapSection({ overlaps }: FeedsData): Section {
  const { endpoints, kubernetesEndpoints: kubernetes } = overlaps;
  const one = kubernetes.feeds.reduce((sum, feed) => sum + feed.only, 0);
  const known = new Map(kubernetes.combinations.map((each) => [each.feeds.join('\0'), each.count]));
  return section('overlap', 'Overlap of feeds', {
    paragraphs: [
      [
        'Every endpoint of this survey stands in one row: that of exactly the feeds that named it by the day of the survey. Of ',
        { count: kubernetes.seen, unit: 'Kubernetes endpoint' },
        ', ',
        { count: one, unit: 'endpoint' },
        ' were named by one feed only',
        ...(kubernetes.seen > 0 ? [': ', { share: one / kubernetes.seen, of: 'Kubernetes endpoints' }] : []),
        '. They rest on the word of that feed alone; our own observation is what says that they are Kubernetes.',
      ],
    ],
    figures: [
      {
        id: 'feed-combinations',
        title: 'Kubernetes endpoints by the feeds that named them',
        description: `Above, how many Kubernetes endpoints each feed named. Below, one row for each combination of feeds, a dot under each of its feeds, and a bar for the endpoints that those feeds named and no other did. At most the ${SHOWN_COMBINATIONS} largest rows are drawn; the table has all.`,
        chart: matrixOf(kubernetes),
        table: 'feed-combinations',
      },
    ],
    tables: [
      {
        id: 'feed-combinations',
        title: 'Endpoints by the exact set of feeds that named them',
        columns: [
          words('feeds', 'Feeds'),
          count('feeds_count', 'How many', 'feed'),
          count('kubernetes_endpoints', 'Kubernetes', 'endpoint'),
          count('endpoints', 'All', 'endpoint'),
        ],
        rows: endpoints.combinations
          .map((each) => ({ ...each, kubernetes: known.get(each.feeds.join('\0')) ?? 0 }))
          .sort((a, b) => b.kubernetes - a.kubernetes || b.count - a.count)
          .map((each) => [each.feeds.join(', '), each.feeds.length, each.kubernetes, each.count]),
        shown: SHOWN_ROWS,
      },
      {
        id: 'feed-pairs',
        title: 'What every two feeds share',
        columns: [
          words('feed', 'Feed'),
          words('other_feed', 'Other feed'),
          count('both_kubernetes_endpoints', 'Both named', 'Kubernetes endpoint'),
          count('either_kubernetes_endpoints', 'Either named', 'Kubernetes endpoint'),
          share('both_share', 'Share', 'what either named'),
        ],
        rows: kubernetes.pairs.map(({ feeds, both, either }) => [...feeds, both, either, part(both, either)]),
        shown: SHOWN_ROWS,
      },
    ],
  });
}

function matrixOf(overlap: Overlap): MatrixChart {
  const shown = overlap.feeds.length > SHOWN_FEEDS ? overlap.feeds.slice(0, SHOWN_FEEDS - 1) : overlap.feeds;
  const rest = overlap.feeds.length - shown.length;
  const places = new Map(shown.map((one, at) => [one.feed, at]));
  const placesOf = (feeds: readonly string[]): number[] =>
    [...new Set(feeds.map((feed) => places.get(feed) ?? shown.length))].sort((a, b) => a - b);
  const rows = new Map<string, { sets: number[]; alone: boolean; value: number }>();
  for (const { feeds, count: value } of overlap.combinations) {
    const [sets, alone] = [placesOf(feeds), feeds.length === 1];
    const key = `${sets.join()} ${alone}`;
    rows.set(key, { sets, alone, value: value + (rows.get(key)?.value ?? 0) });
  }
  const named = ({ combinations }: Overlap, of: (one: Combination) => boolean): number =>
    combinations.filter(of).reduce((sum, one) => sum + one.count, 0);
  const others = {
    label: `${rest} other feeds`,
    value: named(overlap, (one) => placesOf(one.feeds).includes(shown.length)),
  };
  const label = (one: Overlap['feeds'][number]): string => (one.partial ? `${one.feed} (partial)` : one.feed);
  return {
    kind: 'matrix',
    unit: 'endpoints',
    sets: [...shown.map((one) => ({ label: label(one), value: one.named })), ...(rest > 0 ? [others] : [])],
    rows: [...rows.values()].sort((a, b) => b.value - a.value).slice(0, SHOWN_COMBINATIONS),
  };
}
