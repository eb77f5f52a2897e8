// How the value of a table's cell is written for readers, in every format the same.
import { counted, grouped, percent, unitFor } from './numbers.ts';
import type { Column, Inline, Value } from './section.ts';

/** A cell as text: 1204 -> "1,204", 0.431 -> "43.1 %", null -> "–". The unit stands in the column's head. */
export function writtenValue(value: Value, column: Column): string {
  if (value === null) return '–';
  if (typeof value === 'string') return column.type === 'time' ? writtenTime(value) : value;
  if (column.type === 'share') return percent(value);
  if (column.type !== 'count') return String(value);
  return column.signed === true && value > 0 ? `+${grouped(value)}` : grouped(value).replace('-', '−');
}

/** "2026-11-23T04:05:06.789Z" -> "2026-11-23 04:05 UTC"; a date alone stays. */
export function writtenTime(time: string): string {
  const parts = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})/.exec(time);
  return parts === null ? time : `${parts[1]} ${parts[2]} UTC`;
}

/** The head of a column with its unit, unless the label says it already. */
export function columnHead(column: Column): { readonly label: string; readonly unit: string | null } {
  if (column.type === 'count')
    return { label: column.label, unit: sameWord(column.label, column.unit) ? null : unitFor(column.unit, 2) };
  return { label: column.label, unit: column.type === 'share' ? `% of ${column.unit}` : null };
}

function sameWord(label: string, unit: string): boolean {
  return label.toLowerCase().includes(unit.toLowerCase());
}

/** The words of an inline piece without its markup. */
export function inlineText(piece: Inline): string {
  if (typeof piece === 'string') return piece;
  if ('strong' in piece) return piece.strong;
  if ('code' in piece) return piece.code;
  if ('text' in piece) return piece.text;
  if ('count' in piece) return counted(piece.count, piece.unit);
  return `${percent(piece.share)} of ${piece.of}`;
}

/** An address that may be followed: https and nothing else. */
export function isLink(href: string): boolean {
  return URL.canParse(href) && new URL(href).protocol === 'https:';
}
