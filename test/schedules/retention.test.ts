// Retention on real partitions: what is dropped, what stays and for whose sake, and that a dry run says the same and touches nothing.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Kysely, sql } from 'kysely';
import { exportedSurvey } from '../../services/exports/export.store.ts';
import { dropPartition, oldPartitions } from '../../services/observations/old-partition.store.ts';
import { makePartitions } from '../../services/observations/partition.store.ts';
import type { DB } from '../../services/platform/db/schema.ts';
import { countedSurvey } from '../../services/rollups/counted-survey.store.ts';
import { rollUp } from '../../services/rollups/rollup.job.ts';
import { stats } from '../../services/rollups/stats.store.ts';
import { collectGarbage } from '../../services/schedules/retention.job.ts';
import { cutoffsOf, type Periods } from '../../services/schedules/retention.ts';
import { runCommand } from '../support/command.ts';
import { withDatabase } from '../support/database.ts';
import { leaf, NOW, observation, stopSurvey, surveyOf } from '../support/observations.ts';

const PERIODS: Periods = { observationDays: 90, stateDays: 30, exportDays: 30, reportDays: 800 };
const DAY_MS = 24 * 3600 * 1000;
const daysAgo = (days: number): Date => new Date(NOW.getTime() - days * DAY_MS);
const partitionOf = (days: number): string =>
  `observation_${daysAgo(days).toISOString().slice(0, 10).replaceAll('-', '')}`;
const certificate = (digit: string) => leaf({ sha256: digit.repeat(64) });

async function counts(db: Kysely<DB>, tables: readonly string[]): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const table of tables) {
    const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(table)}`.execute(db);
    found[table] = rows[0]?.n ?? -1;
  }
  return found;
}

async function partitions(db: Kysely<DB>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select inhrelid::regclass::text as name from pg_inherits where inhparent = 'observation'::regclass order by 1`.execute(
    db,
  );
  return rows.map(({ name }) => name);
}

