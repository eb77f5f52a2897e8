// What is peculiar to one engine of the lab: how it is asked, and what its replies look like.
import type { LabRequest } from '../http-service.ts';
import type { LabRow } from './row.ts';

/** What a request wants, once understood. */
export interface LabAsk {
  /** search: rows; count: how many there are; counts: how many by value. */
  readonly call: 'search' | 'count' | 'counts';
  readonly key: string | undefined;
  readonly query: string;
  /** Rows to pass over; an engine that pages by token is given the row's number back. */
  readonly offset: number;
  readonly size: number;
  readonly field: string;
}

/** A piece of the list of rows. */
export interface LabSlice {
  readonly rows: readonly LabRow[];
  readonly offset: number;
  readonly size: number;
  /** As the engine claims it. */
  readonly total: number;
  /** Whether rows follow. */
  readonly more: boolean;
}

export interface LabCounts {
  readonly field: string;
  readonly total: number;
  readonly buckets: readonly { readonly key: string; readonly count: number }[];
}

export type LabRefusal = 'key' | 'credits' | 'query' | 'rate';

export interface LabForm {
  readonly type: string;
  /** Null: there is no such call. */
  read(request: LabRequest): LabAsk | null;
  page(slice: LabSlice): unknown;
  /** The status of a page without rows, which then has no body. Default: 200, and what `page` says. */
  readonly nothing?: number;
  count?(total: number): unknown;
  counts?(counts: LabCounts): unknown;
  /** A refusal in the engine's own form; `says` is a sentence that holds the key that was sent, as careless servers do. */
  refuse(why: LabRefusal, says: string): { readonly status: number; readonly body: unknown };
  /** How the engine says for how long a client shall wait. Default: Retry-After. */
  wait?(seconds: number): Readonly<Record<string, string>>;
}

/** Text of base64 or base64url, or '' when there is none. */
export function decoded(text: unknown): string {
  return typeof text === 'string' ? Buffer.from(text, 'base64').toString() : '';
}

/** A whole number of a parameter, or the fallback. */
export function numberIn(text: unknown, fallback: number): number {
  const number = Number(text ?? fallback);
  return Number.isSafeInteger(number) && number >= 0 ? number : fallback;
}
