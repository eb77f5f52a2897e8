// A report on disk and its delivery: whole or not at all, described by its manifest, never over somebody else's files.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { writeDirectory } from '../../services/reports/atomic-directory.ts';
import { deliverToDirectory } from '../../services/reports/delivery/directory.ts';
import { headline } from '../../services/reports/headline.ts';
import { manifestOf } from '../../services/reports/manifest.ts';
import { type ReportFiles, readContents, readReport } from '../../services/reports/report-files.ts';
import { contentsOf, type ReportFormat, writeReport } from '../../services/reports/write.ts';
import { sampleData, sampleTallies } from './sample-data.ts';

const DATA = sampleData({ endpoints: 300, weight: 1, seed: 9, tallies: sampleTallies(2) });
const REPORT = headline(DATA);
const FORMATS: readonly ReportFormat[] = ['html', 'markdown', 'json'];

async function place(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'report-test-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

function write(out: string, id = 'one', formats = FORMATS): Promise<ReportFiles> {
  return writeReport(REPORT, { id, out, formats, manifest: manifestOf(DATA) });
}

async function tree(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name).slice(directory.length + 1))
    .sort();
}

test('the manifest lists every file with its true size and digest, and says what was counted', async (t) => {
  const out = join(await place(t), 'report');
  const written = await write(out);
  const manifest = JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8'));
  assert.deepEqual(
    [...manifest.files.map((file: { path: string }) => file.path), 'manifest.json'].sort(),
    await tree(out),
  );
  for (const { path, bytes, sha256 } of manifest.files) {
    const contents = await readFile(join(out, path));
    assert.equal(contents.length, bytes, path);
    assert.equal(createHash('sha256').update(contents).digest('hex'), sha256, path);
  }
  assert.deepEqual(manifest.files, written.files);
  assert.deepEqual(
    [manifest.id, manifest.name, manifest.codeVersion, manifest.survey.seed],
    ['one', 'headline', '0.1.0', DATA.survey.seed],
  );
  assert.deepEqual(manifest.policy, { snapshot: '2026-07-18', sha256: '00' });
  assert.equal(manifest.counts[0].unit, 'endpoints');
  assert.equal(manifest.counts[0].all.certificateName, DATA.headline.endpoint.all.certificateName);
  assert.equal(manifest.feeds[0].partial, true);
  const components = manifest.tables.find((one: { path: string }) => one.path === 'data/components.csv');
  assert.equal(components.columns.find((one: { key: string }) => one.key === 'endpoints').unit, 'endpoint');
  assert.deepEqual(await readReport(out), written);
});

test('only the formats asked for are written; data and pictures always are', async (t) => {
  const out = join(await place(t), 'report');
  await write(out, 'one', ['json']);
  const files = await tree(out);
  assert.ok(
    files.includes('report.json') && files.includes('data/indicators.csv') && files.includes('figures/overlap.svg'),
  );
  assert.ok(!files.includes('index.html') && !files.includes('report.md'));
});

test('the same report gives the same bytes', () => {
  assert.deepEqual([...contentsOf(REPORT, FORMATS)], [...contentsOf(headline(structuredClone(DATA)), FORMATS)]);
});

test('an earlier report is replaced and leaves nothing behind', async (t) => {
  const parent = await place(t);
  const out = join(parent, 'report');
  await write(out, 'one');
  const inode = (await stat(out)).ino;
  const second = await write(out, 'two', ['html']);
  assert.notEqual((await stat(out)).ino, inode, 'a new directory took the place of the old');
  assert.equal((await readReport(out))?.id, 'two');
  assert.deepEqual(await tree(out), [...second.files.map((file) => file.path), 'manifest.json'].sort());
  assert.deepEqual(await readdir(parent), ['report']);
});

test('an empty directory is used, and one that is no report is refused and not touched', async (t) => {
  const parent = await place(t);
  const [empty, foreign, file] = ['empty', 'foreign', 'file'].map((name) => join(parent, name)) as [
    string,
    string,
    string,
  ];
  await mkdir(empty);
  await write(empty);
  assert.equal((await readReport(empty))?.id, 'one');
  await mkdir(foreign);
  await writeFile(join(foreign, 'manifest.json'), '{"kind":"something else"}');
  await writeFile(file, 'mine');
  for (const out of [foreign, file]) await assert.rejects(write(out), { code: 'KC_REPORT_OUT' });
  assert.equal(await readFile(join(foreign, 'manifest.json'), 'utf8'), '{"kind":"something else"}');
  assert.equal(await readFile(file, 'utf8'), 'mine');
  assert.deepEqual((await readdir(parent)).sort(), ['empty', 'file', 'foreign']);
});

