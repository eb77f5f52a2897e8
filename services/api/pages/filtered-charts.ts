// The pictures of a page under a filter: the map, bars, and minors on the bands of support.
import type { Chart, Role } from '../../reports/chart.ts';
import type { HeadlineData } from '../../reports/headline-data.ts';
import { SUPPORT } from '../../reports/names.ts';
import { SUPPORT_BANDS, supportBands } from '../../reports/sections/versions.ts';
import type { Dimension } from '../../rollups/rollup.ts';
import type { Only } from './filter.ts';
import { valueName } from './value-name.ts';

/** More bars than these are a table. */
const MOST_BARS = 25;

/** What a section counts: one dimension, from a kept table, under a condition. */
export interface Part {
  readonly data: HeadlineData;
  readonly dim: Dimension;
  readonly dims: readonly Dimension[];
  readonly only: Only;
  readonly rows: readonly Row[];
  /** Endpoints under the condition; null where that is withheld. */
  readonly total: number | null;
}

export interface Row {
  /** null: not observed. */
  readonly value: string | null;
  readonly endpoints: number;
}

/** `missing`: endpoints that are counted and in no row, here and below. */
export function mapChart(rows: readonly Row[], missing: number): Chart {
  return {
    kind: 'map',
    unit: 'endpoints',
    places: rows.flatMap(({ value, endpoints }) =>
      value === null ? [] : [{ code: value, label: valueName('country', value), value: endpoints }],
    ),
    elsewhere: rows.find((row) => row.value === null)?.endpoints ?? 0,
    ...(missing > 0 ? { withheld: missing } : {}),
  };
}

export function barsChart({ data, dim, rows, total }: Part, missing: number): Chart {
  const rest = rows.slice(MOST_BARS).reduce((sum, row) => sum + row.endpoints, 0);
  const roleOf = (value: string | null): Role =>
    value === null
      ? 'unknown'
      : dim === 'support'
        ? (SUPPORT.find((one) => one.slug === value)?.role ?? 'plain')
        : 'plain';
  return {
    kind: 'bars',
    unit: 'endpoints',
    total: dim === 'feed' ? null : total,
    bars: [
      ...rows.slice(0, MOST_BARS).map(({ value, endpoints }) => ({
        label: valueName(dim, value, data),
        value: endpoints,
        role: roleOf(value),
      })),
      ...(rest > 0 && dim !== 'feed'
        ? [{ label: `${rows.length - MOST_BARS} others`, value: rest, role: 'unknown' as const }]
        : []),
      ...(missing > 0 ? [{ label: 'withheld', value: missing, role: 'withheld' as const }] : []),
    ],
  };
}

/** On the bands of upstream's support. What printed no version would make all else too small to see, and is in the table. */
export function minorsChart({ data, rows }: Part): Chart {
  const bandOf = supportBands(data);
  return {
    kind: 'stacked',
    unit: 'endpoints',
    keys: [{ label: 'endpoints', role: 'plain' }],
    rows: rows.flatMap(({ value, endpoints }) =>
      value === null ? [] : [{ label: value, band: bandOf(value), values: [endpoints] }],
    ),
    bands: SUPPORT_BANDS,
  };
}
