// The feed against the lab log over real sockets: what it yields, where it goes on, and how it meets a log that is wrong.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  createStaticCtFeed,
  type StaticCtFeedOptions,
} from '../../../services/feeds/certificate-transparency/static-log.feed.ts';
import type { Checkpoint, FeedItem, Rejection, RunNote, Sighting } from '../../../services/feeds/feed.ts';
import type { HttpClient } from '../../../services/feeds/http.ts';
import { openFeed } from '../../../services/feeds/index.ts';
import { type LabIssuer, labIssuer } from '../../../services/lab/ct-log/issuer.ts';
import { type CtLog, type CtLogOptions, type LabEntry, startCtLog } from '../../../services/lab/ct-log.ts';
import { createClient, type NetClient } from '../../../services/platform/net/client.ts';

const NOW = new Date('2026-11-24T12:00:00Z');
/** Different certificates; logs repeat them, each entry with its own index. */
const POOL = 60;

let client: NetClient;
let issue: LabIssuer;
/** Entry i is a certificate for k8s.c<i>.example.org and www.c<i>.example.org, every other one as a precertificate. */
const pool: LabEntry[] = [];

before(async () => {
  client = createClient({ userAgent: 'kubecensus-test (+https://kubecensus.example; mail@kubecensus.example)' });
  issue = await labIssuer(NOW);
  for (let i = 0; i < POOL; i++) {
    const dnsNames = [`k8s.c${i}.example.org`, `www.c${i}.example.org`];
    pool.push(await issue({ commonName: dnsNames[0]!, dnsNames, precertificate: i % 2 === 1 }));
  }
});
after(() => client.close());

/** `count` entries, from the pool again and again. */
function* entries(count: number): Generator<LabEntry> {
  for (let i = 0; i < count; i++) yield pool[i % POOL]!;
}

/** Runs `body` with a log of its own. */
async function withLog(options: Partial<CtLogOptions>, body: (log: CtLog) => Promise<void>): Promise<void> {
  const log = await startCtLog({ address: '127.0.0.1', port: 0, entries: [], seed: 's', now: () => NOW, ...options });
  try {
    await body(log);
  } finally {
    await log.close();
  }
}

interface Run {
  readonly sightings: Sighting[];
  readonly rejections: Rejection[];
  readonly checkpoints: Checkpoint[];
  /** Notes laid over each other. */
  readonly note: RunNote;
  readonly cursor: unknown;
}

const never = new AbortController().signal;

async function run(log: CtLog, since: unknown, options: Partial<StaticCtFeedOptions> = {}): Promise<Run> {
  const feed = createStaticCtFeed({
    name: 'lab',
    origin: log.origin,
    monitoringUrl: log.url,
    publicKeyDer: log.publicKeyDer,
    http: client.request,
    port: null,
    sleep: async () => undefined,
    now: () => NOW,
    ...options,
  });
  const items: FeedItem[] = [];
  for await (const item of feed.pull(since, never)) items.push(item);
  const of = <T extends FeedItem['type']>(type: T) =>
    items.filter((item): item is Extract<FeedItem, { type: T }> => item.type === type);
  const checkpoints = of('checkpoint');
  return {
    sightings: of('sighting'),
    rejections: of('rejection'),
    checkpoints,
    note: Object.assign({ type: 'note' }, ...of('note')) as RunNote,
    // Through JSON, as the database keeps it.
    cursor: JSON.parse(JSON.stringify(checkpoints.at(-1)?.cursor ?? null)) as unknown,
  };
}

const hosts = (result: Run): string[] => result.sightings.map((sighting) => sighting.host).sort();
const expectedHosts = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `k8s.c${i}.example.org`).sort();

test('yields every matching name of a log once, with its entry and time', () =>
  withLog({ entries: entries(700) }, async (log) => {
    const result = await run(log, null, { port: 6443 });
    assert.deepEqual(hosts(result), expectedHosts(POOL));
    assert.equal(result.note.claimedTotal, 700);
    assert.equal(result.note.entries, 700);
    assert.equal(result.note.partial, undefined);
    assert.equal(result.note.capHit, undefined);
    assert.equal(result.note.skipped?.['repeated'], 700 - POOL);
    assert.equal(result.note.skipped?.['other'], 700);
    assert.deepEqual(result.rejections, []);
    const [first] = result.sightings;
    // Newest first: the run starts with the tile at the head.
    assert.deepEqual(first, {
      type: 'sighting',
      host: `k8s.c${512 % POOL}.example.org`,
      port: 6443,
      observedAt: NOW.toISOString(),
      at: 'entry 512',
    });
    assert.deepEqual(result.cursor, {
      origin: log.origin,
      size: 700,
      root: (result.cursor as { root: string }).root,
      timestamp: NOW.getTime(),
      done: [0, 700],
    });
  }));

