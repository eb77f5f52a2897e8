// Our own counts over time: the summary of every counted survey, with what decides over its numbers.
import { type Kysely, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import type { UnitHeadline } from './headline.ts';

/** One survey as a point in time. */
export interface SeriesPoint {
  readonly id: string;
  readonly method: 'active' | 'passive';
  readonly state: 'planning' | 'running' | 'stopped' | 'complete';
  readonly ports: readonly number[];
  readonly feeds: readonly string[];
  readonly scope: readonly string[];
  readonly sample: number | null;
  readonly vantage: string;
  /** RFC 3339. */
  readonly at: string;
  /** In endpoints; null where they are withheld from publication. */
  readonly endpoints: UnitHeadline | null;
  /** Fewest networks that an indicator's endpoints stand in; null when none showed one. */
  readonly networks: number | null;
}

interface Row extends Omit<SeriesPoint, 'at' | 'networks'> {
  readonly at: Date;
  readonly networks: string | null;
}

/** Every counted survey whose summary is kept, oldest first. Reads only. */
export async function surveySeries(db: Kysely<DB>): Promise<SeriesPoint[]> {
  const { rows } = await sql<Row>`
    select id, method, state, ports, feeds, scope, sample, vantage, coalesce(started_at, created_at) as at, summary->'headline'->'endpoint' as endpoints,
      (select min(networks) from rollup r where r.survey_id = survey.id and r.unit = 'endpoint' and r.dims = '{indicator}' and r.values <> '{neither}') as networks
    from survey where rolled_up_at is not null and summary is not null order by coalesce(started_at, created_at), id
  `.execute(db);
  return rows.map((row) => ({
    ...row,
    at: row.at.toISOString(),
    networks: row.networks === null ? null : Number(row.networks),
  }));
}
