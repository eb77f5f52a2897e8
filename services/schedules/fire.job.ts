// Runs one claimed fire: a feed, a survey, or a report with its deliveries.
import type { Kysely } from 'kysely';
import type { Clock } from '../platform/clock.ts';
import type { DB } from '../platform/db/schema.ts';
import type { Log } from '../platform/log.ts';
import { isPartialManifest } from '../reports/delivery/delivery.ts';
import { storeReport } from './delivery.store.ts';
import { finishFire } from './schedule.store.ts';
import type { Fire, ReportSpec } from './schedule.ts';

export interface FireContext {
  readonly db: Kysely<DB>;
  readonly now: Clock;
  readonly log: Log;
  /** Puts the pull of a declared feed into the queue. */
  readonly startFeed: (feed: string) => Promise<void>;
  /** Creates a survey of the configured scope, if there is none of this id; the scheduler issues it. */
  readonly startSurvey: (id: string, feeds: readonly string[]) => Promise<void>;
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
      await context.startSurvey(fireId('s', fire), spec.feeds);
      return null;
    case 'report': {
      const id = fireId('r', fire);
      const made = await context.writeReport(id, spec);
      const held = isPartialManifest(made.manifest) && spec.evenPartial !== true;
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
