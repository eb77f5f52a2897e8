// A search engine on loopback: real HTTP, real paging, and the faults that real ones have. The engine's form is an argument.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LabAsk, LabForm, LabRequest } from './form.ts';
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
  readonly rows: readonly LabRow[];
  readonly key: string;
  /** The only query that the engine understands; any other is refused. */
  readonly query: string;
  /** How the engine counts by a field. */
  readonly countBy?: (row: LabRow, field: string) => string | null;
  /** The total that is claimed, when it is not the number of rows. */
  readonly total?: number;
  readonly faults?: readonly LabEngineFault[];
}

export interface LabEngine {
  /** http://address:port, without a final slash. */
  readonly url: string;
  /** Requests as they came in, with their keys. */
  readonly requests: readonly LabRequest[];
  close(): Promise<void>;
}

/** Bodies of requests are small; more is refused. */
const REQUEST_BYTES = 64 * 1024;
const BUCKETS = 1000;

/** Starts the engine on a free port. Its faults are a plan; the same requests meet the same faults. */
export async function startEngine(options: LabEngineOptions): Promise<LabEngine> {
  const requests: LabRequest[] = [];
  const state = { replies: 0 };
  const server = createServer((incoming, response) => {
    readRequest(incoming)
      .then((request) => {
        requests.push(request);
        send(response, answer(options, state, request, requests.length));
      })
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, options.address, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = options.address.includes(':') ? `[${options.address}]` : options.address;
  return {
    url: `http://${host}:${port}`,
    requests,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cut?: boolean;
}

async function readRequest(incoming: IncomingMessage): Promise<LabRequest> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > REQUEST_BYTES) throw new Error('the request body is too large');
    chunks.push(chunk);
  }
  const url = new URL(incoming.url ?? '/', 'http://lab');
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]);
  return {
    method: incoming.method ?? 'GET',
    path: url.pathname,
    search: Object.fromEntries(url.searchParams),
    headers: Object.fromEntries(headers),
    json: chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString('utf8')),
  };
}

function send(response: ServerResponse, { status, headers, body, cut }: Answer): void {
  if (status === 204) return void response.writeHead(status).end();
  const page = typeof body === 'string';
  const bytes = Buffer.from(page ? body : JSON.stringify(body));
  const type = page ? 'text/html' : 'application/json';
  response.writeHead(status, { 'content-type': type, 'content-length': bytes.length, ...headers });
  if (cut !== true) return void response.end(bytes);
  response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
}

function answer(options: LabEngineOptions, state: { replies: number }, request: LabRequest, number: number): Answer {
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
  if (ask.query !== options.query) return form.refuse('query', `cannot parse ${ask.query} of ${ask.key}`);
  const reply = REPLIES[ask.call](options, ask);
  if (reply === undefined) return { status: 404, body: { error: `There is no ${request.path}.` } };
  // What engines count for free is free here, too.
  if (ask.call === 'search') state.replies += 1;
  if (reply === null && form.nothing !== undefined) return { status: form.nothing, body: null };
  return { status: 200, body: reply, ...(planned?.kind === 'cut' ? { cut: true } : {}) };
}

const totalOf = ({ total, rows }: LabEngineOptions): number => total ?? rows.length;

const REPLIES: Readonly<Record<LabAsk['call'], (options: LabEngineOptions, ask: LabAsk) => unknown>> = {
  search: (options, { offset, size }) => {
    const faults = options.faults ?? [];
    const loop = faults.find((fault) => fault.kind === 'loop');
    const from = loop !== undefined && offset >= loop.rows ? Math.max(0, loop.rows - size) : offset;
    const ends = faults.flatMap((fault) => (fault.kind === 'truncate' ? [fault.rows] : []));
    const end = Math.min(options.rows.length, ...ends);
    const rows = options.rows.slice(from, Math.min(from + size, end));
    const more = loop !== undefined || from + rows.length < end;
    return options.form.page({ rows, offset: from, size, total: totalOf(options), more });
  },
  count: (options) => options.form.count?.(totalOf(options)),
  counts: (options, { field, size }) => {
    const values = new Map<string, number>();
    for (const row of options.rows) {
      const value = options.countBy?.(row, field) ?? null;
      if (value !== null) values.set(value, (values.get(value) ?? 0) + 1);
    }
    const buckets = [...values]
      .map(([key, count]) => ({ key, count }))
      .sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1));
    return options.form.counts?.({ field, total: totalOf(options), buckets: buckets.slice(0, size || BUCKETS) });
  },
};
