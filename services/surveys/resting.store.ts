// Which targets of an active survey are left out because nothing answered there for days, from the state that their probes left.
import { type Kysely, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import { DOWN_MISSES, isResting } from './endpoint-life.ts';
import type { SurveyTarget } from './survey.ts';

/** Why such a target is left out, in a survey's counts. */
export const RESTING = 'down_waiting';
/** Targets looked up by one statement. */
const AT_ONCE = 10_000;

interface Life {
  readonly nth: number;
  readonly lastSeen: Date;
  readonly lastProbed: Date;
  readonly misses: number;
  readonly named: Date | null;
}

/** Those of the targets that rest at `now`, by the rule of endpoint-life.ts. Reads only. */
export async function restingAmong(
  db: Kysely<DB>,
  targets: readonly SurveyTarget[],
  now: Date,
): Promise<ReadonlySet<SurveyTarget>> {
  const addressed = targets.filter(({ address }) => address !== null);
  const resting = new Set<SurveyTarget>();
  for (let from = 0; from < addressed.length; from += AT_ONCE) {
    const slice = addressed.slice(from, from + AT_ONCE);
    const { rows } = await sql<Life>`
      select t.nth::int as nth, e.last_seen as "lastSeen", e.last_probed as "lastProbed", e.misses,
        (select max(s.last_seen) from sighting s where s.candidate_id = t.candidate) as named
      from rows from (
        unnest(${slice.map(({ address }) => address)}::inet[]), unnest(${slice.map(({ port }) => port)}::int[]),
        unnest(${slice.map(({ candidateId }) => candidateId)}::bigint[])
      ) with ordinality as t (address, port, candidate, nth)
      join endpoint_state e on e.address = t.address and e.port = t.port
      where e.last_seen is not null and e.misses >= ${DOWN_MISSES}
    `.execute(db);
    for (const { nth, lastSeen, lastProbed, misses, named } of rows) {
      const life = { lastSeen: +lastSeen, lastProbed: +lastProbed, misses };
      if (isResting(life, named === null ? null : +named, +now)) resting.add(slice[nth - 1] as SurveyTarget);
    }
  }
  return resting;
}
