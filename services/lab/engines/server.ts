// A search engine on loopback: real HTTP, real paging, and the faults that real ones have. The engine's form is an argument.
import { type HttpService, type LabAnswer, type LabRequest, startHttp } from '../http-service.ts';
import type { LabAsk, LabForm } from './form.ts';
import type { LabRow } from './row.ts';

/** What goes wrong, and at which request (from 1, counted over the server's life). */
export type LabEngineFault =
  /** A refusal for haste; `wait` seconds in the engine's own field, a date in Retry-After, or neither. */
  | { readonly kind: 'rate'; readonly at: number; readonly wait?: number; readonly until?: string }
  | { readonly kind: 'status'; readonly at: number; readonly status: number }
  /** The connection is cut in the middle of the body. */
  | { readonly kind: 'cut'; readonly at: number }
  /** A login page with status 200. */
  | { readonly kind: 'html'; readonly at: number }
  /** Places beyond this many rows give the last page before it again. */
  | { readonly kind: 'loop'; readonly rows: number }
  /** The list ends after so many rows, whatever the total says. */
  | { readonly kind: 'truncate'; readonly rows: number }
  /** The account pays for so many replies, then every request is refused for it. */
  | { readonly kind: 'credits'; readonly replies: number };

export interface LabEngineOptions {
  /** A loopback address to listen on. */
  readonly address: string;
  readonly form: LabForm;
  readonly key: string;
  /** Rows of a query; undefined for one that the engine does not understand, which is refused. */
  readonly answers: (query: string) => readonly LabRow[] | undefined;
  /** How the engine counts by a field. */
  readonly countBy?: (row: LabRow, field: string) => string | null;
  /** The total that is claimed, when it is not the number of rows. */
  readonly total?: number;
  readonly faults?: readonly LabEngineFault[];
}

const BUCKETS = 1000;

/** Starts the engine on a free port. Its faults are a plan; the same requests meet the same faults. */
export function startEngine(options: LabEngineOptions): Promise<HttpService> {
  const state = { replies: 0 };
  return startHttp(options.address, (request, number) => answer(options, state, request, number));
}

function answer(options: LabEngineOptions, state: { replies: number }, request: LabRequest, number: number): LabAnswer {
  const { form } = options;
  const faults = options.faults ?? [];
  const ask = form.read(request);
  if (ask === null) return { status: 404, body: { error: `There is no ${request.path}.` } };
  const planned = faults.find((fault) => 'at' in fault && fault.at === number);
  if (planned?.kind === 'rate') {
    const wait = planned.wait === undefined ? {} : (form.wait?.(planned.wait) ?? { 'retry-after': `${planned.wait}` });
    const until = planned.until === undefined ? {} : { 'retry-after': planned.until };
    return { ...form.refuse('rate', `too many requests for ${ask.key}`), headers: { ...wait, ...until } };
  }
  if (planned?.kind === 'status') return { status: planned.status, body: { error: `a fault for ${ask.key}` } };
  if (planned?.kind === 'html') return { status: 200, body: '<!DOCTYPE html><html><title>Sign in</title></html>' };
  if (ask.key !== options.key) return form.refuse('key', `the API key ${ask.key} is not valid`);
  if (faults.some((fault) => fault.kind === 'credits' && state.replies >= fault.replies))
    return form.refuse('credits', `insufficient credits for ${ask.key}`);
  const rows = options.answers(ask.query);
  if (rows === undefined) return form.refuse('query', `cannot parse ${ask.query} of ${ask.key}`);
  const reply = REPLIES[ask.call](options, rows, ask);
  if (reply === undefined) return { status: 404, body: { error: `There is no ${request.path}.` } };
  // What engines count for free is free here, too.
  if (ask.call === 'search') state.replies += 1;
  if (reply === null && form.nothing !== undefined) return { status: form.nothing, body: null };
  return { status: 200, body: reply, ...(planned?.kind === 'cut' ? { cut: true } : {}) };
}

const totalOf = ({ total }: LabEngineOptions, rows: readonly LabRow[]): number => total ?? rows.length;

const REPLIES: Readonly<
  Record<LabAsk['call'], (options: LabEngineOptions, rows: readonly LabRow[], ask: LabAsk) => unknown>
> = {
  search: (options, all, { offset, size }) => {
    const faults = options.faults ?? [];
    const loop = faults.find((fault) => fault.kind === 'loop');
    const from = loop !== undefined && offset >= loop.rows ? Math.max(0, loop.rows - size) : offset;
    const ends = faults.flatMap((fault) => (fault.kind === 'truncate' ? [fault.rows] : []));
    const end = Math.min(all.length, ...ends);
    const rows = all.slice(from, Math.min(from + size, end));
    const more = loop !== undefined || from + rows.length < end;
    return options.form.page({ rows, offset: from, size, total: totalOf(options, all), more });
  },
  count: (options, rows) => options.form.count?.(totalOf(options, rows)),
  counts: (options, rows, { field, size }) => {
    const values = new Map<string, number>();
    for (const row of rows) {
      const value = options.countBy?.(row, field) ?? null;
      if (value !== null) values.set(value, (values.get(value) ?? 0) + 1);
    }
    const buckets = [...values]
      .map(([key, count]) => ({ key, count }))
      .sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1));
    return options.form.counts?.({ field, total: totalOf(options, rows), buckets: buckets.slice(0, size || BUCKETS) });
  },
};
