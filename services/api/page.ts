// A page of a list whose store was asked for one row more than fits: what is shown, and where the next one begins.
import type { Cursors, Place } from './cursor.ts';

export interface Page<Row> {
  readonly data: readonly Row[];
  readonly next: string | null;
}

/** `rows` are at most `limit` + 1; the place of the last row that is shown begins the next page. */
export function pageOf<Row>(
  rows: readonly Row[],
  limit: number,
  cursors: Cursors,
  question: string,
  placeOf: (row: Row) => Place,
): Page<Row> {
  const data = rows.slice(0, limit);
  const last = rows.length > limit ? data.at(-1) : undefined;
  return { data, next: last === undefined ? null : cursors.write(question, placeOf(last)) };
}
