// The log list decides which logs are followed; each has its own position, and one that fails leaves the others alone.
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  createLogListFeed,
  type LogListFeedOptions,
} from '../../../services/feeds/certificate-transparency/log-list.feed.ts';
import { readLogList } from '../../../services/feeds/certificate-transparency/log-list.ts';
import type { LabEntry } from '../../../services/lab/ct-log/entry.ts';
import { labLogKey } from '../../../services/lab/ct-log/key.ts';
import type { CtLog } from '../../../services/lab/ct-log.ts';
import { createClient, type NetClient } from '../../../services/platform/net/client.ts';
import { certificatePool, entriesOf, expectedHosts, hostsOf, NOW, POOL, pullAll, withLog } from './lab-log.ts';

const STATES = ['qualified', 'usable', 'readonly'];
let client: NetClient;
let pool: LabEntry[];
let directory: string;
let path: string;
before(async () => {
  client = createClient({ userAgent: 'kubecensus-test (+https://kubecensus.example; mail@kubecensus.example)' });
  pool = await certificatePool();
  directory = await mkdtemp(join(tmpdir(), 'kubecensus-log-list-'));
  path = join(directory, 'log_list.json');
});
after(async () => {
  await client.close();
  await rm(directory, { recursive: true });
});

/** An entry of the list, of one protocol or the other. */
function listed(seed: string, url: string, protocol: 'logs' | 'tiled_logs', more: object = {}): object {
  const key = labLogKey(seed).publicKeyDer;
  return {
    description: `Lab '${seed}'`,
    log_id: createHash('sha256').update(key).digest('base64'),
    key: key.toString('base64'),
    ...(protocol === 'logs'
      ? { url }
      : { submission_url: 'https://ct.lab.kubecensus.example/2026h2/', monitoring_url: url }),
    mmd: 86_400,
    state: { usable: { timestamp: '2026-01-01T00:00:00Z' } },
    temporal_interval: { start_inclusive: '2026-07-01T00:00:00Z', end_exclusive: '2027-01-01T00:00:00Z' },
    ...more,
  };
}
const listOf = (logs: object[], tiled: object[] = []): string =>
  JSON.stringify({
    version: '85.92',
    log_list_timestamp: '2026-11-23T00:00:00Z',
    operators: [
      { name: 'Lab', email: [], logs, tiled_logs: tiled },
      { name: 'None', email: [], logs: [] },
    ],
  });
const feed = (more: Partial<LogListFeedOptions> = {}) =>
  createLogListFeed({
    name: 'list',
    path,
    states: STATES,
    http: client.request,
    port: null,
    sleep: async () => undefined,
    now: () => NOW,
    maxEntries: 300,
    ...more,
  });
const cursorOf = (cursor: unknown, seed: string): unknown => {
  const id = createHash('sha256').update(labLogKey(seed).publicKeyDer).digest('base64');
  return (cursor as { logs: Record<string, { done: unknown }> }).logs[id]?.done;
};

