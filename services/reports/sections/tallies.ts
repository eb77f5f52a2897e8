// Tallies over time, one section per source and question: by distribution, minor and support, and what no breakdown holds.
import type { Role } from '../chart.ts';
import { code, count, part, share, time, words } from '../columns.ts';
import type { HeadlineData } from '../headline-data.ts';
import { compareMinors, distributionName, SUPPORT, supportName } from '../names.ts';
import { type Figure, type Note, type Section, section, type Table } from '../section.ts';
import { inBuckets, keysOf, outsideBuckets, stepsOf, type TallySeries, tallySeries } from '../tally-series.ts';

/** More small pictures than this are a table. */
const MOST_PANELS = { byDistribution: 6, byMinor: 9 } as const;
const MOST_BARS = 12;
const SHOWN_DAYS = 12;

type Breakdown = 'byDistribution' | 'byMinor' | 'bySupport';

/** One section per series, the longest first; [] without tallies. */
export function tallySections(data: HeadlineData): Section[] {
  const all = tallySeries(data);
  return all.map((series, at) => tallySection(series, at === 0 ? 'tallies' : `tallies-${at + 1}`));
}

function tallySection(series: TallySeries, id: string): Section {
  const last = series.days.at(-1)!;
  const first = series.days[0]!;
  const unit = singular(series.unit);
  const isSingle = series.days.length === 1;
  return section(id, isSingle ? `Tally of one day: ${series.feed}` : `Tallies over time: ${series.feed}`, {
    paragraphs: [
      [
        'What ',
        { strong: series.feed },
        ' states for ',
        { code: series.query },
        isSingle ? `, on ${last.date}: ` : `, from ${first.date} to ${last.date}. On the last day `,
        { count: inBuckets(last.tally), unit },
        ' stand in its version buckets, and the source states a total of ',
        { count: last.tally.total, unit },
        ' for the query: ',
        { count: outsideBuckets(last.tally), unit },
        ' lie outside the buckets and are in no breakdown. The version strings were judged by the fingerprints of this survey; support is that of the day of each count.',
      ],
    ],
    notes: stepNotes(series),
    figures: isSingle
      ? dayFigures(series, id)
      : [distributionFigure(series, id), minorFigure(series, id), supportFigure(series, id)],
    tables: [
      breakdown(
        series,
        `${id}-by-distribution`,
        'distribution',
        'byDistribution',
        keysOf(series, 'byDistribution'),
        distributionName,
      ),
      breakdown(series, `${id}-by-minor`, 'minor', 'byMinor', keysOf(series, 'byMinor').sort(compareMinors), minorName),
      breakdown(series, `${id}-by-support`, 'support', 'bySupport', keysOf(series, 'bySupport'), supportName),
      totals(series, id),
    ],
  });
}

function stepNotes(series: TallySeries): Note[] {
  return stepsOf(series).map((step) => ({
    tone: 'caution',
    title: 'The series is broken.',
    text: [
      `From ${step.before} to ${step.date} its buckets step by a factor of ${step.factor.toFixed(1)}. Such a step comes from another query, method or a cut answer; what lies before it and after it does not compare, and no line joins them.`,
    ],
  }));
}

function minorName(minor: string): string {
  return minor === '' ? 'no minor version' : minor;
}

/** A day alone has no course: its parts as bars. */
function dayFigures(series: TallySeries, id: string): Figure[] {
  const { date, tally } = series.days[0]!;
  const bars = (
    word: string,
    of: Breakdown,
    keys: readonly string[],
    name: (key: string) => string,
    role: (key: string) => Role,
  ): Figure => ({
    id: `${id}-by-${word}`,
    title: `${capital(series.unit)} by ${word} on ${date}`,
    description: `${capital(series.unit)} in the buckets of ${series.feed} and their share of all in its buckets; the largest ${MOST_BARS} at most.`,
    chart: {
      kind: 'bars',
      unit: series.unit,
      total: inBuckets(tally),
      bars: keys.slice(0, MOST_BARS).map((key) => ({ label: name(key), value: tally[of][key] ?? 0, role: role(key) })),
    },
    table: `${id}-by-${word}`,
  });
  const plain = (key: string): Role => (key === '' || key === 'unknown' ? 'unknown' : 'plain');
  return [
    bars('distribution', 'byDistribution', keysOf(series, 'byDistribution'), distributionName, plain),
    bars('minor', 'byMinor', keysOf(series, 'byMinor'), minorName, plain),
    bars(
      'support',
      'bySupport',
      keysOf(series, 'bySupport'),
      supportName,
      (slug) => SUPPORT.find((one) => one.slug === slug)?.role ?? 'unknown',
    ),
  ];
}

