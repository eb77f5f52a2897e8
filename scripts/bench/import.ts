// What importing a file costs before the database: 200,000 zgrab2 lines through the whole file feed, beside JSON.parse of the same lines.
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileFeed, type FileFeed } from '../../services/feeds/file.feed.ts';
import { JSON_LINE_BYTES, readLines } from '../../services/feeds/lines.ts';

const LINES = 200_000;
/** Real lines, each with a handshake and an answer; only their addresses are made different. */
const SAMPLE = new URL('../../test/fixtures/feeds/zgrab2-http.jsonl', import.meta.url);
/** Resident memory is looked at this often. */
const LOOK_ROWS = 20_000;

/** Prints rows per second, the ratio to JSON.parse, and how resident memory grows after the first tenth. About a minute, with 1 GB of disk while it runs. */
export async function benchImport(print: (line: string) => void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kubecensus-bench-'));
  try {
    const path = join(folder, 'zgrab2.jsonl');
    print(`import: ${LINES} zgrab2 lines, ${((await writeLines(path)) / 1e6).toFixed(0)} MB`);
    const reference = await rowsPerSecond(() => parseLines(path));
    const memory: number[] = [];
    let feed: FileFeed | null = null;
    const look = await rowsPerSecond(async () => {
      feed = await openLines(path);
      return LINES;
    });
    const pull = await rowsPerSecond(() => pullLines(feed as unknown as FileFeed, memory));
    const [first = 0] = memory;
    print(`import: lines and JSON.parse alone: ${text(reference)} rows per second`);
    print(`import: look at the whole file (digest, containers, format): ${text(look)} rows per second`);
    print(`import: pull, every row as a sighting with its evidence: ${text(pull)} rows per second`);
    print(`import: ratio of the pull to JSON.parse ${(pull / reference).toFixed(2)}`);
    print(
      `import: RSS after ${LOOK_ROWS} rows ${(first / 1e6).toFixed(0)} MB, growth until the end ${((Math.max(...memory) - first) / 1e6).toFixed(0)} MB`,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const openLines = (path: string): Promise<FileFeed> =>
  createFileFeed({ path, name: 'bench', format: 'auto', observedAt: null, expandCidr: false });

/** Wall clock: what a user waits for, reading included. */
async function rowsPerSecond(work: () => Promise<number>): Promise<number> {
  const start = performance.now();
  const rows = await work();
  if (rows !== LINES) throw new Error(`${rows} of ${LINES} rows were read.`);
  return rows / ((performance.now() - start) / 1000);
}

const text = (rate: number): string => Math.round(rate).toLocaleString('en-US');

/** Writes the file and returns its size in bytes. */
async function writeLines(path: string): Promise<number> {
  const lines = (await readFile(SAMPLE, 'utf8')).split('\n').filter((line) => line.includes('"status":"success"'));
  const parts = lines.map((line) => line.split(/(?<="ip":")[^"]*/) as [string, string]);
  const file = createWriteStream(path);
  for (let i = 0; i < LINES; i++) {
    const [before, after] = parts[i % parts.length] as [string, string];
    const address = `198.${18 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;
    if (!file.write(`${before}${address}${after}\n`)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
  return file.bytesWritten;
}

async function parseLines(path: string): Promise<number> {
  let rows = 0;
  for await (const batch of readLines(createReadStream(path, { highWaterMark: 256 * 1024 }), JSON_LINE_BYTES)) {
    for (const line of batch) if (line.type === 'line' && typeof JSON.parse(line.text) === 'object') rows++;
  }
  return rows;
}

async function pullLines(feed: FileFeed, memory: number[]): Promise<number> {
  let rows = 0;
  for await (const item of feed.pull(null, new AbortController().signal)) {
    if (item.type !== 'sighting' || item.evidence === undefined) continue;
    rows++;
    if (rows % LOOK_ROWS === 0) memory.push(process.memoryUsage().rss);
  }
  return rows;
}
