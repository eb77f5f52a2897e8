// Increments: what is newer by the time of its commit, nothing twice that is not, and a plain no where there are none.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sql } from 'kysely';
import type { Dataset } from '../../services/exports/column.ts';
import { DATASETS, type DatasetName } from '../../services/exports/columns.ts';
import type { Database } from '../../services/platform/db/database.ts';
import { recompute } from '../../services/rollups/rollup.store.ts';
import { withDatabase } from '../support/database.ts';
import { NOW, observation, surveyOf } from '../support/observations.ts';
import { exportBytes } from './export-bytes.ts';

const hours = (n: number): Date => new Date(NOW.getTime() + n * 3_600_000);

async function lines(database: Database, dataset: DatasetName, since: Date, surveyId: string | null = null) {
  const { bytes } = await exportBytes(database, { dataset, format: 'ndjson', since, surveyId });
  return bytes
    .toString()
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

it('observations: what was committed later, of one survey or of all, whatever time they were made at', async (t) => {
  const { database } = await withDatabase(t);
  await surveyOf(database, 'a', [observation({ port: 1 })], hours(0));
  await surveyOf(database, 'b', [observation({ port: 2, observedAt: hours(-9) })], hours(2));
  await surveyOf(database, 'c', [observation({ port: 2 })], hours(3));
  const of = async (since: Date, survey: string | null = null) =>
    (await lines(database, 'observations', since, survey)).map((row) => [row['survey'], row['port']]);
  assert.deepEqual(await of(hours(1)), [
    ['b', 2],
    ['c', 2],
  ]);
  assert.deepEqual(await of(hours(2)), [['c', 2]], 'the very time is not later');
  assert.deepEqual(await of(hours(-1), 'a'), [['a', 1]]);
  assert.deepEqual(await of(hours(1), 'a'), []);
});

it('candidates, feeds and tallies: what a run brought that ended later or still runs', async (t) => {
  const { database } = await withDatabase(t);
  const { db } = database;
  for (const [name, end] of [
    ['old', hours(0)],
    ['new', hours(2)],
    ['running', null],
  ] as const) {
    await sql`with r as (insert into feed_run (feed, kind, query, code_version, started_at, finished_at) values (${name}, 'sightings', 'q', 'x', ${hours(-5)}, ${end}) returning id),
      c as (insert into candidate (key, kind, host, first_seen, last_seen) values (${name}, 'name', ${name}, ${hours(-99)}, ${hours(-99)}) returning id),
      t as (insert into tally (feed, run_id, observed_at, query, field, unit, total) select ${name}, id, ${hours(-99)}::timestamptz, 'q', 'f', 'hosts', 1 from r returning id),
      b as (insert into tally_bucket select id, 'v1', 1, 'vanilla', null, 'unknown' from t)
      insert into sighting (feed, candidate_id, first_seen, last_seen, first_run, last_run)
      select ${name}, c.id, ${hours(-99)}::timestamptz, ${hours(-99)}::timestamptz, r.id, r.id from c, r`.execute(db);
  }
  const names = async (dataset: DatasetName, column: string) =>
    (await lines(database, dataset, hours(1))).map((row) => row[column]).sort();
  assert.deepEqual(await names('candidates', 'host'), ['new', 'running']);
  assert.deepEqual(await names('feeds', 'feed'), ['new', 'running']);
  assert.deepEqual(await names('tallies', 'feed'), ['new', 'running']);
});

it('endpoints: what was probed later', async (t) => {
  const { database } = await withDatabase(t);
  await surveyOf(database, 'a', [observation({ port: 1, observedAt: hours(0) })], hours(0));
  await surveyOf(database, 'b', [observation({ port: 2, observedAt: hours(2) })], hours(2));
  assert.deepEqual(
    (await lines(database, 'endpoints', hours(1))).map((row) => row['port']),
    [2],
  );
});

it('every dataset has increments or says why not, and the refusal says it again', async (t) => {
  const { database } = await withDatabase(t);
  await surveyOf(database, 's', [observation()]);
  await recompute(database.db, 's', NOW);
  for (const [name, { since, perSurvey }] of Object.entries(DATASETS) as [DatasetName, Dataset][]) {
    const asked = lines(database, name, hours(-1), perSurvey ? 's' : null);
    if ('sql' in since) assert.ok(Array.isArray(await asked), name);
    else await assert.rejects(asked, { code: 'KC_USAGE', message: new RegExp(since.refused) }, name);
  }
});

it('a dataset that is of no survey refuses one, and a time is never read as SQL', async (t) => {
  const { database } = await withDatabase(t);
  await assert.rejects(exportBytes(database, { dataset: 'candidates', format: 'csv', surveyId: 's' }), {
    code: 'KC_USAGE',
  });
  await assert.rejects(exportBytes(database, { dataset: 'candidates', format: 'shadowserver' }), { code: 'KC_USAGE' });
});
