// Two vantages as processes with source addresses of their own look at a lab whose hosts refuse one of them: what each saw, and one count of both.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import { differences } from '../../services/lab/compare.ts';
import { startLab } from '../../services/lab/process.ts';
import { expectedEndpoints } from '../../services/lab/truth.ts';
import { observedEndpoints } from '../../services/observations/observation.store.ts';
import { OUTCOMES, type Outcome } from '../../services/probes/outcome.ts';
import { countVantages } from '../../services/rollups/vantages.store.ts';
import { compareVantages } from '../../services/rollups/vantages.ts';
import { PORTS } from '../../services/surveys/ports.ts';
import { until } from '../platform/until.ts';
import { runCommand, startCommand } from '../support/command.ts';
import { withDatabase } from '../support/database.ts';
import { countedSurvey } from '../support/lab-census.ts';
import { labEnvironment } from '../support/lab-environment.ts';

const NEAR = '127.0.0.21';
const FAR = '127.0.0.22';
const SPACING_MS = 2_000;

test('a survey from two vantages waits for the second, keeps them apart, and counts each endpoint once', async (t) => {
  const { database, url, onEnd } = await withDatabase(t);
  const { db } = database;
  const refusals = { [NEAR]: 0.1, [FAR]: 0.2 };
  const lab = await startLab({ seed: 'vantages-test', hosts: 100, now: new Date(), refusals });
  onEnd(() => lab.close());
  const home = await mkdtemp(join(tmpdir(), 'kubecensus-vantages-'));
  onEnd(() => rm(home, { recursive: true, force: true }));
  const environment = labEnvironment(url, home, { KUBECENSUS_VANTAGE_SPACING_MS: String(SPACING_MS) });
  const list = join(home, 'hosts.txt');
  await writeFile(list, lab.world.hosts.map(({ address }) => `${address}\n`).join(''));
  const imported = await runCommand(['import', list, '--format', 'list'], environment);
  assert.equal(imported.code, 0, imported.stderr);

  const fleet: ChildProcess[] = [];
  const start = (...args: string[]): void => {
    const child = startCommand(['start', ...args], environment);
    for (const stream of [child.stdout, child.stderr]) stream?.resume();
    fleet.push(child);
  };
  onEnd(async () => {
    for (const child of fleet) child.kill('SIGTERM');
    await Promise.all(fleet.map((child) => child.exitCode ?? once(child, 'close')));
  });
  start('--role', 'scheduler');
  start('--role', 'worker', '--vantage', 'near', '--source-addresses', NEAR);

  const begun = await runCommand(['survey', '--all-ports', '--detach', '--vantages', 'near,far'], environment);
  assert.equal(begun.code, 0, begun.stderr);
  const survey = begun.rows[0]?.['survey'] as string;
  await until('near to have done all that needs no visit of far before', async () => {
    const { rows } = await sql<{ left: number }>`
      select count(*)::int as left from survey_chunk where survey_id = ${survey} and vantage = 'near' and turn = 0 and committed_at is null
        or not exists (select from survey_chunk)`.execute(db);
    return rows[0]?.left === 0;
  });
  const waits = (await runCommand(['surveys'], environment)).rows[0];
  assert.equal(waits?.['waits'], 'for vantage far');
  assert.equal(waits?.['state'], 'running');
  const doctor = await runCommand(['doctor'], environment);
  const workers = doctor.rows.find(({ check }) => check === 'workers');
  assert.equal(workers?.['status'], 'warn');
  assert.match(String(workers?.['found']), /1 at near .*waits for vantage far/);
  const { rows: strange } = await sql`select from observation where vantage <> 'near'`.execute(db);
  assert.equal(strange.length, 0, 'nobody else answers for far');

  start('--role', 'worker', '--vantage', 'far', '--source-addresses', FAR);
  await countedSurvey({ db }, survey);

  // Counted: the truth, as if nobody had refused anybody.
  const ports = PORTS.map((plan) => plan.port);
  const everyHost = { ...lab.world, hosts: lab.world.hosts.map((host) => ({ ...host, feeds: ['list' as const] })) };
  const expected = expectedEndpoints(everyHost, { ports, feeds: ['list'] });
  const refuses = new Map(lab.world.hosts.map(({ address, refuses: source }) => [address, source]));
  // Two ends of which neither says what is there are as good as each other.
  const isSettled = ({ address, truth }: (typeof expected)[number]): boolean =>
    refuses.get(address ?? '') === undefined || OUTCOMES[truth.outcome].class !== 'transient';
  const settled = new Set(expected.filter(isSettled).map(({ address, port }) => `${address} ${port}`));
  const observed = await observedEndpoints(db, survey);
  assert.equal(observed.length, expected.length);
  assert.deepEqual(
    differences(
      expected.filter(isSettled),
      observed.filter(({ address, port }) => settled.has(`${address} ${port}`)),
    ),
    [],
  );
  const stats = await runCommand(['stats', '--survey', survey, '--by', 'outcome'], environment);
  const counted = stats.rows.reduce((sum, row) => sum + Number(row['endpoint']), 0);
  assert.equal(counted, expected.length);

  // Kept: what each saw, exactly by whom each host refuses.
  const positive = observed.filter(
    ({ outcome, grade }) =>
      OUTCOMES[outcome as Outcome].class === 'positive' || ['confirmed', 'probable'].includes(grade),
  );
  const only = (source: string): number =>
    positive.filter(({ address }) => refuses.get(address ?? '') === source).length;
  const compared = compareVantages((await countVantages(db, survey))!);
  assert.equal(compared.asked, expected.length);
  assert.deepEqual(
    compared.views.map(({ vantage, onlyHere }) => [vantage, onlyHere]),
    [
      ['near', only(FAR)],
      ['far', only(NEAR)],
    ],
  );
  assert.ok(only(FAR) > only(NEAR) && only(NEAR) > 0, 'the lab has both');
  assert.equal(compared.seen, positive.length);

  // Apart: no visit began before the one before it was over for the spacing.
  const { rows: visits } = await sql<{ gap: number }>`
    select extract(epoch from later.issued_at - earlier.committed_at)::float8 * 1000 as gap from survey_chunk later
    join survey_chunk earlier on earlier.survey_id = later.survey_id and earlier.root = later.root and earlier.turn < later.turn
    where later.survey_id = ${survey}`.execute(db);
  assert.ok(visits.length > 3, `${visits.length} second visits`);
  assert.deepEqual(
    visits.filter(({ gap }) => gap < SPACING_MS),
    [],
  );
});
