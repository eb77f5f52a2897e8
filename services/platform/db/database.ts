// The database: kysely over a pg pool, with the server's version checked and transactions that outlive a lost connection.
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, PostgresDialect, type Transaction } from 'kysely';
import pg from 'pg';
import { KubecensusError } from '../errors.ts';
import { hidePasswords, type Log } from '../log.ts';
import { isConnectionLoss, isServersFault, isUndone } from './connection-loss.ts';
import type { DB } from './schema.ts';
import { VALUE_TYPES } from './values.ts';

export interface DatabaseOptions {
  readonly log: Log;
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string;
  /** Connections at most. Several processes share the server's max_connections (100 by default), and the queue has pools of its own. */
  readonly maxConnections?: number;
  /** Majors that are let in; tests narrow it. */
  readonly versions?: { readonly from: number; readonly to: number };
  /** How long to wait for a server that is not up yet, in milliseconds: containers start in any order. */
  readonly patienceMs?: number;
  /** A number in [0, 1) that spreads retries. */
  readonly random?: () => number;
}

/** How long a transaction is tried whose work is too dear to be done again. */
export interface Patience {
  readonly ms: number;
  /** When it aborts, little patience is left. */
  readonly signal: AbortSignal;
}

export interface Database {
  readonly db: Kysely<DB>;
  /** For COPY only, which kysely does not speak. */
  readonly pool: pg.Pool;
  /** The server's version number, e.g. 180004. */
  readonly serverVersion: number;
  /**
   * Runs `work` in a transaction and commits it. It is run again, from its start and in a new transaction, when the connection is lost before the
   * commit was sent, or when the server undid it (serialization failure, deadlock). So `work` may run several times and must change nothing but
   * the database. When the connection is lost during the commit, nobody knows whether it happened: KC_DATABASE_COMMIT_UNKNOWN is thrown and
   * the caller must look, or rely on its writes being idempotent. All other errors are thrown as they are, after a rollback.
   * With `patience` it is tried for that long, and also while the server takes nothing: its disk is full, it is read-only, it has no connection left.
   */
  transaction<T>(work: (trx: Transaction<DB>) => Promise<T>, patience?: Patience): Promise<T>;
  /** Waits for running queries and closes all connections. Idempotent. */
  close(): Promise<void>;
}

/** The PostgreSQL majors that are let in. The suite ran on 15 and on 18; the SQL here is the same in those between. */
export const SUPPORTED_VERSIONS = { from: 15, to: 18 } as const;

const MAX_CONNECTIONS = 10;
const CONNECT_TIMEOUT_MS = 10_000;
const PATIENCE_MS = 15_000;
/** Longer than a restart of the embedded server with crash recovery takes on a slow disk. */
const RETRY_WINDOW_MS = 30_000;
/** What is left of a patience that is aborted: whoever stops the process gives it half a minute, and more than this has to end in it. */
const PARTING_MS = 10_000;
const RETRY_FIRST_MS = 50;
const RETRY_MAX_MS = 2_000;
/** How long a server may take to hang up after a goodbye; one that is unreachable never does. */
const GOODBYE_MS = 2_000;

/**
 * Connects and checks the server. int8 comes as a number, timestamptz as Date, numeric, inet, date as text (values.ts).
 * Throws KC_DATABASE_UNREACHABLE or KC_DATABASE_VERSION; neither message holds the password.
 */
export async function openDatabase(url: string, options: DatabaseOptions): Promise<Database> {
  const random = options.random ?? Math.random;
  const pool = new pg.Pool({
    connectionString: url,
    application_name: options.applicationName ?? 'kubecensus',
    max: options.maxConnections ?? MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    types: VALUE_TYPES,
    onConnect: async (client) => {
      await client.query("set time zone 'UTC'");
    },
  });
  let closed: Promise<void> | null = null;
  // An idle connection that breaks is replaced at the next query; without a listener it would end the process.
  pool.on('error', (error) => {
    if (closed === null) options.log.warn({ err: error }, 'an idle database connection broke');
  });
  const open = new Set<Promise<void>>();
  pool.on('connect', (client) => {
    // A connection that breaks inside a transaction between two queries: the next query rejects, and that is how it is noticed.
    client.on('error', () => undefined);
    const ended = new Promise<void>((resolve) => client.once('end', resolve)).then(() => void open.delete(ended));
    open.add(ended);
  });
  try {
    const serverVersion = await readVersion(pool, options.patienceMs ?? PATIENCE_MS);
    checkVersion(serverVersion, options.versions ?? SUPPORTED_VERSIONS);
    const db = new Kysely<DB>({ dialect: new PostgresDialect({ pool }) });
    return {
      db,
      pool,
      serverVersion,
      transaction: (work, patience) => retrying(db, work, options.log, random, patience),
      close() {
        closed ??= closeAll(db, open);
        return closed;
      },
    };
  } catch (error) {
    await pool.end().catch(() => undefined);
    if (error instanceof KubecensusError) throw error;
    throw new KubecensusError('KC_DATABASE_UNREACHABLE', `${hidePasswords(url)}: ${describe(error)}`, { cause: error });
  }
}

/** The pool says that it ended once it has said goodbye; whoever stops the server next must know that the sessions are gone, too. */
async function closeAll(db: Kysely<DB>, open: ReadonlySet<Promise<void>>): Promise<void> {
  await db.destroy();
  const tooLong = new AbortController();
  await Promise.race([
    Promise.all(open),
    sleep(GOODBYE_MS, undefined, { signal: tooLong.signal }).catch(() => undefined),
  ]);
  tooLong.abort();
}

async function readVersion(pool: pg.Pool, patienceMs: number): Promise<number> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      const { rows } = await pool.query<{ server_version_num: string }>('show server_version_num');
      return Number(rows[0]?.server_version_num);
    } catch (error) {
      if (!isConnectionLoss(error) || performance.now() >= deadline) throw error;
      await sleep(RETRY_FIRST_MS * 4);
    }
  }
}

function checkVersion(serverVersion: number, versions: { from: number; to: number }): void {
  const major = Math.floor(serverVersion / 10_000);
  if (major >= versions.from && major <= versions.to) return;
  throw new KubecensusError(
    'KC_DATABASE_VERSION',
    `The server is PostgreSQL ${major}; versions ${versions.from} to ${versions.to} are supported.`,
  );
}

async function retrying<T>(
  db: Kysely<DB>,
  work: (trx: Transaction<DB>) => Promise<T>,
  log: Log,
  random: () => number,
  patience?: Patience,
): Promise<T> {
  let deadline = performance.now() + (patience?.ms ?? RETRY_WINDOW_MS);
  const isPassing =
    patience === undefined ? (error: unknown) => isConnectionLoss(error) || isUndone(error) : isServersFault;
  for (let attempt = 0; ; attempt += 1) {
    let committing = false;
    try {
      return await db.transaction().execute(async (trx) => {
        committing = false;
        const result = await work(trx);
        committing = true;
        return result;
      });
    } catch (error) {
      if (committing && isConnectionLoss(error))
        throw new KubecensusError('KC_DATABASE_COMMIT_UNKNOWN', '', { cause: error });
      if (!isPassing(error) || performance.now() >= deadline) throw error;
      log.warn({ err: error, attempt }, 'a transaction did not happen; trying it again');
      await sleep(Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** attempt) * (0.5 + random() / 2));
      if (patience?.signal.aborted === true) deadline = Math.min(deadline, performance.now() + PARTING_MS);
    }
  }
}

/** The message of an error that may have none of its own: Node collects the failures of several addresses. */
function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join('; ');
  return error instanceof Error ? error.message : String(error);
}
