// Our own counts over time, survey by survey; no line is drawn where two surveys were not made alike.
import type { SeriesPoint } from '../../rollups/series.store.ts';
import type { TimelineChart } from '../chart.ts';
import { code, count, time, words } from '../columns.ts';
import { type Section, section } from '../section.ts';
import { surveyDifferences } from '../survey-differences.ts';

const LINES = [
  { key: 'certificateName', label: 'certificate names', role: 'certificate-name' },
  { key: 'versionEndpoint', label: 'discloses its version', role: 'version-endpoint' },
  { key: 'both', label: 'both', role: 'both' },
] as const;

/** `isWhole`: nothing is withheld; else what is left without likely honeypots stays away, because the difference is the count of few. */
export function seriesSection(points: readonly SeriesPoint[], isWhole = true): Section {
  const breaks = breaksOf(points);
  return section('series', 'Our surveys over time', {
    paragraphs: [
      [
        'Each survey is one point in time, in endpoints. ',
        { count: points.length, unit: 'survey' },
        ' so far. Where two neighbours were not made alike, the line is broken and the table says in what they differ: the step there is none of the world’s.',
      ],
    ],
    figures: [
      {
        id: 'series',
        title: 'Endpoints by indicator, survey by survey',
        description:
          'One line for each of the two indicators and one for endpoints that show both. Vertical marks are days on which the surveys changed.',
        chart: timelineOf(points, breaks),
        table: 'series',
      },
    ],
    tables: [
      {
        id: 'series',
        title: 'Every survey as a point in time',
        columns: [
          code('survey', 'Survey'),
          time('at', 'Began'),
          words('method', 'Method'),
          words('state', 'State'),
          count('observed_endpoints', 'Observed', 'endpoint'),
          ...LINES.map((line) => count(`${snake(line.key)}_endpoints`, line.label, 'endpoint')),
          count('either_without_suspects', 'Either, without likely honeypots', 'endpoint'),
          words('differs', 'Differs from the one before in'),
        ],
        rows: points.map((point, at) => [
          point.id,
          point.at,
          point.method,
          point.state,
          point.endpoints?.observed ?? null,
          ...LINES.map((line) => point.endpoints?.all[line.key] ?? null),
          isWhole ? (point.endpoints?.withoutSuspects.either ?? null) : null,
          differs(points, at).join(', ') || null,
        ]),
      },
    ],
  });
}

function differs(points: readonly SeriesPoint[], at: number): string[] {
  return at === 0 ? [] : surveyDifferences(points[at]!, points[at - 1]!);
}

function breaksOf(points: readonly SeriesPoint[]): TimelineChart['breaks'] {
  return points.flatMap((point, at) => {
    const differing = differs(points, at);
    return differing.length === 0 ? [] : [{ date: day(point), label: `${day(point)}: other ${differing.join(', ')}` }];
  });
}

function timelineOf(points: readonly SeriesPoint[], breaks: TimelineChart['breaks']): TimelineChart {
  return {
    kind: 'timeline',
    unit: 'endpoints',
    series: LINES.map((line) => ({
      label: line.label,
      role: line.role,
      points: lastOfEachDay(points).flatMap((point) =>
        point.endpoints === null ? [] : [{ date: day(point), value: point.endpoints.all[line.key] }],
      ),
    })),
    points: [],
    breaks: [...new Map(breaks.map((one) => [one.date, one])).values()],
  };
}

/** A line has one point a day. */
function lastOfEachDay(points: readonly SeriesPoint[]): SeriesPoint[] {
  return [...new Map(points.map((point) => [day(point), point])).values()];
}

function day(point: SeriesPoint): string {
  return point.at.slice(0, 10);
}

function snake(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