test('a declared log is asked at the rate of its protocol unless the declaration names another', () =>
  withLog({ entries: entries(700) }, async (log) => {
    const spacing = async (declared: { type: string }): Promise<number> => {
      const pauses: number[] = [];
      const tools = {
        http: client.request,
        sleep: async (ms: number) => pauses.push(ms),
        secret: () => null,
        now: () => NOW,
      };
      const publicKey = Buffer.from(log.publicKeyDer).toString('base64');
      const { type, ...settings } = { publicKey, ...declared };
      for await (const _ of openFeed('lab', { type, ...settings }, tools).pull(null, never));
      // The clock of the test stands still, so that the first pause is one turn long.
      return pauses[0] ?? 0;
    };
    const tiles = { type: 'static-ct', origin: log.origin, monitoringUrl: log.url };
    assert.equal(await spacing(tiles), 50);
    assert.equal(await spacing({ ...tiles, requestsPerSecond: 2 } as { type: string }), 500);
    assert.equal(await spacing({ type: 'rfc6962', url: log.url } as { type: string }), 250);
  }));

test('without a contact only a log on this machine is asked, and a list with another one is refused as a whole', () =>
  withLog({ entries: entries(3) }, async (log) => {
    const asked: string[] = [];
    const http: HttpClient = (request) => {
      asked.push(request.url);
      return client.request(request);
    };
    const tools = { http, sleep: async () => undefined, secret: () => null, now: () => NOW };
    const pull = async (declared: { type: string }, hasContact: boolean): Promise<void> => {
      for await (const _ of openFeed('log', declared, { ...tools, hasContact }).pull(null, never));
    };
    const publicKey = Buffer.from(log.publicKeyDer).toString('base64');
    const here = { type: 'static-ct', origin: log.origin, monitoringUrl: log.url, publicKey };
    await pull(here, false);
    asked.length = 0;
    const there = { ...here, monitoringUrl: 'https://log.example.org/' };
    const old = { type: 'rfc6962', url: 'https://127.0.0.1.example.org/', publicKey };
    const path = join(await mkdtemp(join(tmpdir(), 'kubecensus-list-')), 'list.json');
    const key = { key: publicKey, log_id: createHash('sha256').update(log.publicKeyDer).digest('base64') };
    const listed = { ...key, url: 'https://ct.nowhere.test/a/', state: { usable: {} } };
    await writeFile(path, JSON.stringify({ operators: [{ logs: [listed], tiled_logs: [] }] }));
    for (const declared of [there, old, { type: 'ct-list', path }])
      await assert.rejects(pull(declared, false), { code: 'KC_NO_CONTACT' });
    await rm(dirname(path), { recursive: true });
    assert.deepEqual(asked, [], 'nobody was asked');
  }));

test('an empty log is read to its end', () =>
  withLog({}, async (log) => {
    const result = await run(log, null);
    assert.deepEqual(result.sightings, []);
    assert.equal(result.note.claimedTotal, 0);
    log.append(entries(3));
    assert.deepEqual(hosts(await run(log, result.cursor)), expectedHosts(3));
  }));

test('goes on forward from its cursor, then backwards, and the gap stays visible', () =>
  withLog({ entries: entries(1000) }, async (log) => {
    const first = await run(log, null, { maxEntries: 300 });
    assert.equal(first.note.entries, 1000 - 768);
    assert.equal(first.note.capHit, true);
    assert.equal(first.note.partial, 'entries 0 to 767 are not read yet');
    assert.deepEqual((first.cursor as { done: unknown }).done, [768, 1000]);
    log.append(entries(30));
    const second = await run(log, first.cursor, { maxEntries: 300 });
    assert.deepEqual((second.cursor as { done: unknown }).done, [512, 1030]);
    assert.equal(second.sightings[0]?.at, 'entry 1000');
    assert.equal(second.note.entries, 30 - 6 + 6 + 256);
    const third = await run(log, second.cursor);
    assert.deepEqual((third.cursor as { done: unknown }).done, [0, 1030]);
    assert.equal(third.note.partial, undefined);
    const fourth = await run(log, third.cursor);
    assert.deepEqual(fourth.sightings, []);
    assert.equal(fourth.note.entries, 0);
    assert.deepEqual(fourth.cursor, third.cursor);
  }));

