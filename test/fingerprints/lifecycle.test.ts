// Upstream's calendar, patch levels and CVE ranges.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CVE_RANGES } from '../../services/fingerprints/data/cve-ranges.ts';
import { PATCH_DATES } from '../../services/fingerprints/data/patch-dates.ts';
import { RELEASES } from '../../services/fingerprints/data/releases.ts';
import { compareVersions, parseGitVersion } from '../../services/fingerprints/git-version.ts';
import { latestPatch, patchDay, supportOn } from '../../services/fingerprints/lifecycle.ts';
import { rangesContaining } from '../../services/fingerprints/ranges.ts';

test('support on the day of observation', () => {
  const cases: readonly (readonly [number, string, string])[] = [
    [37, '2026-11-23', 'supported'],
    [37, '2027-11-23', 'unknown'],
    [37, '2026-01-01', 'unknown'],
    [36, '2026-11-23', 'supported'],
    [35, '2026-12-27', 'supported'],
    [35, '2026-12-28', 'maintenance'],
    [35, '2027-02-28', 'end-of-life'],
    [34, '2026-10-26', 'maintenance'],
    [34, '2026-10-27', 'end-of-life'],
    [24, '2023-05-27', 'supported'],
    [24, '2023-07-27', 'maintenance'],
    [18, '2021-06-17', 'supported'],
    [18, '2021-06-18', 'end-of-life'],
    [1, '2023-01-01', 'end-of-life'],
    [99, '2026-11-23', 'unknown'],
  ];
  for (const [minor, day, support] of cases)
    assert.equal(supportOn(1, minor, `${day}T00:00:00Z`), support, `1.${minor} on ${day}`);
  assert.equal(supportOn(3, 11, '2023-01-01'), 'unknown');
  assert.equal(supportOn(1, null, '2023-01-01'), 'unknown');
  assert.equal(supportOn(1, 30, 'yesterday'), 'unknown');
});

test('the calendar is whole and in order', () => {
  assert.deepEqual(
    RELEASES.map((release) => release.minor),
    RELEASES.map((_, at) => at),
  );
  for (const { released, endOfLife } of RELEASES) {
    assert.match(released, /^\d{4}-\d\d-\d\d$/);
    assert.ok(endOfLife === null || endOfLife > released);
  }
  assert.equal(
    Object.values(PATCH_DATES).reduce((sum, patches) => sum + Object.keys(patches).length, 0),
    428,
  );
});

test('patch days and the latest patch of a day', () => {
  assert.equal(patchDay(30, 14), '2025-06-17');
  assert.equal(patchDay(30, 99), null);
  assert.equal(latestPatch(30, '2025-01-01'), 8);
  assert.equal(latestPatch(30, '2024-01-01'), null);
});

const contains = (text: string, cve: string, component = 'kube-apiserver'): boolean => {
  const version = parseGitVersion(text);
  assert.ok(version);
  return rangesContaining(version, component).some((range) => range.cve === cve);
};

test('ranges: bounds, vendor builds, prereleases, components', () => {
  assert.equal(contains('v1.27.2', 'CVE-2023-2728'), true);
  assert.equal(contains('v1.27.3', 'CVE-2023-2728'), false);
  assert.equal(contains('v1.27.3-gke.100', 'CVE-2023-2728'), false);
  assert.equal(contains('v1.27.3-rc.0', 'CVE-2023-2728'), true);
  assert.equal(contains('v1.28.0', 'CVE-2023-2728'), false);
  assert.equal(contains('v1.20.2', 'CVE-2021-25741'), false);
  assert.equal(contains('v1.20.2', 'CVE-2021-25741', 'kubelet'), true);
  assert.equal(contains('v1.37.2', 'CVE-2020-8562'), false, 'withdrawn');
});

test('ranges on which the sources differ are marked', () => {
  const version = parseGitVersion('v1.18.6');
  assert.ok(version);
  const range = rangesContaining(version, 'kube-apiserver').find(({ cve }) => cve === 'CVE-2020-8559');
  assert.deepEqual(range, { cve: 'CVE-2020-8559', component: 'kube-apiserver', sources: ['vulndb'], disputed: true });
});

test('every row of the table has a range of some source', () => {
  for (const row of CVE_RANGES) assert.ok(row.feed !== null || row.vulndb !== null, row.cve);
});

test('versions are ordered as releases are', () => {
  const order = ['v1.8.9', 'v1.9.0-alpha.2', 'v1.9.0-beta.1', 'v1.9.0-rc.1', 'v1.9.0', 'v1.9.1', 'v1.10.0'];
  const versions = order.flatMap((text) => parseGitVersion(text) ?? []);
  for (const [at, version] of versions.entries()) {
    const next = versions[at + 1];
    if (next !== undefined) assert.ok(compareVersions(version, next) < 0, version.text);
  }
});
