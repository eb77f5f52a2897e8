// The pictures of what anybody counts: bars, or bars that are split up where the parts add up.
import type { BarsChart, Chart, Role, StackedChart } from '../../reports/chart.ts';
import { cellCount, type HeadlineData } from '../../reports/headline-data.ts';
import { SERIES_ROLES } from '../../reports/names.ts';
import { withheldBar } from '../../reports/withheld-bar.ts';
import type { Where } from '../../rollups/count-request.ts';
import type { Dimension } from '../../rollups/rollup.ts';
import type { Asked } from './question.ts';
import { valueName } from './value-name.ts';

/** More bars than these are a table. */
const MOST_ROWS = 25;
const MOST_KEYS = 6;

/** A cell that is shown. */
export interface Row {
  readonly values: readonly (string | null)[];
  readonly count: number;
}

/** `rows`: all that is shown; `drawn`: of these, what is drawn where there are two dimensions; one at least. */
export function countedChart(asked: Asked, rows: readonly Row[], drawn: readonly Row[], data: HeadlineData): Chart {
  if (asked.by.length === 1) return bars(asked, rows, data);
  return isParts(asked) ? stacked(asked, rows, drawn, data) : pairs(asked, drawn);
}

/** Whether each of what is counted stands in one cell alone. */
export function isParts({ by, unit }: Pick<Asked, 'by' | 'unit'>): boolean {
  return unit === 'endpoint' && !by.includes('feed');
}

function bars({ by, unit, where }: Asked, rows: readonly Row[], data: HeadlineData): BarsChart {
  const [dim] = by as readonly [Dimension];
  const isSum = isParts({ by, unit });
  const rest = rows.slice(MOST_ROWS).reduce((sum, row) => sum + row.count, 0);
  const drawn = [
    ...rows.slice(0, MOST_ROWS).map((row) => ({
      label: valueName(dim, row.values[0] ?? null),
      value: row.count,
      role: roleOf(row),
    })),
    ...(rest > 0 && isSum
      ? [{ label: `${rows.length - MOST_ROWS} others`, value: rest, role: 'unknown' as const }]
      : []),
  ];
  const shown = rows.reduce((sum, row) => sum + row.count, 0);
  const withheld = isSum ? withheldBar(data, allUnder(where, data), drawn) : [];
  return {
    kind: 'bars',
    unit: `${unit}s`,
    total: isSum ? withheld.reduce((sum, bar) => sum + bar.value, shown) : null,
    bars: [...drawn, ...withheld],
  };
}

/** Cells that share what they count must not stand on one another: each has a bar of its own. */
function pairs({ by, unit }: Asked, drawn: readonly Row[]): BarsChart {
  return {
    kind: 'bars',
    unit: `${unit}s`,
    total: null,
    bars: drawn.slice(0, MOST_ROWS).map((row) => ({
      label: row.values.map((value, at) => valueName(by[at]!, value)).join(' · '),
      value: row.count,
      role: 'plain',
    })),
  };
}

/** Endpoints under the conditions; null where that is withheld or not kept ready. */
function allUnder(where: Where, data: HeadlineData): number | null {
  const dims = Object.keys(where) as Dimension[];
  const values = Object.fromEntries(Object.entries(where).map(([dim, [value]]) => [dim, value || null]));
  return cellCount(data, 'endpoint', dims, values);
}

function roleOf(row: Row): Role {
  return row.values[0] === null ? 'unknown' : 'plain';
}

/** `rows`: all that is shown; `drawn`: of these, what is drawn. */
function stacked({ by, unit }: Asked, rows: readonly Row[], drawn: readonly Row[], data: HeadlineData): StackedChart {
  const [first, second] = by as readonly [Dimension, Dimension];
  const tops = (at: 0 | 1, most: number): (string | null)[] =>
    [...Map.groupBy(drawn, (row) => row.values[at] ?? null)]
      .map(([value, all]) => ({ value, sum: all.reduce((sum, row) => sum + row.count, 0) }))
      .sort((a, b) => b.sum - a.sum)
      .slice(0, most)
      .map((one) => one.value);
  const [lines, keys] = [tops(0, MOST_ROWS), tops(1, MOST_KEYS - 1)];
  const sumOf = (line: string | null, wanted: (value: string | null) => boolean): number =>
    drawn
      .filter((row) => (row.values[0] ?? null) === line && wanted(row.values[1] ?? null))
      .reduce((sum, row) => sum + row.count, 0);
  const missing = lines.map((line) => {
    const shown = rows.filter((row) => (row.values[0] ?? null) === line);
    if (data.isWithheld === undefined) return 0;
    const all = cellCount(data, 'endpoint', [first], { [first]: line });
    return all === null ? null : all - shown.reduce((sum, row) => sum + row.count, 0);
  });
  const isPart = missing.some((count) => count !== 0);
  return {
    kind: 'stacked',
    unit: `${unit}s`,
    keys: [
      ...keys.map((value, at) => ({ label: valueName(second, value), role: SERIES_ROLES[at]! })),
      { label: 'others', role: 'unknown' },
      ...(isPart ? [{ label: 'withheld', role: 'withheld' as const }] : []),
    ],
    rows: lines.map((line, at) => ({
      label: valueName(first, line),
      band: 'all',
      values: [
        ...keys.map((value) => sumOf(line, (one) => one === value)),
        sumOf(line, (one) => !keys.includes(one)),
        ...(isPart ? [missing[at] ?? 0] : []),
      ],
      ...(missing[at] === null ? { isLeast: true } : {}),
    })),
    bands: [{ id: 'all', label: `${unit}s by ${first}, split by ${second}`, role: 'plain' }],
  };
}
