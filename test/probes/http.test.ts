// The response reader: the same state however the bytes are cut, never a throw, never more kept than the caps.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ReadState, ResponseLimits } from '../../services/probes/http.ts';
import { ResponseReader } from '../../services/probes/http.ts';

const LIMITS: ResponseLimits = { headerBytes: 512, bodyBytes: 1024, totalBytes: 4096, interimResponses: 5 };
const WIDE: ResponseLimits = { headerBytes: 16_384, bodyBytes: 65_536, totalBytes: 262_144, interimResponses: 5 };

interface Reading {
  readonly state: ReadState;
  readonly text: string;
}

/** Reads `bytes` in pieces of the given sizes, then the end of the connection when `ends`. */
function read(bytes: Buffer, cuts: readonly number[], ends: boolean, limits = LIMITS): Reading {
  const reader = new ResponseReader(limits);
  let state: ReadState = { state: 'more' };
  let at = 0;
  for (const cut of [...cuts, bytes.length]) {
    const piece = bytes.subarray(at, at + cut);
    at += piece.length;
    if (piece.length > 0) state = reader.push(piece);
    if (state.state !== 'more') break;
  }
  if (ends && state.state === 'more') state = reader.end();
  return { state, text: reader.text() };
}

const whole = (text: string, ends = false, limits = LIMITS): Reading =>
  read(Buffer.from(text, 'latin1'), [], ends, limits);

const token = fc
  .stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,11}$/)
  .filter((name) => !/^(?:content-length|transfer-encoding|connection)$/i.test(name));
const value = fc.stringMatching(/^[\x21-\x7e\x80-\xff]{0,20}$/);
const bodyText = fc.stringMatching(/^[\x00-\xff]{0,300}$/);

/** A response as a server could write it, with what the reader must make of it. */
const response = fc
  .record({
    minor: fc.constantFrom(0, 1),
    status: fc.integer({ min: 200, max: 999 }).filter((status) => status !== 204 && status !== 304),
    fields: fc.array(fc.tuple(token, value), { maxLength: 6 }),
    connection: fc.constantFrom('', 'close', 'keep-alive', 'Keep-Alive, x'),
    framing: fc.constantFrom('length', 'chunked', 'close'),
    interim: fc.nat(5),
    pieces: fc.array(bodyText, { maxLength: 3 }),
  })
  .filter(({ minor, framing }) => minor === 1 || framing !== 'chunked')
  .map(({ minor, status, fields, connection, framing, interim, pieces }) => {
    const body = pieces.join('');
    const lines = fields.map(([name, text]) => `${name}: ${text}\r\n`).join('');
    const framed = {
      length: `Content-Length: ${body.length}\r\n\r\n${body}`,
      chunked: `Transfer-Encoding: chunked\r\n\r\n${pieces.map((piece) => (piece === '' ? '' : `${piece.length.toString(16)};x=y\r\n${piece}\r\n`)).join('')}0\r\nX-Trailer: 1\r\n\r\n`,
      close: `\r\n${body}`,
    }[framing];
    const final = `HTTP/1.${minor} ${status} Said\r\n${lines}${connection === '' ? '' : `Connection: ${connection}\r\n`}${framed}`;
    const persistent = minor === 1 ? connection !== 'close' : connection.toLowerCase().includes('keep-alive');
    return {
      bytes: Buffer.from('HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n'.repeat(interim) + final, 'latin1'),
      final,
      status,
      toClose: framing === 'close',
      keepAlive: persistent && framing !== 'close',
    };
  });

test('every well-formed response is read whole, in any pieces, and kept byte for byte', () => {
  fc.assert(
    fc.property(response, fc.array(fc.integer({ min: 1, max: 40 })), (made, cuts) => {
      const { state, text } = read(made.bytes, cuts, true, WIDE);
      assert.deepEqual(state, {
        state: 'complete',
        status: made.status,
        keepAlive: made.keepAlive,
        toClose: made.toClose,
        excess: 0,
      });
      assert.equal(text, made.final);
    }),
    { numRuns: 500 },
  );
});

