// Ends a survey whose chunks are all committed and counts it.
import type { Kysely } from 'kysely';
import type { Clock } from '../platform/clock.ts';
import type { DB } from '../platform/db/schema.ts';
import { forgetWatch } from '../surveys/brake.store.ts';
import { completeSurvey, needsRollup } from '../surveys/survey.store.ts';
import { keepJump } from './headline-jump.store.ts';
import { recompute } from './rollup.store.ts';
import { keepSummary } from './summary.store.ts';
import { keepPublicCells } from './suppress.store.ts';

export interface RollUpContext {
  readonly db: Kysely<DB>;
  readonly now: Clock;
  /** Networks that a published cell stands for: what may be published is judged with the counting. Absent: when somebody asks. */
  readonly publicNetworks?: number;
}

/** Completes and counts the survey when it is done; false while chunks are open. Idempotent: a crash between the two is mended by the next call. */
export async function rollUp(surveyId: string, context: RollUpContext): Promise<boolean> {
  await completeSurvey(context.db, surveyId, context.now());
  if (!(await needsRollup(context.db, surveyId))) return false;
  await recompute(context.db, surveyId, context.now());
  await keepSummary(context.db, surveyId);
  if (context.publicNetworks !== undefined) await keepPublicCells(context.db, surveyId, context.publicNetworks);
  await keepJump(context.db, surveyId);
  await forgetWatch(context.db, surveyId);
  return true;
}
