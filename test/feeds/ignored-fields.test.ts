// Evidence that says more than could be read is marked: each field once of the wrong type, and nothing where all was read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evidenceOf } from '../../services/feeds/read-evidence.ts';

const SOUND = {
  id: 'a',
  endpoint: { address: '192.0.2.1', port: 6443 },
  serverName: 'x.example.org',
  observedAt: '2026-11-23T18:20:00Z',
  source: 'active',
  transport: 'tls',
  tls: { version: 'TLSv1.3', alpn: false, cipher: 'x', chain: ['AAAA', 'BBBB'] },
  certificate: {
    subject: 'CN=a',
    issuer: 'CN=b',
    dnsNames: ['a'],
    ipAddresses: ['192.0.2.1'],
    notBefore: 'x',
    notAfter: 'y',
    sha256: '00',
  },
  acceptableClientCAs: ['CN=a'],
  requests: [
    {
      path: '/version',
      response: 'HTTP/1.1 200 OK\r\n\r\n',
      end: 'closed',
      status: 'beside a raw answer nothing else is read',
    },
    { path: '/version', status: 200, headers: { a: 'b' }, body: '{}', error: null },
    { path: '/healthz', error: 'ECONNRESET' },
  ],
  tls12: { version: 'TLSv1.2' },
  plainHttpToTlsPort: { response: 'x', end: 'closed' },
  tlsToPlainPort: 'ECONNRESET',
  unknown: { field: 5 },
};

const isMarked = (given: object): boolean => {
  const read = evidenceOf(given);
  assert.ok(read.ok);
  return read.ignored === true;
};
/** SOUND with the member at `path` replaced. */
const withMember = (path: readonly (string | number)[], value: unknown): object => {
  const copy = structuredClone(SOUND) as Record<string | number, unknown>;
  let at = copy;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
  at[path.at(-1) ?? ''] = value;
  return copy;
};

test('evidence that was read whole is not marked, and null is a missing field', () => {
  assert.equal(isMarked(SOUND), false);
  for (const key of Object.keys(SOUND))
    if (key !== 'endpoint') assert.equal(isMarked(withMember([key], null)), false, key);
  assert.equal(isMarked({ name: 'capture', port: 6443, software: 'x' }), false);
  assert.equal(isMarked(withMember(['requests', 1, 'body'], 'x'.repeat(1_000_000))), false, 'a body that was cut');
});

const WRONG: readonly (readonly (string | number)[])[] = [
  ['id'],
  ['serverName'],
  ['observedAt'],
  ['source'],
  ['transport'],
  ['tls'],
  ['tls', 'version'],
  ['tls', 'alpn'],
  ['tls', 'cipher'],
  ['tls', 'chain'],
  ['tls', 'chain', 1],
  ['certificate'],
  ['certificate', 'subject'],
  ['certificate', 'issuer'],
  ['certificate', 'dnsNames'],
  ['certificate', 'dnsNames', 0],
  ['certificate', 'ipAddresses'],
  ['certificate', 'notBefore'],
  ['certificate', 'notAfter'],
  ['certificate', 'sha256'],
  ['acceptableClientCAs'],
  ['acceptableClientCAs', 0],
  ['requests'],
  ['requests', 0],
  ['requests', 0, 'path'],
  ['requests', 0, 'response'],
  ['requests', 0, 'end'],
  ['requests', 1, 'status'],
  ['requests', 1, 'headers'],
  ['requests', 1, 'body'],
  ['requests', 2, 'error'],
  ['tls12'],
  ['plainHttpToTlsPort'],
  ['plainHttpToTlsPort', 'response'],
  ['plainHttpToTlsPort', 'end'],
  ['tlsToPlainPort'],
];
for (const path of WRONG) test(`marked: ${path.join('.')}`, () => assert.equal(isMarked(withMember(path, 5)), true));
