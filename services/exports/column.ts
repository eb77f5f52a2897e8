// What a dataset and its columns say of themselves; the datasets are lists of these.
import type { PrivateField } from '../fingerprints/private-fields.ts';

export type ColumnType = 'text' | 'integer' | 'number' | 'boolean' | 'timestamp' | 'texts';

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** Expression over the dataset's source. */
  readonly sql: string;
  readonly description: string;
  /** What a number counts or measures, plural; absent where it is none of both: a port, an AS number. */
  readonly unit?: string;
  /** What it shows of the list of private fields; absent where it may be published. */
  readonly private?: PrivateField;
}

export interface Dataset {
  readonly description: string;
  /** What one row is, plural. */
  readonly unit: string;
  /** True when rows belong to one survey; the source then holds $SURVEY. */
  readonly perSurvey: boolean;
  /** FROM clause and conditions; where there are increments it ends with a condition, to which theirs is added. */
  readonly source: string;
  /** Condition over the source: rows whose owners asked not to be shown, in a dataset of rows about hosts. */
  readonly leavesOut?: string;
  /** What --since selects, or why there are no increments. */
  readonly since: Increment | { readonly refused: string };
  /** Makes the order of rows a function of the rows. */
  readonly orderBy: string;
  readonly columns: readonly Column[];
}

/** Rows that are newer than a time. */
export interface Increment {
  /** Condition over the source; $SINCE is the time. */
  readonly sql: string;
  readonly means: string;
  /** A dataset of one survey gives the rows of all surveys when an increment names none. */
  readonly acrossSurveys?: true;
}

export const column = (name: string, type: ColumnType, sql: string, description: string, unit?: string): Column => ({
  name,
  type,
  sql,
  description,
  ...(unit === undefined ? {} : { unit }),
});

/** A column that must not be published. */
export const privateColumn = (field: PrivateField, ...of: Parameters<typeof column>): Column => ({
  ...column(...of),
  private: field,
});
