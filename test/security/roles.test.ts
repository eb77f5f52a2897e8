// Database roles: every table stands in the list, the database gives exactly what the list says, and what goes beyond is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import pg from 'pg';
import { compose } from '../../services/compose.ts';
import { loadConfig } from '../../services/config.ts';
import { GRANTS, type Line, OTHER_GRANTS, ROLES, type RoleName } from '../../services/platform/db/grants.ts';
import { placeRoles, ROLE_NAMES, refreshRoles } from '../../services/platform/db/roles.ts';
import { scramVerifier } from '../../services/platform/db/scram.ts';
import { QUEUE_SCHEMA } from '../../services/platform/queue/queue.ts';
import { silentLog, type TestDatabase, withDatabase } from '../support/database.ts';
import { asRole, placeTestRoles } from '../support/roles.ts';

const LINES: Readonly<Record<string, Line>> = { ...GRANTS, ...OTHER_GRANTS } as Readonly<Record<string, Line>>;
/** kysely's own lock, which only migrations take. */
const NOBODYS = ['kysely_migration_lock'];
const FORBIDDEN = '42501';

interface ColumnRow {
  readonly table: string;
  readonly column: string;
}

/** Every column of every table but the partitions of single days. */
async function columnsOf({ database }: TestDatabase): Promise<ColumnRow[]> {
  const { rows } = await sql<ColumnRow>`
    select c.relname as table, a.attname as column from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
      and c.relname !~ '^observation_[0-9]{8}$' order by 1, 2`.execute(database.db);
  return rows;
}

/** What the list says of one column: rights as letters. */
function listed(line: Line | undefined, role: RoleName, column: string): string {
  const grant = line?.[role] ?? '';
  if (typeof grant === 'string') return grant;
  return Object.entries(grant)
    .flatMap(([letter, on]) => (on === '*' || on.includes(column) ? [letter] : []))
    .join('');
}

const sorted = (letters: string): string => [...letters].sort().join('');

test('every table has its line, and every column that is not read with its table is named', async (t) => {
  const columns = await columnsOf(await withDatabase(t));
  const tables = [...new Set(columns.map(({ table }) => table))].filter((table) => !NOBODYS.includes(table));
  assert.deepEqual(tables.sort(), Object.keys(LINES).sort());
  for (const table of tables) {
    const line = LINES[table] as Line;
    const own = columns.filter((one) => one.table === table).map(({ column }) => column);
    const read = own.filter((column) => ROLE_NAMES.some((role) => listed(line, role, column).includes('r')));
    const isListed = ROLE_NAMES.some((role) => typeof line[role] === 'object' && Array.isArray(line[role].r));
    const unread = isListed ? own.filter((column) => !read.includes(column)) : [];
    assert.deepEqual([...(line.unread ?? [])].sort(), unread.sort(), table);
  }
});

test('the database gives each role exactly what the list says, whatever it could do before', async (t) => {
  const db = await withDatabase(t);
  await placeTestRoles(db);
  await sql`grant all on complaint, observation to census_api`.execute(db.database.db);
  await placeTestRoles(db);
  const columns = await columnsOf(db);
  const rights = { r: 'select', a: 'insert', w: 'update' };
  const { rows } = await sql<ColumnRow & { role: RoleName; letters: string; deletes: boolean }>`
    select role, c.table, c.column, has_table_privilege(role, c.table, 'delete') as deletes,
      concat(${sql.join(
        Object.entries(rights).map(
          ([letter, right]) =>
            sql`case when has_column_privilege(role, c.table, c.column, ${right}) then ${letter}::text end`,
        ),
      )}) as letters
    from unnest(${ROLE_NAMES}::text[]) as r (role) cross join unnest(
      ${columns.map(({ table }) => table)}::text[], ${columns.map(({ column }) => column)}::text[]) as c ("table", "column")`.execute(
    db.database.db,
  );
  assert.ok(rows.length > 500);
  for (const { role, table, column, letters, deletes } of rows)
    assert.equal(
      sorted(letters + (deletes ? 'd' : '')),
      sorted(listed(LINES[table], role, column)),
      `${role} on ${table}.${column}`,
    );
});

