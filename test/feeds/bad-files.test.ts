// Files as people really deliver them (F03 to F34 of the list of bad inputs): each has its stated result, through the whole path from bytes to candidates.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { canonicalise } from '../../services/candidates/candidate.ts';
import type { FeedItem } from '../../services/feeds/feed.ts';
import { createFileFeed, type FileFeedOptions } from '../../services/feeds/file.feed.ts';
import { viewCertificate } from '../../services/fingerprints/certificate-view.ts';
import { EC, fixture } from './formats/fixtures.ts';
import { collect, NOW } from './formats/items.ts';
import { zipOf } from './formats/zip.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubecensus-bad-'));
});
after(() => rm(folder, { recursive: true }));

const never = new AbortController().signal;

async function open(name: string, content: string | Uint8Array, options: Partial<FileFeedOptions> = {}) {
  const path = join(folder, name);
  await writeFile(path, content);
  return createFileFeed({
    path,
    name: 'mine',
    format: 'auto',
    observedAt: null,
    expandCidr: false,
    clock: () => NOW,
    ...options,
  });
}
const itemsOf = async (name: string, content: string | Uint8Array, options: Partial<FileFeedOptions> = {}) =>
  collect((await open(name, content, options)).pull(null, never));

/** What becomes of each row: a candidate's key, or the reason why it is none. */
const ends = (items: readonly FeedItem[]): string[] =>
  items.flatMap((item) => {
    if (item.type === 'rejection') return [item.reason];
    if (item.type !== 'sighting') return [];
    const result = canonicalise(item);
    return [result.ok ? result.candidate.key : result.reason];
  });
const listEnds = async (rows: readonly string[]) =>
  ends(await itemsOf('rows.txt', rows.join('\n'), { format: 'list' }));
const tableEnds = async (rows: readonly (readonly [string, string])[]) =>
  ends(await itemsOf('rows.csv', `saddr,sport\n${rows.map((row) => row.join(',')).join('\n')}\n`));

test('F03: an HTML login page under a data file’s name is refused, also packed', async () => {
  const page = '<!DOCTYPE html>\n<html><body>Please log in</body></html>\n';
  for (const [name, content] of [
    ['shodan.json', page],
    ['shodan.json.gz', gzipSync(page)],
    ['report.csv.zst', zstdCompressSync(page)],
    ['report.zip', zipOf([{ name: 'report.csv', content: page }])],
  ] as const)
    await assert.rejects(open(name, content), { code: 'KC_FEED_NOT_DATA', message: /web page/ }, name);
});

test('F04, F06: a byte order mark and any newlines change nothing, in any format', async () => {
  for (const name of [
    'zmap.csv',
    '2026-11-23-scan_kubernetes-example.csv',
    'masscan.json',
    'shodan.jsonl',
    'censys.json',
    'masscan.list',
  ]) {
    const text = fixture(name).replaceAll('\r\n', '\n');
    const plain = ends(await itemsOf(name, text));
    assert.ok(plain.length > 0, name);
    assert.deepEqual(ends(await itemsOf(name, `\u{feff}${text.replaceAll('\n', '\r\n')}`)), plain, name);
  }
  for (const name of ['zmap.csv', 'shodan.jsonl']) {
    const text = fixture(name);
    assert.deepEqual(ends(await itemsOf(name, text.replaceAll('\n', '\r'))), ends(await itemsOf(name, text)), name);
  }
});

test('F05: UTF-16 is refused; a row in Latin-1 is rejected for its encoding', async () => {
  for (const name of ['zmap.csv', 'nmap.xml', 'censys.json'])
    await assert.rejects(
      open(name, Buffer.from(`\u{feff}${fixture(name)}`, 'utf16le')),
      { code: 'KC_FEED_ENCODING' },
      name,
    );
  const row = Buffer.from('192.0.2.1,6443,"Z\xfcrich"\n', 'latin1');
  const table = Buffer.concat([Buffer.from('saddr,sport,city\n192.0.2.2,6443,Bern\n'), row]);
  assert.deepEqual(ends(await itemsOf('zmap.csv', table)), ['192.0.2.2:6443', 'bad_encoding']);
});

