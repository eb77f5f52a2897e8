// The database of a fleet is cut off, restarted, read-only, full or out of connections in the middle of a survey: probing pauses, nothing is lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { until } from '../platform/until.ts';
import { onServer } from '../support/database.ts';
import { freePort, redisMissing } from '../support/redis.ts';
import { startFleet } from './fleet.ts';
import { DISK_FULL, smallTablespace, tablespaceMissing } from './tablespace.ts';

/** What kysely sends at the end of a transaction: a simple query, ended by a NUL. */
const COMMIT = Buffer.from('commit\0');
/** The chunks' own commits, and one or two beside. */
const COMMITS_CUT = 4;
/** A worker that cannot read the kill switch for five seconds takes it for on; what was dialled until then arrives. */
const DOUBT_MS = 7_000;

test('a fleet whose database fails', { skip: redisMissing() ?? false }, async (t) => {
  const fleet = await startFleet(t, { seed: 'chaos', hosts: 60, settings: { KUBECENSUS_RATE: '200' } });
  const begun = async (id: string): Promise<void> => {
    await fleet.begin(id);
    await until('some dials', async () => (await fleet.dialled()) > 20);
  };
  await fleet.start('scheduler');
  const listen = `127.0.0.1:${await freePort()}`;
  const worker = await fleet.start('worker', { KUBECENSUS_METRICS_LISTEN: listen });
  const readiness = async (): Promise<string> => (await fetch(`http://${listen}/readyz`)).text();

  for (const isDelivered of [true, false])
    await t.test(
      `C8: connections break after COMMIT was sent, and it was ${isDelivered ? 'done' : 'lost'}`,
      async () => {
        const id = isDelivered ? 'c8-done' : 'c8-lost';
        await begun(id);
        fleet.postgres.cut({ bytes: COMMIT, isDelivered, times: COMMITS_CUT });
        await fleet.counted(id);
        assert.ok(fleet.postgres.cuts > 1, `${fleet.postgres.cuts} commits were cut`);
        assert.deepEqual(await fleet.findings(id), []);
      },
    );

  await t.test('C8: the database restarts in the middle', async () => {
    await begun('c8-restart');
    fleet.postgres.down();
    await sleep(3_000);
    fleet.postgres.heal();
    await fleet.counted('c8-restart');
    assert.deepEqual(await fleet.findings('c8-restart'), []);
  });

  await t.test('C9: the database is read-only: probing pauses, nothing is lost or asked again', async () => {
    await begun('c9');
    const alter = (setting: string) =>
      onServer(fleet.databaseUrl, (client) => client.query(`alter role ${fleet.login} ${setting}`));
    await alter('set default_transaction_read_only = on');
    try {
      await fleet.endSessions();
      await until('the fleet to finish what it has', async () => {
        const before = await fleet.dialled();
        await sleep(2_000);
        return before === (await fleet.dialled());
      });
      const { rows } = await sql<{ n: number }>`select count(*) as n from observation where survey_id = 'c9'`.execute(
        fleet.parts.db,
      );
      assert.equal(rows[0]?.n, 0, 'the fault came too late to show anything');
      assert.equal(await readiness(), 'fail: writes\n');
    } finally {
      await alter('reset default_transaction_read_only');
      await fleet.endSessions();
    }
    await fleet.counted('c9');
    assert.equal(await readiness(), 'pass\n');
    assert.deepEqual(await fleet.findings('c9'), []);
  });

  await t.test('C9: the disk is full', { skip: tablespaceMissing() ?? false }, async () => {
    const disk = await smallTablespace(fleet);
    try {
      await disk.fill();
      await begun('c9-full');
      await until('a commit to fail', () => worker.said().includes(DISK_FULL));
      await disk.empty();
      await fleet.counted('c9-full');
      assert.deepEqual(await fleet.findings('c9-full'), []);
    } finally {
      await disk.remove();
    }
  });

  await t.test('C23: only the way to the database is gone', async () => {
    // So slow that much is still to be dialled when dialling has ceased.
    await fleet.end(worker, 'SIGTERM');
    await fleet.start('worker', { KUBECENSUS_RATE: '90' });
    await begun('c23');
    fleet.postgres.hang();
    await sleep(DOUBT_MS);
    const stopped = await fleet.dialled();
    await sleep(2_000);
    assert.equal(await fleet.dialled(), stopped, 'dials without a database');
    fleet.postgres.heal();
    await fleet.counted('c23');
    assert.ok((await fleet.dialled()) > stopped, 'the fault came too late to show anything');
    assert.deepEqual(await fleet.findings('c23'), []);
  });
});
