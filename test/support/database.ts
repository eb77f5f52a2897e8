// A real database for each test: made from a migrated template on one shared server, dropped afterwards, kept when the test failed.
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext } from 'node:test';
import pg from 'pg';
import { type Database, openDatabase } from '../../services/platform/db/database.ts';
import { openEmbedded } from '../../services/platform/db/embedded.ts';
import { migrate } from '../../services/platform/db/migrate.ts';
import { migrateQueue } from '../../services/platform/queue/postgres.ts';
import { DATABASE_URL_VARIABLE, silentLog } from './run.ts';

export { silentLog } from './run.ts';

const MIGRATIONS = new URL('../../migrations/', import.meta.url);
/** Any number that nobody else locks on a test server. */
const TEMPLATE_LOCK = 5_550_001;

interface OwnServer {
  readonly url: string;
  readonly home: string;
  close(): Promise<void>;
}

let own: Promise<OwnServer> | null = null;
let kept = false;

after(async () => {
  if (own === null) return;
  const server = await own;
  await server.close();
  if (!kept) await rm(server.home, { recursive: true, force: true });
});

/** The server's connection string: the run's, or one that this process starts at the first call and stops at its end. */
export async function testServer(): Promise<string> {
  const shared = process.env[DATABASE_URL_VARIABLE];
  if (shared !== undefined && shared !== '') return shared;
  own ??= (async () => {
    const home = await mkdtemp(join(tmpdir(), 'kubecensus-test-'));
    const embedded = await openEmbedded(home, silentLog);
    return { url: embedded.url, home, close: () => embedded.close() };
  })();
  return (await own).url;
}

export interface TestDatabase {
  readonly database: Database;
  readonly url: string;
  /** Runs something at the end of the test, while the database is still there; last given, first run. (t.after runs first given, first run.) */
  onEnd(close: () => Promise<unknown>): void;
}

/**
 * A database of its own for the test, migrated unless `migrated` is false, the queue's tables included. It is kept when the test's own function failed.
 */
export async function withDatabase(
  t: TestContext,
  options: { migrated?: boolean; maxConnections?: number } = {},
): Promise<TestDatabase> {
  const server = await testServer();
  const name = `test_${randomBytes(8).toString('hex')}`;
  const template = options.migrated === false ? 'template0' : await ensureTemplate(server);
  await onServer(server, (client) => client.query(`create database ${name} template ${template}`));
  const url = urlOf(server, name);
  const database = await openDatabase(url, {
    log: silentLog,
    applicationName: name,
    ...(options.maxConnections === undefined ? {} : { maxConnections: options.maxConnections }),
  });
  const closers: (() => Promise<unknown>)[] = [() => database.close()];
  t.after(async () => {
    for (const close of closers.reverse()) await close();
    if (!t.passed) {
      kept = true;
      t.diagnostic(`the test's database is kept as ${name}`);
      return;
    }
    await onServer(server, (client) => client.query(`drop database ${name} with (force)`));
  });
  return { database, url, onEnd: (close) => void closers.push(close) };
}

/** The connection string of another database on the same server. */
export function urlOf(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}

/** Runs one thing on the server's own database, in a connection of its own. */
export async function onServer<T>(server: string, act: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: urlOf(server, 'postgres') });
  await client.connect();
  try {
    return await act(client);
  } finally {
    await client.end();
  }
}

/** The migrated template of the migrations as they are now, made by whoever comes first; a half-made one has another name. */
async function ensureTemplate(server: string): Promise<string> {
  const name = `template_${await migrationsDigest()}`;
  return await onServer(server, async (client) => {
    await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount !== 0) return name;
    const making = `making_${randomBytes(8).toString('hex')}`;
    await client.query(`create database ${making} template template0`);
    try {
      const database = await openDatabase(urlOf(server, making), { log: silentLog });
      try {
        await migrate(database.db);
      } finally {
        await database.close();
      }
      await migrateQueue(urlOf(server, making));
      await client.query(`alter database ${making} rename to ${name}`);
    } catch (error) {
      await client.query(`drop database ${making} with (force)`);
      throw error;
    }
    return name;
  });
}

async function migrationsDigest(): Promise<string> {
  const hash = createHash('sha256');
  for (const file of (await readdir(MIGRATIONS)).sort())
    hash.update(file).update(await readFile(new URL(file, MIGRATIONS)));
  return hash.digest('hex').slice(0, 16);
}
