// Rows that were refused, as the feed's owner looks at them.
import { type Kysely, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';

export interface Quarantined {
  /** Where in the source it stands: a line, an entry, a hit of a page. */
  readonly at: string;
  readonly reason: string;
  readonly excerpt: string;
}

/** Quarantined rows of a run, in the order they were met; at most `limit`. */
export async function quarantined(db: Kysely<DB>, runId: number, limit: number): Promise<Quarantined[]> {
  return db
    .selectFrom('quarantine')
    .select(['at', 'reason', 'excerpt'])
    .where('run_id', '=', runId)
    .orderBy('n')
    .limit(limit)
    .execute();
}

/** The first quarantined rows of each reason, at most `each` of one, in the order they were met within it. */
export async function examplesByReason(db: Kysely<DB>, runId: number, each: number): Promise<Quarantined[]> {
  const { rows } = await sql<Quarantined>`
    select at, reason, excerpt from (
      select *, row_number() over (partition by reason order by n) as nth from quarantine where run_id = ${runId}
    ) q where nth <= ${each} order by reason, n`.execute(db);
  return rows;
}
