// COPY out of Postgres as a stream of lines: rows never stand in memory, whatever their number.

import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { to } from 'pg-copy-streams';

/** A text as an SQL literal: COPY takes no parameters. */
export const literal = (text: string): string => pg.escapeLiteral(text);

/**
 * Copies the rows of a query, in the query's order, through `transform` into `out`. Throws what the server or the output throws; the
 * connection is given up then, so that a half-read COPY never meets the next query.
 */
export async function copyOut(
  pool: pg.Pool,
  copy: string,
  transform: (source: Readable) => AsyncIterable<Uint8Array>,
  out: Writable,
  signal: AbortSignal,
): Promise<void> {
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    await pipeline(client.query(to(copy)), transform, out, { signal, end: out !== process.stdout });
  } catch (error) {
    failure = error as Error;
    throw error;
  } finally {
    client.release(failure);
  }
}
