// zgrab2 output: real files of both modules, and the forms that versions and users vary.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ZGRAB2 } from '../../../services/feeds/formats/zgrab2.ts';
import { parse, reasons, rejections, sightings } from './items.ts';

const HTTP = readFileSync('test/fixtures/feeds/zgrab2-http.jsonl', 'utf8');
const TLS = readFileSync('test/fixtures/feeds/zgrab2-tls.jsonl', 'utf8');
const rows = (file: string) =>
  file
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

test('http: every answered row is a sighting with certificate, headers, body and the tool’s own time', async () => {
  const items = await parse(ZGRAB2, HTTP);
  assert.deepEqual([items.length, sightings(items).length], [17, 14]);
  assert.deepEqual(
    rejections(items).map(({ reason }) => reason),
    ['no_answer', 'no_answer', 'no_answer'],
  );
  for (const [i, item] of sightings(items).entries()) {
    const row = rows(HTTP)[i];
    const { response } = row.data.http.result;
    const { evidence } = item;
    assert.deepEqual([item.host, item.port, item.observedAt], [row.ip, 6443, '2026-11-24T16:39:31.000Z']);
    assert.deepEqual(evidence?.endpoint, { address: row.ip, port: 6443 });
    assert.equal(evidence?.source, 'mine');
    const request = evidence?.requests?.[0];
    assert.ok(request !== undefined && 'status' in request);
    assert.deepEqual([request.path, request.status, request.body], ['/version', response.status_code, response.body]);
    assert.deepEqual(request.headers?.['content-type'], response.headers.content_type);
    assert.equal(
      Object.keys(request.headers ?? {}).some((name) => name.includes('_')),
      false,
    );
  }
});

test('http and tls: the chain is the DER of the handshake, and agrees with the summary', async () => {
  for (const item of [...sightings(await parse(ZGRAB2, HTTP)), ...sightings(await parse(ZGRAB2, TLS))]) {
    const { tls, certificate, transport } = item.evidence ?? {};
    assert.equal(transport, 'tls');
    assert.equal(tls?.version, 'TLSv1.3');
    const leaf = new X509Certificate(Buffer.from(tls?.chain?.[0] ?? '', 'base64'));
    assert.equal(leaf.fingerprint256.replaceAll(':', '').toLowerCase(), certificate?.sha256);
    for (const name of certificate?.dnsNames ?? []) assert.ok(leaf.subjectAltName?.includes(`DNS:${name}`), name);
  }
});

test('tls: port of the module, no requests', async () => {
  const [first] = sightings(await parse(ZGRAB2, TLS));
  assert.deepEqual([first?.port, first?.evidence?.requests], [6444, undefined]);
});

const row = (
  change: (row: { [key: string]: unknown; data: { [key: string]: { [key: string]: unknown } } }) => void,
) => {
  const copy = rows(HTTP)[0];
  change(copy);
  return JSON.stringify(copy);
};

test('the module’s key is the user’s choice', async () => {
  const [item] = sightings(
    await parse(
      ZGRAB2,
      row((copy) => Object.assign(copy, { data: { 'https-6443': copy.data['http'] } })),
    ),
  );
  assert.equal(item?.port, 6443);
});

test('ports: the module’s, else the row’s, else the URL’s', async () => {
  const port = async (change: Parameters<typeof row>[0]) => sightings(await parse(ZGRAB2, row(change)))[0]?.port;
  assert.equal(await port((copy) => Object.assign(copy, { port: 1234 })), 6443);
  assert.equal(await port((copy) => delete copy.data['http']?.['port']), 6443);
  const withoutUrl = rows(TLS)[0];
  delete withoutUrl.data.tls.port;
  const [bare] = sightings(await parse(ZGRAB2, JSON.stringify(withoutUrl)));
  assert.deepEqual([bare?.port, bare?.evidence], [null, undefined]);
  const [named] = sightings(await parse(ZGRAB2, JSON.stringify({ ...withoutUrl, port: '10250' })));
  assert.deepEqual([named?.port, named?.evidence?.endpoint.port], [10250, 10250]);
});