test('F07: a quote that swallows the file stops the import, and nothing of its batch is given', async () => {
  const rows = Array.from({ length: 5000 }, (_, i) => `10.0.${i >> 8}.${i & 255},6443`);
  rows[100] = '10.1.1.1,"6443';
  const feed = await open('zmap.csv', `saddr,sport\n${rows.join('\n')}\n`);
  const committed: FeedItem[] = [];
  const pull = async () => {
    for await (const item of feed.pull(null, never)) if (item.type === 'checkpoint') committed.push(item);
  };
  await assert.rejects(pull(), { code: 'KC_FEED_NOT_DATA', message: /line 102 / });
  assert.deepEqual(committed, []);
});

test('F08: quoted newlines and commas in a report are parts of its fields', async () => {
  const text = fixture('2026-11-23-scan_kubernetes-example.csv').replace('Retail Trade', '"Retail,\n Trade"');
  assert.deepEqual(ends(await itemsOf('report.csv', text)), ['192.0.2.1:6443', '192.0.2.2:6443', 'bad_time']);
});

test('F09: a table without a required column is refused, a doubled one too', async () => {
  const text = fixture('2026-11-23-scan_kubernetes-example.csv');
  for (const wrong of [text.replace('"git_version"', '"gitversion"'), text.replace('"ip"', '"address"')])
    await assert.rejects(open('report.csv', wrong), { code: 'KC_FEED_NOT_DATA' });
  const doubled = await open('report.csv', text.replace('"severity"', '"ip"'));
  await assert.rejects(collect(doubled.pull(null, never)), { code: 'KC_FEED_NOT_DATA', message: /ip twice/ });
});