async function inDirectory(run: (dataDir: string) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'kubecensus-retention-'));
  try {
    await run(dataDir);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

test('cutoffs of days are midnights in UTC, so that whole partitions are before them', () => {
  const cutoffs = cutoffsOf(PERIODS, NOW);
  assert.equal(cutoffs.observations.toISOString(), '2026-08-26T00:00:00.000Z');
  assert.equal(cutoffs.state.toISOString(), '2026-10-25T00:00:00.000Z');
  assert.equal(cutoffs.idempotency.toISOString(), daysAgo(1).toISOString());
});

test('a counted survey loses its observations and keeps its counts; one that is not counted keeps its partition', async (t) => {
  const { database } = await withDatabase(t);
  const { db } = database;
  const context = (days: number) => ({ db, now: () => daysAgo(days) });
  const shared = certificate('a');
  await surveyOf(
    database,
    'old',
    [
      observation({ certificate: shared }),
      observation({ host: '8.0.0.9', address: '8.0.0.9', certificate: certificate('b') }),
    ],
    daysAgo(100),
  );
  await surveyOf(database, 'uncounted', [observation({ certificate: certificate('c') })], daysAgo(95));
  await surveyOf(database, 'edge', [observation({ certificate: shared })], daysAgo(90));
  for (const [survey, days] of [
    ['old', 100],
    ['edge', 90],
  ] as const)
    await rollUp(survey, context(days));
  await stopSurvey(db, 'uncounted', daysAgo(95));
  const before = await stats(db, { surveyId: 'old', by: ['minor'], where: {}, unit: 'endpoint' });

  await inDirectory(async (dataDir) => {
    const base = { db, now: () => NOW, dataDir, periods: PERIODS };
    const there = await partitions(db);
    const dry = await collectGarbage({ ...base, isDryRun: true });
    assert.deepEqual(await partitions(db), there, 'a dry run drops nothing');
    const run = await collectGarbage({ ...base, isDryRun: false });
    const plain = (rows: typeof run) =>
      rows.map(({ what, count, state }) => [what, count, state.replace('would drop', 'dropped')]);
    assert.deepEqual(plain(dry), plain(run), 'a dry run says what a run does');

    const row = (what: string) => run.find((one) => one.what === what);
    assert.deepEqual([row(partitionOf(100))?.count, row(partitionOf(100))?.state], [2, 'dropped']);
    assert.ok((row(partitionOf(100))?.bytes ?? 0) > 0);
    assert.deepEqual([row(partitionOf(95))?.state, row(partitionOf(95))?.why], ['kept', 'not counted yet: uncounted']);
    assert.equal(row(partitionOf(90)), undefined, 'a day that is not over by then is not touched');
    const left = await partitions(db);
    assert.ok(!left.includes(partitionOf(100)) && left.includes(partitionOf(95)) && left.includes(partitionOf(90)));
    assert.deepEqual(
      (await db.selectFrom('certificate').select('sha256').orderBy('sha256').execute()).map(({ sha256 }) => sha256[0]),
      ['a', 'c'],
      'a certificate goes with its last observation',
    );
    assert.deepEqual(await stats(db, { surveyId: 'old', by: ['minor'], where: {}, unit: 'endpoint' }), {
      ...before,
      survey: await countedSurvey(db, 'old'),
    });

    const gone = { code: 'KC_OBSERVATIONS_DROPPED' };
    const narrowed = { surveyId: 'old', by: ['minor'], where: { asn: ['64500'] } } as const;
    await assert.rejects(stats(db, { ...narrowed, unit: 'endpoint' }), gone, 'what is left is not the whole');
    await assert.rejects(stats(db, { ...narrowed, unit: 'cluster' }), gone);
    const asked = { surveyId: 'old', format: 'csv' } as const;
    await assert.rejects(exportedSurvey({ ...asked, dataset: 'certificates' }, database), gone);
    assert.equal((await exportedSurvey({ ...asked, dataset: 'rollups' }, database))?.id, 'old');

    // Counted at last: the next run takes it.
    await rollUp('uncounted', { db, now: () => NOW });
    const next = await collectGarbage({ ...base, isDryRun: false });
    assert.equal(next.find(({ what }) => what === partitionOf(95))?.state, 'dropped');
  });
});

test('kubecensus gc says what it drops, and with --dry-run only says so', async (t) => {
  const { database, url } = await withDatabase(t);
  const day = new Date(Date.now() - 40 * DAY_MS);
  await surveyOf(database, 's', [observation()], day);
  await rollUp('s', { db: database.db, now: () => day });
  await inDirectory(async (dataDir) => {
    const environment = {
      DATABASE_URL: url,
      KUBECENSUS_DATA_DIR: dataDir,
      KUBECENSUS_RETENTION_OBSERVATION_DAYS: '39',
      KUBECENSUS_LOG_LEVEL: 'silent',
    };
    for (const [args, state] of [
      [['--dry-run'], 'would drop'],
      [[], 'dropped'],
    ] as const) {
      const { code, rows } = await runCommand(['gc', ...args, '--format', 'ndjson'], environment);
      assert.equal(code, 0);
      const name = `observation_${day.toISOString().slice(0, 10).replaceAll('-', '')}`;
      const [row] = rows.filter(({ what }) => what === name);
      assert.deepEqual([row?.['count'], row?.['state'], row?.['why']], [1, state, null]);
    }
    const again = await runCommand(['gc', '--format', 'ndjson'], environment);
    assert.deepEqual(
      again.rows.flatMap(({ what, count }) => (count === 0 ? [] : [what])),
      [],
      'nothing is left to drop',
    );
  });
});

test('two runs at once drop everything and fail neither', async (t) => {
  const { database } = await withDatabase(t);
  const { db } = database;
  for (const days of [101, 102, 103, 104]) {
    await surveyOf(database, `s${days}`, [observation({ certificate: certificate(`${days % 10}`) })], daysAgo(days));
    await rollUp(`s${days}`, { db, now: () => daysAgo(days) });
  }
  await inDirectory(async (dataDir) => {
    const context = { db, now: () => NOW, dataDir, periods: PERIODS, isDryRun: false };
    const runs = await Promise.all(Array.from({ length: 4 }, () => collectGarbage(context)));
    const dropped = runs
      .flat()
      .filter(
        ({ what, why, count, state }) =>
          what.startsWith('observation_2') && why === null && count === 1 && state === 'dropped',
      );
    assert.deepEqual(dropped.map(({ what }) => what).sort(), [104, 103, 102, 101].map(partitionOf));
  });
  assert.deepEqual(await counts(db, ['observation', 'certificate']), { observation: 0, certificate: 0 });
});

test('a partition that somebody reads stays until the next run, and one that became needed meanwhile stays', async (t) => {
  const { database } = await withDatabase(t);
  const { db } = database;
  await surveyOf(database, 's', [observation()], daysAgo(100));
  const [partition] = (await oldPartitions(db, daysAgo(90))).filter(({ rows }) => rows > 0);
  assert.deepEqual(partition?.uncounted, ['s']);
  assert.equal(await dropPartition(db, partition.name, NOW), 'needed');
  await rollUp('s', { db, now: () => daysAgo(100) });
  const reader = await database.pool.connect();
  await reader.query(`begin; select count(*) from ${partition.name}`);
  assert.equal(await dropPartition(db, partition.name, NOW), 'busy');
  await reader.query('rollback');
  reader.release();
  assert.equal(await dropPartition(db, partition.name, NOW), 'dropped');
  const survey = await db.selectFrom('survey').select('observations_dropped_at as at').executeTakeFirstOrThrow();
  assert.equal(survey.at?.getTime(), NOW.getTime());
});

test('rows go by table: evidence by its last run, states by their silence, answers after a day', async (t) => {
  const { database } = await withDatabase(t);
  const { db } = database;
  await makePartitions(db, NOW);
  await sql`
    insert into feed_run (id, feed, kind, query, state, code_version, started_at, finished_at) overriding system value values
      (1, 'f', 'sightings', '', 'complete', 'v', ${daysAgo(120)}, ${daysAgo(120)}),
      (2, 'f', 'sightings', '', 'complete', 'v', ${daysAgo(10)}, ${daysAgo(10)}),
      (3, 'f', 'sightings', '', 'held', 'v', ${daysAgo(120)}, ${daysAgo(120)})`.execute(db);
  await sql`
    insert into candidate (id, key, kind, host, first_seen, last_seen) overriding system value
    select i, 'k' || i, 'name', 'h' || i, ${daysAgo(400)}, ${daysAgo(400)} from generate_series(1, 2) i`.execute(db);
  // Both speak of the same day long ago; the second was brought again by a later run.
  await sql`
    insert into sighting (feed, candidate_id, first_seen, last_seen, first_run, last_run)
    select 'f', i, ${daysAgo(400)}, ${daysAgo(400)}, 1, i from generate_series(1, 2) i`.execute(db);
  await sql`
    insert into sighting_evidence (feed, candidate_id, observed_at, body)
    select 'f', i, ${daysAgo(400)}, '{}' from generate_series(1, 2) i`.execute(db);
  await sql`insert into quarantine (run_id, at, reason, excerpt) select i, '', '', '' from generate_series(1, 3) i`.execute(
    db,
  );
  await sql`
    insert into endpoint_state (address, port, last_seen, last_probed, last_changed, misses, outcome, grade) values
      ('8.0.0.1', 1, ${daysAgo(40)}, ${daysAgo(1)}, ${daysAgo(1)}, 3, 'tcp_timeout', 'not'),
      ('8.0.0.2', 1, ${daysAgo(40)}, ${daysAgo(40)}, ${daysAgo(40)}, 0, 'k8s_version_open', 'confirmed'),
      ('8.0.0.3', 1, ${daysAgo(100)}, ${daysAgo(100)}, ${daysAgo(100)}, 0, 'k8s_version_open', 'confirmed'),
      ('8.0.0.4', 1, null, ${daysAgo(31)}, ${daysAgo(31)}, 1, 'tcp_timeout', 'not'),
      ('8.0.0.5', 1, ${daysAgo(20)}, ${daysAgo(1)}, ${daysAgo(1)}, 1, 'tcp_timeout', 'not')`.execute(db);
  await sql`
    insert into api_key (id, prefix, secret_sha256, name, scopes, created_at) overriding system value values (1, 'p', 's', 'n', '{admin}', ${NOW})`.execute(
    db,
  );
  await sql`
    insert into idempotency_key (api_key_id, key, request_sha256, status, body, created_at) values
      (1, 'a', '', 200, '{}', ${daysAgo(1.01)}), (1, 'b', '', 200, '{}', ${daysAgo(0.99)})`.execute(db);

  await inDirectory(async (dataDir) => {
    const context = { db, now: () => NOW, dataDir, periods: PERIODS, isDryRun: false };
    await surveyOf(database, 'passive', [], NOW);
    await db.updateTable('survey').set({ method: 'passive' }).execute();
    const kept = await collectGarbage(context);
    assert.deepEqual(
      kept.filter(({ what }) => what === 'sighting_evidence').map(({ state, why }) => [state, why]),
      [['kept', 'not counted yet: passive']],
    );
    await rollUp('passive', context);
    await collectGarbage(context);
  });
  const tables = [
    'sighting_evidence',
    'quarantine',
    'endpoint_state',
    'idempotency_key',
    'sighting',
    'candidate',
    'feed_run',
  ];
  assert.deepEqual(await counts(db, tables), {
    ...{ sighting_evidence: 1, quarantine: 2, endpoint_state: 2, idempotency_key: 1 },
    ...{ sighting: 2, candidate: 2, feed_run: 3 },
  });
  const states = await db
    .selectFrom('endpoint_state')
    .select(sql<string>`host(address)`.as('address'))
    .orderBy('address')
    .execute();
  assert.deepEqual(
    states.map(({ address }) => address),
    ['8.0.0.2', '8.0.0.5'],
  );
});

test('stored reports go with their files; one on single hosts earlier, one that waits to be delivered not at all', async (t) => {
  const { database } = await withDatabase(t);
  const { db } = database;
  const reports = {
    young: ['headline', 700],
    old: ['headline', 900],
    owned: ['owner', 100],
    waiting: ['headline', 901],
  } as const;
  for (const [id, [name, days]] of Object.entries(reports))
    await db
      .insertInto('report')
      .values({ id, name, survey_id: null, created_at: daysAgo(days), manifest: '{}' })
      .execute();
  await sql`
    insert into delivery (report_id, destination, next_attempt_at, delivered_at) values
      ('waiting', 'dir:/x', ${NOW}, null), ('old', 'dir:/x', ${NOW}, ${NOW})`.execute(db);
  await sql`
    insert into schedule (id, name, kind, spec, cron, destinations, next_due_at, created_at) overriding system value
    values (1, 'n', 'report', '{}', '0 0 * * *', '{}', ${NOW}, ${NOW})`.execute(db);
  await sql`insert into schedule_fire (schedule_id, fire_at, claimed_at, report_id) values (1, ${daysAgo(900)}, ${daysAgo(900)}, 'old')`.execute(
    db,
  );
  await inDirectory(async (dataDir) => {
    for (const [id, [name, days]] of Object.entries(reports)) {
      const directory = join(dataDir, 'reports', id);
      await mkdir(directory, { recursive: true });
      const manifest = join(directory, 'manifest.json');
      await writeFile(manifest, JSON.stringify({ kind: 'kubecensus-report', id, name, files: [] }));
      await utimes(manifest, daysAgo(days), daysAgo(days));
    }
    // Not ours: it has no manifest of a report, and stays whatever its age.
    await mkdir(join(dataDir, 'reports', 'theirs'));
    await collectGarbage({ db, now: () => NOW, dataDir, periods: PERIODS, isDryRun: false });
    assert.deepEqual((await readdir(join(dataDir, 'reports'))).sort(), ['theirs', 'waiting', 'young']);
  });
  const rows = await db.selectFrom('report').select('id').orderBy('id').execute();
  assert.deepEqual(
    rows.map(({ id }) => id),
    ['waiting', 'young'],
  );
  assert.equal((await counts(db, ['schedule_fire']))['schedule_fire'], 1);
});
