// Retention of observations: whole days are dropped at once, and never one that a survey which is not counted still needs.
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';

/** Waiting for a reader holds up every other query on observations: better to try again at the next run. */
const LOCK_TIMEOUT = '2s';
/** SQLSTATE lock_not_available: somebody reads the partition. */
const LOCK_NOT_AVAILABLE = '55P03';
/** SQLSTATE undefined_table: another run dropped it. */
const UNDEFINED_TABLE = '42P01';

export interface OldPartition {
  /** Name of the table. */
  readonly name: string;
  readonly rows: number;
  /** With its indexes. */
  readonly bytes: number;
  /** Surveys with rows in it that are not counted, or not wholly: they need their observations still. */
  readonly uncounted: readonly string[];
}

/** Partitions of one day whose end is not after `before` (UTC), oldest first. */
export async function oldPartitions(db: Kysely<DB>, before: Date): Promise<OldPartition[]> {
  const { rows } = await sql<{ name: string; bytes: number }>`
    select c.relname as name, pg_total_relation_size(c.oid) as bytes
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'observation'::regclass and c.relname ~ '^observation_[0-9]{8}$'
      and ((substring(c.relname from 13) || ' UTC')::timestamptz + interval '1 day') <= ${before}
    order by 1`.execute(db);
  const partitions: OldPartition[] = [];
  for (const { name, bytes } of rows) {
    const look = async (): Promise<OldPartition> => {
      const counted = await sql<{ rows: number }>`select count(*) as rows from ${dayOf(name)} o`.execute(db);
      return { name, bytes, rows: counted.rows[0]?.rows ?? 0, uncounted: await uncountedIn(db, name) };
    };
    const partition = await look().catch((error: unknown) => {
      if (codeOf(error) === UNDEFINED_TABLE) return null;
      throw error;
    });
    if (partition !== null) partitions.push(partition);
  }
  return partitions;
}

/**
 * Drops a partition and marks its surveys; 'busy' when somebody reads it, 'needed' when a survey with rows in it is not counted, 'gone' when another
 * run was faster.
 */
export async function dropPartition(
  db: Kysely<DB>,
  name: string,
  at: Date,
): Promise<'dropped' | 'busy' | 'needed' | 'gone'> {
  try {
    return await db.transaction().execute(async (tx) => {
      await sql`set local lock_timeout = ${sql.lit(LOCK_TIMEOUT)}`.execute(tx);
      await sql`select lock_observation_partition(${name})`.execute(tx);
      if ((await uncountedIn(tx, name)).length > 0) return 'needed';
      await sql`
        update survey set observations_dropped_at = ${at}
        where observations_dropped_at is null and id in (select distinct survey_id from ${dayOf(name)} o)`.execute(tx);
      await sql`select drop_observation_partition(${name})`.execute(tx);
      return 'dropped';
    });
  } catch (error) {
    if (codeOf(error) === LOCK_NOT_AVAILABLE) return 'busy';
    if (codeOf(error) === UNDEFINED_TABLE) return 'gone';
    throw error;
  }
}

/** The rows of a partition through its parent: rights are granted on that. */
function dayOf(name: string): RawBuilder<unknown> {
  const [, year, month, day] = /^observation_(\d{4})(\d\d)(\d\d)$/.exec(name) as unknown as string[];
  const from = sql`${`${year}-${month}-${day}T00:00:00Z`}::timestamptz`;
  return sql`(select * from observation where recorded_at >= ${from} and recorded_at < ${from} + interval '1 day')`;
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;

/** The rollup and the summary are what stays of a survey. */
async function uncountedIn(db: Kysely<DB>, name: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select s.id from survey s where (s.rolled_up_at is null or s.summary is null)
      and exists (select from ${dayOf(name)} o where o.survey_id = s.id) order by 1`.execute(db);
  return rows.map(({ id }) => id);
}