test('the cut of the bytes never changes the state, also for broken responses', () => {
  const broken = fc
    .tuple(response, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 3 }))
    .map(([made, damage]) => {
      const bytes = Buffer.from(made.bytes);
      for (const [at, byte] of damage) bytes[at % bytes.length] = byte;
      return bytes;
    });
  fc.assert(
    fc.property(
      fc.oneof(
        broken,
        fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
      ),
      fc.boolean(),
      (bytes, ends) => {
        const once = read(bytes, [], ends).state;
        const bytewise = read(bytes, Array(bytes.length).fill(1), ends).state;
        const excess = once.state === 'complete' ? { excess: 0 } : {};
        const comparable =
          once.state === 'complete' && once.excess > 0
            ? { ...once, excess: 0, keepAlive: false }
            : { ...once, ...excess };
        const other = once.state === 'complete' && once.excess > 0 ? { ...bytewise, keepAlive: false } : bytewise;
        assert.deepEqual(other, comparable);
      },
    ),
    { numRuns: 1000 },
  );
});

test('caps: exactly the cap is read, one byte more is not', () => {
  const head = 'HTTP/1.1 200 OK\r\n';
  const body = (size: number) => whole(`${head}Content-Length: ${size}\r\n\r\n${'a'.repeat(size)}`).state;
  assert.equal(body(1024).state, 'complete');
  assert.deepEqual(body(1025), { state: 'failed', outcome: 'http_body_cap', detail: 'HTTP_BODY_BYTES' });
  const fields = (size: number) => whole(`${head}A: ${'a'.repeat(size - head.length - 7)}\r\n\r\n`, true).state;
  assert.equal(fields(512).state, 'complete');
  assert.deepEqual(fields(513), { state: 'failed', outcome: 'http_header_overflow', detail: 'HTTP_HEADER_BYTES' });
  assert.equal(whole(`${head}A: ${'a'.repeat(600)}`).state.state, 'failed', 'a line that never ends is not waited for');
  const interim = (count: number) =>
    whole(`${'HTTP/1.1 100 Continue\r\n\r\n'.repeat(count)}${head}Content-Length: 0\r\n\r\n`).state;
  assert.equal(interim(5).state, 'complete');
  assert.deepEqual(interim(6), { state: 'failed', outcome: 'http_interim_flood', detail: 'HTTP_INTERIM_RESPONSES' });
});

test('framing counts too: a body of one-byte chunks ends at the total cap', () => {
  const chunk = `1;${'x'.repeat(100)}\r\na\r\n`;
  const { state, text } = whole(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(100)}`);
  assert.deepEqual(state, { state: 'failed', outcome: 'http_body_cap', detail: 'HTTP_TOTAL_BYTES' });
  assert.equal(text.length, LIMITS.totalBytes);
});

test('what follows a response is counted, and forbids another request', () => {
  const { state, text } = whole('HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n\r\n');
  assert.deepEqual(state, { state: 'complete', status: 204, keepAlive: false, toClose: false, excess: 19 });
  assert.equal(text, 'HTTP/1.1 204 No Content\r\n\r\n');
});

test('something else than HTTP is seen at its first bytes', () => {
  for (const banner of ['SSH-2', '2', '\x15\x03\x01', '<', 'HTTP/2', 'http/1.1 200 ok'])
    assert.deepEqual(
      whole(banner).state,
      { state: 'failed', outcome: 'http_malformed', detail: 'HTTP_STATUS_LINE' },
      banner,
    );
  assert.equal(whole('HTTP/1').state.state, 'more');
});

test('a failed reader stays failed', () => {
  const reader = new ResponseReader(LIMITS);
  const failed = reader.push(Buffer.from('nonsense'));
  assert.equal(reader.push(Buffer.from('HTTP/1.1 200 OK\r\n\r\n')), failed);
  assert.equal(reader.end(), failed);
});

test('real answers are read whole: every capture of a Kubernetes component', () => {
  const folder = new URL('../fixtures/captures/', import.meta.url);
  let read = 0;
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const capture: { requests?: { response?: string; path: string }[] } = JSON.parse(
      readFileSync(new URL(file, folder), 'utf8'),
    );
    for (const { response: text = '', path } of capture.requests ?? []) {
      if (text === '' || path === '/metrics') continue;
      assert.equal(whole(text, true, WIDE).state.state, 'complete', `${file} ${path}`);
      read++;
    }
  }
  assert.ok(read > 40, `${read}`);
});