test('after redirects the evidence is the target’s own answer, not that of the host it pointed to', async () => {
  const text = row((copy) => {
    const result = copy.data['http']?.['result'] as { response: { [key: string]: unknown } };
    const own = { ...result.response, status_code: 302, body: 'moved' };
    Object.assign(result, { redirect_response_chain: [own] });
    result.response = {
      status_code: 200,
      body: 'another host',
      request: { url: { scheme: 'https', host: 'elsewhere.example', path: '/' } },
    };
  });
  const [item] = sightings(await parse(ZGRAB2, text));
  const request = item?.evidence?.requests?.[0];
  assert.ok(request !== undefined && 'status' in request);
  assert.deepEqual([request.path, request.status, request.body], ['/version', 302, 'moved']);
});

test('two modules on one port are one sighting, on two ports two', async () => {
  const both = {
    ...rows(HTTP)[0],
    data: { http: rows(HTTP)[0].data.http, tls: { ...rows(TLS)[0].data.tls, port: 6443 } },
  };
  const one = sightings(await parse(ZGRAB2, JSON.stringify(both)));
  assert.deepEqual([one.length, one[0]?.evidence?.requests?.length, one[0]?.evidence?.transport], [1, 1, 'tls']);
  both.data.tls.port = 6444;
  assert.deepEqual(
    sightings(await parse(ZGRAB2, JSON.stringify(both))).map((item) => item.port),
    [6443, 6444],
  );
});

test('a name without its address is a hint without evidence; with it, the name is the server name', async () => {
  const [named] = sightings(
    await parse(
      ZGRAB2,
      row((copy) => Object.assign(copy, { domain: 'api.example.com' })),
    ),
  );
  assert.deepEqual([named?.host, named?.evidence?.serverName], ['127.1.0.4', 'api.example.com']);
  const [hint] = sightings(
    await parse(
      ZGRAB2,
      row((copy) => {
        delete copy['ip'];
        copy['domain'] = 'api.example.com';
      }),
    ),
  );
  assert.deepEqual([hint?.host, hint?.port, hint?.evidence], ['api.example.com', 6443, undefined]);
});

test('fields of older versions under `unknown` are headers like others', async () => {
  const text = row((copy) => {
    const result = copy.data['http']?.['result'] as { response: { headers: { [key: string]: unknown } } };
    result.response.headers = {
      content_type: ['a/b'],
      unknown: [{ key: 'X_Kubernetes_Pf_Flowschema_Uid', value: ['u'] }],
    };
  });
  const request = sightings(await parse(ZGRAB2, text))[0]?.evidence?.requests?.[0];
  assert.ok(request !== undefined && 'status' in request);
  assert.deepEqual(request.headers, { 'content-type': ['a/b'], 'x-kubernetes-pf-flowschema-uid': ['u'] });
});

test('rows without use have a reason', async () => {
  const text = [
    '[]',
    '{"data":{}}',
    '{"ip":"1.2.3.4","data":{}}',
    '{"ip":"1.2.3.4","data":{"ssh":{"status":"success","protocol":"ssh","result":{}}}}',
    '{"ip":"1.2.3.4","data":{"http":{"status":"success","protocol":"http","result":{}}}}',
    '{"ip":"1.2.3.4","data":{"http":{"status":"io-timeout","protocol":"http"}}}',
    row((copy) => Object.assign(copy.data['http'] as object, { timestamp: '2030-01-01T00:00:00Z' })),
  ].join('\n');
  assert.deepEqual(reasons(await parse(ZGRAB2, text)), [
    'line 1: not_an_object',
    'line 2: no_host',
    'line 3: no_module',
    'line 4: unsupported_module',
    'line 5: unsupported_module',
    'line 6: no_answer',
    'line 7: time_in_future',
  ]);
});
