// naabu, httpx, tlsx and uncover; and fingerprintx, which is used with them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EvidenceRequest } from '../../../services/feeds/evidence.ts';
import { FINGERPRINTX } from '../../../services/feeds/formats/fingerprintx.ts';
import { HTTPX } from '../../../services/feeds/formats/httpx.ts';
import { NAABU } from '../../../services/feeds/formats/naabu.ts';
import { TLSX } from '../../../services/feeds/formats/tlsx.ts';
import { UNCOVER } from '../../../services/feeds/formats/uncover.ts';
import { EC, EC_SHA256, fixture, RSA } from './fixtures.ts';
import { parse, reasons, sightings } from './items.ts';

const places = (items: Awaited<ReturnType<typeof parse>>) =>
  sightings(items).map(({ host, port, observedAt }) => [host, port, observedAt]);

test('naabu: address, port and its own time; the nested port of older versions; UDP is rejected', async () => {
  const items = await parse(NAABU, fixture('naabu.jsonl'));
  assert.deepEqual(places(items), [
    ['192.0.2.1', 6443, '2026-11-23T10:00:00.123Z'],
    ['192.0.2.2', 10250, '2026-11-23T10:00:01.000Z'],
  ]);
  assert.deepEqual(reasons(items), ['line 3: not_tcp']);
  assert.deepEqual(places(await parse(NAABU, fixture('naabu-nested.jsonl'))), [
    ['192.0.2.1', 6443, '2023-04-01T10:00:00.000Z'],
  ]);
});

test('tlsx: PEM certificates become the chain; without them the summary knows no addresses', async () => {
  const items = await parse(TLSX, fixture('tlsx.jsonl'));
  const [parsed, whole] = sightings(items);
  assert.deepEqual([parsed?.host, parsed?.port, parsed?.observedAt], ['192.0.2.1', '6443', '2026-11-23T10:00:00.123Z']);
  assert.equal(parsed?.evidence?.serverName, 'api.example.com');
  assert.deepEqual(parsed?.evidence?.tls, { version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256' });
  assert.deepEqual(parsed?.evidence?.certificate, {
    subject: 'CN=kube-apiserver',
    issuer: 'CN=kubernetes',
    dnsNames: [
      'node1',
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      'kubernetes.default.svc.cluster.local',
    ],
    notBefore: '2026-11-24T16:35:44Z',
    notAfter: '2027-11-24T16:35:44Z',
    sha256: EC_SHA256,
  });
  assert.deepEqual(whole?.evidence?.tls?.chain, [EC, RSA]);
  assert.deepEqual(reasons(items), ['line 3: no_answer', 'line 4: log_entry']);
});

test('httpx: answers of one endpoint stand together, raw where the head came, as bytes where they came in base64', async () => {
  const items = await parse(HTTPX, fixture('httpx.jsonl'));
  assert.deepEqual(reasons(items), ['line 4: no_answer']);
  const [first, again, named, redirected, plain] = sightings(items);
  const requests = first?.evidence?.requests ?? [];
  assert.deepEqual(
    requests.map((request) => request.path),
    ['/version', '/'],
  );
  const [version, root] = requests as [
    Extract<EvidenceRequest, { status: number }>,
    Extract<EvidenceRequest, { response: string }>,
  ];
  assert.deepEqual([version.status, JSON.parse(version.body ?? '').gitVersion], [200, 'v1.30.2']);
  assert.equal(version.headers?.['x-kubernetes-pf-flowschema-uid'], '3f2504e0-4f89-11d3-9a0c-0305e82c3301');
  assert.match(root.response, /^HTTP\/1\.1 403 Forbidden\r\n[\s\S]*\r\n\r\n\{"kind":"Status"/);
  assert.equal(first?.evidence?.certificate?.sha256, EC_SHA256);
  assert.equal(again?.evidence, undefined);
  const [decoded] = named?.evidence?.requests ?? [];
  assert.ok(decoded !== undefined && 'response' in decoded);
  assert.match(decoded.response, /^HTTP\/1\.1 200 OK\r\n[\s\S]*"gitVersion":"v1.30.2"/);
  assert.deepEqual([named?.host, named?.port, named?.evidence?.serverName], ['192.0.2.4', '8443', 'api.example.com']);
  assert.deepEqual(
    [redirected?.host, redirected?.evidence?.requests],
    ['192.0.2.6', undefined],
    'another URL’s answer',
  );
  assert.deepEqual(plain?.evidence?.requests, [
    { path: '/version', status: 200, headers: { 'content-type': 'application/json', server: 'nginx' } },
  ]);
});

test('fingerprintx: heads of HTTP services; it states no time, so the user’s is taken', async () => {
  const items = await parse(FINGERPRINTX, fixture('fingerprintx.jsonl'), { observedAt: '2026-11-20T00:00:00Z' });
  const [https, ssh, http] = sightings(items);
  assert.deepEqual(https?.evidence?.requests, [
    { path: '/', status: 403, headers: { 'Audit-Id': ['6b1f0f7e'], 'Content-Type': ['application/json'] } },
  ]);
  assert.deepEqual([https?.evidence?.transport, https?.observedAt], ['tls', '2026-11-20T00:00:00.000Z']);
  assert.deepEqual([ssh?.port, ssh?.evidence], [22, undefined]);
  assert.equal(http?.evidence?.transport, 'plain');
  assert.deepEqual(reasons(items), ['line 4: not_tcp']);
});

test('uncover: places only; its time is when it ran and is not taken for the engine’s', async () => {
  const items = await parse(UNCOVER, fixture('uncover.jsonl'));
  assert.deepEqual(places(items), [
    ['192.0.2.1', 6443, null],
    ['192.0.2.2', 10250, null],
    ['api.example.org', 443, null],
  ]);
});

test('rows that are no objects, and rows without a place, have a reason', async () => {
  for (const format of [NAABU, TLSX, HTTPX, FINGERPRINTX, UNCOVER])
    assert.deepEqual(
      reasons(await parse(format, '[1]\n{"a":\n')),
      ['line 1: not_an_object', 'line 2: bad_json'],
      format.name,
    );
  assert.deepEqual(reasons(await parse(NAABU, '{"port":1,"timestamp":"2026-11-23T10:00:00Z"}\n')), ['line 1: no_host']);
  assert.deepEqual(reasons(await parse(HTTPX, '{"url":"ftp://a","input":"a","status_code":200}\n')), [
    'line 1: bad_url',
  ]);
});
