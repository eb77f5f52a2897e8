// crt.sh by its Postgres: the same certificates as by its web server, without the web's cap of rows, page by page, and later only what is new.
import { KubecensusError } from '../../platform/errors.ts';
import { failureOf } from '../engine.ts';
import type { Fault, Sleep } from '../engine-answer.ts';
import type { Feed, FeedItem, RunNote } from '../feed.ts';
import type { GuestOpener, GuestSession } from '../guest-database.ts';
import { member, recordOf, textOf } from '../json.ts';
import { redact } from '../redact.ts';
import { CRTSH_QUERY, type CrtshCertificate, readCertificates } from './crtsh-query.ts';
import { SearchedNames, searchDomains } from './domains.ts';

/** As the service publishes it; it lets guests in without a password. */
export const CRTSH_DATABASE_URL = 'postgres://guest@crt.sh:5432/certwatch';

export interface CrtshPostgresFeedOptions {
  readonly name: string;
  /** postgres: or postgresql: address without a password. */
  readonly databaseUrl: string;
  /** Never stored or shown. */
  readonly password: string | null;
  readonly domains: readonly string[];
  /** Also names that no pattern picks out. */
  readonly all: boolean;
  /** Also certificates that have expired. */
  readonly expired: boolean;
  /** Pages of one run. */
  readonly maxPages: number;
  readonly port: number | null;
  readonly openGuest: GuestOpener;
  readonly sleep: Sleep;
  readonly statementTimeoutMs?: number;
  readonly pageRows?: number;
}

/** Certificates a page: some hundred kilobytes, and a sort that the server does in memory. */
const PAGE_ROWS = 1_000;
/** The web server of the service gives up after some seconds; a domain with many certificates needs more. */
const STATEMENT_TIMEOUT_MS = 60_000;
/** Between pages: the server is said to be constantly overworked, and nobody waits for us. */
const PAUSE_MS = 2_000;
const TRIES = 4;
const FIRST_WAIT_MS = 2_000;
const MAX_ID = 20;
/** Query cancelled, as by the timeout. */
const TIMED_OUT = '57014';
/** Class 08, 53, 57: connections, resources, an operator or a crash; 40001: a replica that had to catch up. Codes of system calls have letters. */
const PASSING = /^(?:08|53|57)|^40001$|^E[A-Z]+$/;

/** Throws KC_CONFIG when a domain is none, or the address is no Postgres or holds a password. */
export function createCrtshPostgresFeed(options: CrtshPostgresFeedOptions): Feed {
  const domains = searchDomains(options.name, options.domains);
  const url = URL.parse(options.databaseUrl);
  if (url === null || !/^postgres(?:ql)?:$/.test(url.protocol) || url.password !== '')
    throw new KubecensusError(
      'KC_CONFIG',
      `feeds.${options.name}: databaseUrl should be a postgres address; a password stands in the variable of passwordEnv.`,
    );
  return {
    name: options.name,
    kind: 'sightings',
    title: 'crt.sh certificate search (Postgres)',
    terms: 'Free and overworked: for single domains, not for bulk; long queries are cancelled.',
    upstreams: ['Certificate Transparency logs'],
    cost: 'free',
    query: `${url.host}${url.pathname}: ${domains.map((domain) => `%.${domain}`).join(', ')}${options.expired ? ', expired too' : ''}`,
    pull: (since, signal) => pullDomains(options, domains, since, signal),
  };
}

