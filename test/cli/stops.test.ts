// What stopped itself, as the command line says it: the pause with its reason, networks left alone, and what doctor makes of it.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { rollUp } from '../../services/rollups/rollup.job.ts';
import { reportWatch } from '../../services/surveys/brake.store.ts';
import { isPaused } from '../../services/surveys/pause.store.ts';
import { runCommand } from '../support/command.ts';
import { withDatabase } from '../support/database.ts';
import { NOW, observation, silence, surveyOf } from '../support/observations.ts';

test('a pause that kubecensus made itself is told apart, kept, and ended by a person', async (t) => {
  const { database, url, onEnd } = await withDatabase(t);
  const { db } = database;
  const home = await mkdtemp(join(tmpdir(), 'kubecensus-stops-'));
  onEnd(() => rm(home, { recursive: true, force: true }));
  const run = (...args: string[]) =>
    runCommand([...args, '--data-dir', home], { HOME: home, DATABASE_URL: url, KUBECENSUS_CLUSTER_KEY: 'k' });
  await surveyOf(database, 's', [
    observation(),
    observation({ ...silence, host: '8.0.0.2', address: '8.0.0.2', outcome: 'scope_blocked_us' }),
  ]);
  const news = {
    ends: [],
    minutes: [{ minute: NOW, asked: 400, lost: 100 }],
    stops: [{ scope: '8.0.0.0/24', asked: 12, lost: 10 }],
  };
  await reportWatch(database, 's', news, NOW);
  await rollUp('s', { db, now: () => NOW });

  const why =
    /Paused by itself since 2026-11-24T12:00:00\.000Z: 100 of 400 endpoints that were up did not answer survey s/;
  const paused = await run('pause');
  assert.match(paused.stderr, why);
  const doctor = await run('doctor');
  assert.equal(doctor.code, 1);
  const finding = doctor.rows.find(({ check }) => check === 'kill switch');
  assert.equal(finding?.['status'], 'fail');
  assert.match(String(finding?.['found']), why, 'who pauses a paused installation changes no reason');
  const resumed = await run('resume');
  assert.match(resumed.stderr, why);
  assert.equal(await isPaused(db), false);
  await run('pause', '--reason', 'a move of racks');
  assert.match((await run('pause')).stderr, /Paused by a person since \S+: a move of racks\./);
  await run('resume');
  assert.match((await run('doctor')).stdout, /nothing is paused/);

  const [row] = (await run('surveys')).rows;
  assert.deepEqual(row?.['flags'], ['scope_blocked_us', 'mass_loss']);
  const shown = await run('surveys', 'show', 's');
  assert.deepEqual(
    shown.rows.map(({ what, which, why: reason }) => [what, which, reason]),
    [
      ['complete', 's', '1 of 1 chunks, 0 targets'],
      ['left alone', '8.0.0.0/24', '10 of 12 hosts that were up refused us or went silent'],
      ['not asked for it', null, '1 endpoints'],
      ['paused by itself', 'everything', '100 of 400 endpoints that were up were lost at once'],
    ],
  );
  assert.match((await run('stats')).stderr, /scope_blocked_us: networks that began to refuse us/);
  const unknown = await run('surveys', 'show', 'nothing');
  assert.match(unknown.stderr, /KC_NO_SURVEY/);
});
