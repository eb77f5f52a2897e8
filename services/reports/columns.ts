// Short ways to write the columns of a table.
import { unitFor } from './numbers.ts';
import type { Asks, Column, Inline } from './section.ts';

export function words(key: string, label: string): Column {
  return { key, label, type: 'text' };
}

export function code(key: string, label: string): Column {
  return { key, label, type: 'code' };
}

export function time(key: string, label: string): Column {
  return { key, label, type: 'time' };
}

/** Whole numbers of `unit` (singular). The key names the unit, because a CSV file has no other place for it. */
export function count(key: string, label: string, unit: string): Column {
  return { key, label, type: 'count', unit };
}

/** The column, and what to ask the statistics for what stands in it. */
export function asking(column: Column, asks: Asks): Column {
  return { ...column, asks };
}

/** 0 to 1; `of` is plural. */
export function share(key: string, label: string, of: string): Column {
  return { key, label, type: 'share', unit: of };
}

/** A share as a value of a cell: null when there is no whole, or when one of both is withheld. */
export function part(value: number | null, whole: number | null): number | null {
  return value !== null && whole !== null && whole > 0 ? value / whole : null;
}

/** A number in running text, or words where it is withheld. `unit` as in Inline. */
export function told(value: number | null, unit: string): Inline {
  return value === null ? `a number of ${unitFor(unit, 2)} that is withheld` : { count: value, unit };
}

/** A share in brackets behind a number, [] when it is not known. `of` is plural. */
export function inBrackets(value: number | null, whole: number | null, of: string): Inline[] {
  const known = part(value, whole);
  return known === null ? [] : [' (', { share: known, of }, ')'];
}
