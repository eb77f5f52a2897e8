// The contract of every declared search engine: the real client against the lab's form of it, over real sockets.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { SearchEngine } from '../../../services/feeds/engines/declaration.ts';
import { excerptOfHit } from '../../../services/feeds/engines/readings.ts';
import type { Feed, FeedItem } from '../../../services/feeds/feed.ts';
import { openFeed } from '../../../services/feeds/index.ts';
import type { LabForm } from '../../../services/lab/engines/form.ts';
import type { LabRow } from '../../../services/lab/engines/row.ts';
import { type LabEngineFault, type LabEngineOptions, startEngine } from '../../../services/lab/engines/server.ts';
import type { HttpService } from '../../../services/lab/http-service.ts';
import { createClient } from '../../../services/platform/net/client.ts';
import { collect, NOW, OPTIONS } from '../formats/items.ts';
import { rowsOf } from './rows.ts';

/** Of every kind of character that keys have, so that an encoded form would show as well. */
export const KEY = 'k3y/9f+A77c1=e2b';

export const client = createClient({ userAgent: 'kubecensus test' });
const open: HttpService[] = [];

/** Closes what the tests opened; called once in a test file. */
export function closeAfterwards(): void {
  after(async () => {
    await client.close();
    await Promise.all(open.map((engine) => engine.close()));
  });
}

/** An engine that knows one query. */
export interface OneQuery extends Omit<LabEngineOptions, 'address' | 'key' | 'answers'> {
  readonly rows: readonly LabRow[];
  readonly query: string;
  readonly key?: string;
}

export async function start({ rows, query, ...options }: OneQuery): Promise<HttpService> {
  const answers = (asked: string) => (asked === query ? rows : undefined);
  const engine = await startEngine({ address: '127.0.0.1', key: KEY, answers, ...options });
  open.push(engine);
  return engine;
}

/** Waits of the feed opened last. */
export const waits: number[] = [];

/** A feed of the configuration's own making, that sleeps by noting it. */
export function feedOf(type: string, lab: HttpService, settings: Record<string, unknown> = {}, key = KEY): Feed {
  waits.length = 0;
  return openFeed(
    'mine',
    { type, baseUrl: lab.url, keyEnv: 'THE_KEY', ...settings },
    {
      http: client.request,
      sleep: async (ms) => void waits.push(ms),
      secret: (name) => (name === 'THE_KEY' ? key : null),
      now: () => NOW,
    },
  );
}

const never = new AbortController().signal;
export const pull = (feed: Feed, since: unknown = null): Promise<FeedItem[]> => collect(feed.pull(since, never));
export const hosts = (items: readonly FeedItem[]): string[] =>
  items.flatMap((item) => (item.type === 'sighting' ? [item.host] : []));
export const noted = (items: readonly FeedItem[]): Record<string, unknown> =>
  Object.assign({}, ...items.filter((item) => item.type === 'note'));
export const cursorOf = (items: readonly FeedItem[]): unknown => {
  const last = items.findLast((item) => item.type === 'checkpoint');
  return last?.type === 'checkpoint' ? JSON.parse(JSON.stringify(last.cursor)) : null;
};

/** Fails when the key stands in a text, as it is or as URLs write it. */
export function assertNoKey(text: string): void {
  assert.ok(text.length > 0);
  for (const form of [KEY, encodeURIComponent(KEY), Buffer.from(KEY).toString('base64')])
    assert.ok(!text.includes(form), `the key stands in: ${text.slice(0, 500)}`);
}

/** Everything that an error would show anywhere. */
export function shownOf(error: unknown): string {
  const own = error instanceof Error ? [error.message, error.stack ?? '', shownOf(error.cause ?? '')] : [String(error)];
  return own.join('\n');
}

async function failureOf(promise: Promise<unknown>): Promise<{ code: unknown; shown: string }> {
  try {
    await promise;
  } catch (error) {
    return { code: (error as { code?: unknown }).code, shown: shownOf(error) };
  }
  throw new assert.AssertionError({ message: 'nothing was thrown' });
}

