// Counts of one survey as they are judged before they are published: cells with the networks they stand for, in tables of two dimensions at most.
import type { Dimension } from './rollup.ts';

export interface CountedCell {
  /** In the order of the table's dimensions; '' where not observed. */
  readonly values: readonly string[];
  readonly count: number;
  /** Distinct networks (/24 or /48) of what the cell counts: they are counted and not addresses, of which one owner has many. */
  readonly networks: number;
}

/** Counts of one survey by two dimensions at most. */
export interface CountedTable {
  readonly dims: readonly Dimension[];
  readonly cells: readonly CountedCell[];
}

export function tableKey(dims: readonly Dimension[]): string {
  return dims.join();
}

export function cellKey(values: readonly string[]): string {
  return JSON.stringify(values);
}
