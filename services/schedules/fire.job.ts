// Runs one claimed fire: a feed, a survey, or a report with its deliveries.
import type { Kysely } from 'kysely';
import type { Clock } from '../platform/clock.ts';
import type { DB } from '../platform/db/schema.ts';
import type { Log } from '../platform/log.ts';
import { hasJumpedManifest, isPartialManifest } from '../reports/delivery/delivery.ts';
import { type HeldReason, storeReport } from './delivery.store.ts';
import { finishFire } from './schedule.store.ts';
import type { Fire, ReportSpec, SurveySpec } from './schedule.ts';

export interface FireContext {
  readonly db: Kysely<DB>;
  readonly now: Clock;
  readonly log: Log;
  /** Puts the pull of a declared feed into the queue. */
  readonly startFeed: (feed: string) => Promise<void>;
  /** Creates a survey of the configured scope, if there is none of this id; the scheduler issues it. */
  readonly startSurvey: (id: string, spec: SurveySpec) => Promise<void>;
  /** Writes a report on the newest counted survey below the data directory, under this id. */
  readonly writeReport: (
    id: string,
    spec: ReportSpec,
  ) => Promise<{ surveyId: string; manifest: Readonly<Record<string, unknown>> }>;
}

/** What is made by a fire has an id of the fire, so that a fire that is run again after a crash makes the same thing. */
export function fireId(prefix: string, { schedule, fireAt }: Fire): string {
  return `${prefix}-${schedule.name}-${fireAt.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')}`;
}

/** Runs a fire and records how it ended: null, or why it failed (also stored with the fire and shown by `schedule list`). Never throws. */
export async function runFire(fire: Fire, context: FireContext): Promise<string | null> {
  try {
    const reportId = await start(fire, context);
    await finishFire(context.db, fire, context.now(), { failure: null, reportId });
    return null;
  } catch (error) {
    context.log.error({ err: error, schedule: fire.schedule.name }, 'a schedule failed');
    const failure = (error as Error).message;
    await finishFire(context.db, fire, context.now(), { failure, reportId: null });
    return failure;
  }
}

async function start(fire: Fire, context: FireContext): Promise<string | null> {
  const { spec, id: scheduleId, destinations } = fire.schedule;
  switch (spec.kind) {
    case 'feed':
      await context.startFeed(spec.feed);
      return null;
    case 'survey':
      await context.startSurvey(fireId('s', fire), spec);
      return null;
    case 'report': {
      const id = fireId('r', fire);
      const made = await context.writeReport(id, spec);
      const held = heldReason(made.manifest, spec);
      await storeReport(
        context.db,
        { id, name: spec.report, surveyId: made.surveyId, manifest: made.manifest },
        { scheduleId, destinations, held },
        context.now(),
      );
      return id;
    }
  }
}

/** A subscriber may want what is partial; a headline that jumped is looked at by a person first, whoever is subscribed. */
function heldReason(manifest: Readonly<Record<string, unknown>>, spec: ReportSpec): HeldReason | null {
  if (hasJumpedManifest(manifest)) return 'jump';
  return isPartialManifest(manifest) && spec.evenPartial !== true ? 'partial' : null;
}
