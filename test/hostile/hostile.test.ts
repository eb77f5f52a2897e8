// Every adverse server of the list, over real sockets: the outcome it must have, and the invariants that hold for all of them.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { issueCertificate } from '../../services/lab/server-certificates.ts';
import { assertForgotten, runCase } from './adverse-case.ts';
import { adverseCases } from './adverse-cases.ts';
import { serveTls } from './servers/listener.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

const cases = await adverseCases();
const { key, cert } = await issueCertificate();
const good = await serveTls({ key, cert }, (socket) => void socket.on('data', () => socket.write(OK)));
after(() => good.close());

test('case ids are unique', () => {
  assert.equal(new Set(cases.map((one) => one.id)).size, cases.length);
  assert.ok(cases.length > 150);
});

for (const adverse of cases) test(`${adverse.id}: ${adverse.what}`, () => runCase(adverse, good));

test('I5: no case leaves a connection or a reader behind', () => assertForgotten());
