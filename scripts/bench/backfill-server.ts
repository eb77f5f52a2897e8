// The server side of the backfill benchmark, in a process of its own: writes a log of the given number of entries to a folder and serves its files.
import { createReadStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { labLogKey } from '../../services/lab/ct-log/key.ts';
import { certificates, logFiles, numbered } from './made-up-log.ts';

/** Different certificates; each entry has names of its own besides. */
const POOL = 512;
/** More hosts than any log has: the memory of hosts and the database have something to do. */
const HOST_AMONG = 16;
const NOW = new Date('2026-11-24T00:00:00Z');

const [folder, entries, origin, seed] = process.argv.slice(2) as [string, string, string, string];
const pool = await certificates(POOL, HOST_AMONG, NOW);
const log = {
  origin,
  key: labLogKey(seed),
  entries: Number(entries),
  now: NOW,
  entryAt: (i: number) => numbered(pool[i % POOL]!, i),
};
let bytes = 0;
for (const { path, body } of logFiles(log)) {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), body);
  bytes += body.length;
}

const server = createServer((request, response) => {
  const file = createReadStream(join(folder, new URL(request.url ?? '/', 'http://127.0.0.1').pathname));
  file.on('error', () => response.writeHead(404).end());
  file.pipe(response);
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port, bytes }));
process.once('disconnect', () => process.exit());
