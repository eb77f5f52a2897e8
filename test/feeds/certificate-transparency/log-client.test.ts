// How the client of a log meets bad replies, over real sockets: what is asked again, what is final, what is too much.
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { logKey } from '../../../services/feeds/certificate-transparency/checkpoint.ts';
import { logClient, retryAfter } from '../../../services/feeds/certificate-transparency/log-client.ts';
import { logFiles } from '../../../services/feeds/certificate-transparency/log-files.ts';
import { labLogKey } from '../../../services/lab/ct-log/key.ts';
import { createClient, type NetClient } from '../../../services/platform/net/client.ts';

interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array;
}

const NOW = new Date('2026-11-24T12:00:00Z');
const never = new AbortController().signal;
let server: Server;
let client: NetClient;
let url: string;
/** Answers still to give; the last one is given for ever. */
let answers: Answer[] = [];
let asked: string[] = [];

before(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/prefix`;
  client = createClient({ userAgent: 'kubecensus-test (+https://kubecensus.example; mail@kubecensus.example)' });
});
after(async () => {
  await client.close();
  server.closeAllConnections();
  server.close();
});

const get = (sleep = async (_ms: number, _signal: AbortSignal): Promise<unknown> => undefined) =>
  logClient({ url, http: client.request, sleep, now: () => NOW });

function answering(...given: Answer[]): void {
  answers = given;
  asked = [];
}

test('404 is an answer, asked for once', async () => {
  answering({ status: 404 });
  assert.equal(await get()('tile/0/000', 100, never), null);
  assert.deepEqual(asked, ['/prefix/tile/0/000']);
});

test('a server that recovers is asked again with growing pauses', async () => {
  for (const status of [408, 429, 500, 502, 503, 504]) {
    answering({ status }, { status }, { status: 200, body: Buffer.from('here') });
    const pauses: number[] = [];
    const body = await get(async (ms) => pauses.push(ms))('x', 100, never);
    assert.equal(body?.toString(), 'here');
    assert.deepEqual(pauses, [1000, 2000]);
  }
});

test('redirects and refusals are final', async () => {
  for (const status of [301, 302, 400, 401, 403, 410, 501]) {
    answering({ status, headers: { location: `${url}/elsewhere` } });
    await assert.rejects(get()('x', 100, never), {
      code: 'KC_FEED_UNAVAILABLE',
      message: new RegExp(`status ${status}`),
    });
    assert.deepEqual(asked, ['/prefix/x']);
  }
});

test('gzip is undone within its bound only', async () => {
  const packed = { status: 200, headers: { 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(100_000)) };
  answering(packed);
  assert.equal((await get()('x', 100_000, never))?.length, 100_000);
  await assert.rejects(get()('x', 99_999, never), { code: 'KC_FEED_UNAVAILABLE', message: /ERR_BUFFER_TOO_LARGE/ });
});

test('an abort ends a pause at once, with its reason', async () => {
  answering({ status: 503 });
  const stop = new AbortController();
  const reason = new Error('enough');
  const sleeping = (_ms: number, signal: AbortSignal) =>
    new Promise<void>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
      stop.abort(reason);
    });
  await assert.rejects(get(sleeping)('x', 100, stop.signal), reason);
  assert.equal(asked.length, 1);
});

test('hash tiles of another length are malformed', async () => {
  const files = logFiles(get(), logKey('log.example', labLogKey('x').publicKeyDer));
  for (const length of [0, 31, 33, 64]) {
    answering({ status: 200, body: Buffer.alloc(length) });
    await assert.rejects(files.hashes(0, 0, 1, never), { code: 'KC_CT_MALFORMED', message: /tile\/0\/000\.p\/1/ });
  }
  answering({ status: 404 }, { status: 200, body: Buffer.alloc(256 * 32 - 1) });
  await assert.rejects(files.hashes(0, 0, 1, never), { code: 'KC_CT_MALFORMED' });
  answering({ status: 404 }, { status: 200, body: Buffer.alloc(256 * 32) });
  assert.equal((await files.hashes(0, 0, 1, never)).length, 32);
  answering({ status: 404 });
  await assert.rejects(files.head(never), { code: 'KC_FEED_UNAVAILABLE', message: /no checkpoint/ });
});

test('Retry-After in both forms', () => {
  assert.equal(retryAfter('120', NOW), 120_000);
  assert.equal(retryAfter(' 0 ', NOW), 250);
  assert.equal(retryAfter('Tue, 24 Nov 2026 12:00:30 GMT', NOW), 30_000);
  assert.equal(retryAfter('Tue, 24 Nov 2026 11:00:30 GMT', NOW), 250);
  assert.equal(retryAfter('in a while', NOW), null);
  assert.equal(retryAfter(undefined, NOW), null);
});
