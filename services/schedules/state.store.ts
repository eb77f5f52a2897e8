// What the installation as a whole is doing, in a few numbers that are cheap to read: for whoever watches it.
import { type Kysely, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';

export interface InstallationState {
  /** Targets of running surveys, and those of them that are neither committed nor given up. */
  readonly targets: number;
  readonly due: number;
  readonly lastComplete: Date | null;
  readonly paused: boolean;
  /** When each feed was last pulled whole; feeds that never were are missing. */
  readonly feeds: ReadonlyMap<string, Date>;
  readonly deliveries: readonly { readonly channel: string; readonly state: string; readonly count: number }[];
}

export async function readState(db: Kysely<DB>): Promise<InstallationState> {
  const { rows } = await sql<Pick<InstallationState, 'targets' | 'due' | 'lastComplete' | 'paused'>>`
    select coalesce(sum(c.target_count), 0)::bigint as targets,
      coalesce(sum(c.target_count) filter (where c.committed_at is null and c.quarantined_at is null), 0)::bigint as due,
      (select max(finished_at) from survey where state = 'complete') as "lastComplete",
      (select paused from control) as paused
    from survey s join survey_chunk c on c.survey_id = s.id where s.state = 'running'`.execute(db);
  const feeds = await sql<{ feed: string; at: Date }>`
    select feed, max(finished_at) as at from feed_run where state = 'complete' and finished_at is not null group by feed`.execute(
    db,
  );
  const deliveries = await sql<{ channel: string; state: string; count: number }>`
    select split_part(destination, ':', 1) as channel,
      case when delivered_at is not null then 'delivered' when stopped_at is not null then 'stopped' else 'waiting' end as state,
      count(*) as count
    from delivery group by 1, 2`.execute(db);
  return { ...rows[0]!, feeds: new Map(feeds.rows.map(({ feed, at }) => [feed, at])), deliveries: deliveries.rows };
}
