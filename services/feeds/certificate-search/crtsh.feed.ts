// crt.sh: names in certificates below given domains, from its JSON output. A look-up for a few domains, no feed of the whole web.
import { KubecensusError } from '../../platform/errors.ts';
import { failureOf } from '../engine.ts';
import { askEngine, type EngineAccess } from '../engine-answer.ts';
import type { Feed, FeedItem, RunNote } from '../feed.ts';
import { integerOf, listOf, member, textOf } from '../json.ts';
import { SearchedNames, searchDomains } from './domains.ts';
import { utcTime } from './times.ts';

export const CRTSH_BASE_URL = 'https://crt.sh';

export interface CrtshFeedOptions {
  readonly name: string;
  readonly baseUrl: string;
  readonly domains: readonly string[];
  /** Also names that no pattern picks out. */
  readonly all: boolean;
  /** Also certificates that have expired. */
  readonly expired: boolean;
  readonly port: number | null;
  readonly access: EngineAccess;
}

/** The service's own limit (certwatch_db); an answer of that many rows is cut. */
export const CRTSH_ROW_CAP = 10_000;
/** Ten thousand rows of a kilobyte, and room for certificates of a hundred names. */
const MAX_BYTES = 128 * 1024 * 1024;
/** The service allows sixty requests a minute from one address. */
const PAUSE_MS = 1_000;
/** A certificate's names one under the other: a hundred names of 253 characters. */
const MAX_IDENTITIES = 65_536;
const EXCERPT = 200;

/** Throws KC_CONFIG when a domain is none. */
export function createCrtshFeed(options: CrtshFeedOptions): Feed {
  const domains = searchDomains(options.name, options.domains);
  return {
    name: options.name,
    kind: 'sightings',
    title: 'crt.sh certificate search',
    terms: 'Free and overworked: at most 60 requests a minute and 5 at once; for single domains, not for bulk.',
    upstreams: ['Certificate Transparency logs'],
    cost: 'free',
    query: domains.map((domain) => `%.${domain}`).join(', '),
    pull: (since, signal) => pullDomains(options, domains, since, signal),
  };
}

/** One request a domain, each a checkpoint; a pass that was cut short goes on at the domain that it stopped at. */
async function* pullDomains(
  options: CrtshFeedOptions,
  domains: readonly string[],
  since: unknown,
  signal: AbortSignal,
): AsyncGenerator<FeedItem, void, void> {
  const names = new SearchedNames(options.all);
  const first = integerOf(member(since, 'next'), 0, domains.length - 1) ?? 0;
  const reasons: string[] = [];
  let capHit = false;
  let entries = 0;
  const note = (): RunNote => ({
    type: 'note',
    entries,
    skipped: names.skipped(),
    ...(capHit ? { capHit } : {}),
    ...(reasons.length > 0 ? { partial: reasons.join('; ') } : {}),
  });
  for (let next = first; next < domains.length; next++) {
    const domain = domains[next]!;
    if (next > first) await options.access.sleep(PAUSE_MS, signal).catch(() => undefined);
    if (signal.aborted) return;
    const answer = await askEngine(options.access, { url: urlFor(options, domain), maxBytes: MAX_BYTES }, signal);
    if (signal.aborted) return;
    if (!answer.ok) {
      if (next === first) throw failureOf({ name: 'crt.sh' }, answer);
      // The others would meet the same: they are left for the next run.
      reasons.push(`${domain}: ${answer.detail}; ${domains.length - next} domains are left`);
      return yield note();
    }
    if (!Array.isArray(answer.reply))
      throw new KubecensusError('KC_FEED_ANSWER', `crt.sh: the answer for ${domain} is no list of certificates.`);
    const rows = listOf(answer.reply);
    if (rows.length >= CRTSH_ROW_CAP) {
      capHit = true;
      reasons.push(`${domain}: more than the ${CRTSH_ROW_CAP} certificates that crt.sh gives`);
    }
    for (const [i, row] of rows.entries()) yield* rowItems(row, `${domain} row ${i + 1}`, options.port, names);
    entries += rows.length;
    yield note();
    yield { type: 'checkpoint', cursor: next + 1 < domains.length ? { next: next + 1 } : { next: 0, done: true } };
  }
}

function urlFor({ baseUrl, expired }: CrtshFeedOptions, domain: string): string {
  const url = new URL(`${baseUrl.replace(/\/+$/, '')}/`);
  url.searchParams.set('q', `%.${domain}`);
  url.searchParams.set('output', 'json');
  // A precertificate and its certificate name the same.
  url.searchParams.set('deduplicate', 'Y');
  if (!expired) url.searchParams.set('exclude', 'expired');
  return url.href;
}

/** `{id, common_name, name_value: names joined by newlines, entry_timestamp | null, not_before, ...}` */
function* rowItems(
  row: unknown,
  place: string,
  port: number | null,
  names: SearchedNames,
): Generator<FeedItem, void, void> {
  const id = integerOf(member(row, 'id'), 0, Number.MAX_SAFE_INTEGER);
  const at = id === null ? place : `${place}, certificate ${id}`;
  const identities = textOf(member(row, 'name_value'), MAX_IDENTITIES, true)?.split('\n');
  if (identities === undefined) {
    yield { type: 'rejection', reason: 'no_names', at, excerpt: (JSON.stringify(row) ?? '').slice(0, EXCERPT) };
    return;
  }
  const time = (key: string): string | null => utcTime(textOf(member(row, key), 64));
  const observedAt = time('entry_timestamp') ?? time('not_before');
  for (const host of names.select(identities)) yield { type: 'sighting', host, port, observedAt, at };
}
