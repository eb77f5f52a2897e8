// What the overlap of feeds says of what none of them named: estimates with their intervals, refusals and cautions, never a total.
import { SMALLEST_OVERLAP } from '../../rollups/estimate.ts';
import { MOST_LISTS } from '../../rollups/log-linear.ts';
import type { Caution, OverlapEstimate, Refusal } from '../../rollups/overlap.ts';
import { count, words } from '../columns.ts';
import type { FeedsData } from '../feeds-data.ts';
import { type Note, type Section, section } from '../section.ts';

const METHODS: Readonly<Record<OverlapEstimate['method'], string>> = {
  chapman: 'Chapman',
  chao: 'Chao, lower bound',
  'log-linear': 'log-linear models',
};

const REFUSALS: Readonly<Record<Refusal, string>> = {
  overlap_too_small: `refused: fewer than ${SMALLEST_OVERLAP} in common`,
  no_unseen_part: 'no unseen part detectable',
  too_many_feeds: `refused: more than ${MOST_LISTS} feeds`,
  no_model: 'refused: no model fits these counts',
};

const CAUTIONS: Readonly<Record<Caution, string>> = {
  dependent: 'dependent: read as a lower bound',
  partial: 'partial feed',
};

const SHOWN_ROWS = 30;

const ESTIMATE = [
  count('estimated_endpoints', 'Estimate', 'endpoint'),
  count('low_endpoints', '95 % from', 'endpoint'),
  count('high_endpoints', '95 % to', 'endpoint'),
] as const;

export function unseenSection({ overlaps }: FeedsData): Section {
  const { pairs, together, seen } = overlaps.kubernetesEndpoints;
  const estimates = [...together, ...pairs.map((pair) => pair.estimate)];
  return section('unseen', 'What feeds like these could still name', {
    paragraphs: [
      [
        'Where lists are independent and each thing is equally easy to find, the size of their overlap says how many things none of them has (capture-recapture). Feeds are neither. Where they look at the same ports, find clouds more easily than offices, or read each other, estimates come out ',
        { strong: 'too low' },
        '; where each looks at a part of its own, they come out too high',
        '. All feeds together named ',
        { count: seen, unit: 'Kubernetes endpoint' },
        '. None of these numbers is the total of Kubernetes endpoints: what no feed can see is in none of them.',
      ],
    ],
    tables: [
      {
        id: 'feed-estimates',
        title: 'Kubernetes endpoints within reach of all these feeds together, seen or not',
        columns: [
          words('method', 'Method'),
          words('marks', 'Marks'),
          ...ESTIMATE,
          count('least_endpoints', 'Models from', 'endpoint'),
          count('greatest_endpoints', 'Models to', 'endpoint'),
        ],
        rows: together.map((one) => [
          METHODS[one.method],
          marksOf(one),
          ...estimateOf(one),
          rounded(one.range?.[0]),
          rounded(one.range?.[1]),
        ]),
      },
      {
        id: 'feed-pair-estimates',
        title: 'The same of every two feeds, by Chapman',
        columns: [
          words('feed', 'Feed'),
          words('other_feed', 'Other feed'),
          words('marks', 'Marks'),
          count('seen_endpoints', 'Seen', 'endpoint'),
          ...ESTIMATE,
        ],
        rows: pairs.map(({ feeds, estimate }) => [...feeds, marksOf(estimate), estimate.seen, ...estimateOf(estimate)]),
        shown: SHOWN_ROWS,
      },
    ],
    notes: notesOf(estimates),
  });
}

function estimateOf({ estimate, interval }: OverlapEstimate): (number | null)[] {
  return [rounded(estimate), rounded(interval?.[0]), rounded(interval?.[1])];
}

function rounded(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : Math.round(value);
}

function marksOf({ refused, cautions }: OverlapEstimate): string | null {
  const marks = [...(refused === null ? [] : [REFUSALS[refused]]), ...cautions.map((caution) => CAUTIONS[caution])];
  return marks.join('; ') || null;
}

function notesOf(estimates: readonly OverlapEstimate[]): Note[] {
  const given = estimates.filter((one) => one.refused === null);
  const marked = (caution: Caution): boolean => given.some((one) => one.cautions.includes(caution));
  return [
    ...(marked('dependent')
      ? [
          {
            tone: 'caution' as const,
            title: 'Some feeds share a source.',
            text: ['Lists are positively dependent; read as a lower bound what is marked so.'],
          },
        ]
      : []),
    ...(marked('partial')
      ? [
          {
            tone: 'caution' as const,
            title: 'Some feeds were cut short.',
            text: [
              'That a partial feed did not name an endpoint says little, and what is estimated from it is marked.',
            ],
          },
        ]
      : []),
    {
      tone: 'note',
      title: 'How they are made.',
      text: [
        'Two lists: Chapman 1951, with a log-normal interval on the unseen part. Three and more: the lower bound of Chao 1987, and Poisson log-linear models with every set of pairwise interactions; the estimate is that of the least BIC, its interval the profile likelihood of that model (Cormack 1992), and the range is over all models that the counts support about as well. Numbers from different models lie far apart where the counts say little.',
      ],
    },
  ];
}
