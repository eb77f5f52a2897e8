// Resident memory of reading a whole certificate log backwards into the database: 1,000,000 entries, each with names of its own.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { collect } from '../../services/candidates/collect.job.ts';
import { createStaticCtFeed } from '../../services/feeds/certificate-transparency/static-log.feed.ts';
import { labLogKey } from '../../services/lab/ct-log/key.ts';
import { createClient } from '../../services/platform/net/client.ts';
import { type Scratch, withScratch } from './scratch-database.ts';

const ENTRIES = 1_000_000;
const ORIGIN = 'bench.kubecensus.example/2026h2';
const SEED = 'backfill';
const NOW = new Date('2026-11-24T12:00:00Z');

/** Prints entries per second and resident memory at a tenth and at the end. Some minutes, with 2 GB of disk while it runs. */
export async function benchBackfill(print: (line: string) => void): Promise<void> {
  await withScratch(NOW, async (scratch) => {
    const server = fork(
      new URL('./backfill-server.ts', import.meta.url),
      [join(scratch.directory, 'log'), String(ENTRIES), ORIGIN, SEED],
      { execArgv: [] },
    );
    try {
      const [{ port, bytes }] = (await once(server, 'message')) as [{ port: number; bytes: number }];
      print(
        `a log of ${ENTRIES} entries, ${(bytes / 1e9).toFixed(1)} GB of tiles, served from disk by another process`,
      );
      await readBackwards(scratch, port, print);
    } finally {
      server.disconnect();
      await once(server, 'exit');
    }
  });
}

/** The feed as it is configured without a pace, from the first tile to the last commit. */
async function readBackwards(
  { database: { db } }: Scratch,
  port: number,
  print: (line: string) => void,
): Promise<void> {
  const client = createClient({ userAgent: 'kubecensus-bench (loopback)' });
  const start = performance.now();
  const memory: number[] = [];
  const feed = createStaticCtFeed({
    name: 'bench',
    origin: ORIGIN,
    monitoringUrl: `http://127.0.0.1:${port}/`,
    publicKeyDer: labLogKey(SEED).publicKeyDer,
    http: client.request,
    maxEntries: ENTRIES,
    port: null,
  });
  const run = await collect(
    feed,
    {
      db,
      now: () => NOW,
      codeVersion: 'bench',
      door: () => null,
      canonicalOptions: {},
      onProgress: () => void memory.push(process.memoryUsage.rss()),
    },
    new AbortController().signal,
  ).finally(() => client.close());
  const seconds = (performance.now() - start) / 1000;
  if (run.entries !== ENTRIES || run.state !== 'complete')
    throw new Error(`The log was not read to its end: ${JSON.stringify(run)}`);
  print(
    `${Math.round(ENTRIES / seconds).toLocaleString('en-US')} entries per second verified and committed, ${run.accepted} hosts stored`,
  );
  const [early, half, late] = [0.1, 0.5, 1].map((share) => memory[Math.ceil(memory.length * share) - 1]!) as [
    number,
    number,
    number,
  ];
  print(
    `RSS at 10 % ${megabytes(early)}, at 50 % ${megabytes(half)}, at 100 % ${megabytes(late)}, ratio ${(late / early).toFixed(2)}, largest ${megabytes(Math.max(...memory))}`,
  );
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
