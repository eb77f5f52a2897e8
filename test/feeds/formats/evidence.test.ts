// Evidence lines that anybody may have written: good ones arrive whole, bad ones cost themselves only.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Evidence } from '../../../services/feeds/evidence.ts';
import { EVIDENCE } from '../../../services/feeds/formats/evidence.ts';
import { evidenceOf, parseEvidence } from '../../../services/feeds/read-evidence.ts';
import { judge } from '../../../services/fingerprints/match.ts';
import { parse, reasons, sightings } from './items.ts';

const WHOLE = {
  id: 'a1',
  endpoint: { address: '192.0.2.1', port: 6443 },
  serverName: 'api.example.com',
  observedAt: '2026-11-23T00:00:00Z',
  source: 'active',
  transport: 'tls',
  tls: { version: 'TLSv1.3', alpn: false, cipher: 'TLS_AES_128_GCM_SHA256', chain: ['AAAA', 'BBBB'] },
  certificate: {
    subject: 'CN=a',
    issuer: 'CN=b',
    dnsNames: ['kubernetes'],
    ipAddresses: ['10.0.0.1'],
    notBefore: 'x',
    notAfter: 'y',
    sha256: '00',
  },
  acceptableClientCAs: null,
  requests: [
    { path: '/version', response: 'HTTP/1.1 200 OK\r\n\r\n{}', end: 'closed' },
    { path: '/healthz', status: 200, headers: { 'content-type': 'text/plain', via: ['a', 'b'] }, body: 'ok' },
    { path: '/x', error: 'ECONNRESET' },
  ],
  tls12: { version: 'TLSv1.2', alpn: false, sameLeaf: true },
  plainHttpToTlsPort: { response: '', end: 'closed' },
  tlsToPlainPort: 'ECONNRESET',
};

test('a whole line is read without loss', () => {
  assert.deepEqual(parseEvidence(JSON.stringify(WHOLE)), { ok: true, evidence: WHOLE });
});

test('captures, with name and port for id and endpoint, are read without loss but for what is no evidence', () => {
  const folder = 'test/fixtures/captures';
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  assert.ok(files.length >= 16, `${files.length} captures`);
  for (const file of files) {
    const given = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as Record<string, unknown>;
    const { name, port, software: _software, ...seen } = given;
    assert.deepEqual(
      evidenceOf(given),
      { ok: true, evidence: { ...seen, id: name, endpoint: { address: '', port } } },
      file,
    );
  }
});

test('fields of the wrong type are dropped, the rest stays', () => {
  const broken = {
    endpoint: { address: 7, port: '443' },
    serverName: {},
    transport: 'quic',
    tls: { version: 1, alpn: true, chain: ['AAAA', 5, 'CCCC'] },
    certificate: [],
    acceptableClientCAs: 'CN=a',
    requests: [
      { path: 5 },
      'x',
      { path: '/v', status: '200' },
      { path: '/v', status: 200, headers: { a: 5, b: ['x', 7] }, body: 5 },
    ],
    tls12: { a: { deep: 1 }, b: 1 },
  };
  assert.deepEqual(evidenceOf(broken), {
    ok: true,
    evidence: {
      endpoint: { address: '', port: 443 },
      tls: { chain: ['AAAA'] },
      requests: [{ path: '/v', status: 200, headers: { b: ['x'] } }],
      tls12: { b: 1 },
    },
    ignored: true,
  });
});

test('what is stored of a line with ignored fields says so, and so does the verdict on it', async () => {
  const line = (requests: unknown) => JSON.stringify({ endpoint: { address: '192.0.2.1', port: 6443 }, requests });
  const [whole, broken] = sightings(await parse(EVIDENCE, `${line([])}\n${line('none')}\n`));
  const flagsOf = (evidence: unknown) => judge(evidence as Evidence, { now: '2026-11-24T00:00:00Z' }).flags;
  // As Postgres gives it back.
  const stored = (sighting: typeof whole) => JSON.parse(JSON.stringify(sighting?.evidence)) as unknown;
  assert.ok(!flagsOf(stored(whole)).includes('evidence_fields_ignored'));
  assert.ok(flagsOf(stored(broken)).includes('evidence_fields_ignored'));
});

test('lines that are no evidence have a reason', () => {
  const reason = (line: string) => {
    const read = parseEvidence(line);
    return read.ok ? 'ok' : read.reason;
  };
  assert.equal(reason('{'), 'bad_json');
  assert.equal(reason('[1]'), 'not_an_object');
  assert.equal(reason('{"requests":[]}'), 'no_endpoint');
  for (const port of ['0', '65536', '6443.5', '"x"', '" 6443 "', '1e5', 'null', '-1']) {
    assert.equal(reason(`{"endpoint":{"address":"1.2.3.4","port":${port}}}`), 'bad_port', port);
  }
});

