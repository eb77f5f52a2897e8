// C15: the partition of a day is missing. What is observed then falls into the default one, is counted once, and finds its place when the partition is made.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { commitChunk } from '../../services/observations/observation.store.ts';
import { makePartitions, readPartitions } from '../../services/observations/partition.store.ts';
import { withDatabase } from '../support/database.ts';
import { NOW, observation, runningSurvey } from '../support/observations.ts';

test('C15: observations of a day without a partition are kept once, and the next start makes the partition', async (t) => {
  const { database } = await withDatabase(t);
  const { db } = database;
  await runningSurvey(database, 's', 2);
  await sql`drop table observation_20261124`.execute(db);
  const commit = (chunk: number) =>
    commitChunk(database, { surveyId: 's', chunk, vantage: 'v' }, [observation({ port: 1 + chunk })], NOW);
  assert.deepEqual(await Promise.all([commit(0), commit(0)]), [true, false]);
  assert.deepEqual(await readPartitions(db, NOW), { ahead: -1, strays: 1 });
  // As every start of a process and the scheduler's every hour do.
  await makePartitions(db, NOW);
  assert.deepEqual(await readPartitions(db, NOW), { ahead: 7, strays: 0 });
  assert.equal(await commit(1), true);
  const { rows } = await sql<{ place: string; port: number }>`
    select tableoid::regclass::text as place, port from observation where survey_id = 's' order by port`.execute(db);
  assert.deepEqual(rows, [
    { place: 'observation_20261124', port: 1 },
    { place: 'observation_20261124', port: 2 },
  ]);
});
