// Results of zgrab2 in any number, for the benchmarks of imports: real lines with addresses of their own.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** Real lines of `zgrab2 http --use-https`, each with a handshake, a chain and an answer: 5 kB. */
const SAMPLE = new URL('../../test/fixtures/feeds/zgrab2-http.jsonl', import.meta.url);

/** Writes `count` lines, no two of the same address, and returns the size of the file in bytes. */
export async function writeZgrab2Lines(path: string, count: number): Promise<number> {
  const lines = (await readFile(SAMPLE, 'utf8')).split('\n').filter((line) => line.includes('"status":"success"'));
  const parts = lines.map((line) => line.split(/(?<="ip":")[^"]*/) as [string, string]);
  const file = createWriteStream(path, { highWaterMark: 1024 * 1024 });
  for (let i = 0; i < count; i++) {
    const [before, after] = parts[i % parts.length] as [string, string];
    if (!file.write(`${before}${addressOf(i)}${after}\n`)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
  return file.bytesWritten;
}

/** Addresses in no order, as a scan answers: an odd factor visits every one of 2^24 once. */
function addressOf(i: number): string {
  const n = (i * 9_999_991) % 2 ** 24;
  return `11.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
}
