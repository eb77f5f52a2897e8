// What has stopped itself in the whole installation, in a few numbers: for whoever watches it.
import { type Kysely, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import { ITSELF } from './pause.store.ts';

export interface Stops {
  readonly pausedByItself: boolean;
  /** Networks and AS that running surveys and the newest counted one leave alone. */
  readonly scopes: number;
  /** Chunks that are begun no more until a person says so. */
  readonly chunks: number;
  /** Whether the headline of the newest counted survey jumped. */
  readonly jumped: boolean;
}

/** Reads only. */
export async function readStops(db: Kysely<DB>): Promise<Stops> {
  const { rows } = await sql<Stops>`
    with newest as (select id, jump from survey where rolled_up_at is not null order by created_at desc, id desc limit 1)
    select (select paused and paused_by is not distinct from ${ITSELF} from control) as "pausedByItself",
      (select count(*)::int from survey_stop where survey_id in (select id from newest union select id from survey where state = 'running')) as scopes,
      (select count(*)::int from survey_chunk c join survey s on s.id = c.survey_id where c.quarantined_at is not null and s.state <> 'stopped') as chunks,
      coalesce((select jump is not null from newest), false) as jumped`.execute(db);
  return rows[0] as Stops;
}
