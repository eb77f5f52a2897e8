// C12: clocks that jump, a day of 23 hours, a leap day. Times are UTC, deadlines are monotonic, and what was done once stays done once.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { compose } from '../../services/compose.ts';
import { LAB_ZONE } from '../../services/lab/world.ts';
import { commitChunk } from '../../services/observations/observation.store.ts';
import { nextFire } from '../../services/platform/cron.ts';
import { startParts } from '../../services/roles.ts';
import { claimDue, finishFire } from '../../services/schedules/schedule.store.ts';
import { silentLog, withDatabase } from '../support/database.ts';
import { add, HOURLY, later, NOW } from '../support/firing.ts';
import { observation, runningSurvey } from '../support/observations.ts';
import { startFleet } from './fleet.ts';

const HOUR_MS = 3_600_000;
const CRON = new URL('../../services/platform/cron.ts', import.meta.url).href;

test('C12: a clock that jumps an hour ahead and back makes no fire twice and leaves none out', async (t) => {
  const { database } = await withDatabase(t);
  await add(database, 'hourly', { nextDueAt: NOW });
  const fires: string[] = [];
  // Noon; an hour ahead; back; then on as the sun does.
  for (const minute of [0, 61, 1, 2, 59, 61, 62, 121, 60, 125, 181])
    for (const fire of await claimDue(database.db, later(minute), nextFire)) {
      fires.push(fire.fireAt.toISOString());
      await finishFire(database.db, fire, later(minute), { failure: null, reportId: null });
    }
  assert.deepEqual(
    fires,
    [0, 60, 120, 180].map((minute) => later(minute).toISOString()),
  );
});

test('C12: on the days when a zone changes its clocks a schedule fires by UTC, wherever the process is', () => {
  const code = `
    import { nextFire } from ${JSON.stringify(CRON)};
    const next = (cron, after) => nextFire(cron, new Date(after)).toISOString();
    process.stdout.write(JSON.stringify([
      next('30 2 * * *', '2026-03-29T00:00:00Z'), next('30 2 * * *', '2026-10-25T00:00:00Z'), next('${HOURLY}', '2026-10-25T00:30:00Z'),
    ]));`;
  for (const zone of ['UTC', 'Europe/Berlin', 'America/New_York', 'Pacific/Apia']) {
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      cwd: fileURLToPath(new URL('../../', import.meta.url)),
      env: { ...process.env, TZ: zone },
      encoding: 'utf8',
    });
    const expected = ['2026-03-29T02:30:00.000Z', '2026-10-25T02:30:00.000Z', '2026-10-25T01:00:00.000Z'];
    assert.equal(stdout, JSON.stringify(expected), `${zone} ${stderr}`);
  }
});

test('C12: a leap day has a partition of its own, and schedules that wait for it', async (t) => {
  const leapDay = new Date('2028-02-29T23:59:59.999Z');
  assert.deepEqual(nextFire('0 0 29 2 *', new Date('2026-03-01T00:00:00Z')), new Date('2028-02-29T00:00:00Z'));
  const { database } = await withDatabase(t);
  await runningSurvey(database, 's', 2, leapDay);
  const after = new Date(leapDay.getTime() + 1);
  for (const [chunk, at] of [leapDay, after].entries())
    await commitChunk(
      database,
      { surveyId: 's', chunk, vantage: 'v' },
      [observation({ observedAt: at, port: 1 + chunk })],
      at,
    );
  const { rows } = await sql`select tableoid::regclass::text as place from observation order by port`.execute(
    database.db,
  );
  assert.deepEqual(rows, [{ place: 'observation_20280229' }, { place: 'observation_20280301' }]);
});

test('C12: a process whose clock jumps by an hour at every look surveys everything once', async (t) => {
  const fleet = await startFleet(t, { seed: 'clock', hosts: 30, queue: 'postgres' });
  let looks = 0;
  const now = (): Date => new Date(Date.now() + (looks++ % 3 === 0 ? HOUR_MS : looks % 3 === 1 ? 0 : -HOUR_MS));
  const parts = await compose({ ...fleet.parts.config }, silentLog, { lab: { nameSuffix: LAB_ZONE }, now });
  t.after(() => parts.close());
  await fleet.begin('c12');
  const stop = await startParts(['worker', 'scheduler'], parts);
  try {
    await fleet.counted('c12');
  } finally {
    await stop();
  }
  assert.ok(looks > 100, `${looks} looks`);
  assert.deepEqual(await fleet.findings('c12'), []);
});
