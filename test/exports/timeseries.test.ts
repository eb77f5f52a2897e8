// Counts over time: what a hand counts in three surveys, point-in-time and rolling apart, with what makes them less than they seem.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sql } from 'kysely';
import type { Database } from '../../services/platform/db/database.ts';
import { recompute } from '../../services/rollups/rollup.store.ts';
import { withDatabase } from '../support/database.ts';
import { type Changes, NOW, observation, silence, surveyOf } from '../support/observations.ts';
import { exportBytes } from './export-bytes.ts';

interface Point {
  readonly survey: string;
  readonly series: string;
  readonly window_from: string;
  readonly window_to: string;
  readonly window_hours: number;
  readonly indicator: string;
  readonly component: string;
  readonly unit: string;
  readonly count: number;
  readonly flags: string[];
}

const day = (n: number): Date => new Date(NOW.getTime() + n * 86_400_000);

async function survey(database: Database, id: string, at: Date, seen: readonly Changes[]): Promise<void> {
  await surveyOf(
    database,
    id,
    seen.map((changes) => observation({ observedAt: at, ...changes })),
    at,
  );
  await database.db.updateTable('survey').set({ state: 'complete', finished_at: at }).where('id', '=', id).execute();
  await recompute(database.db, id, at);
}

const host = (n: number, changes: Changes = {}): Changes => ({ host: `8.0.0.${n}`, address: `8.0.0.${n}`, ...changes });
const nameOnly: Changes = { verdict: { indicators: { certificateName: true, versionEndpoint: false } } };

async function points(database: Database, since: Date | null = null): Promise<Point[]> {
  const { bytes } = await exportBytes(database, { dataset: 'timeseries', format: 'ndjson', since });
  return bytes
    .toString()
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Point);
}

const counts = (all: readonly Point[], which: Partial<Point>): (string | number)[][] =>
  all
    .filter((point) => Object.entries(which).every(([key, value]) => point[key as keyof Point] === value))
    .map((point) => [point.survey, point.window_hours, point.count, point.flags.join()]);

it('counts what each survey saw, and what was seen at least once in 7 and in 30 days', async (t) => {
  const { database } = await withDatabase(t);
  await survey(database, 'a', day(-9), [host(1), host(2), host(3, { ...nameOnly }), host(4, silence)]);
  await survey(database, 'b', day(-3), [host(1), host(5), host(5, { port: 443 })]);
  await survey(database, 'c', day(0), [
    host(1),
    host(6, { verdict: { component: 'kubelet' } }),
    host(7, { verdict: { component: 'other' } }),
  ]);
  const all = await points(database);
  const total = { indicator: 'any', component: 'any', unit: 'endpoint' } as const;
  assert.deepEqual(counts(all, { ...total, series: 'point-in-time' }), [
    ['a', 0, 3, ''],
    ['b', 0, 3, ''],
    ['c', 0, 2, ''],
  ]);
  assert.deepEqual(counts(all, { ...total, series: 'rolling' }), [
    ['a', 720, 3, 'short_window'],
    ['a', 168, 3, 'short_window'],
    ['b', 720, 5, 'short_window'],
    ['b', 168, 5, 'short_window'],
    ['c', 720, 6, 'short_window'],
    ['c', 168, 4, ''],
  ]);
  const rolling = { series: 'rolling', survey: 'c', window_hours: 168 } as const;
  assert.deepEqual(counts(all, { ...rolling, ...total, unit: 'host' }), [['c', 168, 3, '']]);
  assert.deepEqual(counts(all, { ...rolling, indicator: 'any', component: 'kubelet', unit: 'endpoint' }), [
    ['c', 168, 1, ''],
  ]);
  assert.deepEqual(
    counts(all, { survey: 'a', series: 'point-in-time', component: 'any', indicator: 'both', unit: 'host' }),
    [['a', 0, 2, '']],
  );
  assert.deepEqual(
    counts(all, {
      survey: 'a',
      series: 'point-in-time',
      component: 'kube-apiserver',
      indicator: 'certificate-name',
      unit: 'endpoint',
    }),
    [['a', 0, 1, '']],
  );
  assert.ok(
    all.every((point) => point.component !== ''),
    'silence is no component',
  );
});

it('says of what its counts lack', async (t) => {
  const { database } = await withDatabase(t);
  await sql`insert into feed_run (feed, kind, query, state, code_version, started_at) values ('f', 'sightings', 'q', 'partial', 'x', ${day(-20)})`.execute(
    database.db,
  );
  await survey(database, 's', day(0), [host(1, { observedAt: day(-2) }), host(2)]);
  await database.db.updateTable('survey').set({ state: 'stopped', sample: 0.5 }).execute();
  const [point] = (await points(database)).filter(({ series }) => series === 'point-in-time');
  assert.deepEqual(point?.flags, ['partial_run', 'sampled', 'feed_partial', 'long_window']);
  assert.deepEqual([point?.window_hours, point?.window_from], [48, day(-2).toISOString()]);
});

it('withholds a rolling count over days whose observations are gone', async (t) => {
  const { database } = await withDatabase(t);
  await survey(database, 'a', day(-9), [host(1)]);
  await survey(database, 'b', day(0), [host(2)]);
  await sql`delete from observation where survey_id = 'a'`.execute(database.db);
  const all = await points(database);
  assert.deepEqual(counts(all, { series: 'rolling', indicator: 'any', component: 'any', unit: 'endpoint' }), [
    ['b', 168, 1, ''],
  ]);
  assert.equal(counts(all, { survey: 'a', series: 'point-in-time', indicator: 'any', component: 'any' }).length, 1);
});

it('gives the surveys that were counted later as an increment', async (t) => {
  const { database } = await withDatabase(t);
  await survey(database, 'a', day(-9), [host(1)]);
  await survey(database, 'b', day(0), [host(2)]);
  assert.deepEqual([...new Set((await points(database, day(-1))).map((point) => point.survey))], ['b']);
});
