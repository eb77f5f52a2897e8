// The shared core of search engines: ask with patience, page by token, never silently incomplete.
import { KubecensusError } from '../platform/errors.ts';
import { askEngine, type EngineAccess, type EngineQuestion, type Fault } from './engine-answer.ts';
import type { Checkpoint, FeedItem, Rejection, RunNote, Sighting } from './feed.ts';
import { integerOf, member, textOf } from './json.ts';

/** What one reply holds. */
export interface Page {
  readonly items: readonly (Sighting | Rejection)[];
  /** Results in the engine's own unit (a host may make several sightings). */
  readonly hits: number;
  /** How many results the engine says there are, or null when it does not. */
  readonly total: number | null;
  /** The token of the next page, or null after the last. */
  readonly next: string | null;
  /** What the reply says that it cost, where the engine says it. */
  readonly credits?: number;
  /** The engine has more than it gives out; `next` is null then. */
  readonly capped?: boolean;
  /** Stands for what is on the page. Two pages with one mark: the engine passes over the position and gives the same page again. */
  readonly mark?: string;
}

/** One engine: how a page is asked for and what a reply means. */
export interface PagedEngine {
  /** For messages. */
  readonly name: string;
  /** The question for the page of a token; null: the first page. */
  question(token: string | null): EngineQuestion;
  /** The page of a parsed reply, or null when the reply has another form. `page` counts from 1; `rows` are those of the pages before. */
  read(reply: unknown, page: number, rows: number): Page | null;
  /** The most that one page costs. */
  readonly creditsPerPage: number;
  /** Credits of one run at most: the page that might cost more is not asked for. */
  readonly maxCredits?: number | null;
  /** Milliseconds from one question to the next. */
  readonly spacingMs?: number;
  /** Pages of one pass over the query; further ones are left and the run says so. */
  readonly maxPages: number;
}

/** Tokens are opaque and may be long; beyond this they are no token. */
export const TOKEN_CHARACTERS = 8192;

/** Position in one pass over a query. `done`: the pass is over, the next pull begins a new one. */
interface Position {
  readonly token: string | null;
  readonly pages: number;
  readonly rows: number;
  /** Of the page before, so that a loop shows itself after a restart, too. */
  readonly mark?: string;
}

function positionOf(since: unknown): Position {
  const token = textOf(member(since, 'token'), TOKEN_CHARACTERS);
  const count = (key: string): number => integerOf(member(since, key), 0, Number.MAX_SAFE_INTEGER) ?? 0;
  if (token === null) return { token: null, pages: 0, rows: 0 };
  const mark = textOf(member(since, 'mark'), TOKEN_CHARACTERS);
  return { token, pages: count('pages'), rows: count('rows'), ...(mark === null ? {} : { mark }) };
}

const checkpoint = (position: Position): Checkpoint => ({ type: 'checkpoint', cursor: { ...position, done: false } });
const passOver: Checkpoint = { type: 'checkpoint', cursor: { done: true } };
const partial = (reason: string, capHit = false): RunNote => ({
  type: 'note',
  partial: reason,
  ...(capHit ? { capHit } : {}),
});

/**
 * Pulls all pages of one query, with a checkpoint after each. Goes on at `since`. A failure before the first page of the run throws;
 * later ones end the run with a `partial` note and leave the position, so that the next pull goes on: `credits_exhausted`,
 * `credentials_refused`, `rate_limited`, `unavailable`, `bad_answer`; so does `credit_limit`, before anything is spent beyond it. These end the
 * pass as well: `cursor_loop` (a page token or a whole page came back), `page_token_refused` (the engine refuses the position), `page_cap`,
 * `engine_cap` (the engine gives out no more), `fewer_rows_than_total`, `feed_empty`.
 */
