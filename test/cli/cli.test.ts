// The command line as users run it: real processes on one database, their output, their exit codes and their errors.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import { release } from '../../services/platform/release.ts';
import { recompute } from '../../services/rollups/rollup.store.ts';
import { withDatabase } from '../support/database.ts';
import { NOW, observation, silence, surveyOf } from '../support/observations.ts';

const CLI = fileURLToPath(new URL('../../services/cli.ts', import.meta.url));
/** Every process loads the same modules: compiled once, they start in half the time. */
const COMPILED = await mkdtemp(join(tmpdir(), 'kubecensus-cli-compiled-'));
after(() => rm(COMPILED, { recursive: true }));
const CAPTURE = new URL('../fixtures/captures/kube-apiserver-6443.json', import.meta.url);

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line with nothing in its environment but what is given. */
async function cli(args: readonly string[], environment: Record<string, string>, input = ''): Promise<Ended> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    NODE_COMPILE_CACHE: COMPILED,
    KUBECENSUS_LOG_LEVEL: 'error',
    ...environment,
  };
  const child = spawn(process.execPath, [CLI, ...args], { env });
  child.stdin.on('error', () => undefined).end(input);
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, out, err };
}

/** The command line on a database and a data directory of the test. */
async function installation(t: TestContext) {
  const { database, url, onEnd } = await withDatabase(t);
  const home = await mkdtemp(join(tmpdir(), 'kubecensus-cli-'));
  onEnd(() => rm(home, { recursive: true }));
  const environment = { DATABASE_URL: url, KUBECENSUS_DATA_DIR: join(home, 'data'), KUBECENSUS_CLUSTER_KEY: 'test' };
  return { database, home, run: (...args: string[]) => cli(args, environment), environment };
}

const rowsOf = ({ code, out, err }: Ended): Record<string, unknown>[] => {
  assert.equal(code, 0, err);
  return out
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
};

const refused = ({ code, out, err }: Ended, expected: number, error: string): void => {
  assert.equal(code, expected, err);
  assert.equal(out, '', 'errors are not results');
  assert.match(err, new RegExp(`^${error}: .+\\n.+`, 'm'));
};

it('says what it is and what it can do, on stdout, without a database', async () => {
  const [version, help, own] = await Promise.all([
    cli(['--version'], {}),
    cli(['--help'], {}),
    cli(['survey', '--help'], {}),
  ]);
  assert.deepEqual([version.code, version.out.trim()], [0, release.version]);
  assert.deepEqual([help.code, own.code], [0, 0]);
  for (const command of [
    'demo',
    'start',
    'feeds',
    'import',
    'survey',
    'fingerprint',
    'stats',
    'export',
    'report',
    'schedule',
    'opt-out',
    'migrate',
    'bench',
  ])
    assert.match(help.out, new RegExp(`^  ${command}\\b`, 'm'));
  for (const option of ['--scope', '--passive', '--sample', '--data-dir', '--config'])
    assert.ok(own.out.includes(option), option);
});

it('ends with 2 and says what to do when the command line or the configuration is wrong', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'kubecensus-cli-'));
  t.after(() => rm(home, { recursive: true }));
  const config = join(home, 'config.json');
  await writeFile(config, '{"rate": 0, "colour": "red"}');
  const wrong = [
    ['frobnicate'],
    ['stats', '--frobnicate'],
    ['import'],
    ['stats', '--format', 'xml'],
    ['surveys', '--config', config],
    ['stats', '--by', 'colour'],
    ['export', 'everything'],
    ['opt-out', 'check', 'somewhere'],
  ];
  const ended = await Promise.all(wrong.map((args) => cli([...args, '--data-dir', home], {})));
  assert.deepEqual(
    ended.map(({ code, out }) => [code, out]),
    wrong.map(() => [2, '']),
  );
  const said = ended.map(({ err }) => err);
  assert.match(said[0] ?? '', /unknown command|unknown option/);
  assert.match(said[1] ?? '', /frobnicate/);
  assert.match(said[3] ?? '', /^KC_USAGE: .*json, ndjson, csv, table/m);
  assert.match(said[4] ?? '', /^KC_CONFIG: 2 mistake.*rate.*colour/m);
  assert.match(said[5] ?? '', /^KC_DIMENSION/m);
  assert.match(said[6] ?? '', /^KC_USAGE: .*observations/m);
  assert.match(said[7] ?? '', /^KC_USAGE/m);
  assert.deepEqual(
    (await readdir(home)).filter((name) => name !== 'config.json'),
    [],
    'no database was opened for it',
  );
});

