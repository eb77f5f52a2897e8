// The RFC 6962 feed against the lab log over real sockets: what it yields, where it goes on, and how it meets servers as they are.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  createRfc6962Feed,
  type Rfc6962FeedOptions,
} from '../../../services/feeds/certificate-transparency/rfc6962.feed.ts';
import type { LabEntry } from '../../../services/lab/ct-log/entry.ts';
import type { CtLog } from '../../../services/lab/ct-log.ts';
import { createClient, type NetClient } from '../../../services/platform/net/client.ts';
import {
  certificatePool,
  entriesOf,
  expectedHosts,
  hostsOf,
  NOW,
  POOL,
  pullAll,
  type Run,
  withLog,
} from './lab-log.ts';

let client: NetClient;
let pool: LabEntry[];
before(async () => {
  client = createClient({ userAgent: 'kubecensus-test (+https://kubecensus.example; mail@kubecensus.example)' });
  pool = await certificatePool();
});
after(() => client.close());

const entries = (count: number) => entriesOf(pool, count);

function feedOf(log: CtLog, options: Partial<Rfc6962FeedOptions> = {}) {
  return createRfc6962Feed({
    name: 'lab',
    url: log.url,
    publicKeyDer: log.publicKeyDer,
    http: client.request,
    port: null,
    sleep: async () => undefined,
    now: () => NOW,
    ...options,
  });
}
const run = (log: CtLog, since: unknown, options: Partial<Rfc6962FeedOptions> = {}): Promise<Run> =>
  pullAll(feedOf(log, options), since);
/** With the static side switched off, so that get-entries is what is read. */
const rfcOnly = (log: CtLog): void => {
  log.faults.noTiles = true;
};
const done = (result: Run): unknown => (result.cursor as { done: unknown }).done;
const asked = (log: CtLog): string[] => log.requests.filter((path) => path.includes('get-entries'));

test('yields every matching name of a log once, with its entry and time, newest first', () =>
  withLog({ entries: entries(700) }, async (log) => {
    rfcOnly(log);
    const result = await run(log, null, { port: 6443 });
    assert.deepEqual(hostsOf(result), expectedHosts(POOL));
    assert.deepEqual(result.rejections, []);
    assert.equal(result.note.claimedTotal, 700);
    assert.equal(result.note.entries, 700);
    assert.equal(result.note.partial, undefined);
    assert.equal(result.note.skipped?.['repeated'], 700 - POOL);
    assert.deepEqual(done(result), [0, 700]);
    log.append(entries(300));
    const newest = await run(log, null, { port: 6443, maxEntries: 256 });
    assert.deepEqual(newest.sightings[0], {
      type: 'sighting',
      host: `k8s.c${(768 - 700) % POOL}.example.org`,
      port: 6443,
      observedAt: NOW.toISOString(),
      at: 'entry 768',
    });
  }));

test('trees of every small size, and around powers of two, are read whole in any steps', async () => {
  for (const size of [0, 1, 2, 3, 255, 256, 257, 512, 513, 1024, 1025]) {
    await withLog({ entries: entries(size) }, async (log) => {
      rfcOnly(log);
      let cursor: unknown = null;
      let total = 0;
      for (let step = 0; step < 8; step++) {
        const result = await run(log, cursor, { maxEntries: 256 });
        total += result.note.entries ?? 0;
        cursor = result.cursor;
        if (result.note.capHit !== true) break;
      }
      assert.equal(total, size, `${size}`);
      log.append(entries(300));
      const grown = await run(log, cursor);
      assert.equal(grown.note.entries, 300, `${size} grown`);
      assert.deepEqual(done(grown), [0, size + 300]);
    });
  }
});