export async function* pullPages(
  access: EngineAccess,
  engine: PagedEngine,
  since: unknown,
  signal: AbortSignal,
): AsyncGenerator<FeedItem> {
  let at = positionOf(since);
  const seen = new Set([at.token, at.mark].filter((one) => one !== null && one !== undefined));
  let pagesNow = 0;
  let cost = 0;
  let askedAt: number | null = null;
  for (;;) {
    if (cost + engine.creditsPerPage > (engine.maxCredits ?? Number.POSITIVE_INFINITY))
      return yield partial('credit_limit', true);
    const wait = askedAt === null ? 0 : (engine.spacingMs ?? 0) - (access.clock().getTime() - askedAt);
    if (wait > 0) await access.sleep(wait, signal).catch(() => undefined);
    askedAt = access.clock().getTime();
    const answer = await askEngine(access, engine.question(at.token), signal);
    if (signal.aborted) return yield partial('stopped');
    if (!answer.ok && answer.fault === 'query' && at.token !== null) {
      yield partial('page_token_refused');
      return yield passOver;
    }
    if (!answer.ok && pagesNow === 0) throw failureOf(engine, answer);
    if (!answer.ok) return yield partial(PARTIAL_REASONS[answer.fault], answer.fault === 'credits');

    const page = engine.read(answer.reply, at.pages + 1, at.rows);
    if (page === null && pagesNow === 0)
      throw failureOf(engine, { fault: 'answer', detail: 'the reply has an unknown form' });
    if (page === null) return yield partial('bad_answer');
    pagesNow += 1;
    cost += page.credits ?? engine.creditsPerPage;
    const claimed = page.total === null ? {} : { claimedTotal: page.total };
    const again = page.mark !== undefined && seen.has(page.mark);
    if (!again) {
      at = markedWith(page.mark, { token: page.next, pages: at.pages + 1, rows: at.rows + page.hits });
      yield* page.items;
    }
    yield { type: 'note', cost, ...claimed };

    const end = again ? partial('cursor_loop') : endOfPass(engine, at, page, seen);
    if (end !== null) {
      if (end.type === 'note') yield end;
      return yield passOver;
    }
    seen.add(page.next as string);
    if (page.mark !== undefined) seen.add(page.mark);
    yield checkpoint(at);
  }
}

const markedWith = (mark: string | undefined, at: Position): Position => (mark === undefined ? at : { ...at, mark });

/** Why the pass ends after this page: a note, or the plain end; null when there is another page. */
function endOfPass(
  engine: PagedEngine,
  at: Position,
  page: Page,
  seen: ReadonlySet<string>,
): RunNote | Checkpoint | null {
  if (page.next !== null && seen.has(page.next)) return partial('cursor_loop');
  if (page.next !== null && at.pages >= engine.maxPages) return partial('page_cap', true);
  if (page.next !== null) return null;
  if (page.capped === true) return partial('engine_cap', true);
  if (at.rows === 0) return partial('feed_empty');
  return page.total !== null && at.rows < page.total ? partial('fewer_rows_than_total') : passOver;
}

const PARTIAL_REASONS: Readonly<Record<Fault, string>> = {
  credentials: 'credentials_refused',
  credits: 'credits_exhausted',
  query: 'query_refused',
  rate: 'rate_limited',
  unavailable: 'unavailable',
  answer: 'bad_answer',
};

const CODES = {
  credentials: 'KC_FEED_CREDENTIALS',
  credits: 'KC_FEED_CREDITS',
  query: 'KC_FEED_QUERY',
  rate: 'KC_FEED_UNAVAILABLE',
  unavailable: 'KC_FEED_UNAVAILABLE',
  answer: 'KC_FEED_ANSWER',
} as const;

/** The error of a fault that leaves nothing to work with. `detail` is already free of secrets. */
export function failureOf(engine: { name: string }, failure: { fault: Fault; detail: string }): KubecensusError {
  return new KubecensusError(CODES[failure.fault], `${engine.name}: ${failure.detail}.`);
}
