// The database: versions, values, and transactions when connections break at every possible moment.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { sql } from 'kysely';
import { isConnectionLoss, isUndone } from '../../services/platform/db/connection-loss.ts';
import { openDatabase } from '../../services/platform/db/database.ts';
import { parseInt8 } from '../../services/platform/db/values.ts';
import { onServer, silentLog, testServer, withDatabase } from '../support/database.ts';

/** The driver's own socket, which its types do not name. */
const streamOf = (client: unknown): Socket => (client as { connection: { stream: Socket } }).connection.stream;

describe('the database', () => {
  it('gives numbers, dates and text as its types say', async (t) => {
    const { database } = await withDatabase(t, { migrated: false });
    const { rows } = await sql`
      select 9007199254740991::int8 as big, '{{1,2},{null,-4}}'::int8[] as bigs, 1.50::numeric as exact, '2001:db8::1'::inet as address,
        '2026-11-24T06:00:00+01'::timestamptz as instant, '2026-11-24'::date as day, '2026-11-24 06:00'::timestamp as wall,
        '{2026-11-24,null}'::date[] as days, '{"a":[1,null]}'::jsonb as json, 'x'::text as text, '{a,"b,c"}'::text[] as texts, current_setting('timezone') as zone
    `.execute(database.db);
    assert.deepEqual(rows, [
      {
        big: 9_007_199_254_740_991,
        bigs: [
          [1, 2],
          [null, -4],
        ],
        exact: '1.50',
        address: '2001:db8::1',
        instant: new Date('2026-11-24T05:00:00Z'),
        day: '2026-11-24',
        wall: '2026-11-24 06:00:00',
        days: ['2026-11-24', null],
        json: { a: [1, null] },
        text: 'x',
        texts: ['a', 'b,c'],
        zone: 'UTC',
      },
    ]);
    await assert.rejects(sql`select 9007199254740993::int8 as too_big`.execute(database.db), { code: 'KC_INTERNAL' });
    assert.throws(() => parseInt8('-9007199254740993'), { code: 'KC_INTERNAL' });
  });

  it('refuses a server outside the versions that it knows', async () => {
    const server = await testServer();
    for (const versions of [
      { from: 19, to: 25 },
      { from: 10, to: 14 },
    ]) {
      await assert.rejects(openDatabase(server, { log: silentLog, versions }), {
        code: 'KC_DATABASE_VERSION',
        message: /PostgreSQL \d+;/,
      });
    }
    const database = await openDatabase(server, { log: silentLog });
    assert.ok(database.serverVersion >= 150_000);
    await database.close();
    await database.close();
  });

  it('is closed when the server has ended its sessions, so that it may be stopped then', async () => {
    const server = await testServer();
    const name = `closing ${process.pid}`;
    const database = await openDatabase(server, { log: silentLog, applicationName: name });
    await Promise.all(Array.from({ length: 8 }, () => sql`select pg_sleep(0.05)`.execute(database.db)));
    const sockets: Socket[] = [];
    database.pool.on('remove', (client) => sockets.push(streamOf(client)));
    await database.close();
    assert.equal(sockets.length, 8);
    assert.ok(sockets.every((socket) => socket.closed));
  });

  it('says that a server does not answer or does not let it in, without the password', async () => {
    const wrong = new URL(await testServer());
    wrong.password = 'hunter2';
    for (const url of ['postgres://user:hunter2@127.0.0.1:1/db', wrong.href]) {
      await assert.rejects(
        openDatabase(url, { log: silentLog, patienceMs: 0 }),
        (error: { code: string; message: string }) => {
          assert.equal(error.code, 'KC_DATABASE_UNREACHABLE');
          assert.ok(!error.message.includes('hunter2'), error.message);
          return true;
        },
      );
    }
  });

  it('waits for a server that is not up yet', async (t) => {
    const target = new URL(await testServer());
    const proxy = createProxy(Number(target.port));
    const port = await proxy.listen();
    await proxy.close();
    target.port = String(port);
    const opening = openDatabase(target.href, { log: silentLog, patienceMs: 60_000 });
    await proxy.refusal(port);
    await proxy.listen(port);
    t.after(() => proxy.close());
    const database = await opening;
    await database.close();
  });
});

