// Every labelled gitVersion gets its label, and every string of a real census is classified.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { VERSION_DISTRIBUTIONS } from '../../services/fingerprints/data/distributions.ts';
import { classifyVersion, parseGitVersion } from '../../services/fingerprints/version.ts';
import { VERSION_SHAPES } from '../../services/fingerprints/version-shapes.ts';
import { NOW, readLabelledVersions } from './labelled.ts';

const rows = readLabelledVersions();

test('labelled versions get their label from string, body and context', () => {
  assert.ok(rows.length > 130);
  const missed = rows
    .map((row) => ({ ...row, got: classifyVersion(row.gitVersion, NOW, row.context).slug }))
    .filter((row) => row.got !== row.label);
  assert.deepEqual(
    missed.map(({ gitVersion, label, got }) => `${gitVersion}: ${label}, got ${got}`),
    [],
  );
});

test('a git-describe suffix alone names no vendor', () => {
  const describes = rows.filter((row) => row.byContext);
  assert.ok(describes.length >= 8);
  for (const { gitVersion } of describes)
    assert.equal(classifyVersion(gitVersion, NOW).slug, 'git-describe', gitVersion);
});

test('no real build is called fabricated by its own fields', () => {
  for (const { gitVersion, label, context } of rows) {
    if (label !== 'fabricated')
      assert.notEqual(classifyVersion(gitVersion, NOW, context).slug, 'fabricated', gitVersion);
  }
});

test('numbers are read, and what is no version has none', () => {
  const { major, minor, patch, name } = classifyVersion('v1.27.3-gke.100', NOW);
  assert.deepEqual([major, minor, patch, name], [1, 27, 3, VERSION_DISTRIBUTIONS.gke]);
  for (const text of ['', 'unknown', '19cfa99979f018f3db639d1fa561c5379bb38255', 'v1.2', `v1.2.3-${'a'.repeat(300)}`]) {
    assert.deepEqual(classifyVersion(text, NOW).slug, 'unknown', text);
    assert.equal(parseGitVersion(text), null, text);
  }
});

/** One string per shape of the list that no labelled row has. */
const FURTHER: readonly (readonly [string, string])[] = [
  ['v1.20.15-vke.12-beta.1', 'vke'],
  ['v1.21.5-eks-1-21', 'eks'],
  ['v1.27.0-rc.0-eks-df659bb', 'eks'],
  ['v1.26.0-rc.0+IKS', 'iks'],
  ['v1.18.8-aliyunens.1', 'ack'],
  ['v1.24.1-rc1+k3s1', 'k3s'],
  ['v1.29.0-gke.999999.99+rc.2-266-g14612c92cf3b94-d0420ac3-407a-4765-9d58-ddb40fcdad53', 'gke'],
  ['v1.9.1+a0ce1bc657', 'openshift'],
  ['v1.22.0-rc.0+894a78b', 'openshift'],
  ['v1.20.0-1085+01c9f3f43ffcf0-dirty', 'openshift'],
  ['v1.23.5-rc.0.2076+8cfebb1ce4a59f-dirty', 'openshift'],
  ['v1.16.4-12.8d683d98-dirty', 'jdcloud'],
  ['v1.20.11-hpe-2', 'hpe'],
  ['v1.26.0+kcp-v0.11.0', 'kcp'],
  ['v0.6.4', 'not-an-apiserver'],
  ['v1.19.3-kubeedge-v1.8.2', 'not-an-apiserver'],
  ['v1.20.14-es', 'unknown'],
];

test('further vendor forms', () => {
  for (const [gitVersion, slug] of FURTHER) assert.equal(classifyVersion(gitVersion, NOW).slug, slug, gitVersion);
});

test('every shape decides some string', () => {
  const strings = [...rows.map((row) => row.gitVersion), ...FURTHER.map(([gitVersion]) => gitVersion)];
  const versions = strings.flatMap((text) => parseGitVersion(text) ?? []);
  const idle = VERSION_SHAPES.filter(
    (shape) => !versions.some((version) => VERSION_SHAPES.find((one) => one.matches(version)) === shape),
  );
  assert.deepEqual(
    idle.map((shape) => shape.shape),
    [],
  );
});

const CENSUS = new URL('../../../shared/data/census-2022-2024/', import.meta.url);
const CENSUS_MISSING: string | false = existsSync(CENSUS) ? false : 'the census of 2022-2024 is not beside the project';
/** Hosts of one day whose version string may stay unknown. */
const MAX_UNKNOWN_SHARE = 0.001;

test('census days: every key is classified, at most 0.1 % of the hosts of a day as unknown', {
  skip: CENSUS_MISSING,
}, () => {
  const days = readdirSync(CENSUS).filter((file) => file.endsWith('.json'));
  assert.ok(days.length > 10);
  let read = 0;
  for (const day of days) {
    let hosts = 0;
    let unknown = 0;
    for (const match of readFileSync(new URL(day, CENSUS), 'utf8').matchAll(/"key"=>"([^"]*)", "count"=>(\d+)/g)) {
      const count = Number(match[2]);
      const { slug } = classifyVersion(match[1] ?? '', `${day.slice(0, 10)}T00:00:00Z`);
      assert.ok(slug in VERSION_DISTRIBUTIONS, slug);
      hosts += count;
      if (slug === 'unknown') unknown += count;
      read++;
    }
    assert.ok(unknown <= hosts * MAX_UNKNOWN_SHARE, `${day}: ${unknown} of ${hosts}`);
  }
  assert.ok(read > 15_000);
});
