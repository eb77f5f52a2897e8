// Which release this is, in a checkout, with packed refs, and without git.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { readRelease, release } from '../../services/platform/release.ts';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';

it('says what package.json says', async () => {
  const { name, version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
    name: string;
    version: string;
  };
  assert.equal(release.name, name);
  assert.equal(release.version, version);
  assert.ok(release.commit === null || /^[0-9a-f]{40,64}$/.test(release.commit));
});

it('finds the commit as git keeps it', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'kubecensus-release-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const url = pathToFileURL(`${root}/`);
  await writeFile(join(root, 'package.json'), '{"name":"kubecensus","version":"9.8.7"}');
  assert.deepEqual(readRelease(url), { name: 'kubecensus', version: '9.8.7', commit: null });
  await mkdir(join(root, '.git/refs/heads'), { recursive: true });
  await writeFile(join(root, '.git/HEAD'), `${COMMIT}\n`);
  assert.equal(readRelease(url).commit, COMMIT, 'a detached head');
  await writeFile(join(root, '.git/HEAD'), 'ref: refs/heads/main\n');
  assert.equal(readRelease(url).commit, null, 'a branch without a commit');
  await writeFile(
    join(root, '.git/packed-refs'),
    `# pack-refs with: peeled\nffff456789abcdef0123456789abcdef01234567 refs/heads/domain\n${COMMIT} refs/heads/main\n`,
  );
  assert.equal(readRelease(url).commit, COMMIT, 'a packed branch');
  await writeFile(join(root, '.git/refs/heads/main'), `${COMMIT.replaceAll('0', 'f')}\n`);
  assert.equal(readRelease(url).commit, COMMIT.replaceAll('0', 'f'), 'the branch file is newer than the pack');
});
