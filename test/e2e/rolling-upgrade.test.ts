// A rolling upgrade with real processes: workers of this release go on while a newer one migrates and schedules, and leave when it ends their time; words of a newer release are shown as they are.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { startLab } from '../../services/lab/process.ts';
import { OUTCOME_NAMES } from '../../services/probes/outcome.ts';
import { REPORTS } from '../../services/reports/index.ts';
import { makeReport } from '../../services/reports/report.job.ts';
import { rollUp } from '../../services/rollups/rollup.job.ts';
import { stats } from '../../services/rollups/stats.store.ts';
import { until } from '../platform/until.ts';
import { startApi } from '../support/api.ts';
import { runCommand, startCommand } from '../support/command.ts';
import { withDatabase } from '../support/database.ts';
import { countedSurvey } from '../support/lab-census.ts';
import { labEnvironment } from '../support/lab-environment.ts';
import { NOW, observation, surveyOf } from '../support/observations.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What a later release may add without disturbing this one. */
const EXPANDING = `import { sql } from 'kysely';
export const expandsOnly = true;
export async function up(db) {
  await sql\`alter table observation add column later text not null default 'x'\`.execute(db);
  await sql\`alter table survey_target add column later jsonb\`.execute(db);
  await sql\`alter table survey_chunk add column later integer not null default 7\`.execute(db);
  await sql\`alter table survey add column later text[] not null default '{}'\`.execute(db);
  await sql\`alter table candidate add column later timestamptz\`.execute(db);
  await sql\`create table later (id text primary key)\`.execute(db);
}
`;
/** What it adds once nobody of this release is left. */
const CONTRACTING = `import { sql } from 'kysely';
export const expandsOnly = false;
export async function up(db) { await sql\`drop table later\`.execute(db); }
`;

/** A copy of the project that has these migrations, too; its command line. */
async function newerRelease(directory: string, migrations: Readonly<Record<string, string>>): Promise<string> {
  for (const name of ['services', 'scripts', 'migrations', 'package.json'])
    await cp(join(ROOT, name), join(directory, name), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  for (const [name, text] of Object.entries(migrations)) await writeFile(join(directory, 'migrations', name), text);
  return join(directory, 'services/cli.ts');
}

test('old workers on a new schema finish what a new scheduler gives them, with equal counts', async (t) => {
  const { database, url, onEnd } = await withDatabase(t);
  const { db } = database;
  const lab = await startLab({ seed: 'upgrade-test', hosts: 60, now: new Date() });
  onEnd(() => lab.close());
  const home = await mkdtemp(join(tmpdir(), 'kubecensus-upgrade-'));
  onEnd(() => rm(home, { recursive: true, force: true }));
  const environment = labEnvironment(url, home);
  const list = join(home, 'hosts.txt');
  await writeFile(list, lab.listFile.join('\n'));
  const imported = await runCommand(['import', list, '--format', 'list'], environment);
  assert.equal(imported.code, 0, imported.stderr);

  const started: ChildProcess[] = [];
  const start = (role: string, cli?: string): ChildProcess => {
    const child = startCommand(['start', '--role', role], environment, cli);
    for (const stream of [child.stdout, child.stderr]) stream?.resume();
    started.push(child);
    return child;
  };
  const stop = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'close');
  };
  onEnd(() => Promise.all(started.map(stop)));
  const survey = async (cli?: string): Promise<{ id: string; counts: unknown }> => {
    const begun = await runCommand(['survey', '--all-ports', '--detach'], environment, cli);
    assert.equal(begun.code, 0, begun.stderr);
    const id = begun.rows[0]?.['survey'] as string;
    await countedSurvey({ db }, id);
    const stats = await runCommand(['stats', '--survey', id, '--by', 'outcome,component,grade,version'], environment);
    assert.ok(stats.rows.length > 5, stats.stderr);
    return { id, counts: stats.rows };
  };

  const newer = await newerRelease(join(home, 'newer'), { '9001-later.ts': EXPANDING });
  const oldWorker = start('worker');
  await until(
    'the old worker to live',
    async () => (await db.selectFrom('worker').select('id').execute()).length === 1,
  );

  const migrated = await runCommand(['migrate'], environment, newer);
  assert.equal(migrated.code, 0, migrated.stderr);
  const newScheduler = start('scheduler', newer);
  const { id, counts } = await survey(newer);
  const { rows: later } = await sql<{
    later: string;
  }>`select distinct later from observation where survey_id = ${id}`.execute(db);
  assert.deepEqual(later, [{ later: 'x' }], 'the old worker stored them on the new schema');

  // An old one may be started again meanwhile, too: a machine restarts.
  await stop(oldWorker);
  const again = start('worker');
  assert.deepEqual((await survey()).counts, counts);
  const doctor = await runCommand(['doctor'], environment);
  assert.match(
    String(doctor.rows.find(({ check }) => check === 'schema')?.['found']),
    /newer release and serves this one/,
  );

  await stop(again);
  start('worker', newer);
  assert.deepEqual((await survey(newer)).counts, counts);
  await stop(newScheduler);

  const newest = await newerRelease(join(home, 'newest'), { '9001-later.ts': EXPANDING, '9002-less.ts': CONTRACTING });
  assert.equal((await runCommand(['migrate'], environment, newest)).code, 0);
  const refused = await runCommand(['start', '--role', 'worker'], environment);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /KC_MIGRATION.*9001-later, 9002-less: this one is too old for the schema/);
});