test('goes on forward from its cursor, then backwards, and the gap stays visible', () =>
  withLog({ entries: entries(1500) }, async (log) => {
    rfcOnly(log);
    const first = await run(log, null, { maxEntries: 300 });
    assert.deepEqual(done(first), [1280, 1500]);
    assert.equal(first.note.capHit, true);
    assert.equal(first.note.partial, 'entries 0 to 1279 are not read yet');
    log.append(entries(30));
    const second = await run(log, first.cursor, { maxEntries: 300 });
    assert.equal(second.sightings[0]?.at, 'entry 1500');
    // 1024 is a power of two: the bound below it is the next one.
    assert.deepEqual(done(second), [1280, 1530]);
    const third = await run(log, second.cursor);
    assert.deepEqual(done(third), [0, 1530]);
    const fourth = await run(log, third.cursor);
    assert.equal(fourth.note.entries, 0);
    assert.deepEqual(fourth.sightings, []);
    assert.deepEqual(fourth.cursor, third.cursor);
  }));

test('a pull that is killed goes on at its last checkpoint', () =>
  withLog({ entries: entries(4096 * 2 + 10) }, async (log) => {
    rfcOnly(log);
    const stop = new AbortController();
    let cursor: unknown = null;
    let later = 0;
    for await (const item of feedOf(log).pull(null, stop.signal)) {
      if (stop.signal.aborted) later++;
      if (item.type === 'checkpoint') {
        cursor = item.cursor;
        stop.abort();
      }
    }
    assert.equal(later, 0, 'items after the abort');
    const rest = await run(log, cursor);
    assert.equal(rest.note.entries, 4096 * 2 + 10 - (8202 - (cursor as { done: [number, number] }).done[0]));
    assert.deepEqual(done(rest), [0, 4096 * 2 + 10]);
  }));

test('reads servers that give fewer rows than asked, aligned or not, down to one', () =>
  withLog({ entries: entries(700) }, async (log) => {
    rfcOnly(log);
    for (const [cap, align] of [
      [32, 0],
      [100, 0],
      [256, 256],
      [1000, 64],
      [1, 0],
    ] as const) {
      Object.assign(log.faults, { pageCap: cap, pageAlign: align });
      const before = asked(log).length;
      const result = await run(log, null);
      assert.deepEqual(hostsOf(result), expectedHosts(POOL));
      assert.equal(result.note.entries, 700);
      const requests = asked(log).length - before;
      const least = Math.ceil(700 / Math.min(cap, align === 0 ? cap : align));
      assert.ok(requests <= least * 2 + 8, `${requests} requests for pages of ${cap}/${align}`);
    }
  }));

test('asks for windows aligned to what the server gives', () =>
  withLog({ entries: entries(2048) }, async (log) => {
    rfcOnly(log);
    log.faults.pageCap = 64;
    log.faults.pageAlign = 64;
    await run(log, null);
    const starts = asked(log).map((path) => Number(/start=(\d+)/.exec(path)![1]));
    assert.ok(starts.every((start) => start % 64 === 0));
    assert.equal(new Set(starts).size, starts.length, 'a page was asked for twice');
    const last = asked(log)
      .slice(-8)
      .map((path) => /start=(\d+)&end=(\d+)/.exec(path)!);
    assert.ok(
      last.every((match) => Number(match[2]) - Number(match[1]) === 63),
      'the page size was not adopted',
    );
  }));

test('no rows, more rows than asked, web pages and 5xx are asked for again', () =>
  withLog({ entries: entries(300) }, async (log) => {
    rfcOnly(log);
    log.faults.emptyPages = 2;
    assert.deepEqual(done(await run(log, null)), [0, 300]);
    log.faults.emptyPages = 99;
    assert.match((await run(log, null)).note.partial!, /the reply holds no entries/);
    log.faults.emptyPages = 0;
    for (const reply of [
      { status: 200, body: '<html>rendering error</html>' },
      { status: 200, body: '{"entries":[{"leaf_input":"AAAA' },
      { status: 200, body: '{"error":"later"}' },
      { status: 502, body: '<html>bad gateway</html>' },
      { status: 404, body: 'not yet' },
      { status: 400, body: 'need tree size: 300 to get leaves but only got: 256' },
    ]) {
      log.faults.intercept = { requests: 3, path: /get-(entries|sth)/, reply };
      const result = await run(log, null);
      assert.deepEqual(done(result), [0, 300], reply.body);
      assert.equal(log.faults.intercept.requests, 0);
    }
    log.faults.intercept = { requests: 1, path: /get-entries/, reply: { status: 400, body: 'start is odd' } };
    const refused = await run(log, null);
    assert.match(refused.note.partial!, /get-entries\?start=\d+&end=\d+: status 400/);
    assert.equal(refused.checkpoints.length, 0);
  }));

