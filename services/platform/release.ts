// Which kubecensus this is: written into every manifest, user agent and --version.
import { readFileSync } from 'node:fs';

export interface Release {
  readonly name: string;
  readonly version: string;
  /** The 40 hex digits of the checked-out commit, or null outside a git checkout (an npm package, an image). */
  readonly commit: string | null;
}

const ROOT = new URL('../../', import.meta.url);
const COMMIT = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

/** Read once, when the module is loaded. */
export const release: Release = readRelease(ROOT);

/** The release whose package.json and .git stand in `root`. */
export function readRelease(root: URL): Release {
  const { name, version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
    name: string;
    version: string;
  };
  return Object.freeze({ name, version, commit: readCommit(root) });
}

/** Follows HEAD without running git: a branch's own file, else its line in packed-refs. */
function readCommit(root: URL): string | null {
  const head = read(new URL('.git/HEAD', root));
  const ref = head?.startsWith('ref: ') ? head.slice('ref: '.length) : null;
  const found =
    ref === null
      ? head
      : (read(new URL(`.git/${ref}`, root)) ??
        read(new URL('.git/packed-refs', root))
          ?.split('\n')
          .find((line) => line.endsWith(` ${ref}`))
          ?.split(' ')[0]);
  return found !== undefined && found !== null && COMMIT.test(found) ? found : null;
}

function read(file: URL): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return null;
  }
}
