// The embedded database: a real PostgreSQL in the data directory, started by the first process that needs it and stopped by the last.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubecensusError } from '../errors.ts';
import type { Log } from '../log.ts';
import { isConnectionLoss } from './connection-loss.ts';
import { type Account, chooseAccount } from './embedded/account.ts';
import { type Binaries, findBinaries } from './embedded/binaries.ts';
import {
  CLUSTER_USER,
  type ClusterPaths,
  checkClusterVersion,
  clusterPaths,
  ensureCluster,
  readPassword,
} from './embedded/cluster.ts';
import { findPostmaster, startPostmaster, stopPostmaster } from './embedded/postmaster.ts';
import { enter, type Presence } from './embedded/presence.ts';

export interface Embedded {
  /** Connection string with the password in it: never log it. It stays right when the server is restarted. */
  readonly url: string;
  /** True when another process had started the server. */
  readonly joined: boolean;
  /** Waits until the server answers again after it died under us. Rejects with KC_EMBEDDED_START when it was given up. */
  ensureRunning(): Promise<void>;
  /** Leaves the server, and stops it when nobody else uses it. Idempotent. */
  close(): Promise<void>;
}

/** How long a command waits for a server that another process starts or stops. */
const ENTER_TIMEOUT_MS = 120_000;
const RETRY_MS = 50;
/** A server that dies more often than this within the window has a cause that a restart does not cure. */
const MAX_RESTARTS = 5;
const RESTART_WINDOW_MS = 10 * 60_000;
const INVALID_PASSWORD = '28P01';

/**
 * Opens the database of a data directory, which is created when missing. If we are killed, the server stays and the next command joins it, as do
 * commands that run at the same time. If the server is killed, the process that notices starts it again on the same port.
 * Throws KC_EMBEDDED_UNAVAILABLE, KC_EMBEDDED_ACCESS, KC_EMBEDDED_START or KC_DATABASE_VERSION.
 */
export async function openEmbedded(dataDir: string, log: Log): Promise<Embedded> {
  const paths = clusterPaths(resolve(dataDir));
  const binaries = await findBinaries();
  const account = await prepare(dataDir, paths, binaries);
  const password = await readPassword(paths);
  const server = new Server(paths, binaries, account, password, log);
  await server.open();
  return server;
}

async function prepare(dataDir: string, paths: ClusterPaths, binaries: Binaries): Promise<Account> {
  try {
    await mkdir(dataDir, { recursive: true });
    const account = await chooseAccount(paths.pgdata, { directory: resolve(dataDir), program: binaries.postgres });
    await ensureCluster(paths, binaries, account);
    await checkClusterVersion(paths, binaries);
    return account;
  } catch (error) {
    if (error instanceof KubecensusError) throw error;
    const detail = `The data directory ${resolve(dataDir)} cannot be used: ${(error as Error).message}`;
    throw new KubecensusError('KC_EMBEDDED_ACCESS', detail, { cause: error });
  }
}

class Server implements Embedded {
  url = '';
  joined = false;
  #port: number | null = null;
  #presence: Presence | null = null;
  #recovery: Promise<void> | null = null;
  #restarts: number[] = [];
  #closing: Promise<void> | null = null;
  readonly #paths: ClusterPaths;
  readonly #binaries: Binaries;
  readonly #account: Account;
  readonly #password: string;
  readonly #log: Log;

  constructor(paths: ClusterPaths, binaries: Binaries, account: Account, password: string, log: Log) {
    this.#paths = paths;
    this.#binaries = binaries;
    this.#account = account;
    this.#password = password;
    this.#log = log;
  }

