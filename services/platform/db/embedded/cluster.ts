// The files of the embedded database: made in a directory beside and renamed into place, so that a half-made cluster is never mistaken for one.
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KubecensusError } from '../../errors.ts';
import { type Account, give, spawnAs } from './account.ts';
import type { Binaries } from './binaries.ts';

/** Paths inside the data directory. */
export interface ClusterPaths {
  /** Holds the others; ours. */
  readonly home: string;
  /** PGDATA; belongs to the server's account. */
  readonly pgdata: string;
  /** The server's password, mode 0600; ours. */
  readonly password: string;
  readonly log: string;
}

export function clusterPaths(dataDir: string): ClusterPaths {
  const home = join(dataDir, 'postgres');
  return { home, pgdata: join(home, 'pgdata'), password: join(home, 'password'), log: join(home, 'server.log') };
}

/** The server's superuser and the name of the database that kubecensus uses in it. */
export const CLUSTER_USER = 'kubecensus';

/** Half-made homes are called so; the number is the process that makes it. */
const STAGING = /^\.postgres-(\d+)-[0-9a-f]+$/;

/** 144 bits: no one guesses it, and base64url needs no escaping in a URL. */
const PASSWORD_BYTES = 18;

export async function hasCluster(paths: ClusterPaths): Promise<boolean> {
  return (await stat(join(paths.pgdata, 'PG_VERSION')).catch(() => null)) !== null;
}

/** Reads the password. Throws KC_EMBEDDED_ACCESS when the file belongs to somebody else. */
export async function readPassword(paths: ClusterPaths): Promise<string> {
  try {
    return (await readFile(paths.password, 'utf8')).trim();
  } catch (cause) {
    throw new KubecensusError('KC_EMBEDDED_ACCESS', `${paths.password} cannot be read.`, { cause });
  }
}

/** Refuses a cluster that another major version wrote: only pg_upgrade or a dump can carry it over. */
export async function checkClusterVersion(paths: ClusterPaths, binaries: Binaries): Promise<void> {
  const version = (await readFile(join(paths.pgdata, 'PG_VERSION'), 'utf8')).trim();
  if (version !== String(binaries.major)) {
    throw new KubecensusError(
      'KC_DATABASE_VERSION',
      `${paths.pgdata} was written by PostgreSQL ${version}, and this release brings PostgreSQL ${binaries.major}.`,
    );
  }
}

/**
 * Makes the cluster when there is none. Killed anywhere, the next call starts afresh; called twice at a time, one of the two results is kept.
 * The account must be able to enter `dirname(paths.home)`. Throws KC_EMBEDDED_START with initdb's own words.
 */
export async function ensureCluster(paths: ClusterPaths, binaries: Binaries, account: Account): Promise<void> {
  const dataDir = dirname(paths.home);
  await sweepStaging(dataDir);
  if (await hasCluster(paths)) return;
  const staging = join(dataDir, `.postgres-${process.pid}-${randomBytes(4).toString('hex')}`);
  const staged = clusterPaths(dataDir);
  const at = (path: string): string => join(staging, path.slice(staged.home.length));
  try {
    await mkdir(at(paths.pgdata), { recursive: true, mode: 0o700 });
    // The server's account passes through our directory and sees no list of it.
    await chmod(staging, account.ids === null ? 0o700 : 0o711);
    await give(account, at(paths.pgdata));
    const password = randomBytes(PASSWORD_BYTES).toString('base64url');
    await writeFile(at(paths.password), `${password}\n`, { mode: 0o600 });
    const handover = join(staging, 'handover');
    await writeFile(handover, `${password}\n`, { mode: 0o600 });
    await give(account, handover);
    await initdb(binaries, account, at(paths.pgdata), handover);
    await rm(handover);
    await rename(staging, paths.home);
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    // Somebody else was faster: theirs is as good.
    if (!(await hasCluster(paths))) throw error;
  }
}

async function initdb(binaries: Binaries, account: Account, pgdata: string, passwordFile: string): Promise<void> {
  const args = [
    `--pgdata=${pgdata}`,
    `--username=${CLUSTER_USER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // The built-in provider sorts the same on every machine and after every upgrade of the C library.
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    '--no-instructions',
  ];
  const child = spawnAs(account, binaries.initdb, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = await new Promise<number | string | null>((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new KubecensusError('KC_EMBEDDED_UNAVAILABLE', `${binaries.initdb} cannot be run.`, { cause })),
    );
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  if (ended !== 0) throw new KubecensusError('KC_EMBEDDED_START', `initdb ended with ${ended}: ${said.trim()}`);
}

/** Removes what a killed process left half-made; the cluster of a process that still runs is left alone. */
async function sweepStaging(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir).catch(() => [])) {
    const pid = STAGING.exec(name)?.[1];
    if (pid === undefined || runs(Number(pid))) continue;
    // An initdb that outlived its killed parent may still be writing; what cannot be removed now is removed next time.
    await rm(join(dataDir, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }).catch(
      () => undefined,
    );
  }
}

/** Whether a process with this number exists, ours or another's. */
export function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
