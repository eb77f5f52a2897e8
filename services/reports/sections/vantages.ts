// What each vantage of a survey saw, what the second gained, and what both missed: endpoints, shares of them, and one estimate with its conditions.
import { SMALLEST_OVERLAP } from '../../rollups/estimate.ts';
import { compareVantages, type VantageComparison } from '../../rollups/vantages.ts';
import { count, part, share, words } from '../columns.ts';
import type { HeadlineData } from '../headline-data.ts';
import { type Section, section, type Table, type Text } from '../section.ts';

/** One section, or none for a survey from one vantage. */
export function vantageSections({ vantages }: HeadlineData): Section[] {
  if (vantages == null) return [];
  const compared = compareVantages(vantages);
  return [
    section('vantages', 'What each vantage saw', {
      paragraphs: [
        [
          'Every vantage asked ',
          { count: compared.asked, unit: 'endpoint' },
          ', one after the other. At ',
          { count: compared.seen, unit: 'endpoint' },
          ' one of them at least saw a component of Kubernetes; all of them did at ',
          { count: compared.seenByAll, unit: 'endpoint' },
          '. What one of them saw counts: an endpoint stands in the counts once, with the answer that says most.',
        ],
        ...estimateParagraphs(compared),
      ],
      tables: [viewsTable(compared), gainsTable(compared), setsTable(compared)],
      notes: [
        {
          tone: 'note',
          title: 'The intervals are of such a pass, and not of these endpoints.',
          text: [
            'What was missed here is known and has no error. Wilson’s intervals say what another pass from there would miss if endpoints were missed one by one; networks that block a vantage are missed whole, so that the truth lies in a wider one.',
          ],
        },
      ],
    }),
  ];
}

function viewsTable({ views, seen }: VantageComparison): Table {
  return {
    id: 'vantages',
    title: 'Kubernetes endpoints by the vantage that saw them',
    columns: [
      words('vantage', 'Vantage'),
      count('seen_endpoints', 'Seen', 'endpoint'),
      share('share_of_seen', 'Share', 'endpoints that any vantage saw'),
      count('only_here_endpoints', 'Seen from here only', 'endpoint'),
      share('missed_share', 'Missed', 'endpoints that any vantage saw'),
      share('missed_low', '95 % from', 'endpoints that any vantage saw'),
      share('missed_high', '95 % to', 'endpoints that any vantage saw'),
    ],
    rows: views.map((view) => [
      view.vantage,
      view.seen,
      part(view.seen, seen),
      view.onlyHere,
      view.missed?.share ?? null,
      view.missed?.interval[0] ?? null,
      view.missed?.interval[1] ?? null,
    ]),
  };
}

function gainsTable({ gains }: VantageComparison): Table {
  return {
    id: 'vantage-gains',
    title: 'What each further vantage gained',
    columns: [
      words('vantage', 'Vantage'),
      words('before', 'After'),
      count('seen_before_endpoints', 'Seen before', 'endpoint'),
      count('added_endpoints', 'Added', 'endpoint'),
      share('gain', 'Gain', 'endpoints seen before'),
      share('gain_low', '95 % from', 'endpoints seen before'),
      share('gain_high', '95 % to', 'endpoints seen before'),
    ],
    rows: gains.map((one) => [
      one.vantage,
      one.before.join(', '),
      one.seenBefore,
      one.added,
      one.gain,
      one.interval?.[0] ?? null,
      one.interval?.[1] ?? null,
    ]),
  };
}

function setsTable({ seenBy, seen }: VantageComparison): Table {
  return {
    id: 'vantage-sets',
    title: 'Kubernetes endpoints by the exact set of vantages that saw them',
    columns: [
      words('vantages', 'Seen from'),
      count('endpoints', 'Endpoints', 'endpoint'),
      share('share_of_seen', 'Share', 'endpoints that any vantage saw'),
    ],
    rows: seenBy.map((set) => [set.vantages.join(', '), set.endpoints, part(set.endpoints, seen)]),
    folded: true,
  };
}

/** Of two vantages: what neither saw. */
function estimateParagraphs({ estimate, seen }: VantageComparison): Text[] {
  if (estimate === null) return [];
  if (estimate.suppressed !== null)
    return [
      [
        estimate.suppressed === 'no_unseen_part'
          ? 'The two passes saw the same endpoints: no unseen part is detectable by comparing them.'
          : `Fewer than ${SMALLEST_OVERLAP} endpoints were seen from both: nothing is estimated of what neither saw.`,
      ],
    ];
  const [low, high] = estimate.interval ?? [estimate.observed, estimate.observed];
  return [
    [
      'By capture and recapture (Chapman 1951) ',
      { count: Math.round(estimate.estimate), unit: 'endpoint' },
      ' would answer such passes, seen or not: ',
      { count: Math.max(0, Math.round(estimate.estimate) - seen), unit: 'endpoint' },
      ' more than were seen; 95 % interval of all from ',
      { count: Math.round(low), unit: 'endpoint' },
      ' to ',
      { count: Math.round(high), unit: 'endpoint' },
      '. It assumes that nothing came or went between the visits, that the two miss independently, and that all endpoints are equally easy to reach. Hosts that refuse every prober break the second, so read it as a ',
      { strong: 'lower bound' },
      '. What no feed named is not in it.',
    ],
  ];
}
