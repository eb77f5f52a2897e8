// What importing a file costs: 1,500,000 zgrab2 lines from the file to the commit, beside COPY of the rows that came of them; and reading alone beside JSON.parse.
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { collect } from '../../services/candidates/collect.job.ts';
import { createOptOuts } from '../../services/candidates/opt-out.ts';
import { createPolicy } from '../../services/candidates/policy.ts';
import { parseScope } from '../../services/candidates/scope.ts';
import { createFileFeed, type FileFeed } from '../../services/feeds/file.feed.ts';
import { JSON_LINE_BYTES, readLines } from '../../services/feeds/lines.ts';
import { parseAddress } from '../../services/platform/net/address.ts';
import { copySeconds, SIGHTING_TABLES } from './copy-rate.ts';
import { COPY_CLIENT } from './psql.ts';
import { type Scratch, withScratch } from './scratch-database.ts';
import { writeZgrab2Lines } from './zgrab2-lines.ts';

/** The largest scan of the kind that is known to us. */
const LINES = 1_500_000;
/** Reading alone is as fast at the beginning as at the end. */
const READ_LINES = 200_000;
const NOW = new Date('2026-11-24T23:00:00Z');
/** Prints rows per second of reading and of the whole import, their ratios, and resident memory. About ten minutes, with 25 GB of disk while it runs. */
export async function benchImport(print: (line: string) => void): Promise<void> {
  await benchReading(print);
  await withScratch(NOW, async (scratch) => {
    const path = join(scratch.directory, 'zgrab2.jsonl');
    print(`${LINES} zgrab2 lines, ${((await writeZgrab2Lines(path, LINES)) / 1e9).toFixed(1)} GB`);
    const memory: number[] = [];
    const imported = await importRate(scratch, path, memory);
    await rm(path);
    const copied = LINES / (await copySeconds(scratch, SIGHTING_TABLES));
    print(`from the file to the last commit: ${text(imported)} rows per second`);
    print(
      `${COPY_CLIENT} of the rows that came of it, into tables with the same columns, indexes and keys: ${text(copied)}`,
    );
    print(`ratio to COPY ${(imported / copied).toFixed(2)} (goal: at least 0.5)`);
    const [early, late] = [memory[Math.floor(memory.length / 10)]!, memory.at(-1)!];
    print(
      `RSS at 10 % ${megabytes(early)}, at 100 % ${megabytes(late)}, ratio ${(late / early).toFixed(2)}, largest ${megabytes(Math.max(...memory))}`,
    );
  });
}

/** As `kubecensus import` does it: look at the file, then read, judge and store. Rows per second of all that. */
async function importRate({ database: { db } }: Scratch, path: string, memory: number[]): Promise<number> {
  await sql`checkpoint`.execute(db);
  const start = performance.now();
  const policy = createPolicy({
    own: [],
    optOuts: createOptOuts([]),
    scope: parseScope(['0.0.0.0/0']),
    loopbackLab: false,
  });
  const run = await collect(
    await openLines(path),
    {
      db,
      now: () => NOW,
      codeVersion: 'bench',
      door: ({ host }) => {
        const decision = policy.decide(parseAddress(host)!);
        return decision.allowed ? null : decision.reason;
      },
      canonicalOptions: {},
      onProgress: () => void memory.push(process.memoryUsage.rss()),
    },
    new AbortController().signal,
  );
  const seconds = (performance.now() - start) / 1000;
  if (run.accepted !== LINES) throw new Error(`${run.accepted} of ${LINES} rows were accepted: ${JSON.stringify(run)}`);
  return LINES / seconds;
}

/** The file feed without the database. */
async function benchReading(print: (line: string) => void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kubecensus-bench-'));
  try {
    const path = join(folder, 'zgrab2.jsonl');
    await writeZgrab2Lines(path, READ_LINES);
    const reference = await readRate(() => parseLines(path));
    const feed = await openLines(path);
    const pull = await readRate(() => pullLines(feed));
    print(
      `${text(pull)} zgrab2 lines per second read as sightings with evidence, ${text(reference)} by lines and JSON.parse`,
    );
    print(`ratio of reading to JSON.parse ${(pull / reference).toFixed(2)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const openLines = (path: string): Promise<FileFeed> =>
  createFileFeed({ path, name: 'bench', format: 'auto', observedAt: null, expandCidr: false, clock: () => NOW });

/** Wall clock: what a user waits for, reading included. */
async function readRate(work: () => Promise<number>): Promise<number> {
  const start = performance.now();
  const rows = await work();
  if (rows !== READ_LINES) throw new Error(`${rows} of ${READ_LINES} rows were read.`);
  return rows / ((performance.now() - start) / 1000);
}

async function parseLines(path: string): Promise<number> {
  let rows = 0;
  for await (const batch of readLines(createReadStream(path, { highWaterMark: 256 * 1024 }), JSON_LINE_BYTES)) {
    for (const line of batch) if (line.type === 'line' && typeof JSON.parse(line.text) === 'object') rows++;
  }
  return rows;
}

async function pullLines(feed: FileFeed): Promise<number> {
  let rows = 0;
  for await (const item of feed.pull(null, new AbortController().signal))
    if (item.type === 'sighting' && item.evidence !== undefined) rows++;
  return rows;
}

const text = (rate: number): string => Math.round(rate).toLocaleString('en-US');
const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