test('a write that fails leaves the old directory as it was, and no litter', async (t) => {
  const parent = await place(t);
  const target = join(parent, 'kept');
  await writeDirectory(target, new Map([['a.txt', 'old']]));
  await assert.rejects(
    writeDirectory(
      target,
      new Map([
        ['a.txt', 'new'],
        ['a.txt/b.txt', 'impossible'],
      ]),
    ),
  );
  assert.equal(await readFile(join(target, 'a.txt'), 'utf8'), 'old');
  assert.deepEqual(await readdir(parent), ['kept']);
});

test('readers never see a mixture while reports replace each other', async (t) => {
  const target = join(await place(t), 'busy');
  const version = (n: number): Map<string, string> =>
    new Map([
      ['a.txt', String(n)],
      ['b.txt', String(n)],
    ]);
  await writeDirectory(target, version(0));
  let writing = true;
  const writer = (async () => {
    for (let n = 1; n <= 40; n += 1) await writeDirectory(target, version(n));
    writing = false;
  })();
  // What stands at the path before and after a listing is the same directory, or the listing says nothing about it.
  const identity = async (): Promise<string | null> => {
    const facts = await stat(target, { bigint: true }).catch(() => null);
    return facts === null ? null : `${facts.ino} ${facts.ctimeNs}`;
  };
  let seen = 0;
  do {
    const before = await identity();
    const names = await readdir(target).catch(() => []);
    if (before === null || before !== (await identity())) continue;
    assert.deepEqual(names.sort(), ['a.txt', 'b.txt']);
    seen += 1;
  } while (writing || seen === 0);
  await writer;
  assert.equal(await readFile(join(target, 'b.txt'), 'utf8'), '40');
});

test('a delivery is whole, and the second of the same report changes nothing', async (t) => {
  const parent = await place(t);
  const report = await write(join(parent, 'report'));
  const first = await deliverToDirectory(report, join(parent, 'inbox'));
  assert.deepEqual(first, { directory: join(parent, 'inbox', 'headline-one'), written: true });
  assert.deepEqual(await tree(first.directory), await tree(report.directory));
  assert.ok('contents' in (await readContents((await readReport(first.directory))!)));
  const inode = (await stat(first.directory)).ino;
  assert.deepEqual(await deliverToDirectory(report, join(parent, 'inbox')), { ...first, written: false });
  assert.equal((await stat(first.directory)).ino, inode);
});

test('a damaged copy is replaced; a damaged original is not delivered', async (t) => {
  const parent = await place(t);
  const report = await write(join(parent, 'report'));
  const { directory } = await deliverToDirectory(report, join(parent, 'inbox'));
  await writeFile(join(directory, 'report.md'), 'torn');
  assert.equal((await deliverToDirectory(report, join(parent, 'inbox'))).written, true);
  assert.deepEqual(await readFile(join(directory, 'report.md')), await readFile(join(report.directory, 'report.md')));
  await writeFile(join(report.directory, 'report.md'), 'torn');
  await assert.rejects(deliverToDirectory(report, join(parent, 'other')), { code: 'KC_REPORT_DAMAGED' });
  assert.ok(!(await readdir(parent)).includes('other'));
});

test('two deliveries at once leave one whole copy', async (t) => {
  const parent = await place(t);
  const report = await write(join(parent, 'report'));
  await Promise.all(Array.from({ length: 6 }, () => deliverToDirectory(report, join(parent, 'inbox'))));
  assert.deepEqual(await readdir(join(parent, 'inbox')), ['headline-one']);
  assert.ok('contents' in (await readContents((await readReport(join(parent, 'inbox', 'headline-one')))!)));
});

test('a manifest whose paths lead out of its directory is no report', async (t) => {
  const directory = join(await place(t), 'report');
  await write(directory);
  const path = join(directory, 'manifest.json');
  const manifest = JSON.parse(await readFile(path, 'utf8'));
  for (const wrong of ['../../etc/passwd', '/etc/passwd', 'data/../../x.csv', '.hidden']) {
    await writeFile(path, JSON.stringify({ ...manifest, files: [{ ...manifest.files[0], path: wrong }] }));
    assert.equal(await readReport(directory), null, wrong);
  }
});

test('an id is no path', async (t) => {
  const parent = await place(t);
  const report = await write(join(parent, 'report'), '../../escape');
  assert.equal(
    (await deliverToDirectory(report, join(parent, 'inbox'))).directory,
    join(parent, 'inbox', 'headline-.._.._escape'),
  );
});