/** Runs the contract on one engine. */
export function describeEngine(engine: SearchEngine, form: LabForm): void {
  const { first, size, maxRows, until } = engine.paging;
  const query = engine.queries['kube-apiserver'];
  const rows = rowsOf(size * 2 + Math.ceil(size / 2));
  const all = rows.map(({ address }) => address);
  const counts = engine.count?.onlyTotal === true ? 1 : 0;
  /** Requests of a whole pass, apart from those that count. */
  const pages = 3 + (statesTotal(engine) && until !== 'empty' ? 0 : 1);
  const lab = (faults: readonly LabEngineFault[] = [], more: Partial<OneQuery> = {}): Promise<HttpService> =>
    start({ form, rows, query, faults, ...more });
  /** The number of the request for a page, from 1. */
  const request = (page: number): number => counts + page;
  const total = statesTotal(engine) ? { claimedTotal: rows.length } : {};

  describe(engine.type, () => {
    test('all pages in order, total and cost noted, a checkpoint between pages, no faster than the engine wants', async () => {
      const it = await lab();
      const items = await pull(feedOf(engine.type, it));
      assert.deepEqual(hosts(items), all);
      const { cost, ...notes } = noted(items);
      assert.deepEqual(notes, { type: 'note', ...total });
      assert.equal(it.requests.length, counts + pages);
      assert.equal(cost, byRow(engine) ? rows.length : pages * engine.creditsPerPage);
      assert.equal(items.filter((item) => item.type === 'checkpoint').length, pages);
      assert.deepEqual(cursorOf(items), { done: true });
      assert.deepEqual(waits, Array(counts + pages - 1).fill(engine.spacingMs));
      assert.ok(it.requests.every((one) => form.read(one)?.query === query));
    });

    test('a pull that is killed goes on at its last checkpoint: nothing is lost or read twice', async () => {
      const feed = feedOf(engine.type, await lab());
      const before: FeedItem[] = [];
      let kept: FeedItem[] = [];
      for await (const item of feed.pull(null, never)) {
        before.push(item);
        if (item.type === 'checkpoint') kept = [...before];
        if (before.filter(({ type }) => type === 'sighting').length > size) break;
      }
      assert.equal(hosts(kept).length, size);
      assert.deepEqual([...hosts(kept), ...hosts(await pull(feed, cursorOf(kept)))], all);
    });

    test('a cut reply and a 502 are tried again; when it stays broken the run is partial and the next one goes on', async () => {
      const at = request(2);
      const mended = await pull(
        feedOf(
          engine.type,
          await lab([
            { kind: 'cut', at },
            { kind: 'status', at: at + 1, status: 502 },
          ]),
        ),
      );
      assert.deepEqual([hosts(mended), noted(mended)['partial']], [all, undefined]);
      const faults = [0, 1, 2, 3, 4].map((i): LabEngineFault => ({ kind: 'status', at: at + i, status: 503 }));
      const feed = feedOf(engine.type, await lab(faults));
      const first = await pull(feed);
      assert.deepEqual([hosts(first).length, noted(first)['partial']], [size, 'unavailable']);
      assert.deepEqual([...hosts(first), ...hosts(await pull(feed, cursorOf(first)))], all);
    });

    test('a refusal for haste is waited out as long as the engine says', async () => {
      const at = request(2);
      const until = new Date(Date.now() + 90_000).toUTCString();
      const it = await lab([
        { kind: 'rate', at, wait: 7 },
        { kind: 'rate', at: at + 1, until },
        { kind: 'rate', at: at + 2 },
      ]);
      const items = await pull(feedOf(engine.type, it));
      assert.deepEqual([hosts(items), noted(items)['partial']], [all, undefined]);
      const own = waits.slice(counts + 1, counts + 4);
      assert.equal(own[0], 7000);
      assert.ok((own[1] as number) > 60_000 && (own[1] as number) <= 91_000, `${own[1]}`);
      assert.equal(own[2], 4000);
    });

    test('one page again and again is seen as a loop, also after a restart', async () => {
      const it = await lab([{ kind: 'loop', rows: size * 2 }]);
      const items = await pull(feedOf(engine.type, it));
      assert.deepEqual([hosts(items), noted(items)['partial']], [all.slice(0, size * 2), 'cursor_loop']);
      assert.ok(it.requests.length <= counts + 3);
      assert.deepEqual(cursorOf(items), { done: true });
      const checkpoints = items.filter((item) => item.type === 'checkpoint');
      const feed = feedOf(engine.type, it);
      const later = await pull(feed, checkpoints.at(-2)?.cursor);
      assert.equal(noted(later)['partial'], 'cursor_loop');
      assert.ok(hosts(later).length <= size);
    });

    test('fewer rows than the total are a partial run', async () => {
      const items = await pull(feedOf(engine.type, await lab([{ kind: 'truncate', rows: size + 1 }])));
      assert.equal(hosts(items).length, size + 1);
      assert.equal(noted(items)['partial'], statesTotal(engine) ? 'fewer_rows_than_total' : undefined);
      const none = await pull(feedOf(engine.type, await lab([], { rows: [] })));
      assert.equal(noted(none)['partial'], 'feed_empty');
    });

    test('the page cap of the configuration ends a pass and says so', async () => {
      const items = await pull(feedOf(engine.type, await lab(), { maxPages: 2 }));
      assert.deepEqual(
        [hosts(items).length, noted(items)['partial'], noted(items)['capHit']],
        [size * 2, 'page_cap', true],
      );
    });

    test('the limit of credits stops a run before it is passed, and the next run goes on', async (t) => {
      if (engine.creditsPerPage === 0) return t.skip('its pages cost nothing');
      const it = await lab();
      const feed = feedOf(engine.type, it, { maxCredits: engine.creditsPerPage * 2 });
      const first = await pull(feed);
      assert.deepEqual([noted(first)['partial'], noted(first)['capHit']], ['credit_limit', true]);
      assert.equal(noted(first)['cost'], engine.creditsPerPage * 2);
      assert.deepEqual([...hosts(first), ...hosts(await pull(feed, cursorOf(first)))], all);
      if (engine.creditsPerPage === 1) return;
      const poor = await lab();
      assert.equal(
        noted(await pull(feedOf(engine.type, poor, { maxCredits: engine.creditsPerPage - 1 })))['partial'],
        'credit_limit',
      );
      assert.equal(poor.requests.length, 0);
    });

    test('the cap of the engine is a partial run that says so', async (t) => {
      if (maxRows === null) return t.skip('no cap is known');
      const many = { rows: rowsOf(maxRows + size), total: maxRows + size };
      const token = String(engine.paging.by === 'page' ? maxRows / size - 1 + first : maxRows - size);
      const near = { token, pages: 1, rows: maxRows - size, done: false };
      const items = await pull(feedOf(engine.type, await lab([], many)), near);
      assert.deepEqual(
        [noted(items)['partial'], noted(items)['capHit'], noted(items)['claimedTotal']],
        ['engine_cap', true, statesTotal(engine) ? maxRows + size : undefined],
      );
      assert.equal(hosts(items).length, size);
    });

    test('an account without credits: partial in the middle, an error at the start', async () => {
      const items = await pull(feedOf(engine.type, await lab([{ kind: 'credits', replies: 2 }])));
      assert.deepEqual(
        [hosts(items).length, noted(items)['partial'], noted(items)['capHit']],
        [size * 2, 'credits_exhausted', true],
      );
      const failure = await failureOf(pull(feedOf(engine.type, await lab([{ kind: 'credits', replies: 0 }]))));
      assert.equal(failure.code, 'KC_FEED_CREDITS');
      assertNoKey(failure.shown);
    });

    test('a wrong key, a wrong query and a login page have codes of their own', async () => {
      const it = await lab();
      assert.equal((await failureOf(pull(feedOf(engine.type, it, {}, 'another-key')))).code, 'KC_FEED_CREDENTIALS');
      assert.equal((await failureOf(pull(feedOf(engine.type, it, { query: 'no such' })))).code, 'KC_FEED_QUERY');
      const login = await lab([1, 2, 3].map((at) => ({ kind: 'html', at })));
      assert.equal((await failureOf(pull(feedOf(engine.type, login)))).code, 'KC_FEED_ANSWER');
    });

    test('the key is in no item, no error and no description, however careless the engine is', async () => {
      const other = await lab([], { key: 'another-key' });
      const refused = await failureOf(pull(feedOf(engine.type, other)));
      assert.equal(refused.code, 'KC_FEED_CREDENTIALS');
      const busy = await failureOf(
        pull(feedOf(engine.type, await lab([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((at) => ({ kind: 'rate', at }))))),
      );
      assert.equal(busy.code, 'KC_FEED_UNAVAILABLE');
      const gone = await lab();
      await gone.close();
      const closed = await failureOf(pull(feedOf(engine.type, gone)));
      assert.equal(closed.code, 'KC_FEED_UNAVAILABLE');
      const feed = feedOf(engine.type, await lab([{ kind: 'status', at: 3, status: 500 }]), {
        query: `${query} ${KEY}`,
      });
      const misused = await failureOf(pull(feed));
      const items = await pull(feedOf(engine.type, await lab([{ kind: 'cut', at: 2 }])));
      for (const text of [refused, busy, closed, misused].map(({ shown }) => shown)) assertNoKey(text);
      assertNoKey(JSON.stringify(items));
      assertNoKey(JSON.stringify(feed));
      assertNoKey(feed.query);
    });

    test('what a run may cost is said beforehand and costs nothing', async () => {
      const it = await lab();
      const spending = feedOf(engine.type, it, { maxPages: 50 }).spending;
      const estimate = await spending?.estimate(never);
      if (engine.creditsPerPage === 0) assert.deepEqual(estimate, { credits: 0, atMost: false });
      else if (engine.count === undefined)
        assert.deepEqual(estimate, { credits: 50 * engine.creditsPerPage, atMost: true });
      else assert.deepEqual(estimate, { credits: (until === 'empty' ? 4 : 3) * engine.creditsPerPage, atMost: false });
      assert.equal(it.requests.length, engine.count === undefined || engine.creditsPerPage === 0 ? 0 : 1);
      const capped = await feedOf(engine.type, it, { maxPages: 50, maxCredits: 1 }).spending?.estimate(never);
      assert.ok(capped !== undefined && capped.credits <= 1);
    });

    test('a row of another form is rejected by itself', () => {
      for (const hit of [null, 1, 'x', [], {}, [null], DEEP, { ip: DEEP, data: DEEP, services: [DEEP], ssl: DEEP }])
        assert.equal(typeof engine.row(hit, 'page 1 hit 1', OPTIONS), 'string');
      for (const reply of [null, 1, 'x', {}, { data: 1 }]) {
        const read = engine.read(reply);
        assert.ok(read === null || (reply === null && !statesTotal(engine)), JSON.stringify(reply));
      }
    });

    test('whatever stands in a place of a reply, in a hit or around it, nothing throws', () => {
      const slice = { rows: rowsOf(2), offset: 0, size, total: 2, more: false };
      let read = 0;
      for (const value of [DEEP, null, 'x', '', -1, 1e300, true, {}, [], [DEEP], { x: DEEP }])
        for (const reply of changed(form.page(slice), value)) {
          engine.manners?.refusal?.(reply, 200);
          for (const hit of engine.read(reply)?.hits ?? []) {
            const row = engine.row(hit, 'page 1 hit 1', OPTIONS);
            if (typeof row === 'string') excerptOfHit(hit);
            read += 1;
          }
        }
      assert.ok(read > 100, `${read} hits were read`);
    });
  });
}

/** As deep as JSON.parse goes without effort, and recursion does not. */
const DEEP: unknown = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);

/** Copies of a value, each with one of its places taken by another value. */
function* changed(whole: unknown, by: unknown): Generator<unknown> {
  yield by;
  if (typeof whole !== 'object' || whole === null) return;
  for (const [key, part] of Object.entries(whole))
    for (const other of changed(part, by))
      yield Array.isArray(whole) ? whole.with(Number(key), other) : { ...whole, [key]: other };
}

/** These say neither in a search nor elsewhere how many rows there are, and that there are none by saying nothing. */
const statesTotal = ({ type }: SearchEngine): boolean => !['leakix', 'driftnet'].includes(type);
/** Engines whose price is a row: a short page costs less. */
const byRow = (engine: SearchEngine): boolean => engine.creditsPerPage > 1;
