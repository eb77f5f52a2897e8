// Checks of this machine: open files, the data directory, space on its disk.
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Finding, fail, notChecked, ok, warn } from '../../platform/finding.ts';

/** Files that a process opens besides its probes: pools of the database and the queue, logs, feeds, the API's clients. */
const OTHER_FILES = 256;
const GIB = 2 ** 30;
/** A day of observations of a million and a half endpoints with its indexes is a third of this; below it a report may not be written. */
const LEAST_FREE = GIB;
/** Some weeks of such days. */
const ENOUGH_FREE = 10 * GIB;

/** Whether as many sockets may be open as probes in flight. `limits`: the text of /proc/self/limits. */
export function checkOpenFiles(limits: string | null, inFlight: number): Finding {
  const [, soft] = /^Max open files\s+(\S+)/m.exec(limits ?? '') ?? [];
  if (soft === undefined) return notChecked('this system does not say how many files a process may open');
  const needed = inFlight + OTHER_FILES;
  const said = `${soft} files may be open, ${needed} are needed for ${inFlight} probes in flight`;
  return soft === 'unlimited' || Number(soft) >= needed
    ? ok(said)
    : fail(said, `Raise the limit (ulimit -n ${needed}, LimitNOFILE= in systemd) or lower inFlight.`);
}

/** The text of /proc/self/limits, or null where there is none. */
export const readLimits = (): Promise<string | null> => readFile('/proc/self/limits', 'utf8').catch(() => null);

/** Whether the data directory takes files, and how many more. */
export async function checkDataDirectory(dataDir: string): Promise<Finding> {
  const directory = resolve(dataDir);
  const file = join(directory, `.doctor-${randomBytes(6).toString('hex')}`);
  try {
    await mkdir(directory, { recursive: true });
    await writeFile(file, 'written and removed by kubecensus doctor\n', { flag: 'wx', flush: true });
  } catch (error) {
    return fail(
      `${directory} takes no file: ${(error as Error).message}`,
      'Give this account the directory, or name another one with --data-dir.',
    );
  } finally {
    await rm(file, { force: true }).catch(() => undefined);
  }
  const { bavail, bsize } = await statfs(directory);
  return spaceFinding(directory, bavail * bsize);
}

export function spaceFinding(directory: string, free: number): Finding {
  const said = `${directory} takes files; ${(free / GIB).toFixed(1)} GiB are free`;
  if (free < LEAST_FREE) return fail(said, 'Free space on this disk: a full one stops the embedded database.');
  if (free < ENOUGH_FREE)
    return warn(said, 'Free space, or keep observations for fewer days (retention.observationDays).');
  return ok(said);
}
