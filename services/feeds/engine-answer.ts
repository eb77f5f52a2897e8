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
  readonly manners?: EngineManners;
}

/** Where an engine's replies differ from what HTTP says. */
export interface EngineManners {
  /** What a reply refuses in the engine's own words, whatever its status; null: the status decides. */
  readonly refusal?: (reply: unknown, status: number) => Fault | null;
  /** The wait that a reply asks for by another field than Retry-After, in milliseconds; null when it has none. */
  readonly waitMs?: (headers: HttpReply['headers']) => number | null;
}

/** query: the engine dislikes the request itself; answer: a whole reply that is no JSON. */
export type Fault = 'credentials' | 'credits' | 'query' | 'rate' | 'unavailable' | 'answer';

export type EngineQuestion = Omit<HttpRequest, 'signal'>;

export type EngineAnswer =
  | { readonly ok: true; readonly reply: unknown }
  | {
      readonly ok: false;
      readonly fault: Fault;
      readonly detail: string;
    };

/** A page costs credits once answered, so few tries; five cover a restart of a gateway. */
const TRIES = 5;
const FIRST_WAIT_MS = 1000;
/** An engine that asks for more patience than this is out of quota rather than busy. */
const LONGEST_WAIT_MS = 5 * 60 * 1000;
const DETAIL_CHARACTERS = 300;
/** Codes of the client for what another try cannot change, and would pay for again. */
const HOPELESS = /_(TOO_LARGE|BAD_URL|DENIED)$/;

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
  const wait = access.manners?.waitMs?.(reply.headers) ?? retryAfter(reply, access.clock);
  const fault = (kind: Fault, retry = false): Judged => ({
    retry,
    answer: { ok: false, fault: kind, detail: said },
    waitMs: wait,
  });
  const own = body === undefined ? null : (access.manners?.refusal?.(body, reply.status) ?? null);
  if (own !== null) return fault(own, own === 'rate' || own === 'unavailable');
  if (reply.status === 402 || (reply.status === 403 && /\b(credits?|quota)\b/i.test(said))) return fault('credits');
  if (reply.status === 401 || reply.status === 403) return fault('credentials');
  if (reply.status === 429) return fault('rate', true);
  if (reply.status === 408 || reply.status >= 500) return fault('unavailable', true);
  if (reply.status >= 400) return fault('query');
  // RFC 9110, 15.3.5: done, and there is nothing to say.
  if (reply.status === 204) return { retry: false, answer: { ok: true, reply: null } };
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

/** Members in which engines that know no problem+json put their sentence. */
const SENTENCES = ['message', 'errmsg', 'msg', 'text'];

/** What the engine says about an error: problem+json (RFC 9457), an `error` object or text, or a sentence of its own. */
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
    ...SENTENCES.map((name) => member(body, name)),
    ...inner,
  ];
  const words = texts.flatMap((text) => textOf(text, DETAIL_CHARACTERS, true) ?? []);
  return words.length === 0 ? '' : `, ${words.join('; ').slice(0, DETAIL_CHARACTERS)}`;
}