it('judges evidence from stdin line by line, without a database', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'kubecensus-cli-'));
  t.after(() => rm(home, { recursive: true }));
  const capture = JSON.stringify(JSON.parse(await readFile(CAPTURE, 'utf8')));
  const { code, out, err } = await cli(
    ['fingerprint', '-', '--data-dir', home],
    {},
    `${capture}\n{"no": "evidence"}\n${capture}\n`,
  );
  assert.equal(code, 0, err);
  const verdicts = out
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
  assert.equal(verdicts.length, 3);
  assert.deepEqual(
    [verdicts[0].component, verdicts[0].grade, verdicts[0].indicators.versionEndpoint],
    ['kube-apiserver', 'confirmed', true],
  );
  assert.notEqual(verdicts[1].grade, 'confirmed');
  assert.deepEqual(verdicts[2], verdicts[0]);
  assert.deepEqual(await readdir(home), []);
});

it('imports files as feeds and shows their runs', async (t) => {
  const { run, home } = await installation(t);
  const list = join(home, 'hosts.txt');
  await writeFile(list, '8.8.8.8:6443\n8.8.4.4\n192.0.2.1\n8.8.8.8:6443\n999.1.1.1\n');
  const imported = await run(
    'import',
    list,
    '--feed',
    'mine',
    '--format',
    'list',
    '--observed-at',
    '2026-11-01T00:00:00Z',
  );
  const [first] = rowsOf(imported);
  assert.deepEqual(
    [
      first?.['feed'],
      first?.['state'],
      first?.['read'],
      first?.['accepted'],
      first?.['duplicate'],
      first?.['rejected'],
    ],
    ['mine', 'complete', 5, 2, 1, 2],
  );
  assert.deepEqual(first?.['rejectedBy'], { bad_address: 1, special_purpose: 1 });
  assert.match(imported.err, /hosts\.txt is read as list/);
  const [again] = rowsOf(
    await run('import', list, '--feed', 'mine', '--format', 'list', '--observed-at', '2026-11-01T00:00:00Z'),
  );
  assert.deepEqual([again?.['accepted'], again?.['duplicate']], [0, 3]);

  const empty = join(home, 'empty.txt');
  const page = join(home, 'login.html');
  await writeFile(empty, '');
  await writeFile(page, '<!DOCTYPE html><html><title>Log in</title></html>\n');
  assert.equal((await run('import', empty, '--feed', 'none', '--format', 'list')).code, 3, 'partial');
  refused(await run('import', page), 1, 'KC_FEED_NOT_DATA');

  const feeds = rowsOf(await run('feeds', 'list'));
  assert.deepEqual(feeds.map((feed) => [feed['feed'], feed['state']]).sort(), [
    ['mine', 'complete'],
    ['none', 'partial'],
  ]);
  const table = await run('feeds', 'show', String(first?.['run']), '--format', 'table');
  assert.match(table.out, /rejected rows[\s\S]*192\.0\.2\.1/);
  for (const id of ['999999', 'latest']) refused(await run('feeds', 'show', id), 2, 'KC_USAGE');
  const candidates = await run('export', 'candidates');
  assert.deepEqual(
    (parse(candidates.out, { from: 2, record_delimiter: '\r\n' }) as string[][]).map((row) => row[0]),
    ['8.8.4.4', '8.8.8.8:6443'],
  );
});

it('refuses a survey without a scope, of the internet without a contact, and of a scope that it cannot read', async (t) => {
  const { run } = await installation(t);
  refused(await run('survey'), 2, 'KC_NO_SCOPE');
  refused(await run('survey', '--scope', '8.8.8.0/24'), 2, 'KC_NO_CONTACT');
  refused(await run('survey', '--scope', '8.8.8.8/8'), 2, 'KC_CONFIG');
  assert.deepEqual(rowsOf(await run('surveys')), [], 'nothing was begun');
});

