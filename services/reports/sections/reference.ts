// Counts that others state, beside ours and never mixed with them: the reference series as marks, tallies as lines.
import type { TimelineChart } from '../chart.ts';
import { count, words } from '../columns.ts';
import type { HeadlineData } from '../headline-data.ts';
import { SERIES_ROLES } from '../names.ts';
import { counted } from '../numbers.ts';
import { drawnDay, REFERENCE_SERIES, SERIES_BREAKS } from '../reference-series.ts';
import { type Section, section } from '../section.ts';
import { inBuckets, stepsOf, type TallySeries, tallySeries } from '../tally-series.ts';

/** Each has two lines; more lines in one picture cannot be told apart. */
const MOST_SERIES = 3;

/** One look per unit and way of recognising, so that marks that do not compare do not look alike. */
const LOOKS: Readonly<Record<string, Pick<TimelineChart['points'][number], 'shape' | 'role'>>> = {
  'certificate name': { shape: 'diamond', role: 'certificate-name' },
  'version shown': { shape: 'circle', role: 'version-endpoint' },
};
const OTHER_LOOK = { shape: 'square', role: 'unknown' } as const;

export function referenceSection(data: HeadlineData): Section {
  const series = tallySeries(data).slice(0, MOST_SERIES);
  return section('reference', 'Counts by others', {
    paragraphs: [
      [
        'These are the numbers of other people, each in its own unit and by its own method. They give the order of magnitude; none of them is added to, averaged with or divided by a number of this survey.',
      ],
    ],
    figures: [
      {
        id: 'reference',
        title: series.length === 0 ? 'Earlier counts' : 'Earlier counts, and tallies over time',
        description:
          `Marks are single earlier counts: diamonds hosts by certificate name, circles hosts by version shown, squares IPv4 addresses. ${series.length === 0 ? '' : 'Lines are tallies that feeds state, day by day.'}`.trim(),
        chart: timeline(series),
        table: 'reference',
      },
    ],
    tables: [
      {
        id: 'reference',
        title: 'Reference series',
        columns: [
          words('when', 'When'),
          words('who', 'Who'),
          count('value', 'Counted', 'in the unit beside'),
          words('unit', 'Unit'),
          words('rounding', 'Figure'),
          words('recognised_by', 'Recognised by'),
          words('source', 'Source'),
        ],
        rows: REFERENCE_SERIES.map((point) => [
          point.when,
          point.who,
          point.value,
          point.unit,
          point.rounded ? 'rounded' : 'exact',
          point.by,
          point.source,
        ]),
      },
    ],
  });
}

/** What is in a series' buckets, which shows a version, and, where it differs, the total that its source states for the query. */
function timeline(series: readonly TallySeries[]): TimelineChart {
  const lines = series.flatMap((one) => {
    const listed = one.days.map(({ date, tally }) => ({ date, value: inBuckets(tally) }));
    const stated = one.days.map(({ date, tally }) => ({ date, value: tally.total }));
    const differs = stated.some((point, at) => point.value !== listed[at]!.value);
    return [
      ...(listed.some((point) => point.value > 0)
        ? [{ label: `${one.feed}: ${one.unit} in version buckets`, points: listed }]
        : []),
      ...(differs ? [{ label: `${one.feed}: ${one.unit}, total stated for the query`, points: stated }] : []),
    ];
  });

  const steps = series.flatMap((one) =>
    stepsOf(one).map((step) => ({
      date: step.date,
      label: `${step.date}: ${one.feed} steps by a factor of ${step.factor.toFixed(1)} since ${step.before}`,
    })),
  );
  return {
    kind: 'timeline',
    unit: 'count in the unit of its source',
    series: lines.slice(0, SERIES_ROLES.length).map((line, at) => ({ ...line, role: SERIES_ROLES[at]! })),
    points: REFERENCE_SERIES.map((point) => ({
      label: `${point.when}: ${point.rounded ? 'about ' : ''}${counted(point.value, point.unit)}, ${point.by} (${point.who})`,
      date: drawnDay(point),
      value: point.value,
      ...(LOOKS[point.by] ?? OTHER_LOOK),
    })),
    breaks: [...SERIES_BREAKS, ...steps],
  };
}
