// Evidence that came with sightings, as a passive survey needs it.
import { type Kysely, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';

export interface EvidenceRow {
  readonly id: number;
  readonly key: string;
  readonly kind: 'address' | 'name';
  readonly host: string;
  readonly port: number | null;
  readonly address: string | null;
  readonly feed: string;
  readonly observedAt: Date;
  /** Whether the feed stated that time; else it is that of the run which brought the evidence. */
  readonly isDated: boolean;
}

/** Evidence that came with sightings of the named feeds (all when none), newest per endpoint first; page by page. */
export async function* evidenceOf(db: Kysely<DB>, feeds: readonly string[]): AsyncIterable<EvidenceRow[]> {
  for (let after = 0; ; ) {
    const page = await sql<EvidenceRow>`
      select c.id, c.key, c.kind, c.host, coalesce(c.port, substring(e.body->'endpoint'->>'port' from '^[1-9][0-9]{0,4}$')::int) as port,
        nullif(e.body->'endpoint'->>'address', '') as address, e.feed, e.observed_at as "observedAt", e.body ? 'observedAt' as "isDated"
      from candidate c join sighting_evidence e on e.candidate_id = c.id
      where (${feeds.length === 0} or e.feed = any(${feeds}::text[])) and c.id in (
        select candidate_id from sighting_evidence
        where candidate_id > ${after} and (${feeds.length === 0} or feed = any(${feeds}::text[])) group by 1 order by 1 limit 5000)
      order by c.id, e.observed_at desc, e.feed
    `.execute(db);
    const last = page.rows.at(-1);
    if (last === undefined) return;
    yield page.rows;
    after = last.id;
  }
}

/** Stored evidence by candidate and feed, keyed "feed id". */
export async function evidenceBodies(
  db: Kysely<DB>,
  wanted: readonly { candidateId: number; feed: string }[],
): Promise<Map<string, { body: unknown; observedAt: Date }>> {
  const rows = await sql<{ id: number; feed: string; body: unknown; observed_at: Date }>`
    select t.id, t.feed, e.body, e.observed_at
    from unnest(${wanted.map((item) => item.candidateId)}::bigint[], ${wanted.map((item) => item.feed)}::text[]) as t (id, feed)
    join sighting_evidence e on e.candidate_id = t.id and e.feed = t.feed
  `.execute(db);
  return new Map(rows.rows.map((row) => [`${row.feed} ${row.id}`, { body: row.body, observedAt: row.observed_at }]));
}
