// What each feed adds that no other has, beside what it costs and whether it was whole.

import type { SightingOverlaps, Window } from '../../rollups/overlap.store.ts';
import type { FeedOverlap, Overlap } from '../../rollups/overlap.ts';
import { count, part, share, words } from '../columns.ts';
import type { FeedsData } from '../feeds-data.ts';
import { type Section, section, type Table } from '../section.ts';
import { writtenTime } from '../written-value.ts';

/** Costs are credits or money with cents; more digits are rounding. */
const COST_DIGITS = 2;

export function contributionSection({ overlaps, sightings, window }: FeedsData): Section {
  const { endpoints, kubernetesEndpoints, names, certificates } = overlaps;
  const ofKubernetes = byFeed(kubernetesEndpoints);
  const [ofNames, ofCertificates] = [byFeed(names), byFeed(certificates)];
  return section('contribution', 'What each feed adds', {
    paragraphs: [
      [
        'An endpoint that only one feed named would be missing without that feed. The cost is what all runs of the feed up to the survey say together, each in the unit of its source, so that costs of two feeds do not compare and do not add.',
      ],
    ],
    tables: [
      {
        id: 'feed-contribution',
        title: 'What would be missing without each feed',
        columns: [
          words('feed', 'Feed'),
          words('state', 'State'),
          count('kubernetes_endpoints', 'Named', 'Kubernetes endpoint'),
          count('only_kubernetes_endpoints', 'Only it named', 'Kubernetes endpoint'),
          share('only_share', 'Share', 'all Kubernetes endpoints'),
          words('cost', 'Cost'),
          words('cost_per_only', 'Cost of one that only it named'),
        ],
        rows: endpoints.feeds.map((one) => {
          const only = ofKubernetes.get(one.feed)?.only ?? 0;
          return [
            one.feed,
            one.partial ? 'partial' : 'complete',
            ofKubernetes.get(one.feed)?.named ?? 0,
            only,
            part(only, kubernetesEndpoints.seen),
            written(one.cost),
            only > 0 && one.cost !== null ? written(one.cost / only) : null,
          ];
        }),
      },
      {
        id: 'feed-all',
        title: 'The same of all endpoints, of names and of certificates',
        columns: [
          words('feed', 'Feed'),
          count('endpoints', 'Named', 'endpoint'),
          count('only_endpoints', 'Only it named', 'endpoint'),
          count('names', 'Names', 'name'),
          count('only_names', 'Of it alone', 'name'),
          count('certificates', 'Led to', 'certificate'),
          count('only_certificates', 'Only it led to', 'certificate'),
          words('upstreams', 'Reads from'),
        ],
        rows: endpoints.feeds.map((one) => [
          one.feed,
          one.named,
          one.only,
          ofNames.get(one.feed)?.named ?? 0,
          ofNames.get(one.feed)?.only ?? 0,
          ofCertificates.get(one.feed)?.named ?? 0,
          ofCertificates.get(one.feed)?.only ?? 0,
          one.upstreams.join(', ') || null,
        ]),
      },
      windowTable(sightings, window),
    ],
  });
}

/** Feeds in the order of what only they named; those that named nothing in the window have no row. */
function windowTable({ endpoints, names, certificates }: SightingOverlaps, { from, to }: Window): Table {
  const units = [endpoints, names, certificates].map(byFeed);
  const onlyOf = (feed: string): number => units.reduce((sum, unit) => sum + (unit.get(feed)?.only ?? 0), 0);
  const feeds = [...new Set(units.flatMap((unit) => [...unit.keys()]))].sort((a, b) => onlyOf(b) - onlyOf(a));
  return {
    id: 'feed-window',
    title: `Everything that feeds named from ${writtenTime(from.toISOString())} to ${writtenTime(to.toISOString())}, surveyed or not`,
    columns: [
      words('feed', 'Feed'),
      ...(['endpoint', 'name', 'certificate'] as const).flatMap((unit) => [
        count(`${unit}s`, 'All', unit),
        count(`only_${unit}s`, 'Of it alone', unit),
      ]),
    ],
    rows: feeds.map((feed) => [
      feed,
      ...units.flatMap((unit) => [unit.get(feed)?.named ?? 0, unit.get(feed)?.only ?? 0]),
    ]),
  };
}

const byFeed = ({ feeds }: Overlap): Map<string, FeedOverlap> => new Map(feeds.map((one) => [one.feed, one]));

function written(cost: number | null): string | null {
  return cost === null ? null : String(Number(cost.toFixed(COST_DIGITS)));
}
