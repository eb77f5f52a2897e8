// The restore drill: a dump of a database with surveys gives the same rows and the same counts, and a difference is found.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { drill } from '../../scripts/restore-drill.ts';
import { rollUp } from '../../services/rollups/rollup.job.ts';
import { withDatabase } from '../support/database.ts';
import { leaf, NOW, observation, surveyOf } from '../support/observations.ts';

/** pg_dump refuses servers that are newer than itself. */
const major = Number(/(\d+)/.exec(spawnSync('pg_dump', ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1] ?? 0);

test('what is restored is what was dumped', async (t) => {
  const { database, url } = await withDatabase(t);
  const server = Math.floor(database.serverVersion / 10_000);
  if (major < server)
    return t.skip(
      `the server is PostgreSQL ${server}, and pg_dump ${major === 0 ? 'is not installed' : `is ${major}`}`,
    );
  const context = { db: database.db, now: () => NOW };
  await surveyOf(database, 's', [
    observation({ certificate: leaf() }),
    observation({ host: '8.0.0.2', address: '8.0.0.2' }),
  ]);
  await rollUp('s', context);
  const sound = await drill(url, null);
  assert.ok(sound.tables.length > 20);
  assert.deepEqual(
    sound.tables.filter(({ same }) => !same),
    [],
  );
  assert.equal(sound.tables.find(({ table }) => table === 'observation')?.rows, 2, 'partitions are in it');
  assert.deepEqual([sound.migrated, sound.recounted], [true, true]);

  // Counts that are not those of the observations are found in the copy.
  await database.pool.query("update rollup set count = 7 where dims = '{component}' and unit = 'endpoint'");
  assert.equal((await drill(url, null)).recounted, false);
  const left = await database.pool.query("select 1 from pg_database where datname like 'kubecensus_drill_%'");
  assert.equal(left.rowCount, 0, 'the copy is dropped');
});
