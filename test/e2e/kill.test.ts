// A survey whose processes are killed in the middle counts the same as an undisturbed one.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Lab, startLab } from '../../services/lab/process.ts';
import { clusterPaths } from '../../services/platform/db/embedded/cluster.ts';
import { finished, runCommand, startCommand } from '../support/command.ts';

let lab: Lab;
let home: string;
let environment: Record<string, string>;
let undisturbed: unknown;

before(async () => {
  home = await mkdtemp(join(tmpdir(), 'kubecensus-kill-'));
  lab = await startLab({ seed: 'kill-test', hosts: 300, now: new Date() });
  const list = join(home, 'hosts.txt');
  await writeFile(list, lab.listFile.join('\n'));
  environment = {
    HOME: home,
    KUBECENSUS_DATA_DIR: join(home, 'data'),
    KUBECENSUS_SCOPE: 'lab:127.0.0.0/8',
    KUBECENSUS_RATE: '200',
    KUBECENSUS_NETWORK_SPACING_MS: '0',
    KUBECENSUS_NETWORK_IN_FLIGHT: '100',
    KUBECENSUS_ADDRESS_SPACING_MS: '0',
  };
  const imported = await runCommand(['import', list, '--format', 'list'], environment);
  assert.equal(imported.code, 0, imported.stderr);
  const survey = await runCommand(['survey', '--all-ports'], environment);
  assert.equal(survey.code, 0, survey.stderr);
  undisturbed = await counts(survey.rows[0]?.['survey'] as string);
});

after(async () => {
  await lab.close();
  await rm(home, { recursive: true, force: true });
});

/** What a survey counted, by everything that a kill could spoil. */
async function counts(survey: string): Promise<unknown> {
  const stats = await runCommand(['stats', '--survey', survey, '--by', 'outcome,component,grade,version'], environment);
  assert.equal(stats.code, 0, stats.stderr);
  assert.ok(stats.rows.length > 5, 'a lab survey has many cells');
  return stats.rows;
}

interface Progress {
  readonly survey: string;
  readonly state: string;
  readonly chunks: string;
}

/** The newest survey once it has committed some chunks and not all. */
async function midway(): Promise<Progress> {
  for (let tries = 0; tries < 200; tries++) {
    const { rows } = await runCommand(['surveys'], environment);
    const newest = rows[0] as unknown as Progress | undefined;
    const [done, all] = (newest?.chunks ?? '0/0').split('/').map(Number) as [number, number];
    if (newest?.state === 'running' && done > 0 && done < all) return newest;
    await sleep(100);
  }
  throw new Error('no survey was seen midway');
}

test('kill -9 of the whole process: the survey goes on and counts the same', async () => {
  const first = startCommand(['survey', '--all-ports'], environment);
  const { survey } = await midway();
  first.kill('SIGKILL');
  await once(first, 'close');
  const resumed = await runCommand(['survey', '--resume', survey], environment);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.deepEqual(await counts(survey), undisturbed);
});

test('kill -9 of a worker: another worker finishes its chunk', async () => {
  const scheduler = startCommand(['start', '--role', 'scheduler'], environment);
  const workers = [
    startCommand(['start', '--role', 'worker'], environment),
    startCommand(['start', '--role', 'worker'], environment),
  ] as const;
  const survey = startCommand(['survey', '--all-ports'], environment);
  const ended = finished(survey);
  const { survey: id } = await midway();
  workers[0].kill('SIGKILL');
  const result = await ended;
  assert.equal(result.code, 0, result.stderr);
  for (const child of [scheduler, workers[1]]) child.kill('SIGTERM');
  await Promise.all([scheduler, workers[1]].map((child) => once(child, 'close')));
  assert.deepEqual(await counts(id), undisturbed);
});

test('kill -9 of the embedded server: it is started again and the survey counts the same', async () => {
  const survey = startCommand(['survey', '--all-ports'], environment);
  const ended = finished(survey);
  const { survey: id } = await midway();
  const [pid] = (await readFile(join(clusterPaths(join(home, 'data')).pgdata, 'postmaster.pid'), 'utf8')).split('\n');
  process.kill(Number(pid), 'SIGKILL');
  const result = await ended;
  assert.equal(result.code, 0, result.stderr);
  assert.deepEqual(await counts(id), undisturbed);
});

test('Ctrl-C: dialling stops, what was observed is counted, the survey is stopped and partial', async () => {
  const survey = startCommand(['survey', '--all-ports'], environment);
  const ended = finished(survey);
  const { survey: id } = await midway();
  survey.kill('SIGINT');
  const result = await ended;
  assert.equal(result.code, 3, result.stderr);
  const { rows } = await runCommand(['surveys'], environment);
  const row = rows.find((one) => one['survey'] === id);
  assert.equal(row?.['state'], 'stopped');
  const stats = await runCommand(['stats', '--survey', id], environment);
  const counted = Number(stats.rows[0]?.['endpoint']);
  assert.ok(counted > 0 && counted < Number(row?.['targets']), `${counted} of ${row?.['targets']} endpoints`);
  // Nothing of the open chunks is lost: more was counted than whole chunks hold, or exactly as much as the chunks that say so.
  const [done] = String(row?.['chunks']).split('/').map(Number);
  assert.ok(counted >= (done ?? 0), 'every committed chunk holds observations');
});
