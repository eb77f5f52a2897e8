// Files of engines and projects: Shodan, Censys, Shadowserver, Sonar.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFileFeed } from '../../../services/feeds/file.feed.ts';
import { CENSYS } from '../../../services/feeds/formats/censys.ts';
import { readPythonBytes } from '../../../services/feeds/formats/python-bytes.ts';
import { SHADOWSERVER } from '../../../services/feeds/formats/shadowserver.ts';
import { SHODAN } from '../../../services/feeds/formats/shodan.ts';
import { SONAR } from '../../../services/feeds/formats/sonar.ts';
import { judge } from '../../../services/fingerprints/match.ts';
import { EC, EC_SHA256, FOLDER, fixture, RSA } from './fixtures.ts';
import { collect, NOW, parse, reasons, sightings } from './items.ts';

const bodyOf = (request: unknown): unknown => JSON.parse((request as { body: string }).body);

test('Shodan: the PEM chain, the head and body as raw answer, the version as the contract writes it', async () => {
  const items = await parse(SHODAN, fixture('shodan.jsonl'));
  const [first, second, etcd] = sightings(items);
  assert.deepEqual([first?.host, first?.port, first?.observedAt], ['192.0.2.1', 6443, '2026-11-23T10:00:00.123Z']);
  assert.deepEqual(first?.evidence?.tls, { version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256', chain: [EC, RSA] });
  const [version, page] = first?.evidence?.requests ?? [];
  assert.deepEqual(bodyOf(version), { gitVersion: 'v1.30.2' });
  assert.ok(page !== undefined && 'response' in page);
  assert.match(page.response, /^HTTP\/1\.1 403 Forbidden\r\n[\s\S]*\r\n\r\n\{"kind":"Status"/);
  // Product and version were numbers: no crash, no version.
  assert.deepEqual(
    second?.evidence?.requests?.map(({ path }) => path),
    ['/'],
  );
  assert.equal(second?.evidence?.serverName, 'api.example.com');
  assert.deepEqual(
    [etcd?.host, bodyOf(etcd?.evidence?.requests?.[0])],
    ['2001:db8::1', { etcdserver: '3.5.12', etcdcluster: '3.5.12' }],
  );
  assert.deepEqual(reasons(items), ['line 4: not_tcp']);
});

test('Shodan: alternative names are DER as Python prints bytes', async () => {
  const [, second] = sightings(await parse(SHODAN, fixture('shodan.jsonl')));
  assert.equal(second?.evidence?.tls?.chain, undefined);
  assert.deepEqual(second?.evidence?.certificate, {
    subject: 'CN=kube-apiserver',
    issuer: 'CN=kubernetes',
    dnsNames: ['kubernetes', 'kubernetes.default.svc.cluster.local', 'node1'],
    ipAddresses: ['10.96.0.1'],
    notBefore: '2026-11-24T16:35:44Z',
    notAfter: '2027-11-24T16:35:44Z',
    sha256: EC_SHA256,
  });
  assert.deepEqual(
    [...(readPythonBytes('07\\x82\\x15a\\n\\\\\\\'"') ?? [])],
    [0x30, 0x37, 0x82, 0x15, 0x61, 0x0a, 0x5c, 0x27, 0x22],
  );
  for (const bad of ['\\', '\\q', '\\x8', '\u{20ac}']) assert.equal(readPythonBytes(bad), null, bad);
});

test('Censys: hosts and hits of the Platform, one a line or a page; certificate hits are rejected', async () => {
  const items = await parse(CENSYS, fixture('censys.jsonl'));
  const seen = sightings(items);
  assert.deepEqual(
    seen.map(({ host, port, observedAt }) => [host, port, observedAt]),
    [
      ['192.0.2.1', 6443, '2026-11-23T10:00:00.000Z'],
      ['192.0.2.2', 6443, '2026-11-23T10:00:00.000Z'],
    ],
  );
  assert.deepEqual(bodyOf(seen[0]?.evidence?.requests?.[0]), { major: '1', minor: '30', gitVersion: 'v1.30.2' });
  assert.deepEqual(reasons(items), ['item 3: certificate_hit']);
  const [page] = sightings(await parse(CENSYS, fixture('censys.json')));
  assert.deepEqual(page?.evidence, seen[0]?.evidence);
});

test('Censys: hosts of the retired search', async () => {
  const items = await parse(CENSYS, fixture('censys-legacy.json'));
  const [full, trimmed] = sightings(items);
  assert.deepEqual([full?.host, full?.port, full?.observedAt], ['192.0.2.1', 6443, '2023-05-07T10:00:00.123Z']);
  assert.deepEqual(full?.evidence?.certificate, {
    subject: 'CN=kube-apiserver',
    issuer: 'CN=kubernetes',
    dnsNames: ['kubernetes', 'kubernetes.default.svc.cluster.local'],
    ipAddresses: ['10.96.0.1'],
    sha256: EC_SHA256,
  });
  const [version, root] = full?.evidence?.requests ?? [];
  assert.equal((bodyOf(version) as { gitVersion: string }).gitVersion, 'v1.27.1-gke.400');
  assert.ok(root !== undefined && 'status' in root);
  assert.deepEqual(
    [root.path, root.status, root.headers],
    ['/', 403, { 'audit-id': ['6b1f0f7e'], 'content-type': ['application/json'] }],
  );
  assert.deepEqual(
    [trimmed?.observedAt, trimmed?.evidence?.certificate],
    ['2023-05-07T13:00:00.000Z', { sha256: EC_SHA256 }],
  );
  assert.deepEqual(reasons(items), ['item 3: no_service']);
});

test('Censys: a table by the names of its columns', async () => {
  const [full, bare] = sightings(await parse(CENSYS, fixture('censys.csv')));
  assert.deepEqual([full?.host, full?.port, full?.observedAt], ['192.0.2.1', '6443', '2026-11-23T10:00:00.000Z']);
  assert.deepEqual(full?.evidence?.certificate, {
    dnsNames: ['kubernetes', 'kubernetes.default.svc.cluster.local'],
    ipAddresses: ['10.96.0.1'],
    sha256: EC_SHA256,
  });
  assert.deepEqual(bodyOf(full?.evidence?.requests?.[0]), { gitVersion: 'v1.30.2' });
  assert.deepEqual([bare?.host, bare?.evidence], ['192.0.2.2', undefined]);
});

test('Shadowserver: /version out of its columns, UTC times, the raw certificate when there is one, no names otherwise', async () => {
  const items = await parse(SHADOWSERVER, fixture('2026-11-23-scan_kubernetes-example.csv'));
  const [first, second] = sightings(items);
  assert.deepEqual([first?.host, first?.port, first?.observedAt], ['192.0.2.1', '6443', '2026-11-23T03:04:05.000Z']);
  const [request] = first?.evidence?.requests ?? [];
  assert.ok(request !== undefined && 'status' in request);
  assert.deepEqual(
    [request.path, request.status, request.headers],
    ['/version', 200, { 'content-type': 'application/json', date: 'Mon, 23 Nov 2026 03:04:05 GMT' }],
  );
  assert.deepEqual(bodyOf(request), {
    major: '1',
    minor: '16+',
    gitVersion: 'v1.16.9-aliyun.1',
    gitCommit: '4f7ea78',
    gitTreeState: '',
    buildDate: '2020-05-08T07:29:59Z',
    goVersion: 'go1.13.9',
    compiler: 'gc',
    platform: 'linux/amd64',
  });
  assert.deepEqual(first?.evidence?.certificate, {
    subject: 'CN=kube-apiserver',
    issuer: 'CN=kubernetes',
    notBefore: '2026-11-24T16:35:44Z',
    notAfter: '2027-11-24T16:35:44Z',
    sha256: EC_SHA256,
  });
  assert.deepEqual(
    [second?.evidence?.tls?.chain, second?.evidence?.certificate?.subject],
    [[EC], 'CN=kube-apiserver,O=Example\\, Inc.'],
  );
  assert.deepEqual(reasons(items), ['line 4: bad_time']);
});

test('Shadowserver: a row is judged like a body of /version', async () => {
  const [first] = sightings(await parse(SHADOWSERVER, fixture('2026-11-23-scan_kubernetes-example.csv')));
  assert.ok(first?.evidence !== undefined);
  const verdict = judge(first.evidence, { now: NOW.toISOString() });
  assert.deepEqual(
    [verdict.component, verdict.indicators['versionEndpoint'], verdict.indicators['certificateName']],
    ['kube-apiserver', true, null],
  );
});

test('F09: Shadowserver’s columns in another order, with others missing and new, say the same', async () => {
  const evidence = async (name: string) =>
    sightings(await parse(SHADOWSERVER, fixture(name))).map((item) => item.evidence);
  const moved = await evidence('scan_kubernetes-2022-order.csv');
  assert.equal(moved.length, 2);
  assert.deepEqual(moved, await evidence('2026-11-23-scan_kubernetes-example.csv'));
});

const study = ['endpoints', 'names', 'certs'].map((table) => `${FOLDER}/2021-09-03-1630627200-ssl_6443_${table}.csv`);
const sonar = (paths: readonly string[], port: string | null = null) =>
  createFileFeed({
    path: paths[0] as string,
    morePaths: paths.slice(1),
    name: null,
    format: 'sonar',
    observedAt: null,
    port,
    expandCidr: false,
    clock: () => NOW,
  });
const never = new AbortController().signal;

test('Sonar: the three tables join by digest in any order of files; day and port are the file names’', async () => {
  const items = await collect((await sonar(study)).pull(null, never));
  const byHost = new Map(sightings(items).map((item) => [item.host, item]));
  assert.equal(byHost.size, 4);
  const first = byHost.get('192.0.2.1');
  assert.deepEqual([first?.port, first?.observedAt], ['6443', '2021-09-03T00:00:00.000Z']);
  assert.deepEqual(first?.evidence?.tls, { chain: [EC], chainLength: 2 });
  assert.deepEqual(byHost.get('192.0.2.2')?.evidence?.tls, { chain: [RSA], chainLength: 1 });
  // Delivered earlier: its names are here, its certificate is not.
  assert.deepEqual(byHost.get('192.0.2.3')?.evidence?.certificate, {
    dnsNames: ['kubernetes.default.svc.cluster.local'],
  });
  assert.equal(byHost.get('192.0.2.4')?.evidence, undefined);
  assert.deepEqual(
    items.filter(({ type }) => type === 'note'),
    [{ type: 'note', partial: 'no_certificates: 1 endpoints' }],
  );
  const again = await collect((await sonar([...study].reverse())).pull(null, never));
  assert.deepEqual(sightings(again), sightings(items));
  assert.equal(sightings(await collect((await sonar(study, '443')).pull(null, never)))[0]?.port, '443');
});

test('Sonar: a table without places is refused with what to do; endpoints alone are partial', async () => {
  for (const table of ['certs', 'names'])
    await assert.rejects(parse(SONAR, fixture(`2021-09-03-1630627200-ssl_6443_${table}.csv`)), {
      code: 'KC_FEED_NOT_DATA',
      message: /together with --format sonar/,
    });
  const feed = await sonar(study.slice(1));
  await assert.rejects(collect(feed.pull(null, never)), {
    code: 'KC_FEED_NOT_DATA',
    message: /none of the files has endpoints/,
  });
  const alone = await collect((await sonar(study.slice(0, 1))).pull(null, never));
  assert.deepEqual([sightings(alone).length, alone[0]], [4, { type: 'note', partial: 'no_certificates' }]);
});

test('Sonar: bad rows and bad certificates cost themselves, and say in which file', async () => {
  const part = (fileName: string, text: string) => ({
    head: { fileName, lines: text.trim().split('\n') },
    open: async function* () {
      yield Buffer.from(text);
    },
  });
  const rows = new Map<number, string[]>();
  const scratch = {
    buckets: 3,
    append: async (bucket: number, line: string) => void rows.set(bucket, [...(rows.get(bucket) ?? []), line]),
    read: async function* (bucket: number) {
      yield Buffer.from((rows.get(bucket) ?? []).map((line) => `${line}\n`).join(''));
    },
  };
  const digest = 'ab'.repeat(20);
  const parts = [
    part('c', `${digest},${EC}\n${digest},${'A'.repeat(80)}\nrubbish\n`),
    part('e', `192.0.2.1,8443,${digest}\nrubbish\n192.0.2.2,${digest}\n`),
  ];
  const options = { feed: 'mine', fileName: 'c', observedAt: null, port: null, expandCidr: false, now: NOW };
  assert.ok(SONAR.join !== undefined);
  const items = await collect(SONAR.join(parts, options, scratch));
  assert.deepEqual(reasons(items), ['c line 2: bad_certificate', 'c line 3: bad_row', 'e line 2: bad_row']);
  assert.deepEqual(
    sightings(items).map(({ host, port, at }) => [host, port, at]),
    [
      ['192.0.2.1', '8443', 'e line 1'],
      ['192.0.2.2', null, 'e line 3'],
    ],
  );
});

test('Sonar: HTTP responses', async () => {
  const [first, empty] = sightings(
    await parse(SONAR, fixture('20180417-http_8080.jsonl'), { fileName: '20180417-http_8080.jsonl' }),
  );
  const [request] = first?.evidence?.requests ?? [];
  assert.ok(request !== undefined && 'response' in request);
  assert.match(request.response, /^HTTP\/1\.1 403 Forbidden\r\n/);
  assert.deepEqual([first?.port, first?.observedAt, empty?.evidence], ['8080', '2018-04-17T00:00:00.000Z', undefined]);
});
