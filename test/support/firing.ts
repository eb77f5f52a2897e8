// One schedule of one report on a small survey: fires it, delivers what is due, and says what became of it. Real database, real files, real means.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { sql } from 'kysely';
import { loadConfig } from '../../services/config.ts';
import { createDeliveries } from '../../services/deliveries.ts';
import { nextFire } from '../../services/platform/cron.ts';
import type { Database } from '../../services/platform/db/database.ts';
import type { Means } from '../../services/reports/delivery/delivery.ts';
import { makeReport } from '../../services/reports/report.job.ts';
import { recompute } from '../../services/rollups/rollup.store.ts';
import { deliverDue } from '../../services/schedules/deliver.job.ts';
import { type DeliveryRow, listDeliveries } from '../../services/schedules/delivery-history.store.ts';
import { type FireContext, runFire } from '../../services/schedules/fire.job.ts';
import { reportRequest } from '../../services/schedules/report-request.ts';
import { addSchedule, claimDue, requireSchedule, type ScheduleRow } from '../../services/schedules/schedule.store.ts';
import type { ScheduleSpec } from '../../services/schedules/schedule.ts';
import { silentLog, withDatabase } from './database.ts';
import { type Changes, observation, surveyOf } from './observations.ts';

export const NOW = new Date('2026-11-24T12:00:00.000Z');
export const later = (minutes: number): Date => new Date(NOW.getTime() + minutes * 60_000);
export const HOURLY = '0 * * * *';
export const HEADLINE: ScheduleSpec = { kind: 'report', report: 'headline' };
/** The id of the report that a fire of the schedule `daily` makes at NOW. */
export const REPORT_ID = 'r-daily-20261124-120000';

export async function add(
  { db }: Database,
  name: string,
  changes: { spec?: ScheduleSpec; nextDueAt?: Date; destinations?: readonly string[] } = {},
): Promise<void> {
  const schedule = { name, spec: HEADLINE, cron: HOURLY, destinations: [], nextDueAt: NOW, ...changes };
  await addSchedule(db, schedule, later(-600));
}

export interface Firing {
  readonly database: Database;
  /** The database's connection string. */
  readonly url: string;
  readonly context: FireContext;
  readonly directory: string;
  readonly dataDir: string;
  readonly started: string[];
  /** Claims what is due now and runs it; why it failed, or null. */
  fire(now?: Date): Promise<string | null>;
  /** Delivers what is due at `now`; retries come without jitter. */
  deliver(now: Date): Promise<void>;
  schedule(): Promise<ScheduleRow>;
  /** The deliveries of the schedule with their attempts, by destination. */
  deliveries(): Promise<DeliveryRow[]>;
}

export interface FiringOptions {
  readonly spec?: ScheduleSpec;
  /** Settings and secrets, as the environment has them. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Changes what the environment says of the means. */
  readonly means?: (means: Means) => Means;
  readonly surveyState?: 'complete' | 'stopped';
  readonly observations?: readonly Changes[];
}

/** A schedule named `daily` that is due at NOW. */
export async function firing(
  t: TestContext,
  destinations: (directory: string) => readonly string[],
  options: FiringOptions = {},
): Promise<Firing> {
  const { database, url, onEnd } = await withDatabase(t);
  const { db } = database;
  const directory = await mkdtemp(join(tmpdir(), 'kubecensus-schedules-'));
  onEnd(() => rm(directory, { recursive: true }));
  const observations = options.observations ?? [{}, { port: 443 }];
  await surveyOf(
    database,
    's',
    observations.map((changes) => observation(changes)),
  );
  await sql`update survey set state = ${options.surveyState ?? 'complete'}, finished_at = created_at`.execute(db);
  await recompute(db, 's', NOW);
  await add(database, 'daily', { spec: options.spec ?? HEADLINE, destinations: destinations(directory) });
  const started: string[] = [];
  const geo = async () => ({ sources: [], lookup: () => ({ country: null, asn: null, organisation: null }) });
  const dataDir = join(directory, 'data');
  const means = createDeliveries(loadConfig(options.environment ?? {}, null), 'kubecensus/test');
  onEnd(() => means.close());
  const deliveries = options.means === undefined ? means : options.means(means);
  const context: FireContext = {
    db,
    now: () => NOW,
    log: silentLog,
    writeReport: (id, spec) =>
      makeReport(reportRequest(id, spec), { db, now: () => NOW, codeVersion: 'test', dataDir, geo }),
    startFeed: async (feed) => void started.push(`feed ${feed}`),
    startSurvey: async (id, { feeds }) => void started.push(`survey ${id} ${feeds}`),
  };
  return {
    database,
    url,
    context,
    directory,
    dataDir,
    started,
    fire: async (now = NOW) => {
      const [fire] = await claimDue(db, now, nextFire);
      assert.ok(fire !== undefined, 'a fire is due');
      return runFire(fire, context);
    },
    deliver: (now) => deliverDue({ ...context, dataDir, now: () => now, random: () => 0, deliveries }),
    schedule: () => requireSchedule(db, 'daily'),
    deliveries: async () => listDeliveries(db, (await requireSchedule(db, 'daily')).id, 100),
  };
}
