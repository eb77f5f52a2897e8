// Censys Platform API v3: search hits as sightings with evidence, and aggregates as counts.
import { type Clock, systemClock } from '../platform/clock.ts';
import { KubecensusError } from '../platform/errors.ts';
import { itemsOfHit } from './censys/hit.ts';
import { failureOf, type Page, type PagedEngine, pullPages, TOKEN_CHARACTERS } from './engine.ts';
import { askEngine, type EngineAccess, type EngineQuestion, type Sleep } from './engine-answer.ts';
import type { Feed, FeedItem, Spending } from './feed.ts';
import type { HttpClient } from './http.ts';
import { integerOf, listOf, member, recordOf, textOf } from './json.ts';
import { redact } from './redact.ts';

export const CENSYS_BASE_URL = 'https://api.platform.censys.io';

export interface CensysAccess {
  readonly baseUrl: string;
  /** A personal access token. Sent as a bearer token and never stored or shown. */
  readonly token: string;
  /** UUID of the organisation that pays, or null for the token's own. */
  readonly organizationId: string | null;
  readonly http: HttpClient;
  readonly sleep: Sleep;
  readonly clock?: Clock;
  /** Credits of one page or one aggregate: 5 on the Starter plan, 1 on Core and Enterprise (docs.censys.com, 2026). Default 5, so that no cost is understated. */
  readonly creditsPerPage?: number;
  /** Credits of one run at most; null or none: no limit of ours. */
  readonly maxCredits?: number | null;
  /** A person agrees before a run that may cost more. Default 0. */
  readonly confirmCredits?: number;
}

export interface CensysFeedOptions extends CensysAccess {
  /** CenQL. */
  readonly query: string;
  /** Pages of one pass. */
  readonly maxPages: number;
  /** Default `censys`. */
  readonly name?: string;
}

export interface CensysAggregateOptions extends CensysAccess {
  readonly query: string;
  readonly field: string;
  /** Distinct values wanted, the commonest first. */
  readonly buckets: number;
  /** What is counted: '.' hosts, a level such as 'host.services', or '' for the deepest level that holds the field. */
  readonly countByLevel: string;
  /** Default `censys-aggregate`. */
  readonly name?: string;
}

/** The engine's own maximum and default. */
const PAGE_SIZE = 100;
/** A hundred hosts with every service and body; some 100 kB a host is usual for large ones. */
const PAGE_BYTES = 64 * 1024 * 1024;
const AGGREGATE_BYTES = 16 * 1024 * 1024;
const CREDITS_PER_PAGE = 5;
const BUCKET_KEY = 1024;

const TERMS = "Censys' terms of service and your plan; results may not be republished row by row.";
const COST =
  'credits: 5 a page of 100 hosts on Starter, 1 on Core and Enterprise; an aggregate costs as much as a page';

/** A search as a feed. Pages are asked one after another; each is a checkpoint. See pullPages for how it ends. */
export function createCensysFeed(options: CensysFeedOptions): Feed {
  const name = options.name ?? 'censys';
  const access = accessOf(options);
  const engine: PagedEngine = {
    name: 'Censys',
    creditsPerPage: options.creditsPerPage ?? CREDITS_PER_PAGE,
    maxCredits: options.maxCredits ?? null,
    maxPages: options.maxPages,
    question: (token) =>
      post(options, '/v3/global/search/query', PAGE_BYTES, {
        query: options.query,
        page_size: PAGE_SIZE,
        ...(token === null ? {} : { page_token: token }),
      }),
    read: (reply, page) => pageOf(reply, page, name, access.clock()),
  };
  return {
    name,
    kind: 'sightings',
    title: 'Censys host search',
    terms: TERMS,
    upstreams: [],
    cost: COST,
    query: redact(options.query, access.secrets),
    spending: spendingOf(options, options.maxPages),
    pull: (since, signal) => pullPages(access, engine, since, signal),
  };
}

/** One aggregate as a feed of one count. */
export function createCensysAggregateFeed(options: CensysAggregateOptions): Feed {
  const access = accessOf(options);
  return {
    name: options.name ?? 'censys-aggregate',
    kind: 'counts',
    title: 'Censys aggregate',
    terms: TERMS,
    upstreams: [],
    cost: COST,
    query: redact(options.query, access.secrets),
    spending: spendingOf(options, 1),
    pull: (_since, signal) => pullAggregate(options, access, signal),
  };
}

