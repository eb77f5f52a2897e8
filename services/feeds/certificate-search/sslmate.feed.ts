// SSLMate's CT Search API: issuances below given domains, page by page, and later only what is new.
import { KubecensusError } from '../../platform/errors.ts';
import { failureOf } from '../engine.ts';
import { askEngine, type EngineAccess } from '../engine-answer.ts';
import type { Feed, FeedItem, RunNote } from '../feed.ts';
import { listOf, member, recordOf, textOf, textsOf } from '../json.ts';
import { MAX_NAMES } from '../x509/names.ts';
import { SearchedNames, searchDomains } from './domains.ts';
import { utcTime } from './times.ts';

export const SSLMATE_BASE_URL = 'https://api.certspotter.com';

export interface SslmateFeedOptions {
  readonly name: string;
  readonly baseUrl: string;
  /** Sent as a bearer token and never stored or shown. */
  readonly token: string;
  readonly domains: readonly string[];
  /** Also names that no pattern picks out. */
  readonly all: boolean;
  /** Pages of one run. */
  readonly maxPages: number;
  readonly port: number | null;
  /** Its secrets must hold the token. */
  readonly access: EngineAccess;
}

/** A page has at most some hundred issuances of a few kilobytes. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Ids are opaque texts. */
const MAX_ID = 256;
const MAX_NAME = 1024;
const EXCERPT = 200;

/** Throws KC_CONFIG when a domain is none. */
export function createSslmateFeed(options: SslmateFeedOptions): Feed {
  const domains = searchDomains(options.name, options.domains);
  return {
    name: options.name,
    kind: 'sightings',
    title: 'SSLMate CT Search',
    terms: "SSLMate's terms of service and your plan.",
    upstreams: ['Certificate Transparency logs'],
    cost: 'requests of your plan: one a page, and one more at the end of each domain',
    query: domains.join(', '),
    pull: (since, signal) => pullDomains(options, domains, since, signal),
  };
}

/** Pages of each domain until an empty one; the cursor keeps each domain's last id, so that the next pull asks for what is new. */
async function* pullDomains(
  options: SslmateFeedOptions,
  domains: readonly string[],
  since: unknown,
  signal: AbortSignal,
): AsyncGenerator<FeedItem, void, void> {
  const names = new SearchedNames(options.all);
  const known = recordOf(member(since, 'after')) ?? {};
  const after = new Map(domains.map((domain) => [domain, textOf(known[domain], MAX_ID)]));
  let [pages, entries] = [0, 0];
  const note = (): RunNote => ({ type: 'note', cost: pages, entries, skipped: names.skipped() });
  for (const [index, domain] of domains.entries()) {
    const seen = new Set<string>();
    for (;;) {
      if (pages >= options.maxPages) {
        const left = `${domain} and ${domains.length - index - 1} domains behind it are not read to their end`;
        return yield { ...note(), capHit: true, partial: left };
      }
      const last = after.get(domain) ?? null;
      const answer = await askEngine(options.access, question(options, domain, last), signal);
      if (signal.aborted) return;
      if (!answer.ok && pages === 0) throw failureOf({ name: 'SSLMate' }, answer);
      if (!answer.ok) return yield { ...note(), partial: `${domain}: ${answer.detail}` };
      if (!Array.isArray(answer.reply))
        throw new KubecensusError('KC_FEED_ANSWER', `SSLMate: the answer for ${domain} is no list of issuances.`);
      pages++;
      const issuances = listOf(answer.reply);
      if (issuances.length === 0) break;
      for (const issuance of issuances) yield* issuanceItems(issuance, domain, options.port, names);
      entries += issuances.length;
      const id = textOf(member(issuances.at(-1), 'id'), MAX_ID);
      if (id === null || seen.has(id)) return yield { ...note(), partial: `${domain}: cursor_loop` };
      seen.add(id);
      after.set(domain, id);
      yield note();
      yield { type: 'checkpoint', cursor: { after: Object.fromEntries(after) } };
    }
  }
  yield note();
}

function question({ baseUrl, token }: SslmateFeedOptions, domain: string, after: string | null) {
  const url = new URL(`${baseUrl.replace(/\/+$/, '')}/v1/issuances`);
  url.searchParams.set('domain', domain);
  url.searchParams.set('include_subdomains', 'true');
  url.searchParams.set('match_wildcards', 'true');
  url.searchParams.set('expand', 'dns_names');
  if (after !== null) url.searchParams.set('after', after);
  return {
    url: url.href,
    headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
    maxBytes: MAX_BYTES,
  };
}

/** `{id, dns_names: [...], not_before, not_after, ...}` */
function* issuanceItems(
  issuance: unknown,
  domain: string,
  port: number | null,
  names: SearchedNames,
): Generator<FeedItem, void, void> {
  const at = `${domain} issuance ${textOf(member(issuance, 'id'), MAX_ID) ?? 'without an id'}`;
  const dnsNames = textsOf(member(issuance, 'dns_names'), MAX_NAMES, MAX_NAME);
  if (dnsNames === null) {
    yield { type: 'rejection', reason: 'no_names', at, excerpt: (JSON.stringify(issuance) ?? '').slice(0, EXCERPT) };
    return;
  }
  const observedAt = utcTime(textOf(member(issuance, 'not_before'), 64));
  for (const host of names.select(dnsNames)) yield { type: 'sighting', host, port, observedAt, at };
}
