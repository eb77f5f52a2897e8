// A fleet on Redis is stopped, cut off and robbed of its queue in the middle of a survey, and counts the same.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RawBuilder, sql } from 'kysely';
import { addSchedule } from '../../services/schedules/schedule.store.ts';
import { setPaused } from '../../services/surveys/pause.store.ts';
import { listSurveys } from '../../services/surveys/survey.store.ts';
import { until } from '../platform/until.ts';
import { redisMissing } from '../support/redis.ts';
import { LIST, startFleet } from './fleet.ts';

/** New dials stop within this of the switch: it is read four times a second, and what was on its way arrives. */
const STOPPED_MS = 1_000;
/** As SIGTERM promises: running probes end by their own deadline, and the process leaves. */
const LEAVE_MS = 30_000;
/** Not again while a test runs. */
const YEARLY = '0 0 1 1 *';

test('a fleet on Redis', { skip: redisMissing() ?? false }, async (t) => {
  const fleet = await startFleet(t, { seed: 'chaos', hosts: 60, settings: { KUBECENSUS_RATE: '200' } });
  const begun = async (id: string): Promise<void> => {
    await fleet.begin(id);
    await until('some dials', async () => (await fleet.dialled()) > 20);
  };
  await fleet.start('scheduler');
  let worker = await fleet.start('worker');

  await t.test(
    'C17: the kill switch stops new dials within a second, and the survey goes on when it is released',
    async () => {
      await begun('c17');
      await setPaused(fleet.parts.db, true, new Date());
      await sleep(STOPPED_MS);
      const stopped = await fleet.dialled();
      await sleep(STOPPED_MS * 2);
      assert.equal(await fleet.dialled(), stopped, 'dials while the switch was on');
      await setPaused(fleet.parts.db, false, new Date());
      await fleet.counted('c17');
      assert.ok((await fleet.dialled()) > stopped, 'the switch came too late to show anything');
      assert.deepEqual(await fleet.findings('c17'), []);
    },
  );

  await t.test('C4: Redis starts empty in the middle, and Postgres says what is due', async () => {
    await begun('c4');
    await fleet.redis?.restart();
    await fleet.counted('c4');
    assert.deepEqual(await fleet.findings('c4', { again: 1 }), []);
  });

  await t.test('C5: Redis is away for three seconds', async () => {
    await begun('c5');
    fleet.queue?.down();
    await sleep(3_000);
    fleet.queue?.heal();
    await fleet.counted('c5');
    assert.deepEqual(await fleet.findings('c5', { again: 1 }), []);
  });

  await t.test('C3: SIGTERM under load ends with 0 in time, and another worker does the rest', async () => {
    await begun('c3');
    const before = performance.now();
    assert.equal(await fleet.end(worker, 'SIGTERM'), 0);
    assert.ok(performance.now() - before < LEAVE_MS);
    worker = await fleet.start('worker');
    await fleet.counted('c3');
    assert.deepEqual(await fleet.findings('c3'), []);
  });

  await t.test('C13: two schedulers and two planners make one run of a schedule that is due', async () => {
    await fleet.start('scheduler');
    await fleet.start('worker');
    await fleet.mark();
    const spec = { kind: 'survey', feeds: [LIST] } as const;
    const due = new Date();
    await addSchedule(fleet.parts.db, { name: 'c13', spec, cron: YEARLY, destinations: [], nextDueAt: due }, due);
    const id = await until('the survey to begin', async () =>
      (await listSurveys(fleet.parts.db)).map((survey) => survey.id).find((one) => one.startsWith('s-c13')),
    );
    await fleet.counted(id);
    assert.equal((await listSurveys(fleet.parts.db)).filter((survey) => survey.id.startsWith('s-c13')).length, 1);
    assert.deepEqual(await fleet.findings(id), []);
  });

  await t.test('the oracle sees what is wrong', async () => {
    const { db } = fleet.parts;
    const findings = async (tamper: RawBuilder<unknown>): Promise<string> => {
      const rollback = new Error('rolled back');
      let lines: string[] = [];
      await db
        .transaction()
        .execute(async (tx) => {
          await tamper.execute(tx);
          lines = await fleet.findings('c4', {}, tx);
          throw rollback;
        })
        .catch((error: unknown) => {
          if (error !== rollback) throw error;
        });
      return lines.join('\n');
    };
    const one = sql`(select ctid from observation where survey_id = 'c4' and outcome = 'k8s_version_open' limit 1)`;
    assert.match(
      await findings(sql`delete from observation where survey_id = 'c4' and ctid in ${one}`),
      /has 0 outcomes/,
    );
    const again = sql`insert into observation select * from observation where survey_id = 'c4' and ctid in ${one}`;
    assert.match(await findings(again), /has 2 outcomes/);
    const down = sql`update observation set outcome = 'tcp_timeout' where survey_id = 'c4' and ctid in ${one}`;
    assert.match(await findings(down), /outcome is tcp_timeout, not k8s_version_open/);
    const ours = sql`update observation set outcome = 'error_ours' where survey_id = 'c4' and ctid in ${one}`;
    assert.match(await findings(ours), /outcome is error_ours, not k8s_version_open/);
    const flipped = sql`update endpoint_state set outcome = 'tcp_timeout' where outcome = 'k8s_version_open'`;
    assert.match(await findings(flipped), /the state of \S+ is tcp_timeout, not k8s_version_open/);
    const open = sql`update survey_chunk set committed_at = null where survey_id = 'c4'`;
    assert.match(await findings(open), /chunks are open/);
    // The dials of the last survey are still counted: a connection more than it made is one too many.
    const [endpoint = ''] = Object.keys(await fleet.dials());
    const [address = '', port] = endpoint.split(':');
    const socket = connect(Number(port), address);
    await once(socket, 'connect');
    socket.destroy();
    await until('the dial to be counted', async () =>
      (await fleet.findings('c4')).some((line) => line.startsWith(`${endpoint} was dialled`)),
    );
  });
});
