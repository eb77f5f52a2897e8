// kubecensus report as users run it: what lies in the data directory is stored under the id that its files carry, what lies elsewhere is not.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { recompute } from '../../services/rollups/rollup.store.ts';
import { runCommand } from '../support/command.ts';
import { withDatabase } from '../support/database.ts';
import { NOW, observation, surveyOf } from '../support/observations.ts';

it('stores a report as r-NAME-TIME, without deliveries, and nothing of one that was written elsewhere', async (t) => {
  const { database, url, onEnd } = await withDatabase(t);
  const { db } = database;
  for (const [id, day] of [
    ['first', 0],
    ['second', 1],
  ] as const) {
    const at = new Date(NOW.getTime() + day * 24 * 3600 * 1000);
    await surveyOf(database, id, [observation({ observedAt: at })], at);
    await recompute(db, id, at);
  }
  const home = await mkdtemp(join(tmpdir(), 'kubecensus-cli-reports-'));
  onEnd(() => rm(home, { recursive: true }));
  const environment = { DATABASE_URL: url, KUBECENSUS_DATA_DIR: join(home, 'data') };
  const stored = () => db.selectFrom('report').select(['id', 'name', 'survey_id', 'manifest']).orderBy('id').execute();

  const names = ['headline', 'change'];
  for (const name of names) {
    const made = await runCommand(['report', name], environment);
    assert.equal(made.code, 0, made.stderr);
    assert.match(String(made.rows[0]?.['report']), new RegExp(`^r-${name}-20\\d{6}-\\d{6}$`));
  }
  const rows = await stored();
  assert.deepEqual(
    rows.map((row) => row.name),
    [...names].sort(),
  );
  assert.deepEqual(
    await readdir(join(home, 'data', 'reports')),
    rows.map((row) => row.id),
  );
  for (const { id, name, survey_id, manifest } of rows) {
    assert.ok(id.startsWith(`r-${name}-`), id);
    assert.equal(survey_id, 'second');
    const lying = JSON.parse(await readFile(join(home, 'data', 'reports', id, 'manifest.json'), 'utf8'));
    assert.deepEqual([lying.id, lying.name, lying.survey], [id, name, (manifest as { survey: unknown }).survey]);
  }
  assert.deepEqual(await db.selectFrom('delivery').selectAll().execute(), []);

  const elsewhere = await runCommand(['report', 'headline', '--out', join(home, 'out')], environment);
  assert.equal(elsewhere.code, 0, elsewhere.stderr);
  assert.match(await readFile(join(home, 'out', 'manifest.json'), 'utf8'), /"id": "r-headline-/);
  const refused = await runCommand(['report', 'weather'], environment);
  assert.deepEqual([refused.code, refused.rows], [2, []]);
  assert.equal((await stored()).length, rows.length);
});
