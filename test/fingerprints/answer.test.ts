// HTTP answers as evidence holds them, read from bytes and from parsed forms.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { headerOf, readAnswer } from '../../services/fingerprints/answer.ts';
import { MAX_HEADERS } from '../../services/fingerprints/head.ts';

const answer = (response: string, end = 'closed') => readAnswer({ path: '/version', response, end });

test('status, header order and case, body', () => {
  const read = answer(
    'HTTP/1.1 401 Unauthorized\r\nAudit-Id: a\r\ncache-control:  no-cache, private \r\nContent-Length: 2\r\n\r\nno more',
  );
  assert.equal(read.status, 401);
  assert.equal(read.head?.count, 3);
  assert.equal(read.head?.sorted, true);
  assert.equal(headerOf(read, 'audit-id'), 'a');
  assert.equal(headerOf(read, 'cache-control'), 'no-cache, private');
  assert.equal(read.body, 'no');
  assert.equal(read.whole, true);
});

test('a chunked body, with extensions and a trailer', () => {
  const read = answer(
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n',
  );
  assert.equal(read.body, 'abcde');
  assert.equal(read.whole, true);
});

test('broken chunks keep what came before and are not whole', () => {
  for (const tail of ['zz\r\n', '5\r\nab', 'fffffff\r\nab', '1\r\nab\r\n0\r\n\r\n', '']) {
    const read = answer(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n${tail}`);
    assert.equal(read.body?.slice(0, 3), 'abc', tail);
    assert.equal(read.whole, false, tail);
  }
});

test('interim answers are passed over, but not without end', () => {
  const final = 'HTTP/1.1 200 OK\r\n\r\nok';
  assert.equal(answer(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n${final}`).body, 'ok');
  assert.equal(answer('HTTP/1.1 100 Continue\r\n\r\n'.repeat(20) + final).status, null);
});

test('a body without length is whole only when the server closed', () => {
  assert.equal(answer('HTTP/1.0 400 Bad Request\r\n\r\nx').whole, true);
  assert.equal(answer('HTTP/1.0 400 Bad Request\r\n\r\nx', 'timeout').whole, false);
  assert.equal(answer('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx').whole, false);
});

test('what is no answer has no status', () => {
  for (const response of ['', 'HTTP/1.1 200 OK', 'SSH-2.0-OpenSSH\r\n', 'HTTP/1.1 abc\r\n\r\n', '\0\0']) {
    assert.equal(answer(response).status, null, response);
  }
});

test('parsed answers: several values, snake case, no head', () => {
  const parsed = readAnswer({
    path: '/version',
    status: 200,
    headers: { content_type: 'a', 'Set-Cookie': ['b', 'c'] },
    body: 'x',
  });
  assert.equal(headerOf(parsed, 'content-type'), 'a');
  assert.equal(parsed.head?.count, 3);
  assert.equal(parsed.whole, false);
  assert.equal(readAnswer({ path: '/version', status: 200, body: 'x' }).head, null);
});

test('limits hold', () => {
  assert.equal(answer(`HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(1000)}\r\n`).head?.count, MAX_HEADERS);
});

test('no text makes it throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (text, chunked) => {
      answer(text);
      answer(`HTTP/1.1 200 OK\r\n${chunked ? 'Transfer-Encoding: chunked\r\n' : ''}${text}`);
    }),
    { numRuns: 300 },
  );
});
