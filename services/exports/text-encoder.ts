// CSV and NDJSON: Postgres writes the text, what is left is its line ends and what spreadsheets would run.
import type { Column } from './column.ts';
import type { Encoder } from './encoder.ts';
import { GuardedCsv } from './guarded-csv.ts';

export function csvEncoder(columns: readonly Column[]): Encoder {
  const csv = new GuardedCsv(columns.map(({ type }) => type === 'text' || type === 'texts'));
  return {
    async *encode(source) {
      for await (const bytes of source) yield csv.next(bytes);
    },
    get rows() {
      return Math.max(0, csv.records - 1);
    },
  };
}

const LF = 0x0a;

/** Every newline ends a row: those inside of values are escaped. */
export function jsonEncoder(): Encoder {
  let rows = 0;
  return {
    async *encode(source) {
      for await (const bytes of source) {
        for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, end + 1)) rows++;
        yield bytes;
      }
    },
    get rows() {
      return rows;
    },
  };
}
