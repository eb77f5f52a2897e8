// A declared search engine as a feed: pages through one query and hands on what each hit shows.
import { hash } from 'node:crypto';
import { type Page, type PagedEngine, pullPages } from './engine.ts';
import { askEngine, type EngineAccess, type EngineQuestion } from './engine-answer.ts';
import type { Ask, Engine, SearchEngine } from './engines/declaration.ts';
import { firstPlace, placeAfter } from './engines/place.ts';
import { excerptOfHit } from './engines/readings.ts';
import type { CostEstimate, Feed, FeedItem, Rejection, Sighting } from './feed.ts';
import type { FormatOptions } from './formats/format.ts';
import { redact } from './redact.ts';

/** The account with an engine, and how to reach it. */
export interface EngineAccount {
  readonly baseUrl: string;
  /** Sent as the engine wants it and never stored or shown. */
  readonly key: string;
  readonly http: EngineAccess['http'];
  readonly sleep: EngineAccess['sleep'];
  readonly clock: EngineAccess['clock'];
  /** Credits of one run at most; null: no limit of ours. */
  readonly maxCredits: number | null;
  /** A person agrees before a run that may cost more. */
  readonly confirmCredits: number;
}

export interface SearchOptions extends EngineAccount {
  readonly name: string;
  /** In the engine's own language. */
  readonly query: string;
  /** Pages of one pass. */
  readonly maxPages: number;
}

/** A page of a hundred hits with bodies. */
const PAGE_BYTES = 64 * 1024 * 1024;

/** The feed of one query. See pullPages for how it ends. */
export function createSearchFeed(engine: SearchEngine, options: SearchOptions): Feed {
  const access = accessOf(engine, options);
  const { name, query } = options;
  return {
    name,
    kind: 'sightings',
    title: engine.title,
    terms: engine.terms,
    upstreams: engine.upstreams,
    cost: engine.cost,
    query: redact(query, access.secrets),
    spending: {
      confirmCredits: options.confirmCredits,
      most: mostOf(engine, options),
      step: engine.creditsPerPage,
      estimate: (signal) => estimate(engine, options, access, signal),
    },
    pull: (since, signal) => pull(engine, options, access, since, signal),
  };
}

export function accessOf(engine: Engine, { http, sleep, clock, key }: EngineAccount): EngineAccess {
  return { http, sleep, clock, secrets: [key], ...(engine.manners === undefined ? {} : { manners: engine.manners }) };
}

/** The whole request. The key is where `ask` put it; everything else of the request may be shown. */
export function questionOf(account: EngineAccount, { path, search, headers, json }: Ask): EngineQuestion {
  const url = new URL(`${account.baseUrl.replace(/\/+$/, '')}${path}`);
  for (const [name, value] of Object.entries(search ?? {})) url.searchParams.set(name, String(value));
  const post = json === undefined ? {} : { method: 'POST' as const, body: JSON.stringify(json) };
  const type = json === undefined ? {} : { 'content-type': 'application/json' };
  return { url: url.href, ...post, headers: { accept: 'application/json', ...type, ...headers }, maxBytes: PAGE_BYTES };
}

async function* pull(
  engine: SearchEngine,
  options: SearchOptions,
  access: EngineAccess,
  since: unknown,
  signal: AbortSignal,
): AsyncGenerator<FeedItem> {
  // Engines that count elsewhere are asked there, so that a run can say what it misses.
  const asks = engine.count?.onlyTotal === true;
  const stated = asks ? await totalOf(engine, options, access, signal) : null;
  if (asks) await access.sleep(engine.spacingMs, signal).catch(() => undefined);
  yield* pullPages(access, pagedEngine(engine, options, access, stated), since, signal);
}

function pagedEngine(
  engine: SearchEngine,
  options: SearchOptions,
  access: EngineAccess,
  stated: number | null,
): PagedEngine {
  const { query, key } = options;
  let place = firstPlace(engine.paging);
  return {
    name: engine.title,
    creditsPerPage: engine.creditsPerPage,
    maxCredits: options.maxCredits,
    maxPages: options.maxPages,
    spacingMs: engine.spacingMs,
    question: (token) => {
      place = token ?? firstPlace(engine.paging);
      return questionOf(options, engine.ask({ query, key, place, now: access.clock() }));
    },
    read: (reply, page, rows) => {
      const found = engine.read(reply);
      if (found === null) return null;
      const total = found.total ?? stated;
      const items = found.hits.flatMap((hit, i) => itemsOf(engine, hit, `page ${page} hit ${i + 1}`, options, access));
      const after = placeAfter(engine.paging, place, rows, found, total);
      return {
        items,
        hits: found.hits.length,
        total,
        ...after,
        ...(found.credits === undefined ? {} : { credits: found.credits }),
        ...(items.length === 0 ? {} : { mark: markOf(items) }),
      } satisfies Page;
    },
  };
}

/** Stands for the places on a page: the same ones again are the same page again. */
function markOf(items: readonly (Sighting | Rejection)[]): string {
  const places = items.map((item) => (item.type === 'sighting' ? `${item.host} ${item.port}` : item.excerpt));
  return `page:${hash('sha256', places.join('\n'), 'base64url')}`;
}

function itemsOf(
  engine: SearchEngine,
  hit: unknown,
  at: string,
  options: SearchOptions,
  access: EngineAccess,
): readonly (Sighting | Rejection)[] {
  const format: FormatOptions = {
    feed: options.name,
    fileName: '',
    observedAt: null,
    port: null,
    expandCidr: false,
    now: access.clock(),
  };
  const row = engine.row(hit, at, format);
  if (typeof row !== 'string') return row;
  return [{ type: 'rejection', reason: row, at, excerpt: redact(excerptOfHit(hit), access.secrets) }];
}

/** What the engine's own count says, or null: a run without it is still a run. */
async function totalOf(
  { count }: SearchEngine,
  options: SearchOptions,
  access: EngineAccess,
  signal: AbortSignal,
): Promise<number | null> {
  if (count === undefined) return null;
  const answer = await askEngine(access, questionOf(options, count.ask({ ...options, now: access.clock() })), signal);
  return answer.ok ? count.read(answer.reply) : null;
}

const mostOf = ({ creditsPerPage }: SearchEngine, { maxPages, maxCredits }: SearchOptions): number =>
  Math.min(maxPages * creditsPerPage, maxCredits ?? Number.POSITIVE_INFINITY);

async function estimate(
  engine: SearchEngine,
  options: SearchOptions,
  access: EngineAccess,
  signal: AbortSignal,
): Promise<CostEstimate> {
  const most = mostOf(engine, options);
  if (engine.creditsPerPage === 0) return { credits: 0, atMost: false };
  const total = await totalOf(engine, options, access, signal);
  if (total === null) return { credits: most, atMost: true };
  // Pages until one is empty are one more than the total fills.
  const pages = Math.ceil(total / engine.paging.size) + (engine.paging.until === 'empty' ? 1 : 0);
  return { credits: Math.min(most, Math.max(1, pages) * engine.creditsPerPage), atMost: false };
}
