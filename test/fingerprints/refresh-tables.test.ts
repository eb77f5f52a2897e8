// The dated tables: what a refresh makes of its sources' forms, and that the tables in the tree are what its printer writes.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { readAdvisory } from '../../scripts/refresh/advisories.ts';
import { patchTable, releaseTable } from '../../scripts/refresh/calendar-table.ts';
import { componentOfTitle, cveTable, feedComponent, vulndbComponent } from '../../scripts/refresh/cve-table.ts';
import { readEndsOfLife, readSchedule } from '../../scripts/refresh/schedule.ts';
import { type RefreshRequest, refreshedTables } from '../../scripts/refresh-tables.ts';
import { CVE_RANGES, type CveRange } from '../../services/fingerprints/data/cve-ranges.ts';
import type { Release } from '../../services/fingerprints/data/releases.ts';
import type { TableSource } from '../../services/fingerprints/data/table-source.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const fixture = (name: string): string => join(ROOT, 'test/fixtures/refresh', name);
const fixtureText = (name: string): string => readFileSync(fixture(name), 'utf8');
const DATA = join(ROOT, 'services/fingerprints/data');
const AT = '2027-01-20';
const SOURCES: RefreshRequest = {
  at: AT,
  schedule: fixture('schedule.yaml'),
  eol: fixture('eol.yaml'),
  vulndb: fixture('vulndb'),
  cveFeed: fixture('cve-feed'),
};
const NOTHING: RefreshRequest = { at: AT, schedule: null, eol: null, vulndb: null, cveFeed: null };

test('the tables in the tree are what the printer writes, and no source means no change', () => {
  const { files, remarks } = refreshedTables(NOTHING);
  assert.equal(files.size, 3);
  for (const [name, text] of files) assert.equal(text, readFileSync(join(DATA, name), 'utf8'), name);
  assert.deepEqual(remarks, []);
});

interface Written {
  readonly releases: readonly Release[];
  readonly releasesFrom: readonly TableSource[];
  readonly patchDates: Readonly<Record<number, Readonly<Record<number, string>>>>;
  readonly patchDaysDiffering: Readonly<Record<string, string>>;
  readonly ranges: readonly CveRange[];
  readonly rangesFrom: readonly TableSource[];
}

/** Runs the script as a person does, and loads what it wrote. */
async function written(folder: string): Promise<Written> {
  const { at, schedule, eol, vulndb, cveFeed } = SOURCES;
  const args = [
    '--at',
    at,
    '--schedule',
    schedule,
    '--eol',
    eol,
    '--vulndb',
    vulndb,
    '--cve-feed',
    cveFeed,
    '--out',
    folder,
  ];
  const run = spawnSync(process.execPath, [join(ROOT, 'scripts/refresh-tables.ts'), ...args.map(String)], {
    encoding: 'utf8',
  });
  assert.equal(run.status, 0, run.stderr);
  assert.equal(run.stderr, 'left out, no part of a release: CVE-2099-0003 k8s.io/ingress-nginx\n');
  const load = async (name: string) =>
    (await import(pathToFileURL(join(folder, name)).href)) as Record<string, unknown>;
  const [releases, patches, cves] = await Promise.all(['releases.ts', 'patch-dates.ts', 'cve-ranges.ts'].map(load));
  return {
    releases: releases?.['RELEASES'],
    releasesFrom: releases?.['RELEASES_FROM'],
    patchDates: patches?.['PATCH_DATES'],
    patchDaysDiffering: patches?.['PATCH_DAYS_DIFFERING'],
    ranges: cves?.['CVE_RANGES'],
    rangesFrom: cves?.['CVE_RANGES_FROM'],
  } as Written;
}

test('a refresh from files of all sources', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kubecensus-refresh-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const tables = await written(folder);

  const release = (minor: number) => tables.releases.find((one) => one.minor === minor);
  assert.deepEqual(release(38), { minor: 38, released: '2026-12-16', endOfLife: '2028-02-28' });
  assert.equal(release(39), undefined, 'what is planned has not been released');
  assert.equal(release(37)?.endOfLife, '2027-12-14', 'eol.yaml');
  assert.deepEqual(release(30), {
    minor: 30,
    released: '2024-04-17',
    endOfLife: '2025-07-15',
    differs: ['schedule.yaml endOfLifeDate 2025-06-28', 'schedule.yaml releaseDate 2025-04-17'],
  });
  assert.deepEqual(
    tables.releases.map(({ minor }) => minor),
    Array.from({ length: 39 }, (_, minor) => minor),
  );

  assert.deepEqual(tables.patchDates[38], { 0: '2026-12-16', 1: '2027-01-13' }, 'and no next patch, which is a plan');
  assert.equal(tables.patchDates[30]?.[1], '2024-05-14', 'the day of the tag stays');
  assert.deepEqual(tables.patchDaysDiffering, { '1.30.1': '2024-05-01' });

  // The CVE side is replaced whole: both its sources were given. A component that was read from an advisory stays for a CVE that still is there.
  assert.deepEqual(tables.ranges, [
    row('CVE-2099-0001', 'kubelet', 'title', null, '>=0 <1.37.4 >=1.38.0-alpha.0 <1.38.1'),
    row('CVE-2099-0003', 'kube-apiserver', 'feed', '>=1.17.0 <1.18.6-alpha.0', '>=0 <1.18.7'),
    row('CVE-2099-0003', 'kubelet', 'feed', '>=0 <1.18.6', '>=0 <1.18.7'),
    { ...row('CVE-2099-20002', 'kubernetes', 'title', null, '>=1.2.0'), withdrawn: true },
  ]);

  const schedule = tables.releasesFrom.find(({ name }) => name.endsWith('schedule.yaml'));
  assert.equal(schedule?.read, AT);
  assert.match(schedule?.sha256 ?? '', /^[0-9a-f]{64}$/);
  assert.deepEqual(
    tables.rangesFrom.map(({ name, read }) => [name, read]),
    [
      ['golang/vulndb', AT],
      ['kubernetes-sigs/cve-feed-osv', AT],
    ],
  );
});