test('states, intervals, ids and placeholders decide', () => {
  const url = 'https://log.test/a/';
  const interval = (start: string, end: string) => ({
    temporal_interval: { start_inclusive: `${start}T00:00:00Z`, end_exclusive: `${end}T00:00:00Z` },
  });
  const logs = [
    listed('usable', url, 'logs'),
    listed('always', url, 'logs', { temporal_interval: undefined }),
    listed('readonly', url, 'logs', { state: { readonly: { final_tree_head: { tree_size: 1 } } } }),
    ...['pending', 'retired', 'rejected'].map((state) => listed(state, url, 'logs', { state: { [state]: {} } })),
    listed('odd', url, 'logs', { state: { sleeping: {} } }),
    listed('two', url, 'logs', { state: { usable: {}, retired: {} } }),
    listed('none', url, 'logs', { state: {} }),
    listed('key', url, 'logs', { log_id: createHash('sha256').update('x').digest('base64') }),
    listed('bogus', 'https://ct.test/bogus/placeholder/', 'logs'),
    listed('example', 'https://ct.example.com/log/', 'logs'),
    listed('past', url, 'logs', interval('2026-01-01', '2026-11-24')),
    listed('edge', url, 'logs', interval('2027-12-27', '2028-06-01')),
    listed('future', url, 'logs', interval('2027-12-28', '2028-06-01')),
    listed('interval', url, 'logs', { temporal_interval: { start_inclusive: 'soon' } }),
    listed('ftp', 'ftp://log.test/', 'logs'),
    listed('trial', url, 'logs', { log_type: 'test' }),
    listed('usable', url, 'logs', { log_type: 'prod' }),
    null as unknown as object,
  ];
  const list = readLogList(listOf(logs, [listed('tiled', 'https://mon.test/', 'tiled_logs')]), new Set(STATES), NOW);
  assert.deepEqual(
    list?.follow.map(({ description, protocol, origin }) => [description, protocol, origin]),
    [
      ["Lab 'tiled'", 'static', 'ct.lab.kubecensus.example/2026h2'],
      ["Lab 'usable'", 'rfc6962', 'log.test/a'],
      ["Lab 'always'", 'rfc6962', 'log.test/a'],
      ["Lab 'readonly'", 'rfc6962', 'log.test/a'],
      ["Lab 'edge'", 'rfc6962', 'log.test/a'],
    ],
  );
  assert.deepEqual(list?.skipped, {
    state_pending: 1,
    state_retired: 1,
    state_rejected: 1,
    state_unknown: 1,
    no_state: 3,
    id_is_not_hash_of_key: 1,
    placeholder: 2,
    test: 1,
    shard_past: 1,
    shard_future: 1,
    bad_interval: 1,
    bad_url: 1,
    listed_twice: 1,
  });
  for (const text of ['', '[]', '{"operators":{}}', '{"logs":[]}'])
    assert.equal(readLogList(text, new Set(STATES), NOW), null);
});

/** Two logs of the lab, one read each way. */
const withTwo = (body: (a: CtLog, b: CtLog) => Promise<void>): Promise<void> =>
  withLog({ entries: entriesOf(pool.slice(0, 30), 1500), seed: 'a' }, (a) =>
    withLog({ entries: entriesOf(pool.slice(30), 700), seed: 'b' }, async (b) => {
      b.faults.noTiles = true;
      await writeFile(path, listOf([listed('b', b.url, 'logs')], [listed('a', a.url, 'tiled_logs')]));
      await body(a, b);
    }),
  );

test('follows each log from its own position, and adds up what they say', () =>
  withTwo(async (a, b) => {
    const first = await pullAll(feed(), null);
    assert.deepEqual(hostsOf(first), expectedHosts(POOL));
    assert.deepEqual(
      [cursorOf(first.cursor, 'a'), cursorOf(first.cursor, 'b')],
      [
        [1280, 1500],
        [0, 700],
      ],
    );
    assert.equal(first.note.claimedTotal, 2200);
    assert.equal(first.note.entries, 220 + 700);
    assert.equal(first.note.capHit, true);
    assert.equal(first.note.partial, "Lab 'a': entries 0 to 1279 are not read yet");
    assert.ok(first.sightings.some(({ at }) => at.startsWith(`${a.origin}, entry `)));
    const second = await pullAll(feed(), first.cursor);
    assert.deepEqual(
      [cursorOf(second.cursor, 'a'), cursorOf(second.cursor, 'b')],
      [
        [1024, 1500],
        [0, 700],
      ],
    );
    assert.equal(second.note.entries, 256);
    assert.ok(b.requests.length > 0);
  }));

test('a log that fails is named, and the others are read', () =>
  withTwo(async (a, b) => {
    a.faults.wrongSignature = true;
    const result = await pullAll(feed(), null);
    assert.equal(result.note.entries, 700);
    assert.match(result.note.partial!, /^Lab 'a': KC_CT_SIGNATURE, The checkpoint of /);
    assert.deepEqual([cursorOf(result.cursor, 'a'), cursorOf(result.cursor, 'b')], [undefined, [0, 700]]);
    a.faults.wrongSignature = false;
    b.faults.intercept = { requests: 99, path: /get-sth/, reply: { status: 503, body: '' } };
    const later = await pullAll(feed(), result.cursor);
    assert.equal(later.note.entries, 220);
    assert.match(later.note.partial!, /Lab 'b': KC_FEED_UNAVAILABLE, .*get-sth: status 503/);
    assert.deepEqual(
      [cursorOf(later.cursor, 'a'), cursorOf(later.cursor, 'b')],
      [
        [1280, 1500],
        [0, 700],
      ],
    );
  }));