test('F17: deep JSON, __proto__ and duplicate keys are harmless', () => {
  const deep = `{"endpoint":{"address":"1.2.3.4","port":1},"tls12":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
  assert.equal(parseEvidence(deep).ok, true);
  const hostile = `{"__proto__":{"endpoint":{"address":"6.6.6.6","port":1},"transport":"tls"},"endpoint":{"address":"1.2.3.4","port":1,"port":2},
    "constructor":{"prototype":{"x":1}},"requests":[{"path":"/","status":200,"headers":{"__proto__":"x","a":"b"}}],"tls12":{"__proto__":1}}`;
  const read = parseEvidence(hostile);
  assert.deepEqual(read, {
    ok: true,
    evidence: {
      endpoint: { address: '1.2.3.4', port: 2 },
      requests: [{ path: '/', status: 200, headers: { a: 'b' } }],
      tls12: {},
    },
  });
  assert.equal(Object.hasOwn(Object.prototype, 'x'), false);
});

test('any JSON value at all is read or refused, never thrown at, and never grows', () => {
  fc.assert(
    fc.property(fc.json(), (line) => {
      const read = parseEvidence(line);
      assert.ok(read.ok ? JSON.stringify(read.evidence).length <= line.length + 200 : read.reason.length > 0);
    }),
  );
});

test('sizes are capped', () => {
  const names = Array.from({ length: 10_000 }, (_, i) => `n${i}.example.com`);
  const read = evidenceOf({
    endpoint: { address: '1.2.3.4', port: 1 },
    certificate: { dnsNames: names },
    requests: Array.from({ length: 100 }, () => ({ path: '/', response: 'x'.repeat(1_000_000) })),
  });
  assert.ok(read.ok);
  assert.equal(read.evidence.certificate?.dnsNames?.length, 1000);
  assert.ok(JSON.stringify(read.evidence).length < 5_000_000);
});

test('F15: one bad line among many costs that line', async () => {
  const lines = Array.from({ length: 2000 }, (_, i) =>
    JSON.stringify({ endpoint: { address: `10.0.${i >> 8}.${i & 255}`, port: 6443 } }),
  );
  lines[1234] = '{"endpoint":{"address":"10.0.0.1","po';
  const items = await parse(EVIDENCE, `${lines.join('\n')}\n`);
  assert.deepEqual(reasons(items), ['line 1235: bad_json']);
  assert.equal(sightings(items).length, 1999);
});

test('a sighting carries host, port, time and evidence under the feed that brought it', async () => {
  const [item] = sightings(await parse(EVIDENCE, JSON.stringify(WHOLE)));
  assert.deepEqual([item?.host, item?.port, item?.observedAt], ['192.0.2.1', 6443, '2026-11-23T00:00:00.000Z']);
  assert.deepEqual(item?.evidence, { ...WHOLE, source: 'mine', observedAt: '2026-11-23T00:00:00.000Z' });
});

test('without an address, a name is a hint and its evidence is left behind; without both the row is rejected', async () => {
  const items = await parse(
    EVIDENCE,
    '{"endpoint":{"port":443},"serverName":"api.example.com","transport":"tls"}\n{"port":443,"transport":"tls"}\n',
  );
  assert.deepEqual(sightings(items), [
    { type: 'sighting', host: 'api.example.com', port: 443, observedAt: null, at: 'line 1' },
  ]);
  assert.deepEqual(reasons(items), ['line 2: no_host']);
});

test('F33: times are RFC 3339 with a zone, of Kubernetes age, not of tomorrow; units are not guessed', async () => {
  const cases: readonly (readonly [unknown, string])[] = [
    ['2026-11-23T00:00:00Z', '2026-11-23T00:00:00.000Z'],
    ['2026-11-23T02:00:00.123456789+02:00', '2026-11-23T00:00:00.123Z'],
    ['2016-12-31T23:59:60Z', '2016-12-31T23:59:59.000Z'],
    ['2026-11-25T19:59:59Z', '2026-11-25T19:59:59.000Z'],
    ['2026-11-25T20:00:01Z', 'time_in_future'],
    ['1970-01-01T00:00:00Z', 'bad_time'],
    ['2026-11-23T00:00:00', 'bad_time'],
    ['2026-02-30T00:00:00Z', 'bad_time'],
    ['2026-11-23', 'bad_time'],
    ['yesterday', 'bad_time'],
    [1763856000, 'bad_time'],
    [1763856000000, 'bad_time'],
    ['1763856000', 'bad_time'],
  ];
  for (const [observedAt, expected] of cases) {
    const [item] = await parse(EVIDENCE, JSON.stringify({ endpoint: { address: '1.2.3.4', port: 1 }, observedAt }));
    const got = item?.type === 'sighting' ? item.observedAt : item?.type === 'rejection' ? item.reason : 'nothing';
    assert.equal(got, expected, String(observedAt));
  }
});
