// Which operating system account the embedded server runs as: our own, or an unprivileged one when we are root, which PostgreSQL refuses.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { chown, readFile, stat } from 'node:fs/promises';
import { KubecensusError } from '../../errors.ts';

export interface Account {
  readonly name: string;
  /** Null: our own account, nothing is switched. */
  readonly ids: { readonly uid: number; readonly gid: number } | null;
  /** True when the account can reach its files only with root's right to pass closed directories. */
  readonly passes: boolean;
}

/** Accounts of Debian, Alpine and macOS that own no files of value, the database's own first. */
const CANDIDATES = ['postgres', '_postgres', 'nobody'];

/**
 * Chooses the account. As root: the owner of the existing cluster, else the first candidate in /etc/passwd. `reach` lists files that it has to run and
 * a directory that it has to enter; when a directory above them is closed to it (a project under /root), it is started with the one capability
 * CAP_DAC_OVERRIDE. Throws KC_EMBEDDED_ACCESS when there is no such account or it cannot reach its files at all.
 */
export async function chooseAccount(cluster: string, reach: { directory: string; program: string }): Promise<Account> {
  const owner = await stat(cluster).catch(() => null);
  const self = process.getuid?.() ?? 0;
  if (self !== 0) {
    if (owner !== null && owner.uid !== self) {
      throw new KubecensusError(
        'KC_EMBEDDED_ACCESS',
        `${cluster} belongs to the user with id ${owner.uid}, and you have id ${self}.`,
      );
    }
    return { name: 'self', ids: null, passes: false };
  }
  const ids =
    owner !== null && owner.uid !== 0
      ? { name: `user ${owner.uid}`, uid: owner.uid, gid: owner.gid }
      : await unprivileged();
  for (const passes of [false, true]) {
    const account: Account = { name: ids.name, ids: { uid: ids.uid, gid: ids.gid }, passes };
    if (await canReach(account, reach)) return account;
  }
  throw new KubecensusError(
    'KC_EMBEDDED_ACCESS',
    `PostgreSQL does not run as root, and the account ${ids.name} may not enter ${reach.directory} or run ${reach.program}.`,
  );
}

async function unprivileged(): Promise<{ name: string; uid: number; gid: number }> {
  const rows = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n').map((line) => line.split(':'));
  for (const name of CANDIDATES) {
    const row = rows.find((fields) => fields[0] === name);
    const uid = Number(row?.[2]);
    const gid = Number(row?.[3]);
    if (row !== undefined && uid !== 0 && Number.isInteger(uid) && Number.isInteger(gid)) return { name, uid, gid };
  }
  throw new KubecensusError(
    'KC_EMBEDDED_ACCESS',
    `PostgreSQL does not run as root, and this system has none of the accounts ${CANDIDATES.join(', ')}.`,
  );
}

/** Tries it: the kernel's answer is the only one that counts every rule. */
async function canReach(account: Account, reach: { directory: string; program: string }): Promise<boolean> {
  const child = spawnAs(
    account,
    '/bin/sh',
    ['-c', 'cd "$1" && exec "$2" --version', 'sh', reach.directory, reach.program],
    { stdio: 'ignore' },
  );
  return await new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}

/**
 * Starts a program as the account, with an environment that holds nothing of ours (no secrets, no PG* variables). The child's pid is the program's own.
 */
export function spawnAs(
  account: Account,
  program: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
  if (account.ids === null) return spawn(program, args, { ...options, env });
  const { uid, gid } = account.ids;
  if (!account.passes) return spawn(program, args, { ...options, env, uid, gid });
  // no_setuid_fixup makes access(2) honour the capability too, by which PostgreSQL looks for its own program.
  const grant = [
    '--securebits=+no_setuid_fixup',
    '--inh-caps=-all,+dac_override',
    '--ambient-caps=-all,+dac_override',
    '--bounding-set=-all,+dac_override',
  ];
  return spawn('setpriv', [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...grant, program, ...args], {
    ...options,
    env,
  });
}

/** Gives a file or directory to the account; nothing to do when it is ours. */
export async function give(account: Account, path: string): Promise<void> {
  if (account.ids !== null) await chown(path, account.ids.uid, account.ids.gid);
}