test('every migration says whether releases before it may go on', async () => {
  const names = (await readdir(join(ROOT, 'migrations'))).filter((name) => name >= '0014').sort();
  const silent: string[] = [];
  for (const name of names)
    if (!/^export const expandsOnly = (true|false);$/m.test(await readFile(join(ROOT, 'migrations', name), 'utf8')))
      silent.push(name);
  assert.deepEqual(silent, []);
});

/** Words that no list of this release has. */
const LATER = 'zz_later';

test('values of a newer release in stored rows are shown as they are', async (t) => {
  const api = await startApi(t);
  const { database } = api;
  assert.ok(!(OUTCOME_NAMES as readonly string[]).includes(LATER));
  await surveyOf(database, 's', [
    observation(),
    ...Array.from({ length: 5 }, (_, n) => observation({ host: `8.0.3.${n}`, address: `8.0.3.${n}` })),
  ]);
  await sql`
    update observation set outcome = ${LATER}, grade = ${LATER}, component = ${LATER}, authentication = ${LATER}, distribution = ${LATER}, support = ${LATER},
      honeypot = ${LATER}, phase = ${LATER}, flags = array[${LATER}],
      verdict = verdict || ${JSON.stringify({ advice: [LATER], rungs: [LATER], ranges: [LATER], flags: [LATER] })}::jsonb
    where host like '8.0.3.%'`.execute(database.db);
  await sql`update endpoint_state set outcome = ${LATER}, grade = ${LATER}, component = ${LATER} where address <<= '8.0.3.0/24'`.execute(
    database.db,
  );
  await rollUp('s', { db: database.db, now: () => NOW });
  for (const by of [
    'outcome',
    'grade',
    'component',
    'authentication',
    'distribution',
    'support',
    'honeypot',
  ] as const) {
    const { cells } = await stats(database.db, { surveyId: 's', by: [by], where: {}, unit: 'endpoint' });
    const cell = cells.find(({ values }) => values[by] === LATER);
    assert.equal(cell !== undefined && 'count' in cell ? cell.count : null, 5, by);
  }
  for (const name of Object.keys(REPORTS).filter((one) => !['change', 'owner'].includes(one))) {
    const request = { id: name, name, surveyId: 's', compareId: null, owner: null, out: null };
    const made = await makeReport({ ...request, formats: ['html', 'markdown', 'json'] }, api.context);
    if (name === 'quality') assert.match(JSON.stringify(made.report), new RegExp(`"${LATER}"`));
  }
  const key = await api.key(['aggregate:read', 'host:read'], ['0.0.0.0/0']);
  for (const path of ['/v1/stats?by=outcome', '/v1/endpoints', '/v1/endpoints/8.0.3.1/6443/history']) {
    const answer = await api.get(path, key);
    const body = await answer.text();
    assert.equal(answer.status, 200, `${path}: ${body.slice(0, 300)}`);
    assert.match(body, new RegExp(LATER), path);
  }
  const environment = { HOME: api.dataDir, DATABASE_URL: api.databaseUrl, KUBECENSUS_DATA_DIR: api.dataDir };
  const exported = await runCommand(['export', 'observations', '--survey', 's'], environment);
  assert.ok(exported.stdout.split(LATER).length > 5 * 7, exported.stderr);
});
