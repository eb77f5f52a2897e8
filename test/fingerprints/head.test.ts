// Heads of answers: the fields that rules ask for, in any spelling and order, in time that grows with their length alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasUuid, headerOf, readAnswer } from '../../services/fingerprints/answer.ts';
import { FIELD, type FieldName, fieldOf } from '../../services/fingerprints/head.ts';

const answer = (head: string) =>
  readAnswer({ path: '/', response: `HTTP/1.1 200 OK\r\n${head}\r\n\r\nbody`, end: 'closed' });

test('every field is found in every spelling, and no other name is one', () => {
  for (const name of Object.keys(FIELD) as FieldName[]) {
    for (const spelling of [name, name.toUpperCase(), name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase())]) {
      assert.equal(fieldOf(spelling), FIELD[name], spelling);
      assert.equal(headerOf(answer(`Date: x\r\n${spelling}:\t v a l \u00a0`), name), 'v a l', spelling);
    }
    for (const other of [`${name}x`, name.slice(1), name.replace('-', '_'), `\r${name.slice(1)}`, ` ${name}`])
      assert.equal(fieldOf(other), other === name ? FIELD[name] : -1, other);
  }
  // Lower case is Unicode's: the Kelvin sign is a k.
  assert.equal(fieldOf('x-\u212aubernetes-pf-flowschema-uid'), FIELD['x-kubernetes-pf-flowschema-uid']);
  assert.equal(fieldOf('x-\u212bubernetes-pf-flowschema-uid'), -1);
});

test('the first value counts, an empty one, too', () => {
  assert.equal(headerOf(answer('Server: a\r\nserver: b'), 'server'), 'a');
  assert.equal(headerOf(answer('Server:\r\nserver: b'), 'server'), '');
  assert.equal(headerOf(answer('Server\r\nserver: b'), 'server'), 'b');
});

test('order is that of all fields that are sorted, repeats included', () => {
  const sorted = (head: string) => answer(head).head?.sorted;
  assert.equal(sorted('Audit-Id: a\r\nDate: x\r\nCache-Control: b\r\nContent-Type: c'), true);
  assert.equal(sorted('Cache-Control: b\r\nAudit-Id: a'), false);
  assert.equal(sorted('Audit-Id: a\r\nContent-Type: c\r\nAudit-Id: a'), false);
});

test('UUIDs of the first value', () => {
  const uuid = '0D9C9DC7-5d70-4b22-a73c-3a4b5c6d7e8f';
  assert.equal(hasUuid(answer(`Audit-Id: ${uuid}\r\nAudit-Id: x`), 'audit-id'), true);
  for (const wrong of ['x', uuid.replace('-', '0'), `${uuid}0`, uuid.replace('7', 'g')])
    assert.equal(hasUuid(answer(`Audit-Id: ${wrong}\r\nAudit-Id: ${uuid}`), 'audit-id'), false, wrong);
});

test('lines without a colon are passed over, and one search finds that no more colons come', () => {
  const read = answer(`${'x\r\n'.repeat(50)}Via: 1.1 a\r\n${'y\r\n'.repeat(50)}Server: b`);
  assert.equal(headerOf(read, 'via'), '1.1 a');
  assert.equal(headerOf(read, 'server'), 'b');
  assert.equal(read.head?.count, 2);
  // Quadratic reading would take minutes for this, not milliseconds.
  assert.equal(answer('x\r\n'.repeat(300_000)).head?.count, 0);
});
