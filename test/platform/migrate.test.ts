// Migrations: applied once, in order, all or nothing; and the generated types are those of the migrated schema.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { sql } from 'kysely';
import { describeSchema, SCHEMA_FILE } from '../../scripts/db-types.ts';
import { openDatabase } from '../../services/platform/db/database.ts';
import {
  migrate,
  newerSchema,
  pendingMigrations,
  readMigrations,
  requireMigrated,
} from '../../services/platform/db/migrate.ts';
import { silentLog, withDatabase } from '../support/database.ts';

/** A folder of migrations, each given as the SQL of its `up`. It can import what the project can. */
async function folderOf(t: TestContext, files: Readonly<Record<string, string>>): Promise<URL> {
  const root = await mkdtemp(join(tmpdir(), 'kubecensus-migrations-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  await symlink(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(root, 'node_modules'));
  await writeFile(join(root, 'package.json'), '{"type":"module"}');
  await mkdir(join(root, 'migrations'));
  for (const [name, text] of Object.entries(files)) {
    const source = text.startsWith('export')
      ? text
      : `import { sql } from 'kysely';\nexport async function up(db: never) { await sql.raw(${JSON.stringify(text)}).execute(db); }\n`;
    await writeFile(join(root, 'migrations', name), source);
  }
  return pathToFileURL(`${join(root, 'migrations')}/`);
}

describe('migrations', () => {
  it('bring an empty database up to date, once, whoever comes first', async (t) => {
    const { database, url, onEnd } = await withDatabase(t, { migrated: false });
    const other = await openDatabase(url, { log: silentLog });
    onEnd(() => other.close());
    const names = Object.keys(await readMigrations());
    assert.deepEqual(await pendingMigrations(database.db), names);
    const applied = await Promise.all([migrate(database.db), migrate(other.db)]);
    assert.deepEqual(applied.flat().sort(), names);
    assert.ok(
      applied.some((each) => each.length === 0),
      'one of the two found nothing to do',
    );
    assert.deepEqual(await migrate(database.db), []);
    assert.deepEqual(await pendingMigrations(database.db), []);
  });

  it('leave nothing of a run that fails', async (t) => {
    const { database } = await withDatabase(t, { migrated: false });
    const folder = await folderOf(t, { '0001-good.ts': 'create table good ()', '0002-bad.ts': 'create table bad (' });
    await assert.rejects(migrate(database.db, folder), { code: 'KC_MIGRATION', message: /^0002-bad: / });
    const { rows } = await sql`select to_regclass('good') as good`.execute(database.db);
    assert.deepEqual(rows, [{ good: null }]);
  });

  it('refuse a database that a newer release has migrated', async (t) => {
    const { database } = await withDatabase(t, { migrated: false });
    const newer = await folderOf(t, { '0001-one.ts': 'create table one ()', '0002-two.ts': 'create table two ()' });
    const older = await folderOf(t, { '0001-one.ts': 'create table one ()' });
    assert.deepEqual(await migrate(database.db, newer), ['0001-one', '0002-two']);
    await assert.rejects(migrate(database.db, older), { code: 'KC_MIGRATION', message: /0002-two/ });
  });

  it('are not disturbed by partitions that go meanwhile', async (t) => {
    const { database, url, onEnd } = await withDatabase(t);
    const other = await openDatabase(url, { log: silentLog });
    onEnd(() => other.close());
    let isDone = false;
    let went = 0;
    let pauseMs = 0;
    const retention = (async () => {
      for (; !isDone; went++) {
        await sleep(pauseMs);
        const day = `2020-01-${String((went % 28) + 1).padStart(2, '0')}`;
        await sql`select make_observation_partition(${day})`.execute(other.db);
        await sql`select drop_observation_partition(${`observation_${day.replaceAll('-', '')}`})`.execute(other.db);
      }
    })();
    const files: Record<string, string> = {};
    try {
      for (const name of Object.keys(await readMigrations()))
        files[`${name}.ts`] = 'export const expandsOnly = true;\nexport const up = async () => undefined;\n';
      for (let round = 1; round <= 20; round++) {
        assert.deepEqual(await pendingMigrations(database.db), []);
        await requireMigrated(database.db);
        assert.deepEqual(await migrate(database.db), []);
      }
      pauseMs = 50;
      const more = '9000-more';
      const folder = await folderOf(t, { ...files, [`${more}.ts`]: 'create table more ()' });
      for (let round = 1; round <= 20; round++) {
        assert.deepEqual(await migrate(database.db, folder), [more]);
        await sql`delete from kysely_migration where name = ${more}`.execute(database.db);
        await sql`drop table more`.execute(database.db);
      }
    } finally {
      isDone = true;
      await retention;
    }
    assert.ok(went > 0, 'partitions went');
  });

  it('let an older release go on while newer ones only add, and end it when one does not', async (t) => {
    const { database } = await withDatabase(t, { migrated: false });
    const marked = (text: string) =>
      `export const expandsOnly = true;\nimport { sql } from 'kysely';\nexport const up = (db) => sql.raw(${JSON.stringify(text)}).execute(db);\n`;
    const one = {
      '0001-one.ts': marked(
        "create table schema_compatibility (oldest_known text); insert into schema_compatibility values ('0001-one')",
      ),
    };
    const two = { ...one, '0002-two.ts': marked('create table two ()') };
    const three = { ...two, '0003-three.ts': 'drop table two' };
    const folders = await Promise.all([one, two, three].map((files) => folderOf(t, files)));
    const [older, newer, newest] = folders as [URL, URL, URL];
    assert.deepEqual(await migrate(database.db, newer), ['0001-one', '0002-two']);
    assert.equal(await newerSchema(database.db, newer), null);
    assert.deepEqual(await migrate(database.db, older), [], 'it is left alone');
    assert.deepEqual(await newerSchema(database.db, older), { migrations: ['0002-two'], isServed: true });
    const other = await folderOf(t, { ...one, '0003-other.ts': marked('select 1') });
    await assert.rejects(migrate(database.db, other), { code: 'KC_MIGRATION', message: /0002-two without 0003-other/ });
    assert.deepEqual(await migrate(database.db, newest), ['0003-three']);
    for (const folder of [older, newer])
      await assert.rejects(migrate(database.db, folder), {
        code: 'KC_MIGRATION',
        message: /0003-three: this one is too old/,
      });
  });

  it('refuse files that are badly named, numbered twice or without an up', async (t) => {
    for (const files of [
      { 'one.ts': 'select 1' },
      { '0001-a.ts': 'select 1', '0001-b.ts': 'select 1' },
      { '0001-a.ts': 'export const down = 1;' },
    ]) {
      await assert.rejects(readMigrations(await folderOf(t, files)), { code: 'KC_MIGRATION' });
    }
  });
});

it('the generated types are those of the migrated schema (npm run db:types writes them)', async (t) => {
  const { database } = await withDatabase(t);
  const written = (await readFile(SCHEMA_FILE, 'utf8')).split('\n');
  const generated = (await describeSchema(database.db)).split('\n');
  const differing = generated.findIndex((line, index) => line !== written[index]);
  assert.equal(written[differing], generated[differing], `schema.ts line ${differing + 1} is out of date`);
  assert.equal(written.length, generated.length);
});

it('the generated types state what the driver returns', async (t) => {
  const { database } = await withDatabase(t, { migrated: false });
  await sql`
    create table sample (a bigint not null, b bigint[], c numeric not null, d jsonb not null, e inet, f timestamptz not null, g date not null, h bigint generated always as identity)
  `.execute(database.db);
  await sql`create table parted (day date not null) partition by range (day)`.execute(database.db);
  await sql`create table parted_2026 partition of parted for values from ('2026-01-01') to ('2027-01-01')`.execute(
    database.db,
  );
  await sql`create schema bullmq`.execute(database.db);
  await sql`create table bullmq.job (id text)`.execute(database.db);
  const text = await describeSchema(database.db);
  const fields = text.slice(text.indexOf('interface Sample')).split('\n').slice(1, 9);
  assert.deepEqual(
    fields.map((line) => line.trim()),
    [
      'a: number;',
      'b: ArrayType<number> | null;',
      'c: Numeric;',
      'd: Json;',
      'e: string | null;',
      'f: Timestamp;',
      'g: string;',
      'h: Generated<number>;',
    ],
  );
  assert.match(text, /type Numeric = ColumnType<string, number \| string, number \| string>/);
  assert.match(text, /interface Parted \{/);
  assert.doesNotMatch(text, /2026|bullmq/i);
});
