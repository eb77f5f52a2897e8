// The server process: started, found by its postmaster.pid, and stopped.
import { open, readFile, rename, stat, statfs, unlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubecensusError } from '../../errors.ts';
import { type Account, spawnAs } from './account.ts';
import type { Binaries } from './binaries.ts';
import { type ClusterPaths, runs } from './cluster.ts';

/** What postmaster.pid says. Its lines: pid, data directory, start time, port, socket directory, address, shared memory key, status. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly status: string;
}

/** A server that has not said `ready` by then will not: recovery after a crash replays at most max_wal_size, seconds on a slow disk. */
const START_TIMEOUT_MS = 120_000;
/** A fast shutdown writes one checkpoint. After that the server is told to drop everything; it recovers at the next start. */
const STOP_TIMEOUT_MS = 30_000;
const POLL_MS = 25;
/** A free port may be taken by another program between looking and binding. */
const PORT_TRIES = 5;
/** A log file above this is renamed to .1 at the next start, so the two never take more than about twice as much. */
const LOG_MAX_BYTES = 8 * 1024 * 1024;
/** Below this, /dev/shm (64 MB in a container) cannot hold a parallel hash join, so shared memory goes to files instead. */
const SHM_MIN_BYTES = 256 * 1024 * 1024;
const EMPTY_FILE_AGE_MS = 5_000;
/** No process has this number: Linux ends at 4194304, macOS at 99998. */
const NO_PID = 2_147_483_646;

/** A survey host is no database host: modest memory, all safety, nothing listening beyond loopback, nobody but us connecting. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '128MB',
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  wal_level: 'minimal',
  max_wal_senders: '0',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_min_messages: 'warning',
  log_destination: 'stderr',
  logging_collector: 'off',
};

/** The server of this cluster that runs now, or null. A file left by a dead server, or whose number another program has now, does not count. */
export async function findPostmaster(paths: ClusterPaths): Promise<Postmaster | null> {
  const file = await readFile(join(paths.pgdata, 'postmaster.pid'), 'utf8').catch(() => null);
  if (file === null) return null;
  const lines = file.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0 || !(await isPostmaster(pid, paths))) return null;
  return { pid, port: Number(lines[3] ?? 0), status: lines[7] ?? '' };
}

/** True when the process exists, is no zombie, and was started on this directory. Without /proc (macOS) its existence has to do. */
async function isPostmaster(pid: number, paths: ClusterPaths): Promise<boolean> {
  if (!runs(pid)) return false;
  const status = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => null);
  if (status === null) return process.platform !== 'linux';
  // The state follows the last parenthesis: the name before it may hold any character.
  if (['Z', 'X'].includes(status.slice(status.lastIndexOf(')') + 2).charAt(0))) return false;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return command.split('\0').includes(paths.pgdata);
}

/**
 * Starts the server and waits until it is ready. `port` is taken first (so that pools of other processes find a restarted
 * server again) and a free one when it is null or taken by another program. Returns null when another process started one on the same
 * directory meanwhile (join that one). The server is in a session of its own, so that Ctrl-C and our death do not reach it.
 * Throws KC_EMBEDDED_START with the end of the server's log.
 */
export async function startPostmaster(
  paths: ClusterPaths,
  binaries: Binaries,
  account: Account,
  port: number | null,
): Promise<Postmaster | null> {
  await retirePidFile(paths);
  await rotateLog(paths);
  for (let attempt = 1; ; attempt += 1) {
    const chosen = attempt <= 2 && port !== null ? port : await freePort();
    const log = await open(paths.log, 'a', 0o600);
    const from = (await log.stat()).size;
    const settings = { ...SETTINGS, port: String(chosen), dynamic_shared_memory_type: await sharedMemory() };
    const args = [
      '-D',
      paths.pgdata,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ];
    const child = spawnAs(account, binaries.postgres, args, { detached: true, stdio: ['ignore', log.fd, log.fd] });
    let ended = false;
    let failure: unknown;
    child.once('exit', () => {
      ended = true;
    });
    child.once('error', (error) => {
      ended = true;
      failure = error;
    });
    child.unref();
    await log.close();
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!ended && Date.now() < deadline) {
      const found = await findPostmaster(paths);
      if (found?.pid === child.pid && found?.status === 'ready') return found;
      await sleep(POLL_MS);
    }
    const said = (await readFile(paths.log).catch(() => Buffer.alloc(0))).subarray(from).toString('utf8').trim();
    if (!ended) {
      child.kill('SIGQUIT');
      throw new KubecensusError(
        'KC_EMBEDDED_START',
        `PostgreSQL was not ready after ${START_TIMEOUT_MS / 1000} s: ${said}`,
      );
    }
    if ((await findPostmaster(paths)) !== null) return null;
    const again = /could not bind|Address already in use|pre-existing shared memory block|lock file .* is empty/i.test(
      said,
    );
    if (attempt >= PORT_TRIES || !again) {
      throw new KubecensusError(
        'KC_EMBEDDED_START',
        `PostgreSQL ended at once: ${said || String(failure ?? 'it said nothing')}`,
        { cause: failure },
      );
    }
    // The children of a killed server need a moment to notice.
    await sleep(POLL_MS * 2 ** (attempt + 2));
  }
}

/** Stops the server: fast, and if that takes too long, at once (it then recovers when it starts again). Returns when it is gone. */
export async function stopPostmaster(paths: ClusterPaths, pid: number): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    const deadline = Date.now() + STOP_TIMEOUT_MS;
    while (Date.now() < deadline) {
      if (!(await isPostmaster(pid, paths))) return;
      await sleep(POLL_MS);
    }
  }
}

/**
 * PostgreSQL refuses to start while the number in postmaster.pid belongs to a process of the same user, even when that is a zombie or another
 * program (numbers repeat quickly in containers). Such a file gets a number that no process has; its shared memory key stays, by which
 * PostgreSQL finds out whether orphans of the dead server still use the files.
 */
async function retirePidFile(paths: ClusterPaths): Promise<void> {
  const path = join(paths.pgdata, 'postmaster.pid');
  const file = await readFile(path, 'utf8').catch(() => null);
  if (file === null) return;
  if (file.trim() === '') {
    // The machine stopped between creating and writing it; a server that starts right now writes it within this time.
    if (Date.now() - (await stat(path)).mtimeMs > EMPTY_FILE_AGE_MS) await unlink(path);
    return;
  }
  const pid = Number(file.split('\n')[0]);
  if (!runs(pid) || (await isPostmaster(pid, paths))) return;
  await writeFile(path, file.replace(/^.*/, String(NO_PID)));
}

async function rotateLog(paths: ClusterPaths): Promise<void> {
  const size = (await stat(paths.log).catch(() => null))?.size ?? 0;
  if (size > LOG_MAX_BYTES) await rename(paths.log, `${paths.log}.1`);
}

async function sharedMemory(): Promise<string> {
  if (process.platform !== 'linux') return 'posix';
  const shm = await statfs('/dev/shm').catch(() => null);
  return shm !== null && shm.bsize * shm.blocks >= SHM_MIN_BYTES ? 'posix' : 'mmap';
}

async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