test('no rows are waited for as any other refusal is', () =>
  withLog({ entries: entries(10) }, async (log) => {
    rfcOnly(log);
    const waits: number[] = [];
    const sleep = async (ms: number) => {
      waits.push(ms);
    };
    log.faults.emptyPages = 2;
    assert.equal((await run(log, null, { sleep })).note.entries, 10);
    assert.deepEqual(waits, [1000, 2000]);
  }));

test('a server that gives more rows than it was asked for is not used', () =>
  withLog({ entries: entries(600) }, async (log) => {
    rfcOnly(log);
    log.faults.oneRowMore = true;
    const result = await run(log, null);
    assert.match(result.note.partial!, /257 entries where 256 were asked for/);
    assert.deepEqual(result.sightings, []);
  }));

test('waits as long as 429 says: seconds, a date, or nothing', () =>
  withLog({ entries: entries(10) }, async (log) => {
    rfcOnly(log);
    const waits: number[] = [];
    const sleep = async (ms: number) => {
      waits.push(ms);
    };
    for (const [retryAfter, expected] of [
      ['7', [7000, 7000]],
      [new Date(NOW.getTime() + 90_000).toUTCString(), [90_000, 90_000]],
      ['', [1000, 2000]],
    ] as const) {
      waits.length = 0;
      log.faults.rateLimit = { requests: 2, retryAfter };
      assert.equal((await run(log, null, { sleep })).note.entries, 10);
      assert.deepEqual(waits, expected);
    }
  }));

test('refuses a tree head that the log key did not sign, before anything else is read', () =>
  withLog({ entries: entries(300) }, async (log) => {
    log.faults.wrongSignature = true;
    await assert.rejects(run(log, null), { code: 'KC_CT_SIGNATURE' });
    assert.deepEqual([...new Set(log.requests)], ['/ct/v1/get-sth']);
  }));

test('yields nothing of entries, roots or proofs that do not verify', () =>
  withLog({ entries: entries(1000) }, async (log) => {
    rfcOnly(log);
    log.faults.tamperEntry = 900;
    const seen: string[] = [];
    await assert.rejects(
      async () => {
        for await (const item of feedOf(log, { maxEntries: 256 }).pull(null, new AbortController().signal))
          if (item.type !== 'note') seen.push(item.type);
      },
      { code: 'KC_CT_SPLIT_VIEW', message: /Entries 768 to 999 are not those of the signed tree of size 1000/ },
    );
    assert.deepEqual(seen, []);
    log.faults.tamperEntry = null;
    log.faults.wrongProof = true;
    await assert.rejects(run(log, null, { maxEntries: 256 }), { code: 'KC_CT_SPLIT_VIEW' });
    log.faults.wrongProof = false;
    log.faults.wrongRoot = true;
    await assert.rejects(run(log, null), { code: 'KC_CT_SPLIT_VIEW' });
  }));

test('refuses a well-signed tree that does not continue the one before, grown or not', () =>
  withLog({ entries: entries(300) }, async (log) => {
    rfcOnly(log);
    const { cursor } = await run(log, null);
    for (const count of [300, 301, 5000]) {
      await withLog({ entries: [pool[7]!, ...entries(count - 1)] }, async (fork) => {
        rfcOnly(fork);
        const known = { ...(cursor as object), origin: fork.url.replace('http://', '').replace(/\/$/, '') };
        await assert.rejects(run(fork, known), { code: 'KC_CT_SPLIT_VIEW', message: /is not shown to continue/ });
        assert.deepEqual(asked(fork), []);
      });
    }
  }));

