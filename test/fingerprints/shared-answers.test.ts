// Answers that are remembered are those that reading finds, however a response was changed; and what is seen once is not learned for long.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Answer, hasUuid, headerOf, readAnswer } from '../../services/fingerprints/answer.ts';
import type { UuidField } from '../../services/fingerprints/head.ts';
import { shareAnswer } from '../../services/fingerprints/shared-answers.ts';
import { isUuid, isUuidAt } from '../../services/fingerprints/uuid.ts';
import { readCaptures } from './labelled.ts';

const UUID_FIELDS: readonly UuidField[] = [
  'audit-id',
  'x-kubernetes-pf-flowschema-uid',
  'x-kubernetes-pf-prioritylevel-uid',
];

interface Raw {
  readonly path: string;
  readonly response: string;
  readonly end: string;
}

const captured: readonly Raw[] = readCaptures()
  .flatMap(({ whole }) => whole.requests ?? [])
  .filter((request): request is Raw => 'response' in request && request.response.length < 2000);

/** All that an answer says, but which UUIDs. */
function said(answer: Answer): unknown {
  if (answer.head === null) return answer;
  const { values, ...head } = answer.head;
  const uuids = UUID_FIELDS.filter((field) => hasUuid(answer, field)).map((field) => headerOf(answer, field));
  return { ...answer, head: { ...head }, values: values.map((value) => (uuids.includes(value) ? 'a UUID' : value)) };
}

/** Shares it, if it is shared, and holds that against reading. True when it was shared. */
function check({ path, response, end }: Raw): boolean {
  const shared = shareAnswer(path, response, end);
  if (shared === null) return false;
  const read = readAnswer({ path, response, end });
  assert.deepEqual(said(shared.answer), said(read));
  const sent = hasUuid(read, 'x-kubernetes-pf-flowschema-uid');
  assert.equal(shared.flowSchema, sent ? headerOf(read, 'x-kubernetes-pf-flowschema-uid') : null);
  return true;
}

const otherUuids = (response: string): string =>
  response.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, () => crypto.randomUUID());

const openVersion = captured.find(({ path, response }) => path === '/version' && response.includes('gitVersion'))!;

/** Earns what other tests have spent: an answer that is known, again and again. */
function earn(): void {
  for (let i = 0; i < 4000; i++) shareAnswer(openVersion.path, openVersion.response, openVersion.end);
}

test('two answers of one server are one, and a UID of the second is its own', () => {
  earn();
  let shared = 0;
  for (const raw of captured) {
    const other = { ...raw, response: otherUuids(raw.response).replace(/Date: .{29}/, `Date: ${'x'.repeat(29)}`) };
    if (!check(raw)) continue;
    assert.ok(check(other), raw.response);
    const [first, second] = [raw, other].map(({ path, response, end }) => shareAnswer(path, response, end));
    assert.equal(first?.answer, second?.answer);
    shared++;
  }
  assert.ok(shared > 50, `${shared} answers`);
  const ends = ['closed', 'complete'].map((end) => shareAnswer('/', 'HTTP/1.1 200 OK\r\nVia: a\r\n\r\nx', end)?.answer);
  assert.deepEqual(
    ends.map((answer) => answer?.end),
    ['closed', 'complete'],
  );
});

test('however a response is changed, what is shared is what reading finds', () => {
  const piece = fc.constantFrom(
    ...[
      '\r\n',
      '\n',
      '\r',
      ': ',
      'Date: x\r\n',
      'date: x\r\n',
      'HTTP/1.1 100 Continue\r\n\r\n',
      '0\r\n\r\n',
      '\u0130',
      '-',
    ],
    ...UUID_FIELDS.flatMap((field) => [
      `${field}: 0d9c9dc7-5d70-4b22-a73c-3a4b5c6d7e8f\r\n`,
      `Audit-Id: 0d9c9dc7-5d70-4b22-a73c-3a4b5c6d7e8f\r\n`,
    ]),
  );
  let shared = 0;
  fc.assert(
    fc.property(fc.constantFrom(...captured), fc.nat(700), fc.nat(40), piece, (raw, at, removed, inserted) => {
      const changed = raw.response.slice(0, at) + inserted + raw.response.slice(at + removed);
      for (const response of [raw.response, changed, otherUuids(changed)]) if (check({ ...raw, response })) shared++;
    }),
    { numRuns: 400 },
  );
  assert.ok(shared > 400, `${shared} answers`);
});

test('values of the same length that are none, and names that stand twice', () => {
  earn();
  const uuid = (): string => crypto.randomUUID();
  const usual = (audit: string, date = 'Tue, 24 Nov 2026 12:00:00 GMT'): string =>
    `HTTP/1.1 200 OK\r\nAudit-Id: ${audit}\r\nDate: ${date}\r\n\r\nok`;
  const flow = (name: string): string => `${name}: ${uuid()}\r\n`;
  const responses = [
    usual(uuid()),
    usual(uuid(), `x\r\nServer: ${'y'.repeat(29 - 11)}`),
    usual(uuid().replace('-', '0')),
    usual('\n'.repeat(36)),
    `HTTP/1.1 200 OK\r\n${flow('x-kubernetes-pf-flowschema-uid')}${flow('X-Kubernetes-Pf-Flowschema-Uid')}\r\nok`,
    `HTTP/1.1 200 OK\r\n${flow('X-Kubernetes-Pf-Flowschema-Uid')}${flow('X-Kubernetes-Pf-Flowschema-Uid')}\r\nok`,
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n${flow('X-Kubernetes-Pf-Flowschema-Uid')}\r\nok`,
    `HTTP/1.1 100 Continue\r\n${flow('Audit-Id')}\r\nHTTP/1.1 200 OK\r\n\r\nok`,
  ];
  for (const response of [...responses, ...responses]) check({ path: '/', response, end: 'closed' });
  assert.ok(check({ path: '/', response: usual(uuid()), end: 'closed' }));
});

test('where every answer is another, few are learned; those that are known stay shared', () => {
  earn();
  assert.ok(check(openVersion));
  let learned = 0;
  for (let host = 0; host < 3000; host++)
    if (check({ path: '/', response: `HTTP/1.1 302 Found\r\nLocation: /${host}\r\n\r\n`, end: 'closed' })) learned++;
  assert.ok(learned < 300, `${learned} learned`);
  assert.ok(check({ ...openVersion, response: otherUuids(openVersion.response) }));
});

test('a UUID within a text', () => {
  const uuid = '0D9C9DC7-5d70-4b22-a73c-3a4b5c6d7e8f';
  for (const text of [uuid, uuid.replace('7', 'g'), uuid.replace('-', '0'), uuid.replace('0', '-'), uuid.slice(1)])
    assert.equal(isUuidAt(`x: ${text}`, 3), isUuid(text), text);
  // The code of '0' with a higher bit: no digit.
  assert.equal(isUuidAt(uuid.replace('0', '\u0130'), 0), false);
});
