// Stored exports: the same rows are the same file, a download goes on where it broke, and what is half made is never found.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { it, type TestContext } from 'node:test';
import { findExportFile, makeExportFile, pruneExportFiles } from '../../services/exports/export-file.store.ts';
import { recompute } from '../../services/rollups/rollup.store.ts';
import { withDatabase } from '../support/database.ts';
import { NOW, observation, surveyOf } from '../support/observations.ts';
import { exportBytes } from './export-bytes.ts';

const never = new AbortController().signal;
const REQUEST = { dataset: 'observations', surveyId: 's', format: 'csv', codeVersion: 'test', at: NOW } as const;

async function setUp(t: TestContext) {
  const { database } = await withDatabase(t);
  await surveyOf(database, 's', [observation({ port: 1 }), observation({ port: 2 })]);
  const home = await mkdtemp(join(tmpdir(), 'kubecensus-export-'));
  t.after(() => rm(home, { recursive: true }));
  return { database, directory: join(home, 'exports') };
}

it('holds the bytes of the export, whole and in ranges, with what a download needs', async (t) => {
  const { database, directory } = await setUp(t);
  const made = await makeExportFile(directory, REQUEST, database, never);
  const { bytes } = await exportBytes(database, { dataset: 'observations', format: 'csv' });
  assert.deepEqual(await buffer(made.open()), bytes);
  const broken = 100;
  assert.deepEqual(
    Buffer.concat([
      await buffer(made.open({ start: 0, end: broken - 1 })),
      await buffer(made.open({ start: broken, end: made.bytes - 1 })),
    ]),
    bytes,
  );
  assert.deepEqual(
    [made.bytes, made.sha256, made.fileName, made.manifest.rows],
    [bytes.length, createHash('sha256').update(bytes).digest('hex'), 'observations-s.csv', 2],
  );
  const found = await findExportFile(directory, made.id);
  assert.deepEqual([found?.id, found?.sha256], [made.id, made.sha256]);
});

it('has one id for the same rows, and another for other rows, another format or another survey', async (t) => {
  const { database, directory } = await setUp(t);
  await surveyOf(database, 'empty', []);
  await surveyOf(database, 'void', []);
  const id = async (change: object) => (await makeExportFile(directory, { ...REQUEST, ...change }, database, never)).id;
  const first = await id({});
  assert.equal(await id({ at: new Date(NOW.getTime() + 1000) }), first);
  const others = [await id({ format: 'ndjson' }), await id({ surveyId: 'empty' }), await id({ surveyId: 'void' })];
  assert.equal(new Set([first, ...others]).size, 4);
});

it('makes the export of a counted survey once, until it is counted anew', async (t) => {
  const { database, directory } = await setUp(t);
  await recompute(database.db, 's', NOW);
  const first = await makeExportFile(directory, REQUEST, database, never);
  const later = { ...REQUEST, at: new Date(NOW.getTime() + 5000) };
  assert.equal((await makeExportFile(directory, later, database, never)).manifest.madeAt, first.manifest.madeAt);
  await recompute(database.db, 's', later.at);
  assert.equal((await makeExportFile(directory, later, database, never)).manifest.madeAt, later.at.toISOString());
});

it('finds nothing by an id that is none, and nothing that is half made', async (t) => {
  const { database, directory } = await setUp(t);
  const made = await makeExportFile(directory, REQUEST, database, never);
  const manifest = join(directory, `${made.id}.manifest.json`);
  await copyFile(manifest, join(directory, '..', 'secret.manifest.json'));
  for (const id of ['../secret', '', 'f'.repeat(64), `${made.id}.manifest.json`])
    assert.equal(await findExportFile(directory, id), null, id);
  await rm(manifest);
  assert.equal(await findExportFile(directory, made.id), null);
  const stopped = new AbortController();
  stopped.abort();
  await assert.rejects(makeExportFile(directory, { ...REQUEST, format: 'ndjson' }, database, stopped.signal));
  assert.deepEqual(await readdir(directory), [made.id]);
});

it('removes what is old, and what a killed process left', async (t) => {
  const { database, directory } = await setUp(t);
  const old = await makeExportFile(directory, REQUEST, database, never);
  const fresh = await makeExportFile(directory, { ...REQUEST, format: 'ndjson' }, database, never);
  await writeFile(join(directory, 'making-0123.partial'), 'half');
  const before = new Date(Date.now() - 3_600_000);
  for (const name of [old.id, `${old.id}.manifest.json`, 'making-0123.partial'])
    await utimes(join(directory, name), before, new Date(before.getTime() - 1));
  assert.equal(await pruneExportFiles(directory, before, true), 1, 'a dry run counts');
  assert.equal((await readdir(directory)).length, 5, 'and removes nothing');
  assert.equal(await pruneExportFiles(directory, before), 1);
  assert.deepEqual((await readdir(directory)).sort(), [fresh.id, `${fresh.id}.manifest.json`].sort());
  assert.equal(await pruneExportFiles(join(directory, 'nowhere'), before), 0);
});
