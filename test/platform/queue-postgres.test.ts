// The queue's contract on PostgreSQL.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { migrateQueue, openPostgresQueue } from '../../services/platform/queue/postgres.ts';
import { QUEUE_SCHEMA } from '../../services/platform/queue/queue.ts';
import { startFaultProxy } from '../chaos/fault-proxy.ts';
import { onServer, silentLog, testServer, withDatabase } from '../support/database.ts';
import { CONTRACT_JOBS, queueContract } from './queue.contract.ts';

queueContract('PostgreSQL', null, async (t) => {
  const { url, database } = await withDatabase(t, { migrated: false });
  const server = await testServer();
  const name = new URL(url).pathname.slice(1);
  await migrateQueue(url);
  return {
    close: () => database.close(),
    open: async () => openPostgresQueue(url, { jobs: CONTRACT_JOBS, log: silentLog }),
    // The LISTEN connection of a worker is called after its queue, so all of the database's are meant but the test's own.
    cut: () =>
      onServer(server, async (client) => {
        const { rows } = await client.query(
          'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and application_name <> $1',
          [name],
        );
        return rows.length;
      }),
    child: { kind: 'postgres', url },
  };
});

it('makes its tables once, also when two processes do it at a time', async (t) => {
  const { url, database } = await withDatabase(t, { migrated: false });
  await Promise.all([migrateQueue(url), migrateQueue(url)]);
  await migrateQueue(url);
  // Several that find all of BullMQ's tables go for the function at the same moment.
  for (let round = 0; round < 40; round++) {
    await database.pool.query(`drop function ${QUEUE_SCHEMA}.kubecensus_make_sequence`);
    await Promise.all([1, 2, 3, 4, 5, 6].map(() => migrateQueue(url)));
  }
});

it('is not ended by a connection that breaks while it is asked whether the tables are there', async (t) => {
  const { url, onEnd } = await withDatabase(t, { migrated: false });
  await migrateQueue(url);
  const proxy = await startFaultProxy(url);
  onEnd(() => proxy.close());
  const queue = openPostgresQueue(proxy.through(url), { jobs: CONTRACT_JOBS, log: silentLog });
  onEnd(() => queue.close(0));
  proxy.cut({ bytes: Buffer.from('MAX(version)'), isDelivered: false, times: 1 });
  await assert.rejects(
    queue.work('observe', async () => undefined, { concurrency: 1 }),
    { code: 'KC_QUEUE_UNREACHABLE' },
  );
  assert.equal(proxy.cuts, 1);
});

it('says that the queue does not answer when its tables are missing or the server is away', async (t) => {
  const { url, onEnd } = await withDatabase(t, { migrated: false });
  for (const place of [url, 'postgres://nobody:secret@127.0.0.1:1/none']) {
    const queue = openPostgresQueue(place, { jobs: CONTRACT_JOBS, log: silentLog });
    onEnd(() => queue.close(0));
    await assert.rejects(queue.add([{ name: 'observe', id: 'a', payload: null }]), { code: 'KC_QUEUE_UNREACHABLE' });
    await assert.rejects(
      queue.work('observe', async () => undefined, { concurrency: 1 }),
      { code: 'KC_QUEUE_UNREACHABLE' },
    );
  }
  // The same queue object works as soon as the tables are there.
  const queue = openPostgresQueue(url, { jobs: CONTRACT_JOBS, log: silentLog });
  onEnd(() => queue.close(0));
  await assert.rejects(queue.counts(), { code: 'KC_QUEUE_UNREACHABLE' });
  await migrateQueue(url);
  assert.deepEqual(await queue.counts(), { waiting: 0, active: 0, delayed: 0 });
});
