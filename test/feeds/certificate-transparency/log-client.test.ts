// How the client of a log meets bad replies, over real sockets: what is asked again, what is final, what is too much.
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { logKey } from '../../../services/feeds/certificate-transparency/checkpoint.ts';
import { logClient, retryAfter } from '../../../services/feeds/certificate-transparency/log-client.ts';
import { logFiles } from '../../../services/feeds/certificate-transparency/log-files.ts';
import { LogPace, type Sleep } from '../../../services/feeds/certificate-transparency/log-pace.ts';
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
let agents: (string | undefined)[] = [];

before(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    agents.push(request.headers['user-agent']);
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
  logClient({ url, http: client.request, ...patience(sleep) });
const patience = (sleep: Sleep, requestsPerSecond: number | null = null) => {
  const now = () => NOW;
  return { sleep, now, pace: new LogPace({ requestsPerSecond, sleep, now }) };
};

function answering(...given: Answer[]): void {
  answers = given;
  asked = [];
  agents = [];
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

test('gzip and zstd are undone within their bound only; a coding that was not offered is not guessed at', async () => {
  const plain = Buffer.alloc(100_000);
  for (const [coding, body] of [
    ['gzip', gzipSync(plain)],
    ['X-GZIP', gzipSync(plain)],
    ['zstd', zstdCompressSync(plain)],
    ['identity', plain],
  ] as const) {
    answering({ status: 200, headers: { 'content-encoding': coding }, body });
    assert.deepEqual(await get()('x', 100_000, never), plain, coding);
    const refused = { code: 'KC_FEED_UNAVAILABLE', message: /ERR_BUFFER_TOO_LARGE|TOO_LARGE/ };
    await assert.rejects(get()('x', 99_999, never), refused, coding);
  }
  answering({ status: 200, headers: { 'content-encoding': 'br' }, body: Buffer.from('?') });
  await assert.rejects(get()('x', 100, never), { code: 'KC_FEED_UNAVAILABLE', message: /coding "br" was not offered/ });
});

test('requests say who asks and how to reach them', async () => {
  answering({ status: 200 });
  await get()('x', 100, never);
  assert.deepEqual(agents, ['kubecensus-test (+https://kubecensus.example; mail@kubecensus.example)']);
});

test('requests to one log leave at its rate, whoever sends them', async () => {
  answering({ status: 200 });
  const pauses: number[] = [];
  const options = patience(async (ms) => pauses.push(ms), 4);
  const [one, other] = [
    logClient({ url, http: client.request, ...options }),
    logClient({ url, http: client.request, ...options }),
  ];
  await Promise.all([one('a', 1, never), other('b', 1, never), one('c', 1, never), other('d', 1, never)]);
  assert.deepEqual(pauses, [250, 500, 750]);
  assert.deepEqual(asked.length, 4);
});

test('a log that asks for a pause is left alone by every request, not only by the one that was told', async () => {
  answering({ status: 429, headers: { 'retry-after': '30' } }, { status: 200 });
  const pauses: number[] = [];
  let second: Promise<unknown> | null = null;
  let asking = false;
  const options = patience(async (ms) => {
    pauses.push(ms);
    // Asked for while the first one waits: the clock of the test stands still, so that all of the pause lies before it.
    if (asking) return;
    asking = true;
    second = ask('b', 1, never);
  });
  const ask = logClient({ url, http: client.request, ...options });
  await ask('a', 1, never);
  await second;
  assert.deepEqual(pauses, [30_000, 30_000]);
  assert.equal(asked.length, 3);
  // Another file being away says nothing of the log: nobody else waits.
  answering({ status: 502 }, { status: 200 });
  asking = false;
  await ask('c', 1, never);
  await second;
  assert.deepEqual(pauses.slice(2), [1_000]);
});

test('a clock that is set back does not stop a log', async () => {
  let time = NOW.getTime();
  const pauses: number[] = [];
  const sleep: Sleep = async (ms) => pauses.push(ms);
  const pace = new LogPace({ requestsPerSecond: 10, sleep, now: () => new Date(time) });
  await pace.turn(never);
  time -= 3_600_000;
  await pace.turn(never);
  time += 7_200_000;
  await pace.turn(never);
  assert.deepEqual(pauses, [100]);
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

test("Retry-After in both forms, a date by the server's own clock", () => {
  const asked = (value: string, date?: string) =>
    retryAfter({ 'retry-after': value, ...(date === undefined ? {} : { date }) }, NOW);
  assert.equal(asked('120'), 120_000);
  assert.equal(asked(' 0 '), 250);
  assert.equal(asked('Tue, 24 Nov 2026 12:00:30 GMT'), 30_000);
  assert.equal(asked('Tue, 24 Nov 2026 11:00:30 GMT'), 250);
  assert.equal(asked('Tue, 24 Nov 2026 12:00:30 GMT', 'Tue, 24 Nov 2026 12:00:20 GMT'), 10_000);
  assert.equal(asked('in a while'), null);
  assert.equal(retryAfter({}, NOW), null);
});
