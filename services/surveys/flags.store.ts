// Flags of a survey that are facts of Postgres: what stopped itself in it, and what looks wrong about it.
import { type RawBuilder, sql } from 'kysely';

/** Each flag, and what makes it so of survey `s`. docs say what they mean (rollups/counted-survey.ts). */
const FLAGS = {
  scope_blocked_us: sql<boolean>`exists (select from survey_stop f where f.survey_id = s.id)`,
  mass_loss: sql<boolean>`exists (select from survey_trip f where f.survey_id = s.id)`,
  chunk_quarantined: sql<boolean>`exists (select from survey_chunk f where f.survey_id = s.id and f.quarantined_at is not null)`,
  headline_jump: sql<boolean>`s.jump is not null`,
} as const;
export type StoredFlag = keyof typeof FLAGS;

export const STORED_FLAGS = Object.keys(FLAGS) as readonly StoredFlag[];

/** The flags of survey `s` as text[]. */
export const FLAGS_OF: RawBuilder<StoredFlag[]> = sql`array_remove(array[${sql.join(
  Object.entries(FLAGS).map(([flag, holds]) => sql`case when ${holds} then ${sql.lit(flag)} end`),
)}]::text[], null)`;