/** Pages of each domain; the cursor keeps each domain's last certificate id, so that the next pull asks for what is new. */
async function* pullDomains(
  options: CrtshPostgresFeedOptions,
  domains: readonly string[],
  since: unknown,
  signal: AbortSignal,
): AsyncGenerator<FeedItem, void, void> {
  const names = new SearchedNames(options.all);
  const known = recordOf(member(since, 'after')) ?? {};
  const after = new Map(domains.map((domain) => [domain, textOf(known[domain], MAX_ID) ?? '0']));
  const reader = new PageReader(options, signal);
  const size = options.pageRows ?? PAGE_ROWS;
  const reasons: string[] = [];
  let [pages, entries] = [0, 0];
  let capHit = false;
  let failure: { fault: Fault; detail: string } | null = null;
  const note = (): RunNote => ({
    type: 'note',
    entries,
    skipped: names.skipped(),
    ...(capHit ? { capHit } : {}),
    ...(reasons.length > 0 ? { partial: reasons.join('; ') } : {}),
  });
  try {
    domain: for (const [index, domain] of domains.entries()) {
      for (let full = true; full; ) {
        if (pages >= options.maxPages) {
          capHit = true;
          reasons.push(`${domain} and ${domains.length - index - 1} domains behind it are not read to their end`);
          break domain;
        }
        const page = await reader.page(domain, after.get(domain)!, size);
        if (signal.aborted) return;
        if (!page.ok) {
          failure = page;
          reasons.push(`${domain}: ${page.detail}`);
          // A statement that takes too long says nothing of other domains; everything else would meet them, too.
          if (page.fault === 'query') break;
          break domain;
        }
        pages++;
        for (const certificate of page.certificates) yield* itemsOf(certificate, domain, options.port, names);
        entries += page.certificates.length;
        after.set(domain, page.certificates.at(-1)?.id ?? after.get(domain)!);
        yield note();
        yield { type: 'checkpoint', cursor: { after: Object.fromEntries(after) } };
        full = page.certificates.length === size;
      }
    }
    if (pages === 0 && failure !== null) throw failureOf({ name: 'crt.sh' }, failure);
    yield note();
  } finally {
    await reader.close();
  }
}

type PageAnswer =
  | { readonly ok: true; readonly certificates: readonly CrtshCertificate[] }
  | { readonly ok: false; readonly fault: Fault; readonly detail: string };

/** Asks for pages over one session, and opens another when it is lost. */
class PageReader {
  readonly #options: CrtshPostgresFeedOptions;
  readonly #signal: AbortSignal;
  #session: GuestSession | null = null;
  #asked = false;

  constructor(options: CrtshPostgresFeedOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /** Never rejects for what the network or the server does. */
  async page(domain: string, after: string, size: number): Promise<PageAnswer> {
    const { sleep, expired } = this.#options;
    if (this.#asked) await sleep(PAUSE_MS, this.#signal).catch(() => undefined);
    this.#asked = true;
    let failed: PageAnswer & { ok: false } = { ok: false, fault: 'unavailable', detail: 'stopped' };
    for (let tried = 1; tried <= TRIES && !this.#signal.aborted; tried++) {
      try {
        this.#session ??= await this.#open();
        const rows = await this.#session.rows(expired ? CRTSH_QUERY.all : CRTSH_QUERY.valid, [domain, after, size]);
        const certificates = readCertificates(rows);
        return certificates === null
          ? { ok: false, fault: 'answer', detail: 'rows of another form' }
          : { ok: true, certificates };
      } catch (error) {
        await this.close();
        const { passing, ...fault } = this.#judge(error);
        failed = { ok: false, ...fault };
        if (!passing) return failed;
        if (tried < TRIES) await sleep(FIRST_WAIT_MS * 2 ** (tried - 1), this.#signal).catch(() => undefined);
      }
    }
    return failed;
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    await session?.close();
  }

  #open(): Promise<GuestSession> {
    const { databaseUrl: url, password, statementTimeoutMs = STATEMENT_TIMEOUT_MS, openGuest } = this.#options;
    return openGuest({ url, password, statementTimeoutMs, signal: this.#signal });
  }

  /** Long statements are not tried again: they would take as long. */
  #judge(error: unknown): { fault: Fault; detail: string; passing: boolean } {
    const { password, statementTimeoutMs = STATEMENT_TIMEOUT_MS } = this.#options;
    const code = textOf(member(error, 'code'), 20);
    const words = redact(error instanceof Error ? error.message : String(error), password === null ? [] : [password]);
    if (code === TIMED_OUT)
      return { fault: 'query', detail: `the search was cancelled after ${statementTimeoutMs} ms`, passing: false };
    const detail = code === null ? words : `${code}, ${words}`;
    // Where the driver names no code, the connection ended or never was.
    if (code === null || PASSING.test(code)) return { fault: 'unavailable', detail, passing: true };
    if (code.startsWith('28')) return { fault: 'credentials', detail, passing: false };
    return { fault: 'answer', detail, passing: false };
  }
}

function* itemsOf(
  { id, names, observedAt }: CrtshCertificate,
  domain: string,
  port: number | null,
  searched: SearchedNames,
): Generator<FeedItem, void, void> {
  const at = `${domain} certificate ${id}`;
  for (const host of searched.select(names)) yield { type: 'sighting', host, port, observedAt, at };
}
