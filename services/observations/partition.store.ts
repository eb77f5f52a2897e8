// Observations are kept by day; partitions are made ahead, so that the default one stays empty.
import { type Kysely, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';

/** Days made ahead: a long weekend without anybody looking. */
const DAYS_AHEAD = 7;
const DAY_MS = 24 * 3600 * 1000;
/** Key of the advisory lock under which partitions are made. */
const LOCK = 7_216_001;

export interface Partitions {
  /** Days behind today (UTC) without a gap that have a partition; -1 when today has none. */
  readonly ahead: number;
  /** Rows that fell outside every day. */
  readonly strays: number;
}

/** How far partitions reach, and whether the default one is empty. Reads only. */
export async function readPartitions(db: Kysely<DB>, now: Date): Promise<Partitions> {
  const days = Array.from({ length: DAYS_AHEAD + 1 }, (_, day) => partitionOf(new Date(now.getTime() + day * DAY_MS)));
  const { rows } = await sql<{ name: string }>`
    select name from unnest(${days}::text[]) as n (name) where to_regclass(name) is not null`.execute(db);
  const there = new Set(rows.map(({ name }) => name));
  const missing = days.findIndex((name) => !there.has(name));
  const strays = await sql<{ n: number }>`select count(*) as n from observation_default`.execute(db);
  return { ahead: (missing === -1 ? days.length : missing) - 1, strays: strays.rows[0]?.n ?? 0 };
}

const partitionOf = (day: Date): string => `observation_${day.toISOString().slice(0, 10).replaceAll('-', '')}`;

/** Makes the partitions of today and the next week (UTC). Safe to call from several processes at once. */
export async function makePartitions(db: Kysely<DB>, now: Date): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${LOCK})`.execute(tx);
    const days = Array.from({ length: DAYS_AHEAD + 1 }, (_, day) =>
      new Date(now.getTime() + day * DAY_MS).toISOString().slice(0, 10),
    );
    await sql`select make_observation_partition(day) from unnest(${days}::date[]) as d (day)`.execute(tx);
  });
}
