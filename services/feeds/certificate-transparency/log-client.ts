// Asks one log for files, politely: retries with growing pauses, Retry-After honoured, gzip undone within a bound.
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { KubecensusError } from '../../platform/errors.ts';
import type { HttpClient, HttpReply } from '../http.ts';

/** Waits; rejects with the signal's reason when it aborts. */
export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<unknown>;

export interface LogClientOptions {
  /** The monitoring prefix, with or without a trailing slash. */
  readonly url: string;
  readonly http: HttpClient;
  readonly sleep: Sleep;
  readonly now: () => Date;
}

/** The whole file below the monitoring prefix, of at most `maxBytes` after gzip; null when the log says 404. */
export type LogClient = (path: string, maxBytes: number, signal: AbortSignal) => Promise<Buffer | null>;

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
export function logClient({ url, http, sleep, now }: LogClientOptions): LogClient {
  const base = url.endsWith('/') ? url : `${url}/`;
  return async (path, maxBytes, signal) => {
    let failure = '';
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      let pause = FIRST_PAUSE_MS * 2 ** (attempt - 1);
      signal.throwIfAborted();
      try {
        const reply = await http({ url: base + path, maxBytes, signal, headers: { 'accept-encoding': 'gzip' } });
        if (reply.status === 404) return null;
        if (reply.status === 200) return await plainBody(reply, maxBytes);
        failure = `status ${reply.status}`;
        if (!TRANSIENT.has(reply.status)) break;
        pause = retryAfter(reply.headers['retry-after'], now()) ?? pause;
      } catch (error) {
        signal.throwIfAborted();
        failure = failureText(error);
      }
      if (pause > MAX_PAUSE_MS) {
        failure += `, and the log asks for a pause of ${Math.round(pause / 1000)} s`;
        break;
      }
      if (attempt < MAX_ATTEMPTS) await sleep(pause, signal);
    }
    throw new KubecensusError('KC_FEED_UNAVAILABLE', `${base}${path}: ${failure}.`);
  };
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
