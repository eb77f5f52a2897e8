// A file as a feed: whole or refused, again the same, resumed where it stopped.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Checkpoint, FeedItem } from '../../services/feeds/feed.ts';
import { createFileFeed, type FileFeedOptions } from '../../services/feeds/file.feed.ts';
import { collect, NOW } from './formats/items.ts';
import { zipOf } from './formats/zip.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubecensus-file-'));
});
after(() => rm(folder, { recursive: true }));

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}
const feedOf = (path: string, options: Partial<FileFeedOptions> = {}) =>
  createFileFeed({
    path,
    name: 'mine',
    format: 'auto',
    observedAt: null,
    expandCidr: false,
    clock: () => NOW,
    ...options,
  });
const never = new AbortController().signal;
const hosts = (items: readonly FeedItem[]) => items.flatMap((item) => (item.type === 'sighting' ? [item.host] : []));
const notes = (items: readonly FeedItem[]) => items.filter((item) => item.type === 'note');
const cursor = (items: readonly FeedItem[]) =>
  (items.findLast((item) => item.type === 'checkpoint') as Checkpoint | undefined)?.cursor;
const addresses = (count: number) =>
  Array.from({ length: count }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);

test('a file says its digest, its format and why; F34: pulled again it yields the same', async () => {
  const text = '1.2.3.4\r\n5.6.7.8:443\r\n';
  const feed = await feedOf(await write('hosts.txt', text));
  assert.equal(feed.sha256, createHash('sha256').update(text).digest('hex'));
  assert.deepEqual([feed.name, feed.kind, feed.query], ['mine', 'sightings', 'hosts.txt']);
  assert.match(feed.decision, /^hosts.txt is read as list: 100 %/);
  const first = await collect(feed.pull(null, never));
  assert.deepEqual(hosts(first), ['1.2.3.4', '5.6.7.8']);
  assert.deepEqual(await collect(feed.pull(cursor(first), never)), first);
});

test('packed files read like plain ones; the digest is the packed file’s', async () => {
  const packed = Buffer.concat([gzipSync('1.2.3.4\n'), gzipSync('5.6.7.8\n')]);
  const feed = await feedOf(await write('hosts.txt.gz', packed));
  assert.equal(feed.sha256, createHash('sha256').update(packed).digest('hex'));
  assert.deepEqual(hosts(await collect(feed.pull(null, never))), ['1.2.3.4', '5.6.7.8']);
});

test('F10, F11: a cut or bursting file is refused before a row of it is given', async () => {
  const packed = gzipSync(addresses(20_000).join('\n'));
  await assert.rejects(feedOf(await write('cut.gz', packed.subarray(0, packed.length - 5))), {
    code: 'KC_FEED_DAMAGED',
  });
  await assert.rejects(feedOf(await write('bomb.gz', gzipSync(Buffer.alloc(32 * 1024 * 1024, '1.2.3.4\n')))), {
    code: 'KC_FEED_TOO_LARGE',
  });
});

test('F03, F05: a web page and UTF-16 are refused', async () => {
  await assert.rejects(feedOf(await write('page.txt', '\n<!doctype html><title>Sign in</title>\n1.2.3.4\n')), {
    code: 'KC_FEED_NOT_DATA',
  });
  await assert.rejects(feedOf(await write('wide.txt', Buffer.from('\u{feff}1.2.3.4\n', 'utf16le'))), {
    code: 'KC_FEED_ENCODING',
  });
});

test('F01: an empty file, and one of comments only, is a partial run', async () => {
  for (const text of ['', '# nothing today\n']) {
    const feed = await feedOf(await write('empty.txt', text), { format: text === '' ? 'auto' : 'list' });
    assert.deepEqual(notes(await collect(feed.pull(null, never))), [{ type: 'note', partial: 'feed_empty' }]);
  }
});

test('a file that cannot be read is named', async () => {
  await assert.rejects(feedOf(join(folder, 'missing')), { code: 'KC_FEED_FILE', message: /missing/ });
  for (const path of [folder, '/dev/null'])
    await assert.rejects(feedOf(path), { code: 'KC_FEED_FILE', message: /no regular file/ });
});

test('the time for the file is a day or an RFC 3339 time, and nothing else', async () => {
  const path = await write('dated.txt', '1.2.3.4\n');
  const [item] = await collect((await feedOf(path, { observedAt: '2026-01-02' })).pull(null, never));
  assert.ok(item?.type === 'sighting' && item.observedAt === '2026-01-02T00:00:00.000Z');
  for (const observedAt of ['now', '2026-13-01', '2030-01-01T00:00:00Z', '1767312000']) {
    await assert.rejects(feedOf(path, { observedAt }), { code: 'KC_USAGE' }, observedAt);
  }
});

