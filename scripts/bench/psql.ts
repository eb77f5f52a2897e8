// The reference of the database benchmarks: COPY as psql does it, or as pg-copy-streams does where psql is not installed.
import { spawnSync } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from, to } from 'pg-copy-streams';

export const hasPsql = spawnSync('psql', ['--version'], { stdio: 'ignore' }).status === 0;
export const COPY_CLIENT = hasPsql ? 'psql \\copy' : 'pg-copy-streams';

/** Seconds that it takes to copy `source` (a table, or a query in brackets) into a file, connecting included. */
export function copyToFile(url: string, source: string, file: string, options: string): Promise<number> {
  return timed(url, `\\copy ${source} to '${file}' ${options}`, async (client) => {
    await pipeline(client.query(to(`copy ${source} to stdout ${options}`)), createWriteStream(file));
  });
}

/** Seconds that it takes to copy a file into a table, connecting included. */
export function copyFromFile(url: string, table: string, file: string): Promise<number> {
  return timed(url, `\\copy ${table} from '${file}'`, async (client) => {
    await pipeline(createReadStream(file), client.query(from(`copy ${table} from stdin`)));
  });
}

async function timed(url: string, command: string, act: (client: pg.Client) => Promise<void>): Promise<number> {
  const started = performance.now();
  if (hasPsql) {
    const psql = spawnSync('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-c', command, url], { encoding: 'utf8' });
    if (psql.status !== 0) throw new Error(`psql failed: ${psql.stderr}`);
  } else {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await act(client).finally(() => client.end());
  }
  return (performance.now() - started) / 1000;
}
