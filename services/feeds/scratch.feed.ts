// Room on disk for joins that do not fit into memory.
import { createReadStream } from 'node:fs';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scratch } from './formats/format.ts';

/** The largest Sonar study had some 20 GB of certificates: 256 parts of it are 80 MB each, which is what one bucket costs in memory. */
const BUCKETS = 256;
/** Held per bucket before it is written: 16 MiB for all of them. */
const HELD_CHARACTERS = 64 * 1024;

/** Opens scratch room in the system's folder for temporary files (TMPDIR). `close` removes it with all that is in it. */
export async function openScratch(): Promise<Scratch & { close: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'kubecensus-'));
  const held = Array.from({ length: BUCKETS }, () => ({ lines: [] as string[], characters: 0, written: false }));
  const pathOf = (bucket: number): string => join(folder, String(bucket));
  const flush = async (bucket: number): Promise<void> => {
    const room = held[bucket] as (typeof held)[number];
    if (room.lines.length === 0) return;
    await appendFile(pathOf(bucket), `${room.lines.join('\n')}\n`);
    held[bucket] = { lines: [], characters: 0, written: true };
  };
  return {
    buckets: BUCKETS,
    async append(bucket, line) {
      const room = held[bucket] as (typeof held)[number];
      room.lines.push(line);
      room.characters += line.length;
      if (room.characters >= HELD_CHARACTERS) await flush(bucket);
    },
    async *read(bucket) {
      await flush(bucket);
      if (held[bucket]?.written === true) yield* createReadStream(pathOf(bucket)) as AsyncIterable<Buffer>;
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