test('what must be kept apart is', async (t) => {
  const db = await withDatabase(t);
  await placeTestRoles(db);
  /** Who may do a thing, or nobody. */
  const ROWS: readonly [string, string, string, readonly RoleName[]][] = [
    ['opt_out', 'note', 'select', []],
    ['opt_out', 'verified_by', 'select', []],
    ['opt_out_request', 'note', 'select', ['census_api']],
    ['opt_out_request', 'token', 'select', ['census_api']],
    ['complaint', 'contact', 'select', []],
    ['complaint', 'note', 'select', []],
    ['api_key', 'secret_sha256', 'select', ['census_api']],
    ['api_key', 'secret_sha256', 'update', []],
    ['api_key', 'scopes', 'update', []],
    ['api_key', 'prefix', 'insert', []],
    ['api_secret', 'cursor_key', 'select', ['census_scheduler', 'census_api']],
    ['delivery', 'destination', 'select', ['census_scheduler', 'census_api']],
    ['schedule', 'destinations', 'select', ['census_scheduler', 'census_api']],
    ['owner', 'verified_by', 'select', ['census_scheduler']],
    ...['observation', 'rollup', 'candidate', 'sighting', 'tally', 'tally_bucket', 'certificate', 'endpoint_state'].map(
      (table): [string, string, string, readonly RoleName[]] => [table, '*', 'insert', ['census_prober']],
    ),
    ['observation', 'outcome', 'update', []],
    ['survey', '*', 'insert', ['census_scheduler']],
    ['kysely_migration', '*', 'insert', []],
  ];
  for (const [table, column, right, roles] of ROWS) {
    const { rows } = await sql<{ role: RoleName }>`
      select role from unnest(${ROLE_NAMES}::text[]) as r (role) where ${
        column === '*'
          ? sql`has_table_privilege(role, ${table}, ${right})`
          : sql`has_column_privilege(role, ${table}, ${column}, ${right})`
      }`.execute(db.database.db);
    assert.deepEqual(rows.map(({ role }) => role).sort(), [...roles].sort(), `${right} ${table}.${column}`);
  }
  // A column that sounds private and is new must be thought about here.
  const private_ = (await columnsOf(db)).filter(({ column }) =>
    /contact|note|secret|token|password|mail|verified_by/.test(column),
  );
  const known = new Set([...ROWS.map(([table, column]) => `${table}.${column}`), 'opt_out_request.note']);
  assert.deepEqual(
    private_.map(({ table, column }) => `${table}.${column}`).filter((name) => !known.has(name)),
    [],
  );
});

test('a login of a role is refused what goes beyond it, with 42501', async (t) => {
  const db = await withDatabase(t);
  await placeTestRoles(db);
  const BEYOND: Readonly<Record<RoleName, readonly string[]>> = {
    census_prober: [
      'select note from opt_out',
      'select * from opt_out',
      'select contact from complaint',
      'select secret_sha256 from api_key',
      'select cursor_key from api_secret',
      'select destinations from schedule',
      'select destination from delivery',
      "insert into opt_out (kind, value, added_at) values ('address', '192.0.2.1', now())",
      'update opt_out set withdrawn_at = now()',
      'delete from observation',
      "update observation set outcome = 'x'",
      'select make_observation_partition(current_date)',
      "select drop_observation_partition('observation_20200101')",
      'create table mine (a int)',
      'drop table observation',
      'create schema mine',
    ],
    census_scheduler: [
      'select note from opt_out',
      'select contact from complaint',
      'select secret_sha256 from api_key',
      "insert into observation (survey_id) values ('s')",
      'insert into rollup default values',
      'insert into candidate default values',
      'update observation set port = 1',
      'create table mine (a int)',
    ],
    census_api: [
      'select note from opt_out',
      'select contact from complaint',
      "insert into observation (survey_id) values ('s')",
      "update observation set outcome = 'x'",
      'delete from observation',
      'insert into rollup default values',
      'update rollup set count = 0',
      'insert into candidate default values',
      'insert into survey default values',
      'update control set paused = false',
      "update api_key set scopes = '{admin}'",
      'insert into api_key default values',
      'select make_observation_partition(current_date)',
      'create table mine (a int)',
      `delete from ${QUEUE_SCHEMA}.job`,
    ],
  };
  for (const role of ROLE_NAMES) {
    const client = new pg.Client({ connectionString: asRole(db.url, role) });
    await client.connect();
    try {
      for (const statement of BEYOND[role]) {
        const code = await client.query(statement).then(
          () => 'was done',
          (error: { code: string }) => error.code,
        );
        assert.equal(code, FORBIDDEN, `${role}: ${statement}`);
      }
      assert.equal((await client.query('select paused from control')).rowCount, 1, `${role} does what it may`);
    } finally {
      await client.end();
    }
  }
});

test('the scheduler makes, locks and drops partitions by functions that touch nothing else', async (t) => {
  const db = await withDatabase(t);
  await placeTestRoles(db);
  const client = new pg.Client({ connectionString: asRole(db.url, 'census_scheduler') });
  await client.connect();
  try {
    await client.query("select make_observation_partition('2031-02-28'), make_observation_partition('2031-02-28')");
    const bounds = await client.query<{ bound: string }>(
      "select pg_get_expr(relpartbound, oid) as bound from pg_class where relname = 'observation_20310228'",
    );
    assert.match(bounds.rows[0]?.bound ?? '', /FROM \('2031-02-28 00:00:00\+00'\) TO \('2031-03-01 00:00:00\+00'\)/);
    // A table of the caller's own that stands in the way of the name changes nothing.
    await client.query('create temporary table observation (a int) partition by range (a)');
    await client.query("select make_observation_partition('2031-03-01')");
    await client.query('drop table pg_temp.observation');
    for (const name of ['observation_default', 'observation', 'rollup', 'x; drop table rollup'])
      for (const made of ['lock', 'drop'])
        await assert.rejects(client.query(`select ${made}_observation_partition($1)`, [name]), { code: 'P0001' }, name);
    await client.query("select drop_observation_partition('observation_20310228')");
    const left = await client.query(
      "select from pg_class where relname in ('observation_20310228', 'observation_20310301')",
    );
    assert.equal(left.rowCount, 1);
  } finally {
    await client.end();
  }
});

