// The page on which anybody counts: by two dimensions at most, under conditions, as a picture, a table, CSV and JSON.
import type { BarsChart, Role, StackedChart } from '../../reports/chart.ts';
import { code, count as countColumn, part, share, words } from '../../reports/columns.ts';
import { countryName, distributionName, NOT_OBSERVED, SERIES_ROLES } from '../../reports/names.ts';
import { grouped } from '../../reports/numbers.ts';
import { type Section, section, type Table } from '../../reports/section.ts';
import type { Where } from '../../rollups/count-request.ts';
import { DIMENSIONS, type Dimension, type Unit } from '../../rollups/rollup.ts';
import type { StatsCell } from '../../rollups/stats.store.ts';

/** More bars than these are a table. */
const MOST_ROWS = 25;
const MOST_KEYS = 6;
const SHOWN = 100;

export interface Counted {
  readonly by: readonly Dimension[];
  readonly where: Where;
  readonly unit: Unit;
  readonly cells: readonly StatsCell[];
  readonly suppressedCells: number;
}

interface Row {
  readonly values: readonly (string | null)[];
  readonly count: number;
}

export function countedSection(counted: Counted): Section {
  const { by, unit } = counted;
  const rows = counted.cells.map((cell) => ({
    values: by.map((dim) => cell.values[dim] ?? null),
    count: 'count' in cell ? cell.count : cell.high,
  }));
  const total = rows.reduce((sum, row) => sum + row.count, 0);
  // What was not observed is most of everything, and would make all else too small to see; where it is all, it is drawn.
  const observed = rows.filter((row) => !row.values.includes(null));
  const drawn = by.length === 2 && observed.length > 0 ? observed : rows;
  const hidden = total - drawn.reduce((sum, row) => sum + row.count, 0);
  const title = titleOf(counted);
  return section('counts', title, {
    paragraphs: [
      [
        { count: rows.length, unit: 'cell' },
        ...(unit === 'endpoint' && !by.includes('feed') ? [' that add up to ', { count: total, unit }] : []),
        '. ',
        ...by.flatMap((dim, at) => [at === 0 ? '' : '; ', { strong: dim }, `: ${DIMENSIONS[dim]}`]),
        by.length === 0 ? '' : '.',
      ],
      ...(unit === 'endpoint'
        ? []
        : [[`A ${unit} may stand in several cells: cells of ${unit}s do not add up to their number.`]]),
    ],
    figures:
      by.length === 0
        ? []
        : [
            {
              id: 'counts',
              title,
              description: `The largest cells; the table and its files have all.${hidden === 0 ? '' : ` ${grouped(hidden)} ${unit}s of which a dimension was not observed are not drawn.`}`,
              chart: by.length === 1 ? bars(counted, drawn) : stacked(counted, drawn),
              table: 'counts',
            },
          ],
    tables: [table(counted, rows, total)],
    notes:
      counted.suppressedCells === 0
        ? []
        : [
            {
              tone: 'note',
              title: 'Some cells are held back.',
              text: [
                { count: counted.suppressedCells, unit: 'cell' },
                ` of the table by ${tableOf(counted)} stand for few networks or would give such cells away, and are not published: what is not listed is nothing or held back, and sums are those of the cells that are shown.`,
              ],
            },
          ],
  });
}

/** "Endpoints by country and minor, where component is kube-apiserver". */
export function titleOf({ by, where, unit }: Pick<Counted, 'by' | 'where' | 'unit'>): string {
  const conditions = Object.entries(where).map(
    ([dim, values]) => `${dim} is ${values.map((value) => value || NOT_OBSERVED).join(' or ')}`,
  );
  const counted = `${unit[0]!.toUpperCase()}${unit.slice(1)}s`;
  return `${counted}${by.length === 0 ? ' in all' : ` by ${by.join(' and ')}`}${conditions.length === 0 ? '' : `, where ${conditions.join(' and ')}`}`;
}

/** The dimensions of the whole table that the answer is a part of. */
function tableOf({ by, where }: Pick<Counted, 'by' | 'where'>): string {
  return [...new Set([...by, ...Object.keys(where)])].join(' and ') || 'nothing';
}

function nameOf(dim: Dimension, value: string | null): string {
  if (value === null) return NOT_OBSERVED;
  if (dim === 'country') return countryName(value);
  if (dim === 'distribution') return distributionName(value);
  return dim === 'asn' ? `AS${value}` : value;
}

function bars({ by, unit }: Counted, rows: readonly Row[]): BarsChart {
  const [dim] = by as readonly [Dimension];
  const drawn = rows.slice(0, MOST_ROWS);
  const rest = rows.slice(MOST_ROWS).reduce((sum, row) => sum + row.count, 0);
  return {
    kind: 'bars',
    unit: `${unit}s`,
    total: unit === 'endpoint' && dim !== 'feed' ? rows.reduce((sum, row) => sum + row.count, 0) : null,
    bars: [
      ...drawn.map((row) => ({ label: nameOf(dim, row.values[0] ?? null), value: row.count, role: roleOf(row) })),
      ...(rest > 0 && unit === 'endpoint'
        ? [{ label: `${rows.length - MOST_ROWS} others`, value: rest, role: 'unknown' as const }]
        : []),
    ],
  };
}

function roleOf(row: Row): Role {
  return row.values[0] === null ? 'unknown' : 'plain';
}

function stacked({ by, unit }: Counted, rows: readonly Row[]): StackedChart {
  const [first, second] = by as readonly [Dimension, Dimension];
  const tops = (at: 0 | 1, most: number): (string | null)[] =>
    [...Map.groupBy(rows, (row) => row.values[at] ?? null)]
      .map(([value, all]) => ({ value, sum: all.reduce((sum, row) => sum + row.count, 0) }))
      .sort((a, b) => b.sum - a.sum)
      .slice(0, most)
      .map((one) => one.value);
  const [lines, keys] = [tops(0, MOST_ROWS), tops(1, MOST_KEYS - 1)];
  const sumOf = (line: string | null, wanted: (value: string | null) => boolean): number =>
    rows
      .filter((row) => (row.values[0] ?? null) === line && wanted(row.values[1] ?? null))
      .reduce((sum, row) => sum + row.count, 0);
  return {
    kind: 'stacked',
    unit: `${unit}s`,
    keys: [
      ...keys.map((value, at) => ({ label: nameOf(second, value), role: SERIES_ROLES[at]! })),
      { label: 'others', role: 'unknown' },
    ],
    rows: lines.map((line) => ({
      label: nameOf(first, line),
      band: 'all',
      values: [...keys.map((value) => sumOf(line, (one) => one === value)), sumOf(line, (one) => !keys.includes(one))],
    })),
    bands: [{ id: 'all', label: `${unit}s by ${first}, split by ${second}`, role: 'plain' }],
  };
}

function table({ by, unit }: Counted, rows: readonly Row[], total: number): Table {
  const isShare = unit === 'endpoint' && !by.includes('feed');
  return {
    id: 'counts',
    title: 'All cells',
    columns: [
      ...by.map((dim) => (dim === 'version' ? code(dim, dim) : words(dim, dim))),
      countColumn(`${unit}s`, `${unit}s`, unit),
      ...(isShare ? [share(`share_of_${unit}s`, 'Share', `${unit}s in these cells`)] : []),
    ],
    rows: rows.map((row) => [...row.values, row.count, ...(isShare ? [part(row.count, total)] : [])]),
    shown: SHOWN,
  };
}