test('a pull that is killed goes on at its last checkpoint, and no entry is left out', () =>
  withLog({ entries: entries(256 * 40) }, async (log) => {
    const stop = new AbortController();
    const feed = createStaticCtFeed({
      name: 'lab',
      origin: log.origin,
      monitoringUrl: log.url,
      publicKeyDer: log.publicKeyDer,
      http: client.request,
      port: null,
    });
    let cursor: unknown = null;
    let after = 0;
    for await (const item of feed.pull(null, stop.signal)) {
      if (stop.signal.aborted) after++;
      if (item.type === 'checkpoint') {
        cursor = item.cursor;
        stop.abort();
      }
    }
    assert.equal(after, 0, 'items after the abort');
    assert.deepEqual((cursor as { done: unknown }).done, [256 * 24, 256 * 40]);
    const rest = await run(log, cursor);
    assert.equal(rest.note.entries, 256 * 24);
    assert.deepEqual((rest.cursor as { done: unknown }).done, [0, 256 * 40]);
    assert.equal(rest.checkpoints.length, 2);
  }));

test('stops at the next item when it is told to, in the middle of a tile, without an error', () =>
  withLog({ entries: entries(300) }, async (log) => {
    const stop = new AbortController();
    const feed = createStaticCtFeed({
      name: 'lab',
      origin: log.origin,
      monitoringUrl: log.url,
      publicKeyDer: log.publicKeyDer,
      http: client.request,
      port: null,
    });
    let sightings = 0;
    for await (const item of feed.pull(null, stop.signal)) {
      if (item.type !== 'sighting') continue;
      sightings++;
      stop.abort();
    }
    assert.equal(sightings, 1);
  }));

test('an entry stamped beyond every date is read without a time', () =>
  // The log signs milliseconds, and a Date cannot hold them all.
  withLog({ entries: entries(2), now: () => ({ getTime: () => 9e15 }) as Date }, async (log) => {
    const { sightings } = await run(log, null);
    assert.deepEqual(
      sightings.map((sighting) => sighting.observedAt),
      [null, null],
    );
  }));

test('reads only what the log has published: tiles, and hash tiles above them', () =>
  withLog({ entries: entries(720) }, async (log) => {
    await run(log, null);
    const counts = new Map<string, number>();
    for (const path of log.requests) counts.set(path, (counts.get(path) ?? 0) + 1);
    assert.ok(
      [...counts.values()].every((count) => count === 1),
      'a file was fetched twice',
    );
    assert.deepEqual([...counts.keys()].sort(), [
      '/checkpoint',
      '/tile/0/002.p/208',
      '/tile/1/000.p/2',
      '/tile/data/000',
      '/tile/data/001',
      '/tile/data/002.p/208',
    ]);
  }));

test('a partial tile that is gone is read from the full one', () =>
  withLog({ entries: entries(300) }, async (log) => {
    log.append(entries(300));
    // A replica that lags: the checkpoint of 300, whose partial tiles were deleted when tile 1 became full.
    log.faults.showSize = 300;
    log.faults.deletePartialTiles = true;
    const early = await run(log, null);
    assert.deepEqual(hosts(early), expectedHosts(POOL));
    assert.equal(early.note.entries, 300);
    assert.ok(log.requests.includes('/tile/data/001.p/44') && log.requests.includes('/tile/data/001'));
    log.faults.showSize = null;
    const late = await run(log, early.cursor);
    assert.equal(late.note.entries, 300);
    assert.deepEqual((late.cursor as { done: unknown }).done, [0, 600]);
  }));

test('accepts gzip that it is sent, and gives up on gzip that is cut off', () =>
  withLog({ entries: entries(600), gzip: true }, async (log) => {
    assert.deepEqual(hosts(await run(log, null)), expectedHosts(POOL));
    log.faults.truncateGzip = true;
    const cut = await run(log, null);
    assert.deepEqual(cut.sightings, []);
    assert.match(cut.note.partial!, /tile\/data\/002\.p\/88: Z_BUF_ERROR/);
    assert.deepEqual((cut.cursor as { done: unknown }).done, [600, 600]);
  }));