test('a process without the right to migrate says who must, and changes nothing', async (t) => {
  const db = await withDatabase(t);
  await placeTestRoles(db);
  const config = loadConfig({ DATABASE_URL: asRole(db.url, 'census_prober') }, null);
  const parts = await compose(config, silentLog);
  await (await parts.queue()).counts('observe');
  await parts.close();
  const last = await sql<{ name: string; timestamp: string }>`
    delete from kysely_migration where name = (select max(name) from kysely_migration) returning *`.execute(
    db.database.db,
  );
  await assert.rejects(compose(config, silentLog), {
    code: 'KC_MIGRATION',
    message: /kubecensus migrate.* as the owner/,
  });
  const { name, timestamp } = last.rows[0]!;
  await sql`insert into kysely_migration (name, timestamp) values (${name}, ${timestamp})`.execute(db.database.db);
  await sql`delete from ${sql.table(`${QUEUE_SCHEMA}.migration`)}`.execute(db.database.db);
  const behind = await compose(config, silentLog);
  await assert.rejects(behind.queue(), { code: 'KC_MIGRATION', message: /kubecensus migrate.* as the owner/ });
  await behind.close();
});

test('grants follow the schema where roles were placed, and no role appears where nobody asked', async (t) => {
  const db = await withDatabase(t);
  assert.equal(await refreshRoles(db.database.db), false);
  await placeTestRoles(db);
  await sql`revoke insert on observation from census_prober`.execute(db.database.db);
  assert.equal(await refreshRoles(db.database.db), true);
  const { rows } = await sql<{ may: boolean }>`
    select has_table_privilege('census_prober', 'observation', 'insert') as may`.execute(db.database.db);
  assert.equal(rows[0]?.may, true);
});

test('an owner who may make no roles grants to those that are there, and says so where there are none', async (t) => {
  const db = await withDatabase(t);
  await placeTestRoles(db);
  const owner = 'census_owner_of_a_test';
  const run = (statement: string) => sql.raw(statement).execute(db.database.db);
  await run(
    `do $$ begin create role ${owner} nologin; exception when duplicate_object or unique_violation then null; end $$`,
  );
  await run(`do $$ declare o record; begin
    for o in select oid::regclass as name from pg_class where (relkind in ('r', 'p', 'v')
        or relkind = 'S' and relnamespace = '${QUEUE_SCHEMA}'::regnamespace) and relnamespace in (current_schema()::regnamespace, '${QUEUE_SCHEMA}'::regnamespace) loop
      execute format('alter table %s owner to ${owner}', o.name);
    end loop;
    alter schema ${QUEUE_SCHEMA} owner to ${owner};
    for o in select oid::regprocedure as name from pg_proc where proname like '%observation_partition' loop
      execute format('alter function %s owner to ${owner}', o.name);
    end loop;
  end $$`);
  await run('revoke insert on observation from census_prober');
  const placing = db.database.db.connection().execute(async (connection) => {
    await sql.raw(`set role ${owner}`).execute(connection);
    const refreshed = await refreshRoles(connection).finally(() => sql`reset role`.execute(connection));
    const { rows } = await sql<{
      may: boolean;
    }>`select has_table_privilege('census_prober', 'observation', 'insert') as may`.execute(connection);
    return [refreshed, rows[0]?.may];
  });
  assert.deepEqual(await placing, [true, true]);
  const other = await withDatabase(t);
  await other.database.db.connection().execute(async (connection) => {
    await sql.raw(`set role ${owner}`).execute(connection);
    await assert.rejects(placeRoles(connection, { census_api: 'x' }), { code: 'KC_ROLES' });
    await sql`reset role`.execute(connection);
  });
});

test('a password goes to the server as its verifier, and one that SCRAM would change is refused', async (t) => {
  // RFC 7677, 3: user, pencil and the salt of the example.
  const verifier = scramVerifier('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'));
  assert.equal(
    verifier,
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  );
  const { database } = await withDatabase(t);
  for (const password of ['', 'with space', 'pässword'])
    await assert.rejects(placeRoles(database.db, { census_api: password }), { code: 'KC_ROLES' }, password);
  assert.equal(Object.keys(ROLES).length, 3);
});
