// Whether the certstream feed keeps up with 2,000 messages a second over a real socket, and how much it could take.
import { setTimeout as sleep } from 'node:timers/promises';
import { createCertstreamFeed } from '../../services/feeds/certificate-search/certstream.feed.ts';
import { certificateUpdate, startCertstream } from '../../services/lab/certstream.ts';
import { createClient } from '../../services/platform/net/client.ts';

/** All public logs together bring some hundreds a second, with bursts. */
const RATE = 2_000;
const SECONDS = 5;
const TICK_MS = 10;
/** Sent as fast as the socket takes them. */
const FLOOD = 40_000;
const QUEUE = 20_000;

/** Prints received and dropped messages at the fixed rate, and messages per CPU second of server and feed together. */
export async function benchCertstream(print: (line: string) => void): Promise<void> {
  const steady = await run(async (send) => {
    const start = performance.now();
    for (let sent = 0; sent < RATE * SECONDS; ) {
      const due = Math.min(RATE * SECONDS, Math.floor(((performance.now() - start) / 1000) * RATE));
      while (sent < due) send(sent++);
      await sleep(TICK_MS);
    }
    return RATE * SECONDS;
  });
  const lost = steady.sent - steady.received;
  print(
    `certstream at ${RATE} messages a second for ${SECONDS} s: ${steady.received} of ${steady.sent} received, ` +
      `${lost} lost, ${(steady.cpuSeconds / SECONDS).toFixed(2)} CPUs for server and feed together (goal: 0 lost)`,
  );
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
