// Keeps with a survey whether its headline jumped against the last survey that was made alike.
import { type Kysely, sql } from 'kysely';
import { storableJson } from '../platform/db/json.ts';
import type { DB } from '../platform/db/schema.ts';
import { type HeadlineJump, jumpOf } from './headline-jump.ts';
import { surveySummary } from './summary.store.ts';

/**
 * Compares a complete, counted survey with the last complete one before it that had the same method, ports, feeds, scope, sample and vantages, and in which
 * nothing stopped itself; keeps the jump, or that there is none. Idempotent.
 */
export async function keepJump(db: Kysely<DB>, surveyId: string): Promise<HeadlineJump | null> {
  const before = await lastAlike(db, surveyId);
  const found =
    before === null
      ? null
      : jumpOf(
          (await surveySummary(db, before)).headline.endpoint.all,
          (await surveySummary(db, surveyId)).headline.endpoint.all,
        );
  const jump = found === null || before === null ? null : { before, ...found };
  await db
    .updateTable('survey')
    .set({ jump: jump === null ? null : storableJson(jump) })
    .where('id', '=', surveyId)
    .execute();
  return jump;
}

/** Choices of a plan beside the columns: two surveys are alike only when they agree in these, too. */
const CHOICES = ['portsOnly', 'firstPass', 'clientCas'] as const;

async function lastAlike(db: Kysely<DB>, surveyId: string): Promise<string | null> {
  const isSameSet = (column: string) =>
    sql`p.${sql.ref(column)} @> s.${sql.ref(column)} and p.${sql.ref(column)} <@ s.${sql.ref(column)}`;
  const choice = (survey: 'p' | 's', name: string) => sql`coalesce(${sql.ref(survey)}.manifest->'plan'->>${name}, '')`;
  const { rows } = await sql<{ id: string }>`
    select p.id from survey s join survey p on p.method = s.method and p.vantage = s.vantage and p.sample is not distinct from s.sample
      and ${sql.join(['ports', 'feeds', 'scope', 'vantages'].map(isSameSet), sql` and `)}
      and ${sql.join(
        CHOICES.map((name) => sql`${choice('p', name)} = ${choice('s', name)}`),
        sql` and `,
      )}
    where s.id = ${surveyId} and s.state = 'complete' and p.state = 'complete' and p.rolled_up_at is not null and p.summary is not null
      and (p.created_at, p.id) < (s.created_at, s.id)
      and not exists (select from survey_trip t where t.survey_id = p.id)
      and not exists (select from survey_chunk c where c.survey_id = p.id and c.quarantined_at is not null)
    order by p.created_at desc, p.id desc limit 1`.execute(db);
  return rows[0]?.id ?? null;
}
