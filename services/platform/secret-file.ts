// Files that hold one secret each, as container platforms mount them.
import { readFileSync, statSync } from 'node:fs';
import { KubecensusError } from './errors.ts';

/** Far above any password, key or token: what is larger is the wrong file. */
const MAX_BYTES = 64 * 1024;
/** Docker and Kubernetes mount secrets here, for one container only and often readable by every account in it. */
const MOUNTED = /^\/(?:var\/)?run\/secrets\//;
const OTHERS_READ = 0o004;
const OTHERS_WRITE = 0o022;

/**
 * What a file of secrets holds; the newline that editors add is no part of it. null when no file is named. `variable`: the one that holds the path, for the message.
 * Throws KC_CONFIG for what cannot be read, is no file, or is too large.
 */
export function readSecretFile(path: string | undefined, variable: string): string | null {
  if (path === undefined || path === '') return null;
  try {
    const { size } = statSync(path);
    if (size <= MAX_BYTES) return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new KubecensusError(
      'KC_CONFIG',
      `The file that ${variable} names cannot be read (${(error as NodeJS.ErrnoException).code}).`,
    );
  }
  throw new KubecensusError('KC_CONFIG', `The file that ${variable} names is larger than any secret.`);
}

/** What is wrong with a file's permissions, in one sentence; null when nothing is, or when it is not there. */
export function secretFileRemark(path: string, variable: string): string | null {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  const shown = (mode & 0o777).toString(8).padStart(4, '0');
  if ((mode & OTHERS_WRITE) !== 0) return `the file that ${variable} names may be written by others (mode ${shown})`;
  if ((mode & OTHERS_READ) !== 0 && !MOUNTED.test(path))
    return `the file that ${variable} names may be read by everybody here (mode ${shown})`;
  return null;
}
