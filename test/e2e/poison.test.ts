// A chunk that ends its process every time: after three starts it is given up, the others proceed, and a person can have it begun again.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { LAB_SCOPE } from '../../services/cli/lab-internet.ts';
import { compose } from '../../services/compose.ts';
import { loadConfig } from '../../services/config.ts';
import { startParts } from '../../services/roles.ts';
import { storeChunks } from '../../services/surveys/chunk.store.ts';
import { MOST_STARTS } from '../../services/surveys/chunk-start.store.ts';
import { createSurvey, listSurveys } from '../../services/surveys/survey.store.ts';
import { until } from '../platform/until.ts';
import { runCommand, startCommand } from '../support/command.ts';
import { silentLog, withDatabase } from '../support/database.ts';
import { countedSurvey } from '../support/lab-census.ts';

const CHUNKS = 6;
const SIZE = 40;
const POISON = 1;
/** A port of loopback on which nothing listens: discard. */
const NOBODY = 9;

test('a chunk that kills its worker three times is given up, the survey ends without it, and it can be released', async (t) => {
  const { url, onEnd } = await withDatabase(t);
  const home = await mkdtemp(join(tmpdir(), 'kubecensus-poison-'));
  onEnd(() => rm(home, { recursive: true, force: true }));
  const environment = {
    HOME: home,
    KUBECENSUS_DATA_DIR: home,
    DATABASE_URL: url,
    KUBECENSUS_CLUSTER_KEY: 'test',
    KUBECENSUS_SCOPE: LAB_SCOPE.join(),
    // Chunks that run side by side last some seconds, so that a kill finds them begun.
    KUBECENSUS_RATE: '40',
    KUBECENSUS_NETWORK_SPACING_MS: '0',
    KUBECENSUS_NETWORK_IN_FLIGHT: '100',
    KUBECENSUS_ADDRESS_SPACING_MS: '0',
  };
  const parts = await compose(loadConfig(environment, null), silentLog);
  onEnd(() => parts.close());
  const { db, now, config } = parts;
  const plan = {
    ...({ id: 's', method: 'active', seed: 's', sample: null, ports: [NOBODY], portsOnly: false, feeds: [] } as const),
    ...{ scope: LAB_SCOPE, vantage: config.vantage, rate: config.rate },
  };
  await createSurvey(db, plan, {}, now());
  const chunk = (n: number) =>
    Array.from({ length: SIZE }, (_, i) => ({
      ...{ candidateId: null, host: `127.20.${n}.${i + 1}`, address: `127.20.${n}.${i + 1}`, port: NOBODY },
      ...{ serverName: null, feeds: ['list'], flags: [], outcome: null, evidenceFeed: null },
    }));
  await storeChunks(
    db,
    's',
    Array.from({ length: CHUNKS }, (_, n) => chunk(n)),
    {},
    now(),
  );
  const stopScheduler = await startParts(['scheduler'], parts);
  onEnd(stopScheduler);

  const starts = async (): Promise<number[]> =>
    (await db.selectFrom('survey_chunk').select('starts').orderBy('chunk').execute()).map((row) => row.starts);
  let worker: ChildProcess | null = null;
  onEnd(async () => void worker?.kill('SIGKILL'));
  const startWorker = (): ChildProcess => {
    worker = startCommand(['start', '--role', 'worker'], environment);
    for (const stream of [worker.stdout, worker.stderr]) stream?.resume();
    return worker;
  };
  for (let start = 1; start <= MOST_STARTS; start++) {
    const doomed = startWorker();
    await until('the poison to be begun', async () => (await starts())[POISON] === start);
    doomed.kill('SIGKILL');
    await once(doomed, 'close');
    // The queue would give the dead worker's jobs to another after its lock has run out; emptied, it is filled again at once.
    await (await parts.queue()).forget();
  }
  const spared = await starts();
  assert.ok(
    spared.every((count, n) => n === POISON || count < MOST_STARTS),
    `its neighbours are not blamed: ${spared}`,
  );

  const last = startWorker();
  const survey = await countedSurvey(parts, 's');
  assert.deepEqual(
    [survey.state, survey.committed, survey.quarantined, survey.flags],
    ['complete', CHUNKS - 1, 1, ['chunk_quarantined']],
  );
  const observed = async (): Promise<[number, number]> => {
    const { rows } = await sql<{ all: number; distinct: number }>`
      select count(*)::int as all, count(distinct address)::int as distinct from observation where survey_id = 's'`.execute(
      db,
    );
    return [rows[0]?.all ?? 0, rows[0]?.distinct ?? 0];
  };
  assert.deepEqual(await observed(), [(CHUNKS - 1) * SIZE, (CHUNKS - 1) * SIZE]);

  const shown = await runCommand(['surveys', 'show', 's'], environment);
  assert.deepEqual(
    shown.rows.map(({ what, which }) => [what, which]),
    [
      ['complete', 's'],
      ['given up', `chunk ${POISON}`],
    ],
  );
  const doctor = await runCommand(['doctor'], environment);
  const finding = doctor.rows.find(({ check }) => check === 'chunks');
  assert.equal(finding?.['status'], 'warn');
  assert.match(String(finding?.['found']), /chunk 1 of s/);

  const released = await runCommand(['surveys', 'release', 's'], environment);
  assert.equal(released.code, 0, released.stderr);
  const [running] = await listSurveys(db, 's');
  assert.equal(running?.quarantined, 0);
  const again = await countedSurvey(parts, 's');
  assert.deepEqual([again.state, again.committed, again.flags], ['complete', CHUNKS, []]);
  assert.deepEqual(await observed(), [CHUNKS * SIZE, CHUNKS * SIZE]);
  last.kill('SIGTERM');
  await once(last, 'close');
  await sleep(0);
});