it('counts a survey in every format, and exports it to stdout and to a file', async (t) => {
  const { run, database, home } = await installation(t);
  refused(await run('stats'), 2, 'KC_NO_SURVEY');
  refused(await run('export', 'observations'), 2, 'KC_NO_SURVEY');
  await surveyOf(database, 's', [observation(), observation({ port: 443 }), observation({ ...silence, port: 10250 })]);
  await database.db.updateTable('survey').set({ state: 'complete', finished_at: NOW }).execute();
  await recompute(database.db, 's', NOW);

  assert.deepEqual(rowsOf(await run('stats', '--by', 'component')), [
    { component: 'kube-apiserver', endpoint: 2 },
    { component: null, endpoint: 1 },
  ]);
  assert.deepEqual(rowsOf(await run('stats', '--by', 'port', '--where', 'component=-')), [
    { port: '10250', endpoint: 1 },
  ]);
  assert.deepEqual(JSON.parse((await run('stats', '--unit', 'host', '--format', 'json')).out), [{ host: 1 }]);
  assert.deepEqual(rowsOf(await run('stats', '--unit', 'cluster', '--by', 'component')), [
    { component: 'kube-apiserver', low: 2, high: 2 },
  ]);
  assert.equal((await run('stats', '--by', 'minor', '--format', 'csv')).out, 'minor,endpoint\r\n1.30,2\r\n,1\r\n');
  assert.match(
    (await run('stats', '--by', 'minor', '--format', 'table')).out,
    /minor +endpoint *\n[\s\S]*1\.30 +2 *\n/,
  );
  refused(await run('stats', '--survey', 'nobody'), 2, 'KC_NO_SURVEY');

  const printed = await run('export', 'observations');
  const out = join(home, 'observations.csv');
  const written = await run('export', 'observations', '--out', out);
  assert.deepEqual([printed.code, written.code, written.out], [0, 0, '']);
  assert.equal(await readFile(out, 'utf8'), printed.out);
  assert.match(written.err, /3 rows of observations/);
  const json = await run('export', 'observations', '--format', 'ndjson', '--survey', 's');
  assert.deepEqual(
    json.out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line).port),
    [443, 6443, 10250],
  );
  refused(await run('export', 'observations', '--out', join(home, 'nowhere', 'o.csv')), 2, 'KC_EXPORT_OUT');
});

it('keeps opt-outs, and tells whether an address may be probed', async (t) => {
  const { run, home } = await installation(t);
  const [added] = rowsOf(await run('opt-out', 'add', '8.8.8.8/24', '--note', 'they asked'));
  assert.deepEqual(added, { kind: 'prefix', value: '8.8.8.0/24', added: true, state: 'applied', request: null });
  assert.deepEqual(rowsOf(await run('opt-out', 'add', '8.8.8.0/24')), [
    { kind: 'prefix', value: '8.8.8.0/24', added: false, state: 'applied', request: null },
  ]);
  assert.deepEqual(rowsOf(await run('opt-out', 'list')), [
    { kind: 'prefix', value: '8.8.8.0/24', level: 0, verification: null },
  ]);
  const check = async (address: string) => rowsOf(await run('opt-out', 'check', address))[0];
  assert.deepEqual(await check('8.8.8.8'), { address: '8.8.8.8', allowed: false, reason: 'opted_out' });
  assert.deepEqual(await check('8.8.4.4'), { address: '8.8.4.4', allowed: true, reason: null });
  const list = join(home, 'hosts.txt');
  await writeFile(list, '8.8.8.9\n8.8.4.4\n');
  assert.deepEqual(rowsOf(await run('import', list, '--format', 'list'))[0]?.['rejectedBy'], {
    opted_out: 1,
  });
  rowsOf(await run('opt-out', 'remove', '8.8.8.0/24'));
  refused(await run('opt-out', 'remove', '8.8.8.0/24'), 2, 'KC_OPT_OUT');
  assert.equal((await check('8.8.8.8'))?.['allowed'], true);
});

it('adds, fires, lists and removes schedules', async (t) => {
  const { run, database, home } = await installation(t);
  const place = `dir:${join(home, 'place')}`;
  const add = (...args: string[]) => run('schedule', 'add', ...args);
  assert.equal(
    rowsOf(await add('--report', 'headline', '--cron', '0 6 * * 1', '--to', place))[0]?.['schedule'],
    'headline',
  );
  refused(await add('--report', 'headline', '--cron', '0 6 * * 1', '--to', place), 2, 'KC_SCHEDULE');
  refused(await add('--report', 'headline', '--cron', '61 6 * * 1', '--to', place), 2, 'KC_CRON');
  refused(await add('--report', 'headline', '--cron', '0 6 * * 1', '--to', 'pigeon:coop'), 2, 'KC_SCHEDULE');
  const failed = await run('schedule', 'run', 'headline');
  assert.equal(failed.code, 1, 'there is no survey yet');
  assert.match(JSON.parse(failed.out).failure, /survey/);
  await surveyOf(database, 's', [observation()]);
  await database.db.updateTable('survey').set({ state: 'complete', finished_at: NOW }).execute();
  await recompute(database.db, 's', NOW);
  assert.equal((await run('schedule', 'run', 'headline')).code, 0);
  assert.equal((await readdir(join(home, 'place'))).length, 1);
  const [listed] = rowsOf(await run('schedule', 'list'));
  assert.deepEqual(
    [listed?.['schedule'], listed?.['delivered'], listed?.['undelivered'], listed?.['lastFailure']],
    ['headline', 1, 0, null],
  );
  assert.equal((await run('schedule', 'remove', 'headline')).code, 0);
  refused(await run('schedule', 'remove', 'headline'), 2, 'KC_SCHEDULE');
});
