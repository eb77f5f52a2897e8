// A newcomer's fleet as docs/running.md shows it: three processes on Redis survey the lab, any of them is killed, and the counts are the same.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLI, runCommand, startCommand } from '../support/command.ts';
import { redisMissing, startRedis, type TestRedis } from '../support/redis.ts';

/** Below what one process manages, so that a survey lasts long enough to be disturbed; its chunks are more than two workers have in hand. */
const RATE = '250';
const WAIT_MS = 300;
const TRIES = 400;

const missing = redisMissing();

describe('a fleet of three processes', { skip: missing ?? false }, () => {
  let redis: TestRedis;
  let home: string;
  let lab: ChildProcess;
  let environment: Record<string, string>;
  let fleet: Record<string, ChildProcess>;
  let undisturbed: unknown;

  const startProcess = (name: string): void => {
    fleet[name] = startCommand(['start', '--role', name.split(' ')[0] as string], environment);
    // What nobody reads would fill the pipe in the end.
    for (const stream of [fleet[name]?.stdout, fleet[name]?.stderr]) stream?.resume();
  };

  const kill = async (name: string): Promise<void> => {
    const child = fleet[name] as ChildProcess;
    child.kill('SIGKILL');
    await once(child, 'close');
  };

  const row = async (survey: string): Promise<Record<string, unknown>> => {
    const { rows, stderr } = await runCommand(['surveys'], environment);
    const found = rows.find((one) => one['survey'] === survey);
    assert.ok(found, stderr);
    return found;
  };

  const untilSurvey = async (
    survey: string,
    what: string,
    holds: (done: number, all: number, row: object) => boolean,
  ) => {
    for (let tries = 0; tries < TRIES; tries++) {
      const now = await row(survey);
      const [done, all] = String(now['chunks']).split('/').map(Number) as [number, number];
      if (holds(done, all, now)) return;
      await sleep(WAIT_MS);
    }
    throw new Error(`${survey} was never ${what}: ${JSON.stringify(await row(survey))}`);
  };

  const begin = async (): Promise<string> => {
    const begun = await runCommand(['survey', '--all-ports', '--detach'], environment);
    assert.equal(begun.code, 0, begun.stderr);
    return begun.rows[0]?.['survey'] as string;
  };

  const midway = (survey: string) => untilSurvey(survey, 'midway', (done, all) => done > 0 && done < all);

  /** What a survey counted once it is complete, by everything that a kill could spoil. */
  const countsOf = async (survey: string): Promise<unknown> => {
    await untilSurvey(survey, 'complete', (_done, _all, now) => (now as { state: string }).state === 'complete');
    const stats = await runCommand(
      ['stats', '--survey', survey, '--by', 'outcome,component,grade,version'],
      environment,
    );
    assert.equal(stats.code, 0, stats.stderr);
    assert.ok(stats.rows.length > 5, 'a lab survey has many cells');
    return stats.rows;
  };

  before(async () => {
    redis = await startRedis();
    home = await mkdtemp(join(tmpdir(), 'kubecensus-fleet-'));
    const out = join(home, 'kubecensus-lab');
    lab = spawn(process.execPath, [CLI, 'lab', '--hosts', '280', '--seed', 'fleet-test', '--out', out], {
      env: { PATH: process.env['PATH'], HOME: home },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    // It says how to go on once everything listens.
    await once(lab.stdout!, 'data');
    const keys = await readFile(join(out, 'keys.env'), 'utf8');
    const exported = keys.matchAll(/^export (\w+)='?([^'\n]*)'?$/gm);
    environment = {
      HOME: home,
      ...Object.fromEntries(Array.from(exported, ([, name, value]) => [name as string, value as string])),
      REDIS_URL: redis.url,
      KUBECENSUS_RATE: RATE,
    };
    const imported = await runCommand(['import', join(out, 'hosts.txt')], environment);
    assert.equal(imported.code, 0, imported.stderr);
    fleet = {};
    for (const name of ['scheduler', 'worker 1', 'worker 2']) startProcess(name);
    undisturbed = await countsOf(await begin());
  });

  after(async () => {
    for (const child of [...Object.values(fleet ?? {}), lab]) {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGTERM');
      await once(child, 'close');
    }
    await redis?.stop();
    await rm(home, { recursive: true, force: true });
  });

  test('kill -9 of a worker and a new one: the same counts', async () => {
    const survey = await begin();
    await midway(survey);
    await kill('worker 1');
    startProcess('worker 1');
    assert.deepEqual(await countsOf(survey), undisturbed);
  });

  test('kill -9 of the scheduler and of Redis, which comes back empty: the same counts', async () => {
    const survey = await begin();
    await midway(survey);
    await kill('scheduler');
    await redis.restart();
    startProcess('scheduler');
    assert.deepEqual(await countsOf(survey), undisturbed);
  });
});