test('a smaller tree head that was signed earlier is ignored: the known tree is read on, and the run says so', () =>
  withLog({ entries: entries(1000) }, async (log) => {
    rfcOnly(log);
    const { cursor } = await run(log, null, { maxEntries: 300 });
    log.faults.showSize = 900;
    await assert.rejects(run(log, cursor), { code: 'KC_CT_TREE_SHRANK', message: /signed later/ });
    const before = log.requests.length;
    log.faults.showTimestamp = NOW.getTime() - 1;
    const behind = await run(log, cursor);
    assert.deepEqual(done(behind), [0, 1000]);
    assert.equal(behind.note.partial, 'the log shows a tree of 900 entries after one of 1000');
    assert.equal(log.requests.slice(before).filter((path) => path === '/ct/v1/get-sth').length, 3);
  }));

test('a log without proofs is read whole, then on from the known edge, and a fork of it shows', () =>
  withLog({ entries: entries(3000) }, async (log) => {
    const noProofs = (of: CtLog) => {
      rfcOnly(of);
      of.faults.intercept = { requests: 999, path: /consistency/, reply: { status: 404, body: 'no such method' } };
    };
    noProofs(log);
    const small = await run(log, null, { maxEntries: 1000 });
    assert.match(small.note.partial!, /get-sth-consistency\?first=\d+&second=3000: status 404/);
    assert.deepEqual([small.sightings, small.checkpoints], [[], []]);
    const whole = await run(log, null);
    assert.deepEqual([hostsOf(whole), done(whole)], [expectedHosts(POOL), [0, 3000]]);
    log.append(entries(500));
    const before = asked(log).length;
    const more = await run(log, whole.cursor, { maxEntries: 1000 });
    assert.deepEqual([more.note.entries, more.note.partial, done(more)], [500, undefined, [0, 3500]]);
    assert.ok(
      asked(log)
        .slice(before)
        .every((path) => Number(/start=(\d+)/.exec(path)![1]) >= 3000),
    );
    await withLog({ entries: [pool[7]!, ...entries(3999)] }, async (fork) => {
      noProofs(fork);
      const known = { ...(more.cursor as object), origin: fork.url.replace('http://', '').replace(/\/$/, '') };
      const seen: string[] = [];
      await assert.rejects(
        async () => {
          for await (const item of feedOf(fork).pull(known, new AbortController().signal))
            if (item.type !== 'note') seen.push(item.type);
        },
        { code: 'KC_CT_SPLIT_VIEW', message: /Entries 3500 to 3999 are not those of the signed tree/ },
      );
      assert.deepEqual(seen, []);
    });
  }));

test('hybrid logs are read by their data tiles, and by get-entries where none are', () =>
  withLog({ entries: entries(700) }, async (log) => {
    const result = await run(log, null);
    assert.deepEqual(hostsOf(result), expectedHosts(POOL));
    assert.deepEqual(done(result), [0, 700]);
    assert.deepEqual(
      asked(log).map((path) => path.split('?')[1]),
      ['start=512&end=699'],
    );
    assert.ok(log.requests.includes('/tile/data/001'));
    // A server that answers every path with a page has no tiles.
    log.faults.intercept = { requests: 99, path: /tile/, reply: { status: 200, body: '<html>welcome</html>' } };
    assert.deepEqual(hostsOf(await run(log, null)), expectedHosts(POOL));
    assert.equal(log.faults.intercept.requests, 98);
    log.faults.intercept = null;
    log.faults.tamperTile = 1;
    await assert.rejects(run(log, null), { code: 'KC_CT_SPLIT_VIEW' });
  }));

test('a certificate that cannot be read is counted and passed over', () =>
  withLog({ entries: [{ certificateDer: Buffer.from('no certificate') }, ...entries(3)] }, async (log) => {
    rfcOnly(log);
    const result = await run(log, null);
    assert.deepEqual(hostsOf(result), expectedHosts(3));
    assert.deepEqual(
      result.rejections.map(({ reason, at }) => [reason, at]),
      [['bad_certificate', 'entry 0']],
    );
  }));
