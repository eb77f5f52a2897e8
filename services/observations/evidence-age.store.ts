// How old the evidence of a passive survey is: an observation bears the feed's own time where the feed states one, else that of the pull.
import { type Kysely, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';

export interface EvidenceAge {
  readonly oldest: Date;
  readonly median: Date;
  readonly newest: Date;
}

/** Times of what a survey judged, or null when it judged nothing. The median is the lower one of an even number. */
export async function evidenceAge(db: Kysely<DB>, surveyId: string): Promise<EvidenceAge | null> {
  const { rows } = await sql<{ oldest: Date | null; median: Date | null; newest: Date | null }>`
    select min(observed_at) as oldest, percentile_disc(0.5) within group (order by observed_at) as median, max(observed_at) as newest
    from observation where survey_id = ${surveyId} and evidence_feed is not null
  `.execute(db);
  const [row] = rows;
  if (row === undefined || row.oldest === null || row.median === null || row.newest === null) return null;
  return { oldest: row.oldest, median: row.median, newest: row.newest };
}
