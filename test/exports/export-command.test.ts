// kubecensus export as users run it: names of files, increments, refusals, and nothing half after a kill.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { sql } from 'kysely';
import { recompute } from '../../services/rollups/rollup.store.ts';
import { finished, runCommand, startCommand } from '../support/command.ts';
import { withDatabase } from '../support/database.ts';
import { NOW, observation, surveyOf } from '../support/observations.ts';

async function setUp(t: TestContext) {
  const { database, url, onEnd } = await withDatabase(t);
  const home = await mkdtemp(join(tmpdir(), 'kubecensus-export-'));
  onEnd(() => rm(home, { recursive: true }));
  await surveyOf(database, 's', [observation()]);
  await database.db.updateTable('survey').set({ state: 'complete', finished_at: NOW }).execute();
  await recompute(database.db, 's', NOW);
  const environment = { DATABASE_URL: url, KUBECENSUS_DATA_DIR: join(home, 'data'), KUBECENSUS_LOG_LEVEL: 'error' };
  return { database, home, environment, run: (...args: string[]) => runCommand(['export', ...args], environment) };
}

it('names the file itself in a directory, takes increments, and refuses what makes no sense', async (t) => {
  const { home, run } = await setUp(t);
  const [parquet, shadowserver, increment, late, candidates] = await Promise.all([
    run('observations', '--format', 'parquet', '--out', home),
    run('observations', '--format', 'shadowserver', '--out', home),
    run('observations', '--since', '2026-11-24', '--out', home),
    run('observations', '--since', '2026-11-24T13:00:00+01:00', '--format', 'ndjson'),
    run('candidates', '--out', join(home, 'c.csv')),
  ]);
  for (const { code, stderr } of [parquet, shadowserver, increment, late, candidates]) assert.equal(code, 0, stderr);
  const names = [
    '2026-11-24-scan_kubernetes-s.csv',
    'observations-s.parquet',
    'observations-since-20261124T000000.csv',
  ];
  assert.deepEqual(
    (await readdir(home)).filter((name) => name !== 'data' && !name.startsWith('c.csv')).sort(),
    names.flatMap((name) => [name, `${name}.manifest.json`]),
  );
  assert.equal(late.stdout, '', '12:00 UTC is not later than itself');
  const manifest = JSON.parse(await readFile(join(home, `${names[2]}.manifest.json`), 'utf8'));
  assert.deepEqual(
    [manifest.since, manifest.rows, manifest.unit, manifest.survey],
    ['2026-11-24T00:00:00.000Z', 1, 'observations', null],
  );
  assert.equal(
    typeof JSON.parse(await readFile(join(home, 'c.csv.manifest.json'), 'utf8')).policy.neverProbeDate,
    'string',
  );
  const refusals = await Promise.all([
    run('observations', '--since', 'yesterday'),
    run('observations', '--since', '2026-11-24T12:00:00'),
    run('rollups', '--since', '2026-11-24'),
    run('candidates', '--survey', 's'),
    run('candidates', '--format', 'shadowserver'),
  ]);
  for (const { code, stdout, stderr } of refusals) {
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /^KC_USAGE: /);
  }
});

it('leaves no file and no manifest when it is killed, and the next run writes both', async (t) => {
  const { database, home, environment, run } = await setUp(t);
  await sql`insert into observation select o.* from (select * from observation) o cross join generate_series(2, 200000)`.execute(
    database.db,
  );
  const out = join(home, 'o.csv');
  const child = startCommand(['export', 'observations', '--out', out], environment);
  const ended = finished(child);
  const seen = async (): Promise<string[]> => (await readdir(home)).filter((name) => name.startsWith('o.csv'));
  while ((await seen()).length === 0 && child.exitCode === null) await wait(2);
  const [begun] = await seen();
  assert.match(begun ?? '', /^o\.csv\.[0-9a-f]{8}\.partial$/, 'it was killed while it wrote');
  child.kill('SIGKILL');
  await Promise.all([ended, child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null]);
  assert.deepEqual(await seen(), [begun]);
  const again = await run('observations', '--out', out);
  assert.equal(again.code, 0, again.stderr);
  assert.deepEqual((await seen()).sort(), [begun, 'o.csv', 'o.csv.manifest.json'].sort());
  assert.equal(JSON.parse(await readFile(`${out}.manifest.json`, 'utf8')).rows, 200_000);
});