test('waits as long as 429 says, in seconds or until a date', () =>
  withLog({ entries: entries(10) }, async (log) => {
    const waits: number[] = [];
    const sleep = async (ms: number) => {
      waits.push(ms);
    };
    const cases: [string, number[]][] = [
      ['7', [7000, 7000]],
      [new Date(NOW.getTime() + 90_000).toUTCString(), [90_000, 90_000]],
      [new Date(NOW.getTime() - 90_000).toUTCString(), [250, 250]],
      ['soon', [1000, 2000]],
      ['', [1000, 2000]],
    ];
    for (const [retryAfter, expected] of cases) {
      waits.length = 0;
      log.faults.rateLimit = { requests: 2, retryAfter };
      assert.equal((await run(log, null, { sleep })).note.entries, 10);
      assert.deepEqual(waits, expected, retryAfter);
    }
    log.faults.rateLimit = { requests: 1, retryAfter: '86400' };
    waits.length = 0;
    await assert.rejects(run(log, null, { sleep }), { code: 'KC_FEED_UNAVAILABLE', message: /pause of 86400 s/ });
    assert.deepEqual(waits, []);
    log.faults.rateLimit = { requests: 1000, retryAfter: '1' };
    await assert.rejects(run(log, null, { sleep }), { code: 'KC_FEED_UNAVAILABLE', message: /status 429/ });
    assert.deepEqual(waits, [1000, 1000, 1000, 1000]);
  }));

test('tiles that do not come make the run partial; what was verified before is kept', () =>
  withLog({ entries: entries(1024) }, async (log) => {
    const whole = await run(log, null, { maxEntries: 256 });
    log.append(entries(1024));
    log.faults.missingFrom = 6;
    const cut = await run(log, whole.cursor);
    assert.equal(cut.note.entries, 512);
    assert.match(cut.note.partial!, /has no tile\/data\/006/);
    assert.deepEqual((cut.cursor as { done: unknown }).done, [768, 1536]);
    log.faults.missingFrom = null;
    assert.deepEqual(((await run(log, cut.cursor)).cursor as { done: unknown }).done, [0, 2048]);
  }));

test('a log that does not answer at all is an error', async () => {
  const gone = await startCtLog({ address: '127.0.0.1', port: 0, entries: [], seed: 's', now: () => NOW });
  await gone.close();
  await assert.rejects(run(gone, null), { code: 'KC_FEED_UNAVAILABLE', message: /ECONNREFUSED/ });
});

test('refuses a checkpoint of another key or origin, before anything else is read', () =>
  withLog({ entries: entries(300) }, async (log) => {
    log.faults.wrongSignature = true;
    await assert.rejects(run(log, null), { code: 'KC_CT_SIGNATURE' });
    log.faults.wrongSignature = false;
    await assert.rejects(run(log, null, { origin: 'ct.other.example/2026h2' }), { code: 'KC_CT_SIGNATURE' });
    assert.deepEqual([...new Set(log.requests)], ['/checkpoint']);
  }));

test('refuses a root that the tiles do not give', () =>
  withLog({ entries: entries(300) }, async (log) => {
    log.faults.wrongRoot = true;
    await assert.rejects(run(log, null), { code: 'KC_CT_SPLIT_VIEW', message: /size 300/ });
    assert.ok(!log.requests.some((path) => path.startsWith('/tile/data')));
  }));

test('refuses a tree that shrank', () =>
  withLog({ entries: entries(300) }, async (log) => {
    const { cursor } = await run(log, null);
    log.faults.showSize = 299;
    await assert.rejects(run(log, cursor), { code: 'KC_CT_TREE_SHRANK', message: /had 300 entries and now shows 299/ });
  }));

test('a smaller tree that was signed earlier is a cache that lags: the known tree is read on, and the run says so', () =>
  withLog({ entries: entries(1000) }, async (log) => {
    const { cursor } = await run(log, null, { maxEntries: 300 });
    log.faults.showSize = 900;
    log.faults.showTimestamp = NOW.getTime() - 1;
    const behind = await run(log, cursor);
    assert.deepEqual((behind.cursor as { done: unknown }).done, [0, 1000]);
    assert.equal(behind.note.partial, 'the log shows a tree of 900 entries after one of 1000');
    assert.equal(log.requests.filter((path) => path === '/checkpoint').length, 1 + 3);
  }));