  async open(): Promise<void> {
    const portFile = join(this.#paths.home, 'port');
    const last = Number(await readFile(portFile, 'utf8').catch(() => ''));
    this.#port = Number.isInteger(last) && last > 0 ? last : null;
    await this.#enter();
    await writeFile(portFile, `${this.#port}\n`);
    this.url = this.#urlOf(CLUSTER_USER);
  }

  async ensureRunning(): Promise<void> {
    await this.#recovery;
  }

  close(): Promise<void> {
    this.#closing ??= this.#leave();
    return this.#closing;
  }

  /** Finds or starts the server and takes a place on it, until that works or time is up. */
  async #enter(): Promise<void> {
    const deadline = Date.now() + ENTER_TIMEOUT_MS;
    for (;;) {
      const running = await findPostmaster(this.#paths);
      const started =
        running === null ? await startPostmaster(this.#paths, this.#binaries, this.#account, this.#port) : null;
      const found = running ?? started;
      let cause: unknown;
      try {
        if (found !== null && found.port > 0) {
          this.#port = found.port;
          this.#presence = await enter(this.#urlOf('postgres'), CLUSTER_USER, (error) => this.#recover(error));
          this.joined = started === null;
          this.#log.debug({ pid: found.pid, port: found.port, joined: this.joined }, 'embedded database is open');
          return;
        }
      } catch (error) {
        cause = error;
      }
      if (cause !== undefined && !isConnectionLoss(cause)) {
        // Started for nothing: without our word nobody else got in either.
        if (started !== null) await stopPostmaster(this.#paths, started.pid);
        if ((cause as { code?: string }).code !== INVALID_PASSWORD)
          throw new KubecensusError('KC_EMBEDDED_START', (cause as Error).message, { cause });
        throw new KubecensusError(
          'KC_EMBEDDED_ACCESS',
          `The server does not take the password in ${this.#paths.password}.`,
          { cause },
        );
      }
      if (Date.now() > deadline) {
        const detail = `The server with process id ${found?.pid} has held ${this.#paths.pgdata} for ${ENTER_TIMEOUT_MS / 1000} s without letting us in.`;
        throw new KubecensusError('KC_EMBEDDED_START', detail, { cause });
      }
      await sleep(RETRY_MS);
    }
  }

  #urlOf(database: string): string {
    return `postgres://${CLUSTER_USER}:${encodeURIComponent(this.#password)}@127.0.0.1:${this.#port}/${database}`;
  }

  /** Called when our session broke: the server crashed, was killed, or was stopped by somebody. */
  #recover(error: unknown): void {
    if (this.#closing !== null || this.#recovery !== null) return;
    this.#presence = null;
    const recovery = this.#restart(error);
    // Whoever waits gets the rejection; nobody has to wait.
    recovery.catch(() => undefined);
    this.#recovery = recovery;
  }

  async #restart(error: unknown): Promise<void> {
    const now = Date.now();
    this.#restarts = [...this.#restarts.filter((at) => now - at < RESTART_WINDOW_MS), now];
    this.#log.warn(
      { err: error, restarts: this.#restarts.length },
      'the embedded database went away; starting it again',
    );
    if (this.#restarts.length > MAX_RESTARTS) {
      this.#log.error('the embedded database dies again and again; giving up');
      throw new KubecensusError(
        'KC_EMBEDDED_START',
        `PostgreSQL died ${this.#restarts.length} times within ${RESTART_WINDOW_MS / 60_000} minutes.`,
        { cause: error },
      );
    }
    const port = this.#port;
    try {
      await this.#enter();
    } catch (cause) {
      this.#log.error({ err: cause }, 'the embedded database could not be started again');
      throw cause;
    }
    if (this.#port !== port) {
      throw new KubecensusError(
        'KC_EMBEDDED_START',
        `PostgreSQL came back on port ${this.#port} because another program took port ${port}.`,
      );
    }
    this.#recovery = null;
    this.#log.warn('the embedded database is back');
  }

  async #leave(): Promise<void> {
    await this.#recovery?.catch(() => undefined);
    const presence = this.#presence;
    if (presence === null) return;
    const last = await presence.leave().catch(() => false);
    const running = last ? await findPostmaster(this.#paths) : null;
    if (running !== null) await stopPostmaster(this.#paths, running.pid);
    await presence.end();
  }
}
