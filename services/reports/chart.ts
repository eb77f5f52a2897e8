// What a picture shows, as data: one closed set of chart kinds, drawn by charts.ts and kept in report.json.

/** A colour role of the palette. The same thing has the same colour in every picture of a report. */
export type Role =
  | 'certificate-name'
  | 'version-endpoint'
  | 'both'
  | 'supported'
  | 'maintenance'
  | 'end-of-life'
  | 'unknown'
  /** What is counted, and is not published value by value: an outline of dashes. */
  | 'withheld'
  | 'plain'
  | 'series-1'
  | 'series-2'
  | 'series-3'
  | 'series-4'
  | 'series-5'
  | 'series-6';

/** Horizontal bars from zero, the value written at each bar's end. */
export interface BarsChart {
  readonly kind: 'bars';
  /** Plural, as written beside the numbers: "endpoints". */
  readonly unit: string;
  /** What the shares are of; null: no shares are written. */
  readonly total: number | null;
  readonly bars: readonly { readonly label: string; readonly value: number; readonly role: Role }[];
}

/** Two sets and what they share, drawn to one linear scale: each set a bar, the common part one above the other. */
export interface OverlapChart {
  readonly kind: 'overlap';
  readonly unit: string;
  readonly left: { readonly label: string; readonly only: number; readonly role: Role };
  readonly right: { readonly label: string; readonly only: number; readonly role: Role };
  readonly both: number;
}

/** Horizontal stacked bars in a fixed order, on bands that group neighbouring rows (versions by support). */
export interface StackedChart {
  readonly kind: 'stacked';
  readonly unit: string;
  readonly keys: readonly { readonly label: string; readonly role: Role }[];
  /** `values` in the order of `keys`. Rows of one band stand together. `isLeast`: there may be more, of which nothing is published. */
  readonly rows: readonly {
    readonly label: string;
    readonly band: string;
    readonly values: readonly number[];
    readonly isLeast?: boolean;
  }[];
  readonly bands: readonly { readonly id: string; readonly label: string; readonly role: Role }[];
}

export interface TimePoint {
  /** YYYY-MM-DD. */
  readonly date: string;
  readonly value: number;
}

/** Counts over time as lines, single earlier counts as marks, and the days on which a series changed its method. */
export interface TimelineChart {
  readonly kind: 'timeline';
  /** Written at the axis; each series and point names its own unit. */
  readonly unit: string;
  readonly series: readonly { readonly label: string; readonly role: Role; readonly points: readonly TimePoint[] }[];
  /** Never joined by a line. `shape` and `role` differ where the unit or the way of recognising differs. `label` holds number, unit and source. */
  readonly points: readonly {
    readonly label: string;
    readonly date: string;
    readonly value: number;
    readonly role: Role;
    readonly shape: 'circle' | 'diamond' | 'square' | 'triangle';
  }[];
  /** No line is drawn across a break. */
  readonly breaks: readonly { readonly date: string; readonly label: string }[];
}

/** Parts of a whole over time, stacked to 100 %. `values` of each point in the order of `keys`. */
export interface SharesChart {
  readonly kind: 'shares';
  readonly unit: string;
  readonly keys: readonly { readonly label: string; readonly role: Role }[];
  readonly points: readonly { readonly date: string; readonly values: readonly number[] }[];
  /** As in PanelsChart: nothing is drawn across them. */
  readonly breaks: readonly string[];
}

/** Small pictures of one shape side by side on one scale: a line over time in each. */
export interface PanelsChart {
  readonly kind: 'panels';
  readonly unit: string;
  readonly panels: readonly { readonly label: string; readonly role: Role; readonly points: readonly TimePoint[] }[];
  /** Days before which a series does not compare with what follows: no line is drawn across them. */
  readonly breaks: readonly string[];
}

/** Overlapping sets by their exact combinations: what stands in one row stands in no other. */
export interface MatrixChart {
  readonly kind: 'matrix';
  /** Plural, as written beside the numbers: "endpoints". */
  readonly unit: string;
  readonly sets: readonly { readonly label: string; readonly value: number }[];
  /** `sets`: places in the list of sets, one at least. `alone`: what stands here is in one set only; false in a row of one when it stands for several. */
  readonly rows: readonly { readonly sets: readonly number[]; readonly alone: boolean; readonly value: number }[];
}

/** A circle for each country, its area in proportion to the value. */
export interface MapChart {
  readonly kind: 'map';
  /** Plural, as written beside the numbers: "endpoints". */
  readonly unit: string;
  /** `code`: ISO 3166, two letters. */
  readonly places: readonly { readonly code: string; readonly label: string; readonly value: number }[];
  /** What has no country; said below the map. */
  readonly elsewhere: number;
  /** What is in countries whose counts are not published; said below the map. Absent: none. */
  readonly withheld?: number;
}

export type Chart =
  | BarsChart
  | OverlapChart
  | StackedChart
  | TimelineChart
  | SharesChart
  | PanelsChart
  | MatrixChart
  | MapChart;