test('refuses a well-signed tree that does not continue the one before, grown or not', () =>
  withLog({ entries: entries(300) }, async (log) => {
    const { cursor } = await run(log, null);
    for (const count of [300, 301, 5000]) {
      // Same key, other history.
      const other = [pool[7]!, ...entries(count - 1)];
      await withLog({ entries: other }, async (fork) => {
        assert.deepEqual(fork.publicKeyDer, log.publicKeyDer);
        await assert.rejects(run(fork, cursor), { code: 'KC_CT_SPLIT_VIEW', message: /does not continue/ });
        assert.ok(!fork.requests.some((path) => path.startsWith('/tile/data')));
      });
    }
  }));

test('yields nothing from a tile that the tree does not cover', () =>
  withLog({ entries: entries(1000) }, async (log) => {
    for (const tile of [1, 3]) {
      log.faults.tamperTile = tile;
      const seen: string[] = [];
      const feed = createStaticCtFeed({
        name: 'lab',
        origin: log.origin,
        monitoringUrl: log.url,
        publicKeyDer: log.publicKeyDer,
        http: client.request,
        port: null,
      });
      const pulling = async () => {
        for await (const item of feed.pull(null, never)) if (item.type === 'sighting') seen.push(item.at);
      };
      await assert.rejects(pulling(), { code: 'KC_CT_SPLIT_VIEW', message: new RegExp(`Data tile ${tile} `) });
      assert.ok(seen.every((at) => Number(at.slice('entry '.length)) >= (tile + 1) * 256));
      assert.equal(seen.length > 0, tile === 1);
    }
  }));

test('refuses entries whose signed index is not their place', () =>
  withLog({}, async (log) => {
    log.faults.misalignIndex = true;
    log.append(entries(20));
    await assert.rejects(run(log, null), { code: 'KC_CT_MALFORMED', message: /entry 0 carries leaf index 1/ });
  }));

test('a certificate that cannot be read is rejected and stops nothing', () =>
  withLog({}, async (log) => {
    log.append([
      pool[0]!,
      { certificateDer: Buffer.from('no certificate') },
      pool[1]!,
      { certificateDer: Buffer.alloc(0) },
    ]);
    const result = await run(log, null);
    assert.deepEqual(hosts(result), expectedHosts(2));
    assert.deepEqual(result.rejections, [
      {
        type: 'rejection',
        reason: 'bad_certificate',
        at: 'entry 1',
        excerpt: Buffer.from('no certificate').toString('hex'),
      },
      { type: 'rejection', reason: 'bad_certificate', at: 'entry 3', excerpt: '' },
    ]);
  }));

test('counts wildcards and internal names, keeps addresses of certificates that matter', () =>
  withLog({}, async (log) => {
    log.append([
      await issue({
        commonName: null,
        dnsNames: ['*.k8s.example.org', 'kubernetes.default.svc', 'API.Cluster.Example.org'],
        addresses: ['192.0.2.9', '2001:db8::9'],
        precertificate: true,
      }),
      await issue({ commonName: 'www.example.org', dnsNames: ['www.example.org'], addresses: ['192.0.2.10'] }),
    ]);
    const result = await run(log, null);
    assert.deepEqual(hosts(result), ['192.0.2.9', '2001:db8::9', 'API.Cluster.Example.org']);
    assert.deepEqual(result.note.skipped, { wildcard: 1, internal: 1, repeated: 0, other: 2, truncated: 0 });
  }));

test('an own table of patterns replaces the built-in one', () =>
  withLog({ entries: entries(5) }, async (log) => {
    const patterns = [{ kind: 'suffix', text: 'c3.example.org', why: 'test' }] as const;
    assert.deepEqual(hosts(await run(log, null, { patterns })), ['k8s.c3.example.org', 'www.c3.example.org']);
  }));

test('a reply larger than its bound is a failure, not a flood', () =>
  withLog({ entries: entries(5) }, async (log) => {
    const http: HttpClient = (request) => client.request({ ...request, maxBytes: Math.min(request.maxBytes, 900) });
    const result = await run(log, null, { http });
    assert.match(result.note.partial!, /tile\/data\/000\.p\/5: NET_TOO_LARGE/);
  }));