describe('a transaction', () => {
  const table = sql`create table fact (value int)`;

  it('commits once, and rolls back what throws', async (t) => {
    const { database } = await withDatabase(t, { migrated: false });
    await table.execute(database.db);
    assert.equal(
      await database.transaction(async (trx) => void (await sql`insert into fact values (1)`.execute(trx))),
      undefined,
    );
    let runs = 0;
    await assert.rejects(
      database.transaction(async (trx) => {
        runs += 1;
        await sql`insert into fact values (2)`.execute(trx);
        throw new TypeError('a bug');
      }),
      TypeError,
    );
    assert.equal(runs, 1);
    assert.deepEqual((await sql`select value from fact`.execute(database.db)).rows, [{ value: 1 }]);
  });

  it('is run again when its connection breaks before the commit', async (t) => {
    const { database } = await withDatabase(t, { migrated: false });
    await table.execute(database.db);
    const server = await testServer();
    let runs = 0;
    await database.transaction(async (trx) => {
      runs += 1;
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx);
      await sql`insert into fact values (${runs})`.execute(trx);
      if (runs === 1)
        await onServer(server, (client) => client.query('select pg_terminate_backend($1, 10000)', [rows[0]?.pid]));
      await sql`select 1`.execute(trx);
    });
    assert.equal(runs, 2);
    assert.deepEqual((await sql`select value from fact`.execute(database.db)).rows, [{ value: 2 }]);
  });

  it('is run again when the server undid it, and not for other errors of the server', async (t) => {
    const { database } = await withDatabase(t, { migrated: false });
    for (const [state, expected] of [
      ['40001', 2],
      ['40P01', 2],
      ['23505', 1],
    ] as const) {
      let runs = 0;
      const outcome = database.transaction(async (trx) => {
        runs += 1;
        if (runs === 1)
          await sql.raw(`do $$ begin raise exception 'no' using errcode = '${state}'; end $$`).execute(trx);
      });
      if (expected === 1) await assert.rejects(outcome, { code: state });
      else await outcome;
      assert.equal(runs, expected, state);
    }
  });

  it('does not run again what may have been committed', async (t) => {
    const { database, url, onEnd } = await withDatabase(t, { migrated: false });
    await table.execute(database.db);
    const behind = await proxied(t, url);
    onEnd(() => behind.database.close());
    let runs = 0;
    await assert.rejects(
      behind.database.transaction(async (trx) => {
        runs += 1;
        await sql`insert into fact values (1)`.execute(trx);
        // The next thing to be sent is the commit. It arrives, and its answer does not.
        behind.swallowAnswers();
      }),
      { code: 'KC_DATABASE_COMMIT_UNKNOWN' },
    );
    assert.equal(runs, 1);
    assert.deepEqual(
      (await sql`select value from fact`.execute(database.db)).rows,
      [{ value: 1 }],
      'it was committed indeed',
    );
  });
});

it('tells lost connections and undone transactions from other errors', () => {
  const coded = (code: string): Error => Object.assign(new Error('x'), { code });
  for (const code of ['ECONNRESET', 'ECONNREFUSED', '57P01', '57P03', '08006', '08P01', '25P03'])
    assert.ok(isConnectionLoss(coded(code)), code);
  for (const code of ['23505', '42601', '57014', '40001', 'ENOENT']) assert.ok(!isConnectionLoss(coded(code)), code);
  assert.ok(isConnectionLoss(new Error('Connection terminated unexpectedly')));
  assert.ok(isConnectionLoss(new AggregateError([coded('ECONNREFUSED')])));
  assert.ok(isConnectionLoss(new Error('wrapped', { cause: coded('EPIPE') })));
  assert.ok(!isConnectionLoss(new Error('no')) && !isConnectionLoss(null) && !isConnectionLoss('ECONNRESET'));
  assert.ok(isUndone(coded('40P01')) && !isUndone(coded('23505')));
});

interface Proxy {
  /** Listens on the port, or on a free one; resolves with it. */
  listen(port?: number): Promise<number>;
  /** Resolves when somebody who connects to the port is refused. */
  refusal(port: number): Promise<void>;
  /** From now on nothing comes back from the server, and with the first thing that would, the client's connection is cut. */
  swallowAnswers(): void;
  close(): Promise<void>;
}

/** A relay to a port on loopback that can be told to behave badly. */
function createProxy(target: number): Proxy {
  const sockets = new Set<Socket>();
  let swallowing = false;
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    client.on('data', (data) => upstream.write(data)).on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    upstream.on('data', (data) => {
      if (swallowing) client.destroy();
      else client.write(data);
    });
  });
  return {
    async listen(port = 0) {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      return typeof address === 'object' && address !== null ? address.port : 0;
    },
    async refusal(port) {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect').then(
        () => assert.fail('somebody listens'),
        (error: { code: string }) => assert.equal(error.code, 'ECONNREFUSED'),
      );
    },
    swallowAnswers() {
      swallowing = true;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The same database through a relay. */
async function proxied(
  t: TestContext,
  url: string,
): Promise<{ database: Awaited<ReturnType<typeof openDatabase>>; swallowAnswers(): void }> {
  const target = new URL(url);
  const proxy = createProxy(Number(target.port));
  t.after(() => proxy.close());
  target.port = String(await proxy.listen());
  const database = await openDatabase(target.href, { log: silentLog, maxConnections: 1 });
  return { database, swallowAnswers: proxy.swallowAnswers };
}
