// Asks one log for files, politely: retries with growing pauses, Retry-After honoured, gzip undone within a bound.
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { KubecensusError } from '../../platform/errors.ts';
import type { HttpClient, HttpReply } from '../http.ts';

/** Waits; rejects with the signal's reason when it aborts. */
export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<unknown>;

export interface PatienceOptions {
  readonly http: HttpClient;
  readonly sleep: Sleep;
  readonly now: () => Date;
}

export interface LogClientOptions extends PatienceOptions {
  /** The monitoring prefix, with or without a trailing slash. */
  readonly url: string;
}

/** The whole file below the monitoring prefix, of at most `maxBytes` after gzip; null when the log says 404. */
export type LogClient = (path: string, maxBytes: number, signal: AbortSignal) => Promise<Buffer | null>;

/** A reply with its content coding undone. */
export interface PlainReply {
  readonly status: number;
  readonly body: Buffer;
}

/** Thrown by a reader of replies: this one is of no use, the next may be. */
export class UselessReply extends Error {}

/** Attempts per file: with the pauses below a log may be away for a quarter of a minute. */
const MAX_ATTEMPTS = 5;
/** First pause without Retry-After; each next one is twice as long. */
const FIRST_PAUSE_MS = 1_000;
/** Shorter waits than this are not worth a log's Retry-After: 0. */
const MIN_PAUSE_MS = 250;
/** A log that asks for a longer pause is left for the next run. */
const MAX_PAUSE_MS = 10 * 60_000;

/** Replies that may be better next time; 404 means that there is no such tile, and every other status is final. */
const TRANSIENT: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

const gunzipBody = promisify(gunzip);

/**
 * A client of one log. What it returns rejects with KC_FEED_UNAVAILABLE when the log does not deliver, and with the signal's reason
 * when that aborts.
 */
export function logClient({ url, ...options }: LogClientOptions): LogClient {
  const base = url.endsWith('/') ? url : `${url}/`;
  return (path, maxBytes, signal) =>
    askPatiently(options, base + path, maxBytes, signal, ({ status, body }) => {
      if (status === 404) return null;
      return status === 200 ? body : undefined;
    });
}

/**
 * Asks until `read` takes a reply. It returns undefined for a reply that it does not take (final, unless the status is one that passes)
 * and throws UselessReply for one after which it is worth asking again. Rejects as a LogClient does.
 */
export async function askPatiently<T>(
  { http, sleep, now }: PatienceOptions,
  url: string,
  maxBytes: number,
  signal: AbortSignal,
  read: (reply: PlainReply) => T | undefined,
): Promise<T> {
  let failure = '';
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    let pause = FIRST_PAUSE_MS * 2 ** (attempt - 1);
    signal.throwIfAborted();
    try {
      const reply = await http({ url, maxBytes, signal, headers: { 'accept-encoding': 'gzip' } });
      if (TRANSIENT.has(reply.status)) {
        failure = `status ${reply.status}`;
        pause = retryAfter(reply.headers['retry-after'], now()) ?? pause;
      } else {
        const taken = read({ status: reply.status, body: await plainBody(reply, maxBytes) });
        if (taken !== undefined) return taken;
        failure = `status ${reply.status}`;
        break;
      }
    } catch (error) {
      signal.throwIfAborted();
      // A wrong tree is not mended by asking again.
      if (error instanceof KubecensusError) throw error;
      failure = error instanceof UselessReply ? error.message : failureText(error);
    }
    if (pause > MAX_PAUSE_MS) {
      failure += `, and the log asks for a pause of ${Math.round(pause / 1000)} s`;
      break;
    }
    if (attempt < MAX_ATTEMPTS) await sleep(pause, signal);
  }
  throw new KubecensusError('KC_FEED_UNAVAILABLE', `${url}: ${failure}.`);
}

/** Static logs store gzip and send it whether asked or not. */
async function plainBody(reply: HttpReply, maxBytes: number): Promise<Buffer> {
  const { body, headers } = reply;
  if (headers['content-encoding']?.toLowerCase() === 'gzip') return gunzipBody(body, { maxOutputLength: maxBytes });
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

/** Milliseconds of a Retry-After field, seconds or date (RFC 9110 10.2.3); null when there is none that can be read. */
export function retryAfter(value: string | undefined, now: Date): number | null {
  if (value === undefined) return null;
  const text = value.trim();
  const wait = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now.getTime();
  return Number.isNaN(wait) ? null : Math.max(wait, MIN_PAUSE_MS);
}

function failureText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? `${error.code}: ` : '';
  return `${code}${error.message}`;
}
