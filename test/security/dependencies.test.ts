// The lock file as it is, and with each of the faults that the check is for.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Lock, lockFaults, type PackageFile, readAudit } from '../../scripts/check-dependencies.ts';

const read = <T>(name: string): T => JSON.parse(readFileSync(name, 'utf8')) as T;
const lock = read<Lock>('package-lock.json');
const file = read<PackageFile>('package.json');

test('every package is pinned, from the registry, under a known licence, and only the allowed run scripts', () => {
  assert.ok(Object.keys(lock.packages).length > 400);
  assert.deepEqual(lockFaults(lock, file), []);
});

const SOUND = { version: '1.0.0', integrity: `sha512-${'A'.repeat(86)}==`, license: 'MIT' };
const FAULTS: readonly (readonly [string, object, PackageFile, RegExp])[] = [
  ['no digest', { ...SOUND, integrity: undefined }, {}, /has no SHA-512/],
  ['a weak digest', { ...SOUND, integrity: 'sha1-AAAA' }, {}, /has no SHA-512/],
  ['git', { ...SOUND, resolved: 'git+ssh://git@github.com/a/b.git#1' }, {}, /names a place of its own/],
  ['another registry', { ...SOUND, resolved: 'https://registry.example.org/x.tgz' }, {}, /names a place of its own/],
  ['a link', { link: true }, {}, /is no version/],
  ['an unknown licence', { ...SOUND, license: 'AGPL-3.0' }, {}, /AGPL-3.0, which nobody has looked at/],
  ['a script', { ...SOUND, hasInstallScript: true }, {}, /^x runs a script/],
  ['a script that is gone', SOUND, { allowScripts: { x: true } }, /allowScripts names x/],
  ['a range of git', SOUND, { dependencies: { x: 'github:a/b' } }, /x is taken from github:a\/b/],
  ['a range of a file', SOUND, { dependencies: { x: 'file:../x' } }, /no range of versions/],
];
for (const [name, one, own, expected] of FAULTS)
  test(`found: ${name}`, () => {
    assert.deepEqual(lockFaults({ packages: { 'node_modules/x': SOUND } }, {}), []);
    const faults = lockFaults({ packages: { '': {}, 'node_modules/x': one } }, own);
    assert.ok(
      faults.some((fault) => expected.test(fault)),
      faults.join('; '),
    );
  });

test('scripts of packages for other platforms need no leave', () => {
  const packages = { 'node_modules/x': { ...SOUND, hasInstallScript: true, os: ['darwin'] } };
  assert.deepEqual(lockFaults({ packages }, {}), []);
});

test('an audit gives grave holes, and says why when there was none', () => {
  const report = {
    auditReportVersion: 2,
    vulnerabilities: { a: { severity: 'high', range: '<2' }, b: { severity: 'low', range: '<2' } },
  };
  assert.deepEqual(readAudit(`npm warn x\n${JSON.stringify(report)}`), { faults: ['a <2 has a known hole (high)'] });
  assert.deepEqual(readAudit(JSON.stringify({ message: '405 Method Not Allowed' })), {
    skipped: '405 Method Not Allowed',
  });
  assert.deepEqual(readAudit(''), { skipped: 'npm said nothing' });
});

test('CI runs the check', () => {
  assert.match(readFileSync('.ci/run', 'utf8'), /^npm run check:dependencies /m);
});