test('a run that is cut short goes on with the next log', () =>
  withTwo(async (a, b) => {
    const stop = new AbortController();
    let cursor: unknown = null;
    for await (const item of feed().pull(null, stop.signal)) {
      if (item.type !== 'checkpoint') continue;
      cursor = item.cursor;
      if ((cursor as { last: unknown }).last !== null) stop.abort();
    }
    assert.equal(b.requests.length, 0);
    const before = a.requests.length;
    for await (const item of feed().pull(cursor, new AbortController().signal)) {
      if (item.type !== 'sighting') continue;
      assert.match(item.at, /^127\.0\.0\.1:\d+, /);
      break;
    }
    assert.ok(b.requests.length > 0 && a.requests.length === before);
  }));

test('a list with nothing to follow, no list, and a missing file', async () => {
  await writeFile(path, listOf([]));
  assert.equal((await pullAll(feed(), null)).note.partial, 'the list has no log to follow');
  await writeFile(path, '<html>');
  await assert.rejects(pullAll(feed(), null), { code: 'KC_FEED_NOT_DATA' });
  await rm(path);
  await assert.rejects(pullAll(feed(), null), { code: 'KC_FEED_FILE' });
  const options = { name: 'x', path, states: ['useable'], http: client.request, port: null };
  assert.throws(() => createLogListFeed(options), { code: 'KC_CONFIG', message: /feeds\.x: states/ });
});

test("a list is read when its publisher's signature verifies, RSA or ECDSA, PEM or DER", () =>
  withTwo(async () => {
    const list = await readFile(path);
    const keys = [
      generateKeyPairSync('rsa', { modulusLength: 2048 }),
      generateKeyPairSync('ec', { namedCurve: 'prime256v1' }),
    ];
    const listKey = join(directory, 'list-key');
    for (const [at, { publicKey, privateKey }] of keys.entries()) {
      const signature = join(directory, at === 0 ? 'log_list.sig' : 'other.sig');
      await writeFile(signature, sign('sha256', list, privateKey));
      await writeFile(
        listKey,
        publicKey.export(at === 0 ? { type: 'spki', format: 'pem' } : { type: 'spki', format: 'der' }),
      );
      const verified = feed({ listKey, ...(at === 0 ? {} : { signature }) });
      assert.doesNotMatch(verified.query, /not verified/);
      assert.ok((await pullAll(verified, null)).sightings.length > 0);
      // One octet of the list, the other key, the other signature.
      await writeFile(path, `${list.toString()} `);
      await assert.rejects(pullAll(verified, null), { code: 'KC_CT_LIST_SIGNATURE', message: /log_list\.json/ });
      await writeFile(path, list);
      await writeFile(listKey, keys[1 - at]!.publicKey.export({ type: 'spki', format: 'pem' }));
      await assert.rejects(pullAll(verified, null), { code: 'KC_CT_LIST_SIGNATURE' });
    }
    await writeFile(listKey, 'no key');
    await assert.rejects(pullAll(feed({ listKey }), null), { code: 'KC_CT_LIST_SIGNATURE', message: /no public key/ });
    await writeFile(listKey, generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }));
    await assert.rejects(pullAll(feed({ listKey }), null), { code: 'KC_CT_LIST_SIGNATURE', message: /ed25519/ });
    await rm(join(directory, 'log_list.sig'));
    await assert.rejects(pullAll(feed({ listKey }), null), {
      code: 'KC_FEED_FILE',
      message: /signature .*log_list\.sig/,
    });
  }));

test('a list that nobody vouches for says so with every run', () => {
  assert.match(feed().query, /log_list\.json: qualified, usable, readonly \(list not verified\)$/);
});

test('each log is asked at the rate of its protocol', () =>
  withTwo(async () => {
    const pauses: number[] = [];
    const sleep = async (ms: number): Promise<void> => {
      pauses.push(Math.round(ms));
    };
    await pullAll(feed({ sleep, requestsPerSecond: { static: 20, rfc6962: 4 } }), null);
    // The clock of the test stands still, so that the nth request of a log waits for what those before it took.
    assert.ok(pauses.includes(50) && pauses.includes(250), String(pauses));
    assert.ok(pauses.every((ms) => ms % 50 === 0));
  }));