function row(
  cve: string,
  component: string,
  componentBy: 'feed' | 'title',
  feed: string | null,
  vulndb: string,
): CveRange {
  return { cve, component, componentBy, feed, vulndb, withdrawn: false };
}

test('the same sources give the same text, in the form that the formatter leaves alone', () => {
  const { files } = refreshedTables(SOURCES);
  assert.deepEqual(refreshedTables(SOURCES).files, files);
  for (const [name, text] of files) {
    const file = join('services/fingerprints/data', name);
    const biome = spawnSync(join(ROOT, 'node_modules/.bin/biome'), ['format', `--stdin-file-path=${file}`], {
      encoding: 'utf8',
      cwd: ROOT,
      input: text,
    });
    assert.equal(biome.status, 0, biome.stderr);
    assert.equal(text, biome.stdout, name);
  }
});

test('one side may be refreshed alone, and the other stays', () => {
  const feed = [readAdvisory(fixtureText('cve-feed/CVE-2099-0003.json'), feedComponent)].filter((one) => one !== null);
  const { rows } = cveTable({ feed, vulndb: null, before: CVE_RANGES });
  const vulndbOf = (list: readonly CveRange[]) =>
    new Map(list.filter(({ vulndb }) => vulndb !== null).map((one) => [one.cve, one.vulndb]));
  assert.deepEqual(vulndbOf(rows), vulndbOf(CVE_RANGES));
  assert.deepEqual([...new Set(rows.flatMap((one) => (one.feed === null ? [] : [one.cve])))], ['CVE-2099-0003']);
});

test('what lies after the day of the sources has not happened', () => {
  const calendar = { schedule: readSchedule(fixtureText('schedule.yaml')), ends: [] };
  const empty = { dates: {}, differing: {} };
  assert.deepEqual(patchTable(empty, { ...calendar, at: '2027-01-12' }).dates[38], { 0: '2026-12-16' });
  assert.deepEqual(Object.keys(patchTable(empty, { ...calendar, at: '2026-12-15' }).dates), ['30']);
});

test('a minor is text, not a number', () => {
  assert.deepEqual(
    readSchedule(fixtureText('schedule.yaml')).map(({ minor }) => minor),
    [39, 38, 30],
  );
});

test('titles name components', () => {
  for (const [title, component] of [
    ['Symlink Attack in kubectl cp', 'kubectl'],
    ['Nil pointer dereference in KCM after v1 HPA patch request', 'kube-controller-manager'],
    ['Kube-proxy may unintentionally forward traffic', 'kube-proxy'],
    ['Kubernetes kube-apiserver Vulnerable to Race Condition', 'kube-apiserver'],
    ['Something in k8s.io/kubernetes', 'kubernetes'],
  ] as const)
    assert.equal(componentOfTitle(title), component);
});

test('what is of another form is refused by name', () => {
  assert.throws(() => readSchedule('schedules:\n- release: 1\n'), /1 is no minor/);
  assert.throws(
    () =>
      readSchedule(
        'schedules:\n- release: 1.30\n  previousPatches:\n  - release: 1.29.1\n    targetDate: 2024-01-01\n',
      ),
    /1\.30: 1\.29\.1 stands among its patches/,
  );
  assert.throws(() => readEndsOfLife('branches:\n- release: 1.30\n  endOfLifeDate: soon\n'), /1\.30: soon is no day/);
  assert.throws(() => readEndsOfLife('other: []\n'), /branches is no list/);
  assert.throws(
    () => releaseTable([], { schedule: readSchedule(fixtureText('schedule.yaml')), ends: [], at: AT }),
    /would lack 1\.0/,
  );
  const osv = (events: readonly object[], type = 'SEMVER'): string =>
    JSON.stringify({
      id: 'CVE-2099-0009',
      affected: [{ package: { name: 'k8s.io/kubernetes' }, ranges: [{ type, events }] }],
    });
  assert.throws(() => readAdvisory(osv([{ introduced: '0' }, { introduced: '1.2.0' }]), vulndbComponent), /by turns/);
  assert.throws(() => readAdvisory(osv([{ introduced: 'abc' }]), vulndbComponent), /CVE-2099-0009: abc is no version/);
  assert.throws(() => readAdvisory(osv([{ limit: '1.2.0' }]), vulndbComponent), /kind limit/);
  assert.throws(() => readAdvisory(osv([], 'GIT'), vulndbComponent), /type GIT/);
  assert.throws(() => refreshedTables({ ...NOTHING, vulndb: fixture('.') }), /holds no advisory/);
});
