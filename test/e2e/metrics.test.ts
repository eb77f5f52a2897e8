// What is measured while the lab is surveyed equals what the database holds, and the listener of a worker says when it is not fit.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { sql } from 'kysely';
import { addComplaint } from '../../services/candidates/complaint.store.ts';
import { compose } from '../../services/compose.ts';
import { loadConfig } from '../../services/config.ts';
import type { Parts } from '../../services/parts.ts';
import { OUTCOMES } from '../../services/probes/outcome.ts';
import { startParts } from '../../services/roles.ts';
import { silentLog, withDatabase } from '../support/database.ts';
import { startLabCensus } from '../support/lab-census.ts';

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Samples of one metric in Prometheus' text format. */
function samplesOf(text: string, name: string): Sample[] {
  return [...text.matchAll(new RegExp(`^kubecensus_${name}(?:\\{([^}]*)\\})? (\\S+)$`, 'gm'))].map(
    ([, inside = '', value]) => ({
      labels: Object.fromEntries([...inside.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, is]) => [label, is])),
      value: Number(value),
    }),
  );
}
const sum = (samples: readonly Sample[]): number => samples.reduce((total, { value }) => total + value, 0);

test('a survey of the lab is measured as it happened, without a word that names a host', async (t) => {
  const { parts, pullFeeds, survey } = await startLabCensus(t, { hosts: 40, seed: 'metrics' });
  const runs = await pullFeeds();
  await survey('s', 'active');
  await addComplaint(
    parts.db,
    {
      about: { kind: 'address', value: '8.8.8.8' },
      contact: 'somebody@example.org',
      note: '',
      stoppedBy: 'pause',
      token: 't',
    },
    new Date(Date.now() - 90_000),
  );
  const text = await parts.metrics.text();
  const of = (name: string): Sample[] => samplesOf(text, name);

  const { rows } = await sql<{ all: number; dialled: number; bytes: number }>`
    select count(*) as all, count(*) filter (where phase not in ('policy', 'dns')) as dialled from observation`.execute(
    parts.db,
  );
  const [observed] = rows;
  assert.ok((observed?.dialled ?? 0) > 20);
  assert.equal(sum(of('db_batch_rows_sum')), observed?.all);
  assert.equal(sum(of('probe_attempts_total')), observed?.dialled);
  assert.equal(
    sum(of('probe_duration_seconds_count').filter(({ labels }) => labels['phase'] === 'total')),
    observed?.dialled,
  );
  for (const { labels } of of('probe_attempts_total')) {
    assert.ok(
      labels['outcome'] === 'answered' || Object.hasOwn(OUTCOMES, labels['outcome'] ?? ''),
      JSON.stringify(labels),
    );
    assert.equal(labels['vantage'], parts.config.vantage);
  }
  assert.equal(sum(of('feed_runs_total')), runs.length);
  assert.equal(
    sum(of('feed_records_total')),
    runs.reduce((total, run) => total + run.read, 0),
  );
  assert.deepEqual(
    ['state_up', 'targets_due', 'survey_progress_ratio', 'probe_inflight', 'paused', 'db_default_partition_rows'].map(
      (name) => sum(of(name)),
    ),
    [1, 0, 1, 0, 0, 0],
  );
  assert.equal(sum(of('db_partition_ahead_days')), 7);
  assert.equal(sum(of('complaints_open')), 1);
  assert.ok(sum(of('complaint_oldest_seconds')) >= 90);
  assert.ok(!text.includes('example.org') && !text.includes('8.8.8.8'), 'neither who complains nor about what');
  assert.ok(Date.now() / 1000 - sum(of('survey_last_complete_timestamp_seconds')) < 600);
  assert.ok(Date.now() / 1000 - sum(of('optout_refresh_timestamp_seconds')) < 600);
  assert.deepEqual([...new Set(of('queue_jobs').map(({ labels }) => labels['queue']))].sort(), [
    'collect',
    'observe',
    'plan',
    'rollup',
  ]);
  assert.doesNotMatch(text, /\b127\.(1[6-9]|2\d|3[01])\.\d+\.\d+\b/);
});

test('the listener of a worker is ready, and not without partitions, schema or opt-outs', async (t) => {
  const { url, database } = await withDatabase(t);
  const port = await freePort();
  const config = loadConfig({ DATABASE_URL: url, KUBECENSUS_METRICS_LISTEN: `127.0.0.1:${port}` }, null);
  const get = async (path: string): Promise<[number, string]> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return [response.status, await response.text()];
  };
  const running = async (check: (parts: Parts) => Promise<void>): Promise<void> => {
    const parts = await compose(config, silentLog);
    const stop = await startParts(['worker'], parts);
    try {
      await check(parts);
    } finally {
      await stop();
      await parts.close();
    }
  };
  await running(async (parts) => {
    for (const path of ['/livez', '/startupz', '/readyz']) assert.deepEqual(await get(path), [200, 'pass\n'], path);
    const [status, text] = await get('/metrics');
    assert.equal(status, 200);
    assert.deepEqual(
      samplesOf(text, 'state_up'),
      [{ labels: {}, value: 0 }],
      'a worker leaves the state to the scheduler',
    );
    const tomorrow = new Date(Date.now() + 24 * 3600 * 1000).toISOString().slice(0, 10).replaceAll('-', '');
    await sql`drop table ${sql.table(`observation_${tomorrow}`)}`.execute(database.db);
    assert.deepEqual(await get('/readyz'), [503, 'fail: partitions\n']);
    const { rows: newest } = await sql<{ name: string; timestamp: string }>`
      delete from kysely_migration where name = (select max(name) from kysely_migration) returning name, timestamp`.execute(
      database.db,
    );
    assert.deepEqual(await get('/readyz'), [503, 'fail: schema, partitions\n']);
    assert.deepEqual(await get('/startupz'), [503, 'fail: schema\n']);
    assert.deepEqual(await get('/livez'), [200, 'pass\n']);
    await sql`insert into kysely_migration (name, timestamp) values (${newest[0]?.name}, ${newest[0]?.timestamp})`.execute(
      database.db,
    );
    parts.stuck.add('observe');
    assert.deepEqual(await get('/readyz'), [503, 'fail: partitions, queue\n'], 'a worker that does not get on');
    parts.stuck.delete('observe');
  });
  await running(async () => {
    await sql`alter table opt_out rename to opt_out_away`.execute(database.db);
    assert.deepEqual(await get('/readyz'), [503, 'fail: opt-outs\n']);
    await sql`alter table opt_out_away rename to opt_out`.execute(database.db);
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
