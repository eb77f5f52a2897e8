// Asks one log for files, politely: at its pace, retries with growing pauses, Retry-After honoured, packed bodies opened within a bound.
import { KubecensusError } from '../../platform/errors.ts';
import type { HttpClient, HttpReply } from '../http.ts';
import { ACCEPTED_CODINGS, plainBody } from './content-coding.ts';
import type { LogPace, Sleep } from './log-pace.ts';

export interface PatienceOptions {
  readonly http: HttpClient;
  readonly sleep: Sleep;
  readonly now: () => Date;
  /** One for all requests to a log. */
  readonly pace: LogPace;
}

export interface LogClientOptions extends PatienceOptions {
  /** The monitoring prefix, with or without a trailing slash. */
  readonly url: string;
}

/** The whole file below the monitoring prefix, of at most `maxBytes` unpacked; null when the log says 404. */
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

/** Replies that speak of the whole log, not of one file: everybody waits. */
const FOR_ALL: ReadonlySet<number> = new Set([429, 503]);

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
  { http, sleep, now, pace }: PatienceOptions,
  url: string,
  maxBytes: number,
  signal: AbortSignal,
  read: (reply: PlainReply) => T | undefined,
): Promise<T> {
  let failure = '';
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    let pause = FIRST_PAUSE_MS * 2 ** (attempt - 1);
    let forAll = false;
    signal.throwIfAborted();
    await pace.turn(signal);
    try {
      const reply = await http({ url, maxBytes, signal, headers: { 'accept-encoding': ACCEPTED_CODINGS } });
      if (TRANSIENT.has(reply.status)) {
        failure = `status ${reply.status}`;
        pause = retryAfter(reply.headers, now()) ?? pause;
        forAll = FOR_ALL.has(reply.status);
      } else {
        const body = await plainBody(reply.body, reply.headers['content-encoding'], maxBytes);
        const taken = read({ status: reply.status, body });
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
    if (forAll) pace.hold(pause);
    else if (attempt < MAX_ATTEMPTS) await sleep(pause, signal);
  }
  throw new KubecensusError('KC_FEED_UNAVAILABLE', `${url}: ${failure}.`);
}

/**
 * Milliseconds of a Retry-After field, seconds or date (RFC 9110 10.2.3); null when there is none that can be read. A date is measured
 * against the server's own clock where the reply states it.
 */
export function retryAfter(headers: HttpReply['headers'], now: Date): number | null {
  const text = headers['retry-after']?.trim();
  if (text === undefined) return null;
  const stated = Date.parse(headers['date'] ?? '');
  const from = Number.isNaN(stated) ? now.getTime() : stated;
  const wait = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - from;
  return Number.isNaN(wait) ? null : Math.max(wait, MIN_PAUSE_MS);
}

function failureText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? `${error.code}: ` : '';
  return `${code}${error.message}`;
}
