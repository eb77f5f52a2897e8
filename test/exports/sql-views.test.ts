// The views for researchers: every column has its comment, the role reads them and nothing else, and the examples of docs/sql.md run as it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import pg from 'pg';
import { DATASETS } from '../../services/exports/columns.ts';
import { placeViews } from '../../services/exports/sql-views.store.ts';
import { SQL_VIEWS } from '../../services/exports/sql-views.ts';
import { recompute } from '../../services/rollups/rollup.store.ts';
import { blocksOf, textOf } from '../docs/pages.ts';
import { type TestDatabase, withDatabase } from '../support/database.ts';
import { leaf, NOW, observation, silence, surveyOf } from '../support/observations.ts';

async function surveyed(t: Parameters<typeof withDatabase>[0]): Promise<TestDatabase> {
  const base = await withDatabase(t);
  const { database } = base;
  for (const [id, day] of [
    ['first', 0],
    ['second', 1],
  ] as const) {
    const at = new Date(NOW.getTime() + day * 24 * 3600 * 1000);
    const on = (last: number, changes = {}) =>
      observation({ host: `8.0.0.${last}`, address: `8.0.0.${last}`, observedAt: at, ...changes });
    await surveyOf(database, id, [on(1, { certificate: leaf() }), on(2), on(3, silence)], at);
    await recompute(database.db, id, at);
  }
  await sql`insert into feed_run (feed, kind, query, state, started_at, code_version)
    values ('f', 'sightings', 'all', 'complete', ${NOW}, '0')`.execute(database.db);
  await placeViews(database.db);
  return base;
}

/** A connection that has become the reader. */
async function asReader(url: string, use: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query('set role census_reader');
    await use(client);
  } finally {
    await client.end();
  }
}

test('the reader reads every view and no table, and every example of the documents gives rows', async (t) => {
  const { url, database } = await surveyed(t);
  const { rows: tables } = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = 'public'`.execute(database.db);
  assert.ok(tables.length > 10);
  await asReader(url, async (client) => {
    for (const { name } of SQL_VIEWS) await client.query(`select * from ${name}`);
    for (const { name } of tables)
      await assert.rejects(client.query(`select * from "${name}"`), { code: '42501' }, name);
    const examples = blocksOf(textOf('docs/sql.md')).filter(({ language }) => language === 'sql');
    assert.ok(examples.length >= 6);
    for (const { code } of examples) assert.ok(((await client.query(code)).rowCount ?? 0) > 0, code);
  });
});

test('counts of a view are those of the observations, survey by survey', async (t) => {
  const { database } = await surveyed(t);
  const { rows } = await sql<{ survey: string; endpoints: number }>`
    select survey, sum(endpoints)::int as endpoints from census_components where component = 'kube-apiserver'
    group by 1 order by 1`.execute(database.db);
  assert.deepEqual(rows, [
    { survey: 'first', endpoints: 2 },
    { survey: 'second', endpoints: 2 },
  ]);
});

test('every column has the comment of its description, and none is private', async (t) => {
  const { database } = await surveyed(t);
  const hidden = new Set(
    Object.values(DATASETS).flatMap(({ columns }) =>
      columns.filter((column) => 'private' in column).map(({ name }) => name),
    ),
  );
  assert.ok(hidden.has('address') && hidden.has('dns_names'));
  for (const view of SQL_VIEWS) {
    const { rows } = await sql<{ name: string; comment: string | null }>`
      select attname as name, col_description(attrelid, attnum) as comment from pg_attribute
      where attrelid = ${view.name}::regclass and attnum > 0 order by attnum`.execute(database.db);
    assert.deepEqual(
      rows.map((row) => row.name),
      view.columns.map((column) => column.name),
    );
    for (const row of rows) {
      assert.ok((row.comment ?? '').length > 2, `${view.name}.${row.name}`);
      assert.ok(!hidden.has(row.name), `${view.name}.${row.name}`);
    }
  }
});

test('placing them again changes nothing, and many processes may do it at once', async (t) => {
  const { database } = await withDatabase(t);
  await Promise.all(Array.from({ length: 4 }, () => placeViews(database.db)));
  const made = async (): Promise<unknown> =>
    (await sql`select xmin, oid from pg_class where relname = 'census_surveys'`.execute(database.db)).rows;
  const before = await made();
  await placeViews(database.db);
  assert.deepEqual(await made(), before);
});
