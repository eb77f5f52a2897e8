// What each feed adds that no other has, beside what it costs and whether it was whole.
import { count, part, share, words } from '../columns.ts';
import type { FeedsData } from '../feeds-data.ts';
import { type Section, section } from '../section.ts';

/** Costs are credits or money with cents; more digits are rounding. */
const COST_DIGITS = 2;

export function contributionSection({ overlaps }: FeedsData): Section {
  const { endpoints, kubernetesEndpoints, certificates } = overlaps;
  const ofKubernetes = new Map(kubernetesEndpoints.feeds.map((one) => [one.feed, one]));
  const ofCertificates = new Map(certificates.feeds.map((one) => [one.feed, one]));
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
        title: 'The same of all endpoints and of certificates',
        columns: [
          words('feed', 'Feed'),
          count('endpoints', 'Named', 'endpoint'),
          count('only_endpoints', 'Only it named', 'endpoint'),
          count('certificates', 'Led to', 'certificate'),
          count('only_certificates', 'Only it led to', 'certificate'),
          words('upstreams', 'Reads from'),
        ],
        rows: endpoints.feeds.map((one) => [
          one.feed,
          one.named,
          one.only,
          ofCertificates.get(one.feed)?.named ?? 0,
          ofCertificates.get(one.feed)?.only ?? 0,
          one.upstreams.join(', ') || null,
        ]),
      },
    ],
  });
}

function written(cost: number | null): string | null {
  return cost === null ? null : String(Number(cost.toFixed(COST_DIGITS)));
}
