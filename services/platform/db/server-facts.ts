// What the database server says of itself: its time against ours, and whether it takes writes.
import { performance } from 'node:perf_hooks';
import { type Kysely, sql } from 'kysely';
import type { Clock } from '../clock.ts';
import type { DB } from './schema.ts';

export interface ServerFacts {
  /** Milliseconds that the server's clock is ahead of ours, to half of the round trip. */
  readonly aheadMs: number;
  readonly readOnly: boolean;
}

export async function readServerFacts(db: Kysely<DB>, now: Clock): Promise<ServerFacts> {
  const sentAt = performance.now();
  const { rows } = await sql<{ at: Date; readOnly: boolean }>`
    select clock_timestamp() as at, pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' as "readOnly"`.execute(
    db,
  );
  const roundTrip = performance.now() - sentAt;
  const row = rows[0]!;
  return { aheadMs: row.at.getTime() - (now().getTime() - roundTrip / 2), readOnly: row.readOnly };
}
