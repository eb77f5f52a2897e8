// Counts that others state, beside ours and never mixed with them: the reference series, and tallies over time by distribution, minor and support.
import type { Role, TimelineChart } from '../chart.ts';
import { code, count, share, time, words } from '../columns.ts';
import type { HeadlineData } from '../headline-data.ts';
import { compareMinors, distributionName, SERIES_ROLES, SUPPORT } from '../names.ts';
import { drawnDay, REFERENCE_SERIES, SERIES_BREAKS } from '../reference-series.ts';
import { type Figure, type Section, section, type Table } from '../section.ts';
import { keysOf, outsideBuckets, type TallySeries, tallySeries } from '../tally-series.ts';

/** More lines than this in one picture cannot be told apart. */
const MOST_SERIES = 6;
/** More small pictures than this are a table. */
const MOST_PANELS = 9;
const SHOWN_DAYS = 12;

/** One shape per unit and way of recognising, so that marks that do not compare do not look alike. */
const SHAPES = { 'certificate name': 'diamond', 'version shown': 'circle' } as const;

export function referenceSection(data: HeadlineData): Section {
  const series = tallySeries(data).slice(0, MOST_SERIES);
  return section('reference', 'Counts by others', {
    paragraphs: [
      ['These are the numbers of other people, each in its own unit and by its own method. They give the order of magnitude; none of them is added to, averaged with or divided by a number of this survey.'],
    ],
    figures: [
      {
        id: 'reference',
        title: series.length === 0 ? 'Earlier counts' : 'Earlier counts, and tallies over time',
        description: `Marks are single earlier counts: diamonds hosts by certificate name, circles hosts by version shown, squares IPv4 addresses. ${series.length === 0 ? '' : 'Lines are tallies that feeds state, day by day.'}`.trim(),
        chart: timeline(series),
        table: 'reference',
      },
    ],
    tables: [
      {
        id: 'reference',
        title: 'Reference series',
        columns: [words('when', 'When'), words('who', 'Who'), count('value', 'Counted', 'in the unit beside'), words('unit', 'Unit'), words('rounding', 'Figure'), words('recognised_by', 'Recognised by'), words('source', 'Source')],
        rows: REFERENCE_SERIES.map((point) => [point.when, point.who, point.value, point.unit, point.rounded ? 'rounded' : 'exact', point.by, point.source]),
      },
    ],
  });
}

function timeline(series: readonly TallySeries[]): TimelineChart {
  return {
    kind: 'timeline',
    unit: 'count in the unit of its source',
    series: series.map((one, at) => ({ label: seriesName(one), role: SERIES_ROLES[at]!, points: one.days.map(({ date, tally }) => ({ date, value: tally.total })) })),
    points: REFERENCE_SERIES.map((point) => ({
      label: `${point.when}, ${point.who}: ${point.unit}, ${point.by}${point.rounded ? ', about' : ''}`,
      date: drawnDay(point),
      value: point.value,
      shape: SHAPES[point.by as keyof typeof SHAPES] ?? 'square',
    })),
    breaks: SERIES_BREAKS,
  };
}

function seriesName(series: TallySeries): string {
  return `${series.feed}: ${series.unit}`;
}

/** One section per series of more than one day; [] without tallies. */
export function tallySections(data: HeadlineData): Section[] {
  const all = tallySeries(data);
  return all.map((series, at) => tallySection(series, at === 0 ? 'tallies' : `tallies-${at + 1}`));
}

function tallySection(series: TallySeries, id: string): Section {
  const last = series.days.at(-1)!;
  const first = series.days[0]!;
  const unit = singular(series.unit);
  return section(id, `Tallies over time: ${series.feed}`, {
    paragraphs: [
      [
        'What ', { strong: series.feed }, ' states for ', { code: series.query }, ', from ', first.date, ' to ', last.date, ': ', { count: first.tally.total, unit }, ' on the first day, ',
        { count: last.tally.total, unit }, ' on the last. Its version strings were judged by the fingerprints of this survey; support is that of the day of each count. ',
        { count: outsideBuckets(last.tally), unit }, ' of the last day lie outside the buckets that the source gives and are in no breakdown.',
      ],
    ],
    figures: [distributionFigure(series, id), minorFigure(series, id), supportFigure(series, id)],
    tables: [
      breakdown(series, `${id}-by-distribution`, 'distribution', 'byDistribution', keysOf(series, 'byDistribution'), distributionName),
      breakdown(series, `${id}-by-minor`, 'minor', 'byMinor', keysOf(series, 'byMinor').sort(compareMinors), minorName),
      breakdown(series, `${id}-by-support`, 'support', 'bySupport', keysOf(series, 'bySupport'), (slug) => SUPPORT.find((one) => one.slug === slug)?.label ?? slug),
      totals(series, id),
    ],
  });
}

