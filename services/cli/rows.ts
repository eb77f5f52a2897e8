// Rows on stdout: json, ndjson, csv or a table for people.
import Table from 'cli-table3';
import { stringify } from 'csv-stringify/sync';
import { csvText } from '../exports/formula-guard.ts';

export const ROW_FORMATS = ['json', 'ndjson', 'csv', 'table'] as const;
export type RowFormat = (typeof ROW_FORMATS)[number];

/** Counts by word are an object in JSON and "word n, word n" elsewhere. */
type Value = string | number | boolean | Date | null | readonly string[] | { readonly [word: string]: number | string };

export type Row = Readonly<Record<string, Value>>;

/** Rows as text, ending in a newline; the columns are those of the first row, in its order. */
export function formatRows(rows: readonly Row[], format: RowFormat): string {
  const columns = Object.keys(rows[0] ?? {});
  switch (format) {
    case 'json':
      return `${JSON.stringify(rows, null, 2)}\n`;
    case 'ndjson':
      return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    case 'csv':
      return stringify(
        [columns, ...rows.map((row) => columns.map((column) => csvText(cellText(row[column]), typeof row[column])))],
        { record_delimiter: '\r\n' },
      );
    case 'table':
      return rows.length === 0 ? 'no rows\n' : `${tableOf(rows, columns)}\n`;
  }
}

function tableOf(rows: readonly Row[], columns: readonly string[]): string {
  const numeric = columns.map((column) => rows.every((row) => typeof row[column] === 'number' || row[column] === null));
  const table = new Table({
    head: [...columns],
    colAligns: numeric.map((isNumber) => (isNumber ? 'right' : 'left')),
    style: { head: [], border: [], compact: true },
    chars: PLAIN,
  });
  for (const row of rows) table.push(columns.map((column) => shown(row[column])));
  return table.toString();
}

/** Columns set apart by space, a line under the head: readable when pasted into a mail. */
const PLAIN = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

const GROUPED = new Intl.NumberFormat('en-US', { maximumFractionDigits: 4 });

function shown(value: Row[string] | undefined): string {
  if (typeof value === 'number') return GROUPED.format(value);
  return value === null || value === undefined ? '-' : printable(cellText(value));
}

function cellText(value: Row[string] | undefined): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== 'object') return String(value);
  if (isList(value)) return value.join(' ');
  return Object.entries(value)
    .map(([word, count]) => `${word} ${count}`)
    .join(', ');
}

const isList = (value: object): value is readonly string[] => Array.isArray(value);

/** Control and direction characters of hostile text must not reach a terminal. */
function printable(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
