// The certstream feed against the lab's WebSocket server: messages, reconnection, the watchdog, and counted drops.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  type CertstreamFeedOptions,
  createCertstreamFeed,
} from '../../../services/feeds/certificate-search/certstream.feed.ts';
import { readCertstreamMessage } from '../../../services/feeds/certificate-search/certstream-message.ts';
import { MessageQueue } from '../../../services/feeds/certificate-search/message-queue.ts';
import type { SocketOpener } from '../../../services/feeds/web-socket.ts';
import { certificateUpdate, HEARTBEAT, type LabCertstream, startCertstream } from '../../../services/lab/certstream.ts';
import { createClient, type NetClient } from '../../../services/platform/net/client.ts';
import { pullAll } from '../certificate-transparency/lab-log.ts';

const AGENT = 'kubecensus-test (+https://kubecensus.example; mail@kubecensus.example)';
const SEEN = new Date('2026-11-24T12:00:00.500Z');
const SECONDS = 3600;
let client: NetClient;
before(() => {
  client = createClient({ userAgent: AGENT });
});
after(() => client.close());

const update = (i: number): string => certificateUpdate([`k8s.c${i}.example.org`, `www.c${i}.example.org`], i, SEEN);

/** A server, and a feed whose hour ends when `end` is called. Pauses between connections pass at once and are kept. */
async function withServer(
  body: (
    server: LabCertstream,
    feed: (options?: Partial<CertstreamFeedOptions>) => ReturnType<typeof createCertstreamFeed>,
    end: () => void,
    pauses: number[],
  ) => Promise<void>,
): Promise<void> {
  const server = await startCertstream('127.0.0.1');
  const over = Promise.withResolvers<void>();
  const pauses: number[] = [];
  const sleep = async (ms: number, signal: AbortSignal): Promise<void> => {
    if (ms !== SECONDS * 1000) {
      pauses.push(ms);
      return;
    }
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    await Promise.race([over.promise, aborted]);
  };
  const feed = (options: Partial<CertstreamFeedOptions> = {}) =>
    createCertstreamFeed({
      name: 'stream',
      url: server.url,
      seconds: SECONDS,
      queue: 1000,
      all: false,
      port: null,
      openSocket: client.openSocket,
      sleep,
      ...options,
    });
  try {
    await body(server, feed, () => over.resolve(), pauses);
  } finally {
    over.resolve();
    await server.close();
  }
}

/** The client's own way to connect, with a count of what arrived. */
function counting(): { openSocket: SocketOpener; arrived: () => number } {
  let arrived = 0;
  const openSocket: SocketOpener = (url, events) =>
    client.openSocket(url, {
      ...events,
      message: (text) => {
        events.message(text);
        arrived++;
      },
    });
  return { openSocket, arrived: () => arrived };
}

