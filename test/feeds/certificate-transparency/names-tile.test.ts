// Names tiles: read where the log has them, said to be unauthenticated, numbered only when every entry has a line.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { namesTile } from '../../../services/feeds/certificate-transparency/names-tile.ts';
import { createStaticCtFeed } from '../../../services/feeds/certificate-transparency/static-log.feed.ts';
import type { LabEntry } from '../../../services/lab/ct-log/entry.ts';
import type { CtLog } from '../../../services/lab/ct-log.ts';
import { createClient, type NetClient } from '../../../services/platform/net/client.ts';
import { certificatePool, entriesOf, expectedHosts, hostsOf, NOW, POOL, pullAll, withLog } from './lab-log.ts';

let client: NetClient;
let pool: LabEntry[];
before(async () => {
  client = createClient({ userAgent: 'kubecensus-test (+https://kubecensus.example; mail@kubecensus.example)' });
  pool = await certificatePool();
});
after(() => client.close());

const feedOf = (log: CtLog, maxEntries = 256_000) =>
  createStaticCtFeed({
    name: 'lab',
    origin: log.origin,
    monitoringUrl: log.url,
    publicKeyDer: log.publicKeyDer,
    http: client.request,
    port: null,
    sleep: async () => undefined,
    now: () => NOW,
    names: true,
    maxEntries,
  });
const paths = (log: CtLog, kind: string): number =>
  log.requests.filter((path) => path.startsWith(`/tile/${kind}`)).length;

test('names tiles give the same hosts as data tiles, and say what they are', () =>
  withLog({ entries: entriesOf(pool, 700) }, async (log) => {
    log.faults.namesTiles = true;
    const result = await pullAll(feedOf(log), null);
    assert.deepEqual(hostsOf(result), expectedHosts(POOL));
    assert.equal(result.note.entries, 700);
    assert.equal(paths(log, 'data'), 0);
    assert.deepEqual(result.sightings[0], {
      type: 'sighting',
      host: `k8s.c${512 % POOL}.example.org`,
      port: null,
      observedAt: NOW.toISOString(),
      at: 'entry 512 (unauthenticated)',
    });
    assert.match(feedOf(log).query, /names tiles \(unauthenticated\)$/);
    log.append(entriesOf([pool[59]!], 1));
    const later = await pullAll(feedOf(log), result.cursor);
    assert.deepEqual(
      later.sightings.map(({ at }) => at),
      ['entry 700 (unauthenticated)'],
    );
    assert.deepEqual(
      [result, later].map(({ cursor }) => (cursor as { unverified: unknown }).unverified),
      [700, 701],
    );
  }));

test('a tile with a line missing has lines without numbers, and no entry is left out', () =>
  withLog({ entries: entriesOf(pool, 300) }, async (log) => {
    log.faults.namesTiles = true;
    log.faults.namesWithoutUnreadable = true;
    const result = await pullAll(feedOf(log), null);
    assert.equal(result.note.entries, 300);
    assert.deepEqual(hostsOf(result), expectedHosts(POOL));
    assert.equal(result.sightings[0]?.at, 'line 1 of names tile 1 (unauthenticated)');
  }));

test('a log without names tiles, or with a page in their place, is read by its data tiles', () =>
  withLog({ entries: entriesOf(pool, 700) }, async (log) => {
    assert.deepEqual(hostsOf(await pullAll(feedOf(log), null)), expectedHosts(POOL));
    assert.equal(paths(log, 'data'), 3);
    // Four tiles are asked for ahead; then it is known.
    log.append(entriesOf(pool, 2600));
    const before = paths(log, 'names');
    await pullAll(feedOf(log), null);
    const asked = paths(log, 'names') - before;
    assert.ok(asked > 0 && asked <= 5, `${asked} names tiles were asked for`);
    const reply = { status: 200, body: '<html>welcome</html>' };
    log.faults.intercept = { requests: 99, path: /names/, reply };
    const result = await pullAll(feedOf(log), null);
    assert.deepEqual(hostsOf(result), expectedHosts(POOL));
    assert.equal(result.sightings[0]?.at, 'entry 3072');
  }));

test('the tree head is verified all the same', () =>
  withLog({ entries: entriesOf(pool, 300) }, async (log) => {
    log.faults.namesTiles = true;
    log.faults.wrongRoot = true;
    await assert.rejects(pullAll(feedOf(log), null), { code: 'KC_CT_SPLIT_VIEW' });
    assert.equal(paths(log, 'names'), 0);
  }));

test('the line count rule', () => {
  assert.deepEqual(namesTile('{}\n{"DNS":[]}\n', 2), { lines: ['{}', '{"DNS":[]}'], numbered: true });
  assert.equal(namesTile('{}\n', 2)?.numbered, false);
  assert.equal(namesTile('', 2)?.numbered, false);
  assert.equal(namesTile('{}\n{}\n{}\n', 2), null);
  assert.equal(namesTile('[]\n', 2), null);
});