function distributionFigure(series: TallySeries, id: string): Figure {
  return panels(
    series,
    `${id}-by-distribution`,
    'by distribution',
    'byDistribution',
    keysOf(series, 'byDistribution').slice(0, MOST_PANELS.byDistribution),
    (slug) => distributionName(slug).split(/[,(]/)[0]!.trim(),
  );
}

/** The largest minors, in the order of their releases. */
function minorFigure(series: TallySeries, id: string): Figure {
  return panels(
    series,
    `${id}-by-minor`,
    'by minor version',
    'byMinor',
    keysOf(series, 'byMinor')
      .filter((minor) => minor !== '')
      .slice(0, MOST_PANELS.byMinor)
      .sort(compareMinors),
    minorName,
  );
}

function panels(
  series: TallySeries,
  id: string,
  by: string,
  of: 'byDistribution' | 'byMinor',
  keys: readonly string[],
  name: (key: string) => string,
): Figure {
  return {
    id,
    title: `${capital(series.unit)} over time ${by}`,
    description: `One small picture for each of the ${keys.length} largest, all on one scale, as stated by ${series.feed}.`,
    chart: {
      kind: 'panels',
      unit: series.unit,
      panels: keys.map((key) => ({
        label: name(key),
        role: 'plain',
        points: series.days.map(({ date, tally }) => ({ date, value: tally[of][key] ?? 0 })),
      })),
      breaks: stepsOf(series).map((step) => step.date),
    },
    table: id,
  };
}

function supportFigure(series: TallySeries, id: string): Figure {
  const keys: { slug: string; label: string; role: Role }[] = [
    'end-of-life',
    'maintenance',
    'supported',
    'unknown',
  ].map((slug) => SUPPORT.find((one) => one.slug === slug)!);
  return {
    id: `${id}-by-support`,
    title: `Upstream support of ${series.unit} over time`,
    description: `Share of the ${series.unit} in the buckets of ${series.feed}, by upstream support of their minor version on the day of each count.`,
    chart: {
      kind: 'shares',
      unit: series.unit,
      keys: keys.map(({ label, role }) => ({ label, role })),
      points: series.days.map(({ date, tally }) => ({
        date,
        values: keys.map(({ slug }) => tally.bySupport[slug] ?? 0),
      })),
      breaks: stepsOf(series).map((step) => step.date),
    },
    table: `${id}-by-support`,
  };
}

/** Long form: one row per day and value, in a stable order. */
function breakdown(
  series: TallySeries,
  id: string,
  column: string,
  by: Breakdown,
  keys: readonly string[],
  name: (key: string) => string,
): Table {
  return {
    id,
    title: `${capital(series.unit)} by day and ${column}`,
    columns: [
      time('date', 'Day'),
      words(column, capital(column)),
      code('key', 'Key'),
      count(keyOf(series.unit), capital(series.unit), singular(series.unit)),
      share(`share_of_${keyOf(series.unit)}`, 'Share', `${series.unit} in the day's buckets`),
    ],
    rows: [...series.days]
      .reverse()
      .flatMap(({ date, tally }) =>
        keys
          .filter((key) => (tally[by][key] ?? 0) > 0)
          .map((key) => [
            date,
            name(key),
            key === '' ? null : key,
            tally[by][key]!,
            part(tally[by][key]!, inBuckets(tally)),
          ]),
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
    columns: [
      time('date', 'Day'),
      count(`${key}_in_buckets`, 'In version buckets', unit),
      count(key, 'Stated total', unit),
      count(`${key}_outside_buckets`, 'Outside the buckets', unit),
      count(`${key}_deviation`, 'Deviation the source admits', unit),
    ],
    rows: [...series.days]
      .reverse()
      .map(({ date, tally }) => [date, inBuckets(tally), tally.total, outsideBuckets(tally), tally.deviation]),
    shown: SHOWN_DAYS,
  };
}

/** "hosts" -> "host"; words that this rule does not fit stay as the source writes them. */
function singular(unit: string): string {
  if (unit.endsWith('addresses')) return unit.slice(0, -2);
  return unit.endsWith('s') && !unit.endsWith('ss') ? unit.slice(0, -1) : unit;
}

/** The unit as a column name: lower-case letters, digits and underscores. */
function keyOf(unit: string): string {
  return (
    unit
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '_')
      .replaceAll(/^_+|_+$/g, '') || 'count'
  );
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
