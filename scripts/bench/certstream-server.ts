// The server side of the certstream benchmark, in a process of its own: once a client has come, sends messages at a fixed rate, each with names of its own.
import { setTimeout as sleep } from 'node:timers/promises';
import { certificateUpdate, startCertstream } from '../../services/lab/certstream.ts';

const TICK_MS = 10;
const CLIENT_TICK_MS = 5;
const SEEN = new Date('2026-11-24T00:00:00Z');

const [rate, seconds] = process.argv.slice(2).map(Number) as [number, number];
const server = await startCertstream('127.0.0.1');
process.once('disconnect', () => process.exit());
process.send?.(server.url);
while (server.clients === 0) await sleep(CLIENT_TICK_MS);

/** Half of them name a host that matters. */
const message = (i: number): string =>
  certificateUpdate([`${i % 2 === 0 ? 'k8s' : 'www'}.c${i}.example.org`, `c${i}.example.org`], i, SEEN);

const start = performance.now();
for (let sent = 0; sent < rate * seconds; ) {
  const due = Math.min(rate * seconds, Math.floor(((performance.now() - start) / 1000) * rate));
  while (sent < due) server.send(message(sent++));
  await sleep(TICK_MS);
}
// How long it took: on a busy machine the rate may have been lower for a while and higher after.
process.send?.((performance.now() - start) / 1000);