test('F10, F14: a cut or corrupt container is refused before a row of it is given', async () => {
  const rows = Array.from({ length: 20_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`).join('\n');
  const packed = {
    'x.gz': gzipSync(rows),
    'x.zst': zstdCompressSync(rows),
    'x.zip': zipOf([{ name: 'x.txt', content: rows }]),
  };
  for (const [name, bytes] of Object.entries(packed)) {
    assert.equal((await itemsOf(name, bytes)).filter(({ type }) => type === 'sighting').length, 20_000, name);
    await assert.rejects(open(name, bytes.subarray(0, bytes.length - 5)), { code: 'KC_FEED_DAMAGED' }, name);
    const wrong = Buffer.from(bytes);
    wrong[bytes.length >> 1]! ^= 0x55;
    await assert.rejects(open(name, wrong), { code: 'KC_FEED_DAMAGED' }, name);
  }
});

test('F11: bombs of every container are stopped at their limit', async () => {
  const bomb = Buffer.alloc(64 * 1024 * 1024, '1.2.3.4\n');
  for (const [name, bytes] of [
    ['x.gz', gzipSync(bomb)],
    ['x.zst', zstdCompressSync(bomb)],
    ['x.zip', zipOf([{ name: 'x', content: bomb }])],
  ] as const)
    await assert.rejects(open(name, bytes), { code: 'KC_FEED_TOO_LARGE' }, name);
});

test('F12: concatenated gzip members and zstd frames are all read', async () => {
  for (const pack of [gzipSync, zstdCompressSync]) {
    const bytes = Buffer.concat([pack('1.2.3.4\n'), pack('5.6.7.8\n'), pack('')]);
    assert.deepEqual(ends(await itemsOf('x', bytes)), ['1.2.3.4', '5.6.7.8']);
  }
});

test('F13: archives are read entry by entry; hostile ones and those of mixed formats are refused', async () => {
  const items = await itemsOf(
    'x.zip',
    zipOf([
      { name: 'a/1.csv', content: fixture('zmap.csv') },
      { name: 'a/2.csv', content: 'saddr,sport\n192.0.2.9,443\n' },
    ]),
  );
  assert.deepEqual(ends(items), ['192.0.2.1:6443', 'not_open', 'repeat', '192.0.2.3:10250', '192.0.2.9:443']);
  assert.deepEqual(items.flatMap((item) => ('at' in item ? [item.at] : [])).at(-1), '2.csv line 2');
  const hostile = [
    zipOf([{ name: '../x', content: '1.2.3.4\n' }]),
    zipOf([{ name: 'x', content: '/etc/passwd', mode: 0o120777 }]),
    zipOf([]).fill(0xff, 8, 12),
    zipOf([
      { name: 'x', content: '1.2.3.4\n' },
      { name: 'y', content: fixture('shodan.jsonl') },
    ]),
    zipOf([{ name: 'folder/' }]),
  ];
  for (const [i, bytes] of hostile.entries())
    await assert.rejects(open('x.zip', bytes), { code: /KC_FEED_(NOT_DATA|TOO_LARGE|DAMAGED)/ }, `hostile ${i}`);
});

test('F15: one bad row among many costs that row, in every format of rows', async () => {
  const many = (name: string, bad: string, header = 0) => {
    const lines = fixture(name).trimEnd().split('\n');
    return [...lines.slice(0, header + 1), bad, ...lines.slice(header + 1)].join('\n');
  };
  const cases = [
    ['zmap.csv', 'x', 1, 'column_count'],
    ['shodan.jsonl', '{"ip_str":"1.2.3.4","po', 0, 'bad_json'],
    ['httpx.jsonl', '{]', 0, 'bad_json'],
    ['masscan.list', 'open tcp', 1, 'bad_row'],
    ['masscan.ndjson', '{"ip":', 0, 'bad_json'],
    ['2026-11-23-scan_kubernetes-example.csv', 'a,b', 1, 'column_count'],
  ] as const;
  for (const [name, bad, header, reason] of cases) {
    const good = ends(await itemsOf(name, fixture(name))).sort();
    assert.deepEqual(ends(await itemsOf(name, many(name, bad, header))).sort(), [...good, reason].sort(), name);
  }
});

test('F17: deep JSON, __proto__ and duplicate keys are harmless in every JSON format', async () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  for (const name of [
    'shodan.jsonl',
    'httpx.jsonl',
    'tlsx.jsonl',
    'naabu.jsonl',
    'censys.jsonl',
    'masscan.ndjson',
    'uncover.jsonl',
    'fingerprintx.jsonl',
  ]) {
    const [first = '', ...rest] = fixture(name).split('\n');
    const hostile = `{"__proto__":{"ip":"6.6.6.6","transport":"udp"},"constructor":{"prototype":{"x":1}},"deep":${deep},${first.slice(1)}`;
    assert.deepEqual(
      ends(await itemsOf(name, [hostile, ...rest].join('\n'))).sort(),
      ends(await itemsOf(name, fixture(name))).sort(),
      name,
    );
  }
  assert.equal(Object.hasOwn(Object.prototype, 'x'), false);
});

test('F18: ports are whole numbers from 1 to 65535, as numbers or as their digits; all others are rejected', async () => {
  assert.deepEqual(
    await tableEnds(
      ['0', '-1', '65536', '6443.5', '443|6443', '1e3', '06443', '+443', '6443'].map((port) => ['192.0.2.1', port]),
    ),
    [...Array<string>(8).fill('bad_port'), '192.0.2.1:6443'],
  );
  const rows = ['0', '-1', '65536', '6443.5', '" 6443 "', '"443|6443"', '1e99', '"6443"', '6443', 'null'].map(
    (port) => `{"timestamp":1795428000,"source":"x","ip":"192.0.2.1","port":${port},"host":"","url":""}`,
  );
  assert.deepEqual(ends(await itemsOf('uncover.jsonl', rows.join('\n'))), [
    ...Array<string>(7).fill('bad_port'),
    '192.0.2.1:6443',
    '192.0.2.1:6443',
    '192.0.2.1',
  ]);
});

test('F19: addresses in spellings that only some programs read are rejected, never reinterpreted', async () => {
  const rows = ['010.0.0.1', '10.1', '0x7f.1', '2130706433', '１２７.0.0.1', '1.2.3.4.', '1.2.3.4 ', ' 1.2.3.4'];
  for (const end of await listEnds(rows)) assert.match(end, /^bad_(address|name)$|^single_label$/);
  for (const end of await tableEnds(rows.slice(0, 5).map((row) => [row, '443']))) assert.match(end, /^bad_/);
});

test('F20, F21: IPv6 in any spelling is one candidate; a zone is rejected', async () => {
  assert.deepEqual(
    await listEnds([
      '[2001:DB8:0:0::1]:6443',
      '[2001:db8::1]:6443',
      '2001:0db8::0001',
      '::ffff:192.0.2.1',
      'fe80::1%eth0',
    ]),
    ['[2001:db8::1]:6443', '[2001:db8::1]:6443', '[2001:db8::1]', '192.0.2.1', 'bad_address'],
  );
});

test('F23: blocks are rejected unless they are allowed, and then to 256 addresses', async () => {
  assert.deepEqual(await listEnds(['192.0.2.0/24']), ['cidr_not_allowed']);
  assert.deepEqual(await tableEnds([['192.0.2.0/24', '443']]), ['cidr_not_allowed']);
  const allowed = await itemsOf('rows.txt', '192.0.2.0/24\n192.0.0.0/22\n', { expandCidr: true });
  assert.deepEqual([ends(allowed).length, ends(allowed).at(-1)], [257, 'cidr_too_wide']);
});

test('F26, F27, F28, F30, F31: names that cannot or must not be resolved are rejected', async () => {
  const rows = [
    '*.eks.amazonaws.com',
    'kubernetes.default.svc.cluster.local',
    'a.internal',
    'a.test',
    'localhost',
    `${'a'.repeat(64)}.com`,
    `${'a.'.repeat(130)}com`,
    'a..com',
    '-a.com',
    'xn--\u{fffd}.com',
    'a\tb.com',
    'a\u{1b}[31m.com',
    'a\u{202e}moc.com',
    '=cmd|x.com',
    '<script>.com',
    "';DROP.com",
  ];
  const found = await listEnds(rows);
  assert.equal(found.length, rows.length);
  for (const [i, end] of found.entries()) assert.match(end, /^[a-z_]+$/, `${rows[i]} became ${end}`);
});

test('F29: international names are candidates as A-labels', async () => {
  assert.deepEqual(await listEnds(['api.MÜNCHEN.de']), ['api.xn--mnchen-3ya.de']);
});

test('F32: certificates that are none, names without end, and rows without names do no harm', async () => {
  const [row = ''] = fixture('shodan.jsonl').split('\n');
  const variants = [
    (ssl: Record<string, unknown>) =>
      Object.assign(ssl, { chain: ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'] }),
    (ssl: Record<string, unknown>) => Object.assign(ssl, { chain: 'x', cert: 7 }),
    (ssl: Record<string, unknown>) =>
      Object.assign(ssl, { chain: [], cert: { extensions: [{ name: 'subjectAltName', data: '0\\x82' }] } }),
    // A subject alternative name with an iPAddress of five octets beside a name.
    (ssl: Record<string, unknown>) =>
      Object.assign(ssl, {
        chain: [],
        cert: {
          subject: { CN: 'x' },
          extensions: [{ name: 'subjectAltName', data: '0\\x0a\\x82\\x01a\\x87\\x05\\x0a\\x00\\x00\\x00\\x01' }],
        },
      }),
  ];
  const lines = variants.map((change) => {
    const copy = JSON.parse(row) as { ssl: Record<string, unknown>; ip_str: string };
    change(copy.ssl);
    return JSON.stringify(copy);
  });
  for (const [i, line] of lines.entries()) {
    const [item] = (await itemsOf('shodan.jsonl', line)).filter(({ type }) => type === 'sighting');
    assert.ok(item?.type === 'sighting' && item.evidence !== undefined, `variant ${i}`);
    assert.equal(item.evidence.tls?.chain, undefined, `variant ${i}`);
    const view = viewCertificate(item.evidence);
    if (i === 3) assert.deepEqual([view?.dnsNames, view?.addresses], [['a'], []]);
  }
  const cut = `#masscan\nbanner tcp 443 192.0.2.1 1795428000 X509 ${EC.slice(0, 400)}\nbanner tcp 443 192.0.2.2 1795428000 X509 ${EC}\n# end\n`;
  assert.deepEqual(ends(await itemsOf('m.list', cut)), ['bad_certificate', '192.0.2.2:443']);
});

test('F33: times are never guessed: no zone only where the format states UTC, units only where it states them', async () => {
  const shodan = async (timestamp: unknown) =>
    ends(await itemsOf('s', JSON.stringify({ ip_str: '192.0.2.1', port: 1, transport: 'tcp', timestamp })));
  assert.deepEqual(await shodan('2026-11-23T10:00:00.123456'), ['192.0.2.1:1']);
  for (const bad of ['2026-11-23', 'yesterday', 1795428000, '1970-01-01T00:00:00', '2026-02-30T00:00:00'])
    assert.deepEqual(await shodan(bad), ['bad_time'], String(bad));
  assert.deepEqual(await shodan('2026-12-01T00:00:00'), ['time_in_future']);
  const masscan = async (timestamp: string | number) =>
    ends(
      await itemsOf(
        'm',
        JSON.stringify({
          ip: '192.0.2.1',
          timestamp,
          port: 1,
          proto: 'tcp',
          rec_type: 'status',
          data: { status: 'open' },
        }),
      ),
    );
  assert.deepEqual(await masscan('1795428000'), ['192.0.2.1:1']);
  for (const bad of ['0', '1795428000000', '1795428000.5', '', 1795428000000, 1e15, -1])
    assert.deepEqual(await masscan(bad), ['bad_time'], String(bad));
  assert.deepEqual(await masscan('1796000000'), ['time_in_future']);
  const naabu = async (timestamp: string) =>
    ends(await itemsOf('n', JSON.stringify({ ip: '192.0.2.1', port: 1, protocol: 'tcp', timestamp })));
  assert.deepEqual(await naabu('2026-11-23T10:00:00'), ['bad_time']);
  assert.deepEqual(await naabu('2016-12-31T23:59:60Z'), ['192.0.2.1:1']);
});

test('F34: the same file again yields the same items, in every format', async () => {
  for (const name of ['masscan.json', 'nmap.xml', 'httpx.jsonl', 'censys-legacy.json', 'shodan.jsonl']) {
    const feed = await open(name, fixture(name));
    assert.deepEqual(await collect(feed.pull(null, never)), await collect(feed.pull(null, never)), name);
  }
});

test('F46: a file of 150,000 rows is given row by row, and nothing of it stays in memory', async () => {
  const rows = Array.from({ length: 150_000 }, (_, i) => `192.0.2.${i & 255},${(i % 60_000) + 1}`);
  const feed = await open('zmap.csv', `saddr,sport\n${rows.join('\n')}\n`);
  rows.length = 0;
  // What lives after a collection: resident memory alone would show how lazy the collector is.
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const living = () => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const before = living();
  let count = 0;
  for await (const item of feed.pull(null, never)) {
    if (item.type === 'sighting') count++;
    // One chunk of 256 kB is in flight with its records; all of them would be four times as much.
    if (count % 25_000 === 0) assert.ok(living() - before < 16 * 1024 * 1024, `after ${count} rows`);
  }
  assert.equal(count, 150_000);
});
