// Puts a whole directory in place at once: readers see the old one or the new one, never a mixture.
import { mkdir, mkdtemp, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Writes `contents` (relative path with forward slashes -> bytes) as the directory `target`.
 *
 * The files are written and synced in a temporary directory beside `target`, which is then renamed into place. Linux cannot rename over a
 * directory that has entries, so an older directory is first moved aside and deleted last; when the new one cannot take its place the
 * old one is moved back. A crash between the two renames leaves both whole under names that begin with ".<name>.".
 * Throws what the file system throws; then `target` is as it was.
 */
export async function writeDirectory(
  target: string,
  contents: ReadonlyMap<string, string | Uint8Array>,
): Promise<void> {
  const parent = dirname(target);
  await mkdir(parent, { recursive: true });
  const workshop = await mkdtemp(join(parent, `.${basename(target)}.`));
  const fresh = join(workshop, 'new');
  try {
    await fill(fresh, contents);
    await swap(fresh, target, workshop);
  } catch (cause) {
    await rm(fresh, { recursive: true, force: true });
    // Not recursive: should the old directory not have found its way back, it stays where it is.
    await rmdir(workshop).catch(() => undefined);
    throw cause;
  }
  await sync(parent);
  await rm(workshop, { recursive: true, force: true });
}

async function fill(directory: string, contents: ReadonlyMap<string, string | Uint8Array>): Promise<void> {
  const directories = new Set([directory]);
  await mkdir(directory);
  for (const [path, bytes] of contents) {
    const file = join(directory, path);
    if (!directories.has(dirname(file))) await mkdir(dirname(file), { recursive: true });
    directories.add(dirname(file));
    const handle = await open(file, 'wx');
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
  for (const made of directories) await sync(made);
}

/** So many others may put a directory of theirs in place between our two renames before we give up. */
const MOST_RIVALS = 50;

async function swap(fresh: string, target: string, workshop: string): Promise<void> {
  for (let rivals = 0; ; rivals += 1) {
    const aside = join(workshop, `old-${rivals}`);
    const replaced = await moved(target, aside);
    try {
      return await rename(fresh, target);
    } catch (cause) {
      // Another writer's whole directory stands there now: it is replaced in its turn, the last one wins.
      if (isOccupied(cause) && rivals < MOST_RIVALS) continue;
      if (replaced) await rename(aside, target);
      throw cause;
    }
  }
}

function isOccupied(cause: unknown): boolean {
  return ['ENOTEMPTY', 'EEXIST'].includes((cause as NodeJS.ErrnoException).code ?? '');
}

/** Renames, or says false when there is nothing to rename. */
async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw cause;
  }
}

async function sync(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The entries of a directory, or null when there is nothing at the path. Throws for a path that is no directory. */
export async function entriesOf(path: string): Promise<string[] | null> {
  try {
    return await readdir(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw cause;
  }
}
