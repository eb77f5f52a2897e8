// Short ways to write the columns of a table.
import type { Column } from './section.ts';

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

/** 0 to 1; `of` is plural. */
export function share(key: string, label: string, of: string): Column {
  return { key, label, type: 'share', unit: of };
}

/** A share as a value of a cell: null when there is no whole. */
export function part(value: number, whole: number): number | null {
  return whole > 0 ? value / whole : null;
}