/** Until the condition holds; the test's own timeout bounds it. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('yields the names of updates with the time they were seen, and ends when its time is up', () =>
  withServer(async (server, feed, end) => {
    const { openSocket, arrived } = counting();
    const running = pullAll(feed({ openSocket }), null);
    await until(() => server.clients === 1);
    server.send(HEARTBEAT);
    server.send(update(7));
    server.send(JSON.stringify({ message_type: 'dns_entries', data: ['k8s.d.example.org', '*.k8s.d.example.org'] }));
    server.send('{"message_type":"news"}');
    server.send('<html>');
    server.send(update(8));
    // A message longer than 64 kB has another frame form.
    server.send(certificateUpdate(['k8s.long.example.org', 'x'.repeat(70_000)], 9, SEEN));
    server.send(certificateUpdate(['k8s.huge.example.org', 'x'.repeat(1_100_000)], 10, SEEN));
    await until(() => arrived() === 8);
    end();
    const result = await running;
    assert.equal(result.note.skipped?.['too_long'], 1);
    assert.deepEqual(result.sightings[0], {
      type: 'sighting',
      host: 'k8s.c7.example.org',
      port: null,
      observedAt: SEEN.toISOString(),
      at: 'Lab Log 2026h2, entry 7',
    });
    assert.deepEqual(
      result.sightings.map(({ host }) => host),
      ['k8s.c7.example.org', 'k8s.d.example.org', 'k8s.c8.example.org', 'k8s.long.example.org'],
    );
    assert.deepEqual(
      result.rejections.map(({ reason, excerpt }) => [reason, excerpt]),
      [
        ['unknown_message', '{"message_type":"news"}'],
        ['unknown_message', '<html>'],
      ],
    );
    assert.equal(result.note.entries, 6);
    assert.equal(result.note.skipped?.['dropped'], 0);
    assert.equal(result.note.partial, undefined);
    assert.deepEqual(server.userAgents, [AGENT]);
    await until(() => server.clients === 0);
  }));

test('connects again with growing pauses, and says what was lost', () =>
  withServer(async (server, feed, end, pauses) => {
    server.faults.refuse = 3;
    const { openSocket, arrived } = counting();
    const running = pullAll(feed({ openSocket }), null);
    await until(() => server.clients === 1);
    assert.deepEqual(pauses, [1000, 2000, 4000]);
    server.send(update(1));
    await until(() => arrived() === 1);
    server.hangUp();
    await until(() => server.clients === 1);
    assert.deepEqual(pauses, [1000, 2000, 4000, 1000]);
    server.send(update(2));
    await until(() => arrived() === 2);
    end();
    const result = await running;
    assert.equal(result.sightings.length, 2);
    assert.match(result.note.partial!, /^the connection was lost 1 times \(.*\), and what was said meanwhile$/);
  }));

test('a connection that falls silent is left, even when the server no longer says goodbye', () =>
  withServer(async (server, feed, end) => {
    server.faults.deaf = true;
    const running = pullAll(feed({ silenceMs: 60 }), null);
    await until(() => server.userAgents.length >= 2);
    end();
    assert.match((await running).note.partial!, /no message for 60 ms/);
  }));

test('a server that is not there is an error when the time is up; an abort is none', () =>
  withServer(async (server, feed, end, pauses) => {
    await server.close();
    const running = pullAll(feed(), null);
    await until(() => pauses.length >= 8);
    end();
    await assert.rejects(running, { code: 'KC_FEED_UNAVAILABLE', message: /ECONNREFUSED/ });
    assert.deepEqual(pauses.slice(0, 8), [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    assert.deepEqual((await pullAll(feed(), null, AbortSignal.abort())).checkpoints, []);
  }));

test('a reader that is slow costs messages, and they are counted', () =>
  withServer(async (server, feed, end) => {
    let taken = 0;
    let note: Readonly<Record<string, number>> = {};
    let partial: string | undefined;
    let sent = false;
    const { openSocket, arrived } = counting();
    const reading = (async () => {
      for await (const item of feed({ queue: 100, openSocket }).pull(null, new AbortController().signal)) {
        if (item.type === 'note') {
          note = item.skipped ?? note;
          partial = item.partial ?? partial;
        }
        if (item.type !== 'sighting') continue;
        taken++;
        if (sent) continue;
        // The reader is busy while 500 messages arrive.
        for (let i = 1; i <= 500; i++) server.send(update(i));
        sent = true;
        await until(() => arrived() === 501);
        end();
      }
    })();
    await until(() => server.clients === 1);
    server.send(update(0));
    await reading;
    assert.equal(taken, 101);
    assert.equal(note['dropped'], 400);
    assert.equal(partial, '400 messages came faster than they could be read and were dropped');
  }));

test('the queue keeps the oldest, counts the rest, and wakes its reader', async () => {
  const queue = new MessageQueue(2);
  const never = new AbortController().signal;
  const arrival = queue.arrival(never);
  for (const message of ['a', 'b', 'c']) queue.push(message);
  await arrival;
  assert.deepEqual(queue.take(), ['a', 'b']);
  assert.equal(queue.dropped, 1);
  assert.deepEqual(queue.take(), []);
  await queue.arrival(AbortSignal.abort());
});

test('messages that are none', () => {
  for (const text of [
    '',
    '7',
    '[]',
    '{"message_type":"certificate_update"}',
    '{"message_type":"dns_entries","data":{}}',
  ])
    assert.equal(readCertstreamMessage(text).kind, 'unknown');
  assert.throws(() => createCertstreamFeed({ url: 'https://x.test/', name: 's' } as CertstreamFeedOptions), {
    code: 'KC_CONFIG',
  });
});