test('a killed import goes on after its last checkpoint, without loss and without doubles', async () => {
  const all = addresses(12_345);
  all[6000] = ':1';
  const feed = await feedOf(await write('many.txt', all.join('\n')));
  const seen: string[] = [];
  let committed: unknown = null;
  let batch: string[] = [];
  for await (const item of feed.pull(null, never)) {
    if (item.type === 'sighting') batch.push(item.host);
    if (item.type !== 'checkpoint') continue;
    seen.push(...batch);
    batch = [];
    committed = item.cursor;
    if (seen.length > 9000) break;
  }
  assert.ok(seen.length > 9000 && seen.length < 12_000);
  const rest = await collect(feed.pull(JSON.parse(JSON.stringify(committed)), never));
  assert.deepEqual(
    [...seen, ...hosts(rest)],
    all.filter((host) => host !== ':1'),
  );
  assert.deepEqual(notes(rest), []);
});

test('a cursor of other bytes is not used', async () => {
  const feed = await feedOf(await write('other.txt', '1.2.3.4\n'));
  assert.deepEqual(hosts(await collect(feed.pull({ sha256: 'of another file', rows: 1, done: false }, never))), [
    '1.2.3.4',
  ]);
});

test('an aborted import stops at the next item, says so and can go on', async () => {
  const feed = await feedOf(await write('stop.txt', addresses(100).join('\n')));
  const stop = new AbortController();
  const items: FeedItem[] = [];
  for await (const item of feed.pull(null, stop.signal)) {
    items.push(item);
    if (items.length === 10) stop.abort();
  }
  assert.deepEqual(notes(items), [{ type: 'note', partial: 'stopped' }]);
  const rest = await collect(feed.pull(cursor(items), never));
  assert.deepEqual([...hosts(items), ...hosts(rest)], addresses(100));
});

test('a file that changes between the look and the end is marked', async () => {
  const path = await write('growing.txt', '1.2.3.4\n');
  const feed = await feedOf(path);
  await write('growing.txt', '1.2.3.4\n5.6.7.8\n');
  assert.deepEqual(notes(await collect(feed.pull(null, never))), [{ type: 'note', partial: 'file_changed' }]);
});

test('F39: a file name with a key in it does not carry it into the run', async () => {
  const feed = await feedOf(await write('result?apikey=hunter2hunter2&page=1', '1.2.3.4\n'));
  assert.doesNotMatch(JSON.stringify([feed.query, feed.title, feed.decision]), /hunter2/);
});

test('a port for rows without one is taken by formats that know such rows, and refused by the others', async () => {
  const path = await write('ports.txt', '1.2.3.4\n5.6.7.8:443\n');
  const items = await collect((await feedOf(path, { port: '6443' })).pull(null, never));
  assert.deepEqual(
    items.flatMap((item) => (item.type === 'sighting' ? [item.port] : [])),
    ['6443', '443'],
  );
  for (const port of ['0', '65536', 'x', '6443.5', ''])
    await assert.rejects(feedOf(path, { port }), { code: 'KC_USAGE', message: /whole number/ }, port);
  const line = JSON.stringify({ endpoint: { address: '1.2.3.4', port: 443 } });
  const evidence = await write('evidence.ndjson', `${line}\n`);
  await assert.rejects(feedOf(evidence, { port: '6443' }), {
    code: 'KC_USAGE',
    message: /evidence have ports of their own/,
  });
});

test('files of one delivery are for formats that have such; others are feeds of their own', async () => {
  const [one, two] = [await write('one.txt', '1.2.3.4\n'), await write('two.txt', '5.6.7.8\n')];
  await assert.rejects(feedOf(one, { morePaths: [two] }), { code: 'KC_USAGE', message: /one by one/ });
});

test('binary files are refused, by content and under a name', async () => {
  const bytes = Buffer.from(Array.from({ length: 20_000 }, (_, i) => (i * 7919) % 251));
  const path = await write('image.png', bytes);
  for (const format of ['auto', 'list', 'nmap'])
    await assert.rejects(feedOf(path, { format }), { code: 'KC_FEED_NOT_DATA' }, format);
});

test('a changed archive is marked, and an import of one goes on where it stopped', async () => {
  const entries = [
    { name: 'a.txt', content: addresses(6000).join('\n') },
    { name: 'b.txt', content: addresses(6000).join('\n') },
  ];
  const path = await write('all.zip', zipOf(entries));
  const feed = await feedOf(path);
  const all = await collect(feed.pull(null, never));
  assert.equal(hosts(all).length, 12_000);
  const half = (all.find((item) => item.type === 'checkpoint') as Checkpoint).cursor;
  assert.equal(hosts(await collect(feed.pull(half, never))).length, 7000);
  await write('all.zip', Buffer.concat([zipOf(entries), Buffer.alloc(1)]));
  assert.deepEqual(notes(await collect(feed.pull(null, never))), [{ type: 'note', partial: 'file_changed' }]);
});
