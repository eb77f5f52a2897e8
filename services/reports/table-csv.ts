// A report's table as a CSV file: RFC 4180 with CRLF, lossless but for the guard against formulas.
import { stringify } from 'csv-stringify/sync';
import type { Column, Table, Value } from './section.ts';

/** Spreadsheets run a cell that begins like this. OWASP ASVS 1.2.10 and its CSV injection page; a single quote in front makes it text. */
const FORMULA = /^[=+\-@\t\r\0]/;

/** Header of column keys, then all rows. Text is guarded; counts and shares are plain numbers (a share is 0 to 1); null is an empty field. */
export function csvOf(table: Table): string {
  const rows = table.rows.map((row) => row.map((value, at) => field(value, table.columns[at]!)));
  return stringify([table.columns.map((column) => column.key), ...rows], {
    record_delimiter: '\r\n',
    // The library quotes the record delimiter but not a lone CR or LF.
    quoted_match: /[\r\n]/,
  });
}

function field(value: Value, column: Column): string {
  if (value === null) return '';
  if (column.type === 'count' || column.type === 'share') return String(value);
  return guarded(String(value));
}

/** Text that a spreadsheet would take for a formula, with a single quote in front; other text as it is. */
export function guarded(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}