/** Censys counts only for credits, so that the bound is what the pages may cost. */
function spendingOf({ creditsPerPage, maxCredits, confirmCredits }: CensysAccess, pages: number): Spending {
  const step = creditsPerPage ?? CREDITS_PER_PAGE;
  const most = Math.min(pages * step, maxCredits ?? Number.POSITIVE_INFINITY);
  const estimate = () => Promise.resolve({ credits: most, atMost: true });
  return { confirmCredits: confirmCredits ?? 0, most, step, estimate };
}

function accessOf(options: CensysAccess): EngineAccess & { readonly clock: Clock } {
  return { http: options.http, sleep: options.sleep, clock: options.clock ?? systemClock, secrets: [options.token] };
}

function post(access: CensysAccess, path: string, maxBytes: number, body: unknown): EngineQuestion {
  const url = new URL(`${access.baseUrl.replace(/\/+$/, '')}${path}`);
  if (access.organizationId !== null) url.searchParams.set('organization_id', access.organizationId);
  return {
    url: url.href,
    method: 'POST',
    headers: {
      authorization: `Bearer ${access.token}`,
      accept: 'application/json',
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
    maxBytes,
  };
}

/** `{result: {hits: [...] | null, next_page_token: "" at the end, total_hits}}` */
function pageOf(reply: unknown, page: number, feed: string, now: Date): Page | null {
  const result = member(reply, 'result');
  if (recordOf(result) === null) return null;
  const hits = listOf(member(result, 'hits'));
  const token = textOf(member(result, 'next_page_token'), TOKEN_CHARACTERS) ?? '';
  return {
    items: hits.flatMap((hit, i) => itemsOfHit(hit, { feed, now, at: `page ${page} hit ${i + 1}` })),
    hits: hits.length,
    total: integerOf(member(result, 'total_hits'), 0, Number.MAX_SAFE_INTEGER),
    next: token === '' ? null : token,
  };
}

/** `{result: {buckets: [{key, count}] | null, total_count, other_count}}` */
async function* pullAggregate(
  options: CensysAggregateOptions,
  access: EngineAccess & { readonly clock: Clock },
  signal: AbortSignal,
): AsyncGenerator<FeedItem> {
  const credits = options.creditsPerPage ?? CREDITS_PER_PAGE;
  if (credits > (options.maxCredits ?? Number.POSITIVE_INFINITY))
    return yield { type: 'note', partial: 'credit_limit', capHit: true };
  const question = post(options, '/v3/global/search/aggregate', AGGREGATE_BYTES, {
    query: options.query,
    field: options.field,
    number_of_buckets: options.buckets,
    count_by_level: options.countByLevel,
    // Only values of what matched: a host with two services must not lend its other values to the count.
    filter_by_query: true,
  });
  const answer = await askEngine(access, question, signal);
  if (signal.aborted) return yield { type: 'note', partial: 'stopped' };
  if (!answer.ok) throw failureOf({ name: 'Censys' }, answer);
  const result = member(answer.reply, 'result');
  const total = countOf(member(result, 'total_count'));
  const buckets = listOf(member(result, 'buckets')).map((bucket) => ({
    key: textOf(member(bucket, 'key'), BUCKET_KEY),
    count: countOf(member(bucket, 'count')),
  }));
  if (total === null || !buckets.every(isWhole)) {
    throw new KubecensusError(
      'KC_FEED_ANSWER',
      'Censys: an aggregate without total_count, or a bucket without key and count.',
    );
  }
  yield { type: 'note', cost: credits };
  if (buckets.length === 0) return yield { type: 'note', partial: 'feed_empty' };
  yield {
    type: 'count',
    observedAt: access.clock().toISOString(),
    query: redact(options.query, access.secrets),
    field: options.field,
    unit: unitOf(options.countByLevel),
    total,
    omitted: countOf(member(result, 'other_count')),
    deviation: null,
    buckets,
    at: 'aggregate',
  };
}

const countOf = (value: unknown): number | null => integerOf(value, 0, Number.MAX_SAFE_INTEGER);

function isWhole(bucket: { key: string | null; count: number | null }): bucket is { key: string; count: number } {
  return bucket.key !== null && bucket.count !== null;
}

/** The source's word for what count_by_level counts. */
function unitOf(level: string): string {
  if (level === '.') return 'hosts';
  return level === '' ? 'documents of the deepest level that holds the field' : (level.split('.').at(-1) as string);
}