function minorName(minor: string): string {
  return minor === '' ? 'no minor version' : minor;
}

function distributionFigure(series: TallySeries, id: string): Figure {
  return panels(series, `${id}-by-distribution`, 'by distribution', 'byDistribution', keysOf(series, 'byDistribution').slice(0, MOST_PANELS), (slug) => distributionName(slug).split(/[,(]/)[0]!.trim());
}

/** The largest minors, in the order of their releases. */
function minorFigure(series: TallySeries, id: string): Figure {
  return panels(series, `${id}-by-minor`, 'by minor version', 'byMinor', keysOf(series, 'byMinor').filter((minor) => minor !== '').slice(0, MOST_PANELS).sort(compareMinors), minorName);
}

function panels(series: TallySeries, id: string, by: string, of: 'byDistribution' | 'byMinor', keys: readonly string[], name: (key: string) => string): Figure {
  return {
    id,
    title: `${capital(series.unit)} over time ${by}`,
    description: `One small picture for each of the ${keys.length} largest, all on one scale, as stated by ${series.feed}.`,
    chart: {
      kind: 'panels',
      unit: series.unit,
      panels: keys.map((key) => ({ label: name(key), role: 'plain', points: series.days.map(({ date, tally }) => ({ date, value: tally[of][key] ?? 0 })) })),
    },
    table: id,
  };
}

function supportFigure(series: TallySeries, id: string): Figure {
  const keys: { slug: string; label: string; role: Role }[] = [...SUPPORT].reverse();
  return {
    id: `${id}-by-support`,
    title: `Upstream support of ${series.unit} over time`,
    description: `Share of the ${series.unit} in the buckets of ${series.feed}, by upstream support of their minor version on the day of each count.`,
    chart: {
      kind: 'shares',
      unit: series.unit,
      keys: keys.map(({ label, role }) => ({ label, role })),
      points: series.days.map(({ date, tally }) => ({ date, values: keys.map(({ slug }) => tally.bySupport[slug] ?? 0) })),
    },
    table: `${id}-by-support`,
  };
}

/** Long form: one row per day and value, in a stable order. */
function breakdown(series: TallySeries, id: string, column: string, by: 'byDistribution' | 'byMinor' | 'bySupport', keys: readonly string[], name: (key: string) => string): Table {
  return {
    id,
    title: `${capital(series.unit)} by day and ${column}`,
    columns: [time('date', 'Day'), words(column, capital(column)), code('key', 'Key'), count(keyOf(series.unit), capital(series.unit), singular(series.unit)), share(`share_of_${keyOf(series.unit)}`, 'Share', `the day's total`)],
    rows: [...series.days].reverse().flatMap(({ date, tally }) =>
      keys.filter((key) => (tally[by][key] ?? 0) > 0).map((key) => [date, name(key), key === '' ? null : key, tally[by][key]!, tally.total > 0 ? tally[by][key]! / tally.total : null]),
    ),
    shown: Math.max(SHOWN_DAYS, Math.min(keys.length, 2 * SHOWN_DAYS)),
  };
}

function totals(series: TallySeries, id: string): Table {
  const unit = singular(series.unit);
  const key = keyOf(series.unit);
  return {
    id: `${id}-totals`,
    title: `${capital(series.unit)} by day`,
    columns: [time('date', 'Day'), count(key, 'Stated total', unit), count(`${key}_outside_buckets`, 'Outside the buckets', unit), count(`${key}_deviation`, 'Deviation the source admits', unit)],
    rows: [...series.days].reverse().map(({ date, tally }) => [date, tally.total, outsideBuckets(tally), tally.deviation]),
    shown: SHOWN_DAYS,
  };
}

/** "hosts" -> "host"; words that this rule does not fit stay as the source writes them. */
function singular(unit: string): string {
  if (unit === 'IPv4 addresses') return 'IPv4 address';
  return unit.endsWith('s') && !unit.endsWith('ss') ? unit.slice(0, -1) : unit;
}

/** The unit as a column name: lower-case letters, digits and underscores. */
function keyOf(unit: string): string {
  return unit.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_').replaceAll(/^_+|_+$/g, '') || 'count';
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
