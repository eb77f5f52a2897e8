// Whether a certstream comes into the database without loss at 2,000 messages a second over a real socket, and how much the feed could take.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { collect } from '../../services/candidates/collect.job.ts';
import { createCertstreamFeed } from '../../services/feeds/certificate-search/certstream.feed.ts';
import { certificateUpdate, startCertstream } from '../../services/lab/certstream.ts';
import { createClient } from '../../services/platform/net/client.ts';
import { withScratch } from './scratch-database.ts';

/** All public logs together bring some hundreds a second, with bursts. */
const RATE = 2_000;
/** Long enough for checkpoints of the database and collections of garbage to come in between. */
const SECONDS = 60;
/** What was sent last may still be on its way. */
const SETTLE_MS = 1_000;
const NOW = new Date('2026-11-24T12:00:00Z');
/** Sent as fast as the socket takes them. */
const FLOOD = 40_000;
const QUEUE = 20_000;

/** Prints what was stored and lost at the fixed rate, and messages per CPU second of server and feed together. A minute and a half. */
export async function benchCertstream(print: (line: string) => void): Promise<void> {
  await benchSteady(print);
  const flood = await run(async (send) => {
    for (let sent = 0; sent < FLOOD; ) {
      const free = send(sent++);
      if (!free) await sleep(1);
    }
    return FLOOD;
  });
  print(
    `certstream without a pause: ${Math.round(flood.received / flood.cpuSeconds).toLocaleString('en-US')} messages per CPU second ` +
      `for server and feed together, ${flood.sent - flood.received} lost`,
  );
}

/** The stream as it is configured, with candidates and sightings committed while it goes on. */
async function benchSteady(print: (line: string) => void): Promise<void> {
  await withScratch(NOW, async ({ database: { db } }) => {
    const server = fork(new URL('./certstream-server.ts', import.meta.url), [String(RATE), String(SECONDS)], {
      execArgv: [],
    });
    const client = createClient({ userAgent: 'kubecensus-bench (loopback)' });
    const over = Promise.withResolvers<void>();
    try {
      const [url] = (await once(server, 'message')) as [string];
      const sent = once(server, 'message') as Promise<[number]>;
      const feed = createCertstreamFeed({
        name: 'bench',
        url,
        seconds: 600,
        queue: QUEUE,
        all: false,
        port: null,
        openSocket: client.openSocket,
        sleep: async () => over.promise,
      });
      const cpu = process.cpuUsage();
      const running = collect(
        feed,
        {
          db,
          now: () => NOW,
          codeVersion: 'bench',
          door: () => null,
          canonicalOptions: {},
          onProgress: () => undefined,
        },
        new AbortController().signal,
      );
      const [seconds] = await sent;
      await sleep(SETTLE_MS);
      over.resolve();
      const run = await running;
      const { user, system } = process.cpuUsage(cpu);
      const lost = RATE * SECONDS - (run.entries ?? 0);
      print(
        `certstream at ${RATE} messages a second for ${seconds.toFixed(0)} s into the database: ${run.entries} of ${RATE * SECONDS} read, ` +
          `${lost} lost, run ${run.state}, ${run.accepted} hosts stored, ${((user + system) / 1e6 / seconds).toFixed(2)} CPUs (goal: 0 lost)`,
      );
    } finally {
      over.resolve();
      await client.close();
      server.disconnect();
      await once(server, 'exit');
    }
  });
}

interface Measured {
  readonly sent: number;
  readonly received: number;
  readonly cpuSeconds: number;
}

/** One connection: `play` sends, the feed reads until everything sent has been read or nothing more comes for a second. */
async function run(play: (send: (i: number) => boolean) => Promise<number>): Promise<Measured> {
  const server = await startCertstream('127.0.0.1');
  const client = createClient({ userAgent: 'kubecensus-bench (loopback)' });
  const seen = new Date('2026-11-24T00:00:00Z');
  const messages = Array.from({ length: 512 }, (_, i) =>
    certificateUpdate([`${i % 2 === 0 ? 'k8s' : 'www'}.c${i}.example.org`, `c${i}.example.org`], i, seen),
  );
  const over = Promise.withResolvers<void>();
  const feed = createCertstreamFeed({
    name: 'bench',
    url: server.url,
    seconds: 600,
    queue: QUEUE,
    all: false,
    port: null,
    openSocket: client.openSocket,
    sleep: async () => over.promise,
  });
  let received = 0;
  const reading = (async () => {
    for await (const item of feed.pull(null, new AbortController().signal))
      if (item.type === 'note') received = item.entries ?? received;
  })();
  while (server.clients === 0) await sleep(5);
  const cpu = process.cpuUsage();
  const sent = await play((i) => server.send(messages[i % messages.length]!));
  await sleep(1_000);
  const { user, system } = process.cpuUsage(cpu);
  over.resolve();
  await reading;
  await server.close();
  await client.close();
  return { sent, received, cpuSeconds: (user + system) / 1e6 };
}
