// Two endpoints answered the same when their bodies are the same, whatever stands in the heads and whoever wrote them down.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evidence, EvidenceRequest } from '../../services/feeds/evidence.ts';
import { bodyDigestOf } from '../../services/observations/body-digest.ts';

const evidence = (requests: readonly EvidenceRequest[], address = '192.0.2.1'): Evidence => ({
  endpoint: { address, port: 6443 },
  requests,
});
const raw = (path: string, body: string, head = ''): EvidenceRequest => ({
  path,
  response: `HTTP/1.1 200 OK\r\n${head}Content-Length: ${body.length}\r\n\r\n${body}`,
});

test('heads, addresses, ends and the order of requests do not matter', () => {
  const one = bodyDigestOf(evidence([raw('/version', '{}'), raw('/healthz', 'ok', 'Audit-Id: 1\r\n')]));
  const two = bodyDigestOf(
    evidence([{ ...raw('/healthz', 'ok', 'Date: x\r\n'), end: 'closed' }, raw('/version', '{}')], '192.0.2.2'),
  );
  assert.match(one ?? '', /^[0-9a-f]{64}$/);
  assert.equal(one, two);
  assert.equal(
    bodyDigestOf(
      evidence([
        { path: '/version', status: 200, body: '{}' },
        { path: '/healthz', status: 200, body: 'ok' },
      ]),
    ),
    one,
  );
});

test('path, status, body and a further answer do', () => {
  const base: EvidenceRequest = { path: '/version', status: 200, body: '{}' };
  const others: EvidenceRequest[][] = [
    [base],
    [{ ...base, path: '/' }],
    [{ ...base, status: 401 }],
    [{ ...base, body: '{ }' }],
    [base, { path: '/healthz', status: 200, body: 'ok' }],
  ];
  assert.equal(new Set(others.map((requests) => bodyDigestOf(evidence(requests)))).size, others.length);
});

test('without a body there is nothing to compare', () => {
  for (const requests of [
    [],
    [{ path: '/version', error: 'ETIMEDOUT' }],
    [{ path: '/version', status: 204 }],
    [raw('/healthz', '')],
  ])
    assert.equal(bodyDigestOf(evidence(requests)), null);
  assert.equal(bodyDigestOf({ endpoint: { address: '', port: 1 } }), null);
  assert.equal(bodyDigestOf({ endpoint: { address: '', port: 1 }, requests: [null, 3] } as unknown as Evidence), null);
});
