// The queries of exports: what Postgres is asked to send, in which form of COPY.
import type { Column, Dataset } from './column.ts';

/** Whose rows, as SQL literals: COPY takes no parameters. */
export interface Selection {
  /** Literal of the survey's id, or null for rows of no survey or of all. */
  readonly survey: string | null;
  /** Literal of the time after which rows are new, or null for all rows. */
  readonly since: string | null;
  /** Whether opt-outs are in force: where none is, no row is looked at for it. */
  readonly optOuts: boolean;
}

/** Bare fields; GuardedCsv makes them safe and their records end with CRLF. */
export const copyCsv = (dataset: Dataset, selection: Selection): string =>
  `copy (${select(dataset, selection, csvExpression)}) to stdout (format csv, header true)`;

/** One JSON object a line: control characters are escaped in JSON, so these two never occur and every line is the JSON itself. */
export const copyJson = (dataset: Dataset, selection: Selection): string =>
  `copy (select row_to_json(r) from (${select(dataset, selection, jsonExpression)}) r) to stdout (format csv, quote e'\\x01', delimiter e'\\x02')`;

/** Fields in the binary form of their column's type: text, int8, float8, bool, timestamptz, text[]. */
export const copyBinary = (dataset: Dataset, selection: Selection): string =>
  `copy (${select(dataset, selection, ({ type, sql }) => `(${sql})::${SQL_TYPE[type]}`)}) to stdout (format binary)`;

/** What each type of column is in Postgres. */
export const SQL_TYPE: Readonly<Record<Column['type'], string>> = {
  text: 'text',
  integer: 'bigint',
  number: 'float8',
  boolean: 'boolean',
  timestamp: 'timestamptz',
  texts: 'text[]',
};

function select(
  dataset: Dataset,
  { survey, since, optOuts }: Selection,
  expression: (column: Column) => string,
): string {
  const columns = dataset.columns.map((column) => `${expression(column)} as "${column.name}"`);
  const ofSurvey = (text: string): string => text.replaceAll('$SURVEY', () => survey ?? 'null');
  const left = optOuts && dataset.leavesOut !== undefined ? ` and not (${ofSurvey(dataset.leavesOut)})` : '';
  const newer =
    since === null || !('sql' in dataset.since)
      ? ''
      : ` and (${dataset.since.sql.replaceAll('$SINCE', () => `${since}::timestamptz`)})`;
  return `select ${columns.join(', ')} from ${ofSurvey(dataset.source)}${left}${newer} order by ${dataset.orderBy}`;
}

/** ISO 8601 in UTC with milliseconds, as everywhere else. */
const isoTime = (sql: string): string => `to_char(${sql} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

function csvExpression({ type, sql }: Column): string {
  if (type === 'texts') return `array_to_string(${sql}, ' ', '?')`;
  return type === 'timestamp' ? isoTime(sql) : sql;
}

const jsonExpression = ({ type, sql }: Column): string => (type === 'timestamp' ? isoTime(sql) : sql);
