// The embedded server is killed while a queue and transactions are at work on it: everything goes on by itself.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { sql } from 'kysely';
import { openDatabase } from '../../services/platform/db/database.ts';
import { openEmbedded } from '../../services/platform/db/embedded.ts';
import { migrateQueue, openPostgresQueue } from '../../services/platform/queue/postgres.ts';
import { silentLog } from '../support/run.ts';
import { CONTRACT_JOBS } from './queue.contract.ts';
import { until } from './until.ts';

it('work goes on after the server was killed under it', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'kubecensus-outage-'));
  const embedded = await openEmbedded(dataDir, silentLog);
  const database = await openDatabase(embedded.url, { log: silentLog });
  await migrateQueue(embedded.url);
  const queue = openPostgresQueue(embedded.url, { jobs: CONTRACT_JOBS, log: silentLog });
  t.after(async () => {
    await queue.close(0);
    await database.close();
    await embedded.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  await sql`create table fact (chunk text primary key)`.execute(database.db);
  /** Like a chunk: a transaction whose facts are recognised when it is done twice. */
  const commit = async (payload: unknown): Promise<void> => {
    await database.transaction(
      async (trx) => void (await sql`insert into fact values (${String(payload)}) on conflict do nothing`.execute(trx)),
    );
  };
  const facts = async (): Promise<number> => {
    const { rows } = await sql<{ count: number }>`select count(*) as count from fact`.execute(database.db);
    return rows[0]?.count ?? 0;
  };
  await queue.work('observe', commit, { concurrency: 2, lockDurationMs: 1_000 });
  const chunks = (from: number) =>
    Array.from({ length: 50 }, (_, index) => ({
      name: 'observe',
      id: `chunk-${from + index}`,
      payload: `c${from + index}`,
    }));
  await queue.add(chunks(0));
  await until('the first facts', async () => (await facts()) > 0);
  const pid = Number((await readFile(join(dataDir, 'postgres/pgdata/postmaster.pid'), 'utf8')).split('\n')[0]);
  process.kill(pid, 'SIGKILL');
  // As the planner does: what is due is added until it is done.
  await until('the other chunks to be added', () =>
    queue.add([...chunks(0), ...chunks(50)]).then(
      () => true,
      () => false,
    ),
  );
  assert.equal(await until('all facts', async () => ((await facts().catch(() => 0)) === 100 ? 100 : null)), 100);
});
