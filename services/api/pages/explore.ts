// The page on which anybody counts: by two dimensions at most, under conditions, as a picture, a table, CSV and JSON.
import { code, count as countColumn, part, share, words } from '../../reports/columns.ts';
import type { HeadlineData } from '../../reports/headline-data.ts';
import { grouped } from '../../reports/numbers.ts';
import { type Paragraph, type Section, section, type Table } from '../../reports/section.ts';
import { DIMENSIONS, type Dimension } from '../../rollups/rollup.ts';
import type { StatsCell } from '../../rollups/stats.store.ts';
import { countedChart, isParts, type Row } from './explore-charts.ts';
import type { Asked } from './question.ts';
import { valueName } from './value-name.ts';

const SHOWN = 100;

export interface Counted extends Asked {
  readonly cells: readonly StatsCell[];
  readonly suppressedCells: number;
}

/** `data`: the same survey as whoever asks may see it; it says how much of each line is withheld. */
export function countedSection(counted: Counted, data: HeadlineData): Section {
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
    numbers:
      by.length > 0 ? [] : rows.map((row) => ({ label: 'In all', value: row.count, unit, detail: [], role: 'plain' })),
    paragraphs: by.length === 0 ? [] : explained(counted, rows.length, total),
    figures:
      by.length === 0
        ? []
        : [
            {
              id: 'counts',
              title,
              description: `The largest cells; the table and its files have all.${hidden === 0 ? '' : ` ${isParts(counted) ? `${grouped(hidden)} ${unit}s` : 'Cells'} of which a dimension was not observed are not drawn.`}`,
              chart: countedChart(counted, rows, drawn, data),
              table: 'counts',
            },
          ],
    tables: [table(counted, rows, total)],
    notes:
      counted.suppressedCells === 0 || (by.length === 0 && rows.length > 0)
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

function explained({ by, unit }: Counted, cells: number, total: number): Paragraph[] {
  const meanings = by.flatMap((dim, at) => [at === 0 ? '' : '; ', { strong: dim }, `: ${DIMENSIONS[dim]}`]);
  const sum = isParts({ by, unit }) ? [cells === 1 ? ' of ' : ' that add up to ', { count: total, unit }] : [];
  return [
    [{ count: cells, unit: 'cell' }, ...sum, '. ', ...meanings, '.'],
    ...(unit === 'endpoint'
      ? []
      : [[`A ${unit} may stand in several cells: cells of ${unit}s do not add up to their number.`]]),
  ];
}

/** "Endpoints by country and minor, where component is kube-apiserver". */
export function titleOf({ by, where, unit }: Asked): string {
  const conditions = Object.entries(where).map(
    ([dim, values]) => `${dim} is ${values.map((value) => valueName(dim as Dimension, value)).join(' or ')}`,
  );
  const counted = `${unit[0]!.toUpperCase()}${unit.slice(1)}s`;
  return `${counted}${by.length === 0 ? ' in all' : ` by ${by.join(' and ')}`}${conditions.length === 0 ? '' : `, where ${conditions.join(' and ')}`}`;
}

/** The dimensions of the whole table that the answer is a part of. */
function tableOf({ by, where }: Pick<Counted, 'by' | 'where'>): string {
  return [...new Set([...by, ...Object.keys(where)])].join(' and ') || 'nothing';
}

function table({ by, unit }: Counted, rows: readonly Row[], total: number): Table {
  const isShare = by.length > 0 && isParts({ by, unit });
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
