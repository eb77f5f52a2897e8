// A made-up survey with made-up feeds, for tests of the report on feeds: combinations whose sums are known.
import type { FeedsData } from '../../services/reports/feeds-data.ts';
import { type Combination, type FeedFacts, overlapOf } from '../../services/rollups/overlap.ts';
import { emptyData, sampleData } from './sample-data.ts';

/** Combinations of Kubernetes endpoints by the places of their feeds; seen 4,330, of which 1,810 have one feed only. */
const COMBINATIONS: readonly (readonly [places: readonly number[], count: number])[] = [
  [[0, 1], 1204],
  [[0], 911],
  [[1], 640],
  [[0, 1, 2], 733],
  [[2], 204],
  [[1, 2], 340],
  [[0, 2], 181],
  [[3], 55],
  [[0, 1, 3], 38],
  [[0, 1, 2, 3], 24],
];

const WINDOW = { from: new Date('2026-11-17T00:00:00Z'), to: new Date('2026-11-20T00:00:00Z') };

export const FEED_NAMES = ['censys', 'shodan', 'certificate-log', 'import:list.txt'] as const;

const FACTS = (names: readonly string[]): FeedFacts[] => [
  { feed: names[0]!, upstreams: ['Certificate Transparency logs'], partial: true, cost: 1234.5 },
  { feed: names[1]!, upstreams: [], partial: false, cost: 40 },
  { feed: names[2]!, upstreams: ['Certificate Transparency logs'], partial: false, cost: null },
  { feed: names[3]!, upstreams: [], partial: false, cost: null },
];

export function sampleFeeds(names: readonly string[] = FEED_NAMES): FeedsData {
  const counted = (times: number): Combination[] =>
    COMBINATIONS.map(([places, count]) => ({ feeds: places.map((place) => names[place]!), count: count * times }));
  return {
    ...sampleData({ endpoints: 300, weight: 14, seed: 4 }),
    overlaps: {
      endpoints: overlapOf('endpoint', counted(3), FACTS(names)),
      kubernetesEndpoints: overlapOf('kubernetes endpoint', counted(1), FACTS(names)),
      names: overlapOf('name', counted(4), FACTS(names)),
      certificates: overlapOf('certificate', counted(2), FACTS(names)),
    },
    window: WINDOW,
    sightings: {
      endpoints: overlapOf('endpoint', counted(5), FACTS(names)),
      names: overlapOf('name', counted(6), FACTS(names)),
      certificates: overlapOf('certificate', counted(7).slice(0, 3), FACTS(names)),
    },
  };
}

/** Two dozen feeds, each with something of its own and something of its neighbour. */
export function manyFeeds(): FeedsData {
  const names = Array.from({ length: 24 }, (_, at) => `feed-${at}`);
  const counted = names.flatMap((name, at): Combination[] => [
    { feeds: [name], count: 100 + at },
    { feeds: [name, names[(at + 1) % 24]!], count: 10 + at },
  ]);
  const facts = names.map((feed) => ({ feed, upstreams: [], partial: false, cost: null }));
  const kubernetesEndpoints = overlapOf('kubernetes endpoint', counted, facts);
  return { ...sampleFeeds(), overlaps: { ...sampleFeeds().overlaps, kubernetesEndpoints } };
}

/** Feeds that named nothing. */
export function noFeeds(): FeedsData {
  return {
    ...emptyData(),
    overlaps: {
      endpoints: overlapOf('endpoint', [], []),
      kubernetesEndpoints: overlapOf('kubernetes endpoint', [], []),
      names: overlapOf('name', [], []),
      certificates: overlapOf('certificate', [], []),
    },
    window: WINDOW,
    sightings: {
      endpoints: overlapOf('endpoint', [], []),
      names: overlapOf('name', [], []),
      certificates: overlapOf('certificate', [], []),
    },
  };
}
