// One question to an engine's HTTP API: waits when told to, tries again what may pass, and says why it gave up.
import type { Clock } from '../platform/clock.ts';
import type { HttpClient, HttpReply, HttpRequest } from './http.ts';
import { listOf, member, parseJson, textOf } from './json.ts';
import { redact } from './redact.ts';

/** Waits; resolves early or rejects when the signal aborts, either is fine. */
export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<unknown>;

export interface EngineAccess {
  readonly http: HttpClient;
  readonly sleep: Sleep;
  readonly clock: Clock;
  /** Removed from every message. */
  readonly secrets: readonly string[];
}

export type EngineQuestion = Omit<HttpRequest, 'signal'>;

export type EngineAnswer =
  | { readonly ok: true; readonly reply: unknown }
  | {
      readonly ok: false;
      /** query: the engine dislikes the request itself; answer: a whole reply that is no JSON. */
      readonly fault: 'credentials' | 'credits' | 'query' | 'rate' | 'unavailable' | 'answer';
      readonly detail: string;
    };

/** A page costs credits once answered, so few tries; five cover a restart of a gateway. */
const TRIES = 5;
const FIRST_WAIT_MS = 1000;
/** An engine that asks for more patience than this is out of quota rather than busy. */
const LONGEST_WAIT_MS = 5 * 60 * 1000;
const DETAIL_CHARACTERS = 300;
/** Codes of the client for what another try cannot change, and would pay for again. */
const HOPELESS = /_(TOO_LARGE|BAD_URL)$/;

/** Asks until an answer, a refusal or the last try. Never throws for what the network or the engine does; an abort ends as `unavailable`. */
export async function askEngine(
  access: EngineAccess,
  question: EngineQuestion,
  signal: AbortSignal,
): Promise<EngineAnswer> {
  let last: Judged = { retry: false, answer: { ok: false, fault: 'unavailable', detail: 'stopped' } };
  for (let tried = 0; tried < TRIES && !signal.aborted; tried++) {
    last = await attempt(access, question, signal);
    if (!last.retry) return last.answer;
    const wait = last.waitMs ?? FIRST_WAIT_MS * 2 ** tried;
    if (wait > LONGEST_WAIT_MS || tried === TRIES - 1) return last.answer;
    await access.sleep(wait, signal).catch(() => undefined);
  }
  return last.answer;
}

interface Judged {
  readonly answer: EngineAnswer;
  readonly retry: boolean;
  /** The wait that the engine asked for, or null for our own. */
  readonly waitMs?: number | null;
}

async function attempt(access: EngineAccess, question: EngineQuestion, signal: AbortSignal): Promise<Judged> {
  let reply: HttpReply;
  try {
    reply = await access.http({ ...question, signal });
  } catch (error) {
    // The error itself is not kept: it may carry the request with its authorization.
    const code = textOf(member(error, 'code'), 100) ?? (error instanceof Error ? error.message : 'no reply');
    const detail = redact(code, access.secrets);
    if (HOPELESS.test(code)) return { retry: false, answer: { ok: false, fault: 'answer', detail } };
    return { retry: true, answer: { ok: false, fault: 'unavailable', detail } };
  }
  return judge(reply, access);
}

function judge(reply: HttpReply, access: EngineAccess): Judged {
  const text = new TextDecoder().decode(reply.body);
  const body = parseJson(text);
  const said = `HTTP ${reply.status}${redact(detailOf(body), access.secrets)}`;
  const fault = (kind: Extract<EngineAnswer, { ok: false }>['fault'], retry = false): Judged => ({
    retry,
    answer: { ok: false, fault: kind, detail: said },
  });
  if (reply.status === 402 || (reply.status === 403 && /\b(credits?|quota)\b/i.test(said))) return fault('credits');
  if (reply.status === 401 || reply.status === 403) return fault('credentials');
  if (reply.status === 429) return { ...fault('rate', true), waitMs: retryAfter(reply, access.clock) };
  if (reply.status === 408 || reply.status >= 500)
    return { ...fault('unavailable', true), waitMs: retryAfter(reply, access.clock) };
  if (reply.status >= 400) return fault('query');
  if (reply.status !== 200) return fault('answer');
  if (body !== undefined) return { retry: false, answer: { ok: true, reply: body } };
  // A web page will be one again; JSON that ends early may be whole next time.
  return fault('answer', !text.trimStart().startsWith('<'));
}

/** Retry-After (RFC 9110, 10.2.3) in milliseconds: seconds, or a date measured against the server's own clock when it gives one. */
function retryAfter(reply: HttpReply, clock: Clock): number | null {
  const given = reply.headers['retry-after'];
  if (given === undefined) return null;
  if (/^\d{1,9}$/.test(given.trim())) return Number(given) * 1000;
  const date = Date.parse(given);
  const serverNow = Date.parse(reply.headers['date'] ?? '');
  return Number.isNaN(date) ? null : Math.max(0, date - (Number.isNaN(serverNow) ? clock().getTime() : serverNow));
}

/** What the engine says about an error: problem+json (RFC 9457), or an `error` object or text. */
function detailOf(body: unknown): string {
  const error = member(body, 'error');
  const inner = listOf(member(body, 'errors')).flatMap((one) =>
    ['message', 'location'].flatMap((key) => textOf(member(one, key), DETAIL_CHARACTERS) ?? []),
  );
  const texts = [
    member(body, 'title'),
    member(body, 'detail'),
    error,
    member(error, 'message'),
    member(error, 'reason'),
    ...inner,
  ];
  const words = texts.flatMap((text) => textOf(text, DETAIL_CHARACTERS, true) ?? []);
  return words.length === 0 ? '' : `, ${words.join('; ').slice(0, DETAIL_CHARACTERS)}`;
}
