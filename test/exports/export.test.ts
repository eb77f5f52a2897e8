// Exports: the rows of the database, exactly, in a form that every reader of CSV and NDJSON takes, whole or not at all.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { parse } from 'csv-parse/sync';
import { sql } from 'kysely';
import { pagePath, withTables } from '../../scripts/docs-tables.ts';
import type { Column, Dataset } from '../../services/exports/column.ts';
import { DATASETS, type DatasetName } from '../../services/exports/columns.ts';
import { exportDataset } from '../../services/exports/export.store.ts';
import type { ExportFormat } from '../../services/exports/export-format.ts';
import type { ExportResult } from '../../services/exports/export-request.ts';
import { csvText } from '../../services/exports/formula-guard.ts';
import { commitChunk } from '../../services/observations/observation.store.ts';
import type { Database } from '../../services/platform/db/database.ts';
import { recompute } from '../../services/rollups/rollup.store.ts';
import { withDatabase } from '../support/database.ts';
import { leaf, NOW, observation, silence, surveyOf } from '../support/observations.ts';
import { NASTY } from './nasty.ts';

const never = new AbortController().signal;
const DATASET_NAMES = Object.keys(DATASETS) as DatasetName[];
const REQUEST = { surveyId: 's', codeVersion: 'test', at: NOW } as const;

async function exportText(
  database: Database,
  dataset: DatasetName,
  format: ExportFormat,
): Promise<{ text: string; result: ExportResult }> {
  const chunks: Buffer[] = [];
  const out = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk);
      done();
    },
  });
  const surveyId = DATASETS[dataset].perSurvey ? 's' : null;
  const result = await exportDataset({ ...REQUEST, surveyId, dataset, format, out }, database, never);
  return { text: Buffer.concat(chunks).toString('utf8'), result };
}

/** One row for each nasty text, in every text that a stranger writes. */
async function nastySurvey(database: Database): Promise<void> {
  const rows = NASTY.map((text, i) => {
    const certificate = leaf({
      sha256: i.toString(16).padStart(64, '0'),
      subject: text,
      issuer: text,
      dnsNames: [text, 'second'],
    });
    return observation({ port: i + 1, serverName: text, certificate, flags: [text, 'b'], asn: i });
  });
  await surveyOf(database, 's', [
    ...rows,
    observation({ ...silence, host: 'gone.example.org', address: null, country: null, asn: null, flags: [] }),
  ]);
  await recompute(database.db, 's', NOW);
}

async function withNastySurvey(t: TestContext): Promise<Database> {
  const { database } = await withDatabase(t);
  await nastySurvey(database);
  return database;
}

describe('CSV', () => {
  it('is read back as the rows of the database, by a parser that allows nothing beyond RFC 4180', async (t) => {
    const database = await withNastySurvey(t);
    const { text, result } = await exportText(database, 'observations', 'csv');
    const [header, ...rows] = parse(text, { record_delimiter: '\r\n', relax_quotes: false }) as string[][];
    const at = (name: string): number => header?.indexOf(name) ?? -1;
    assert.deepEqual(
      header,
      DATASETS.observations.columns.map((column) => column.name),
    );
    assert.deepEqual([rows.length, result.rows], [NASTY.length + 1, NASTY.length + 1]);
    for (const [i, nasty] of NASTY.entries()) {
      const row = rows[i] ?? [];
      assert.equal(row[at('certificate_subject')], csvText(nasty, 'text'), JSON.stringify(nasty));
      assert.equal(row[at('server_name')], csvText(nasty, 'text'));
      assert.equal(row[at('flags')], csvText(`${nasty} b`, 'text'));
      assert.deepEqual([row[at('port')], row[at('asn')], row[at('address')]], [String(i + 1), String(i), '8.0.0.1']);
      assert.equal(row[at('observed_at')], '2026-11-24T12:00:00.000Z');
    }
    const gone = rows.at(-1) ?? [];
    assert.deepEqual(
      ['address', 'git_version', 'country', 'asn', 'certificate_name', 'flags'].map((name) => gone[at(name)]),
      ['', '', '', '', '', ''],
    );
  });

  it('ends records with CRLF, and leaves the newlines inside quotes as they are', async (t) => {
    const database = await withNastySurvey(t);
    const { text } = await exportText(database, 'certificates', 'csv');
    assert.ok(text.endsWith('\r\n'));
    assert.ok(text.includes('"two\nlines"') && text.includes('"two\r\nlines"'));
    const outside = text.replaceAll(/"(?:[^"]|"")*"/g, '');
    assert.equal(outside.replaceAll('\r\n', '').includes('\n'), false);
    assert.equal(outside.split('\r\n').length - 2, NASTY.length);
  });

  it('guards text that a spreadsheet would run, and never touches a number', async (t) => {
    const { database } = await withDatabase(t);
    const wire = {
      phase: 'done',
      alert: null,
      detail: null,
      ms: { connect: null, tls: null, http: null, total: -1 },
      bytesIn: -5,
    } as const;
    await surveyOf(database, 's', [
      observation({ wire, serverName: '-1', certificate: leaf({ subject: '=cmd|x', issuer: '\nnewline first' }) }),
    ]);
    const { text } = await exportText(database, 'observations', 'csv');
    const [row] = parse(text, { record_delimiter: '\r\n', columns: true }) as Record<string, string>[];
    assert.deepEqual([row?.['ms_total'], row?.['bytes_in']], ['-1', '-5']);
    assert.deepEqual(
      [row?.['server_name'], row?.['certificate_subject'], row?.['certificate_issuer']],
      ["'-1", "'=cmd|x", "'\nnewline first"],
    );
    const { text: json } = await exportText(database, 'observations', 'ndjson');
    assert.equal(JSON.parse(json).certificate_subject, '=cmd|x', 'JSON is no spreadsheet');
  });
});

describe('NDJSON', () => {
  it('parses line by line to the exact values', async (t) => {
    const database = await withNastySurvey(t);
    const { text, result } = await exportText(database, 'observations', 'ndjson');
    const lines = text.split('\n');
    assert.equal(lines.pop(), '');
    assert.deepEqual([lines.length, result.rows], [NASTY.length + 1, NASTY.length + 1]);
    for (const [i, nasty] of NASTY.entries()) {
      const row = JSON.parse(lines[i] ?? '');
      assert.deepEqual([row.certificate_subject, row.server_name, row.flags], [nasty, nasty, [nasty, 'b']]);
      assert.deepEqual(
        [row.port, row.asn, row.certificate_name, row.observed_at],
        [i + 1, i, true, '2026-11-24T12:00:00.000Z'],
      );
    }
    assert.equal(JSON.parse(lines.at(-1) ?? '').address, null);
  });
});

it('every dataset is exported in every text format, with the columns of its table and the same bytes each time', async (t) => {
  const database = await withNastySurvey(t);
  for (const dataset of DATASET_NAMES) {
    const columns = (DATASETS[dataset] as Dataset).columns.map((column) => column.name);
    for (const format of ['csv', 'ndjson'] as const) {
      const first = await exportText(database, dataset, format);
      const second = await exportText(database, dataset, format);
      assert.equal(second.text, first.text, `${dataset} as ${format}`);
      const names =
        format === 'csv'
          ? (parse(first.text, { record_delimiter: '\r\n', to: 1 }) as string[][])[0]
          : Object.keys(
              JSON.parse(first.text.split('\n')[0] || 'null') ?? Object.fromEntries(columns.map((name) => [name, 0])),
            );
      assert.deepEqual(names, columns, `${dataset} as ${format}`);
    }
  }
});

it('rollups show what was not observed as a question mark in CSV and as null in JSON', async (t) => {
  const database = await withNastySurvey(t);
  const { text } = await exportText(database, 'rollups', 'ndjson');
  const cells = text
    .split('\n')
    .slice(0, -1)
    .map(
      (line) => JSON.parse(line) as { dimensions: string[]; values: (string | null)[]; unit: string; count: number },
    );
  const missing = cells.find(
    (cell) => cell.dimensions.join() === 'component' && cell.values[0] === null && cell.unit === 'endpoint',
  );
  assert.equal(missing?.count, 1);
  const { text: csv } = await exportText(database, 'rollups', 'csv');
  assert.match(csv, /endpoint,component grade,\? not,1,,,,\r\n/);
});

it('overlaps: each endpoint once, under exactly the feeds that named it', async (t) => {
  const { database } = await withDatabase(t);
  await surveyOf(database, 's', [
    observation({ host: '8.0.0.1', address: '8.0.0.1', feeds: ['b', 'a'], certificate: leaf({}) }),
    observation({ host: '8.0.0.2', address: '8.0.0.2', feeds: ['a'] }),
    observation({ ...silence, host: '8.0.0.3', address: '8.0.0.3', feeds: ['b'] }),
    observation({ host: '8.0.0.4', address: '8.0.0.4', feeds: ['b'], verdict: { component: 'other' } }),
    observation({ host: '8.0.0.5', address: '8.0.0.5', feeds: ['a'] }),
  ]);
  await surveyOf(database, 'other', [observation({ host: '9.0.0.1', address: '9.0.0.1', feeds: ['a'] })]);
  // The second endpoint again, by a name that another feed gave and another chunk held.
  await sql`insert into survey_chunk (survey_id, chunk, target_count) values ('s', 1, 0)`.execute(database.db);
  const byName = observation({ host: 'k.example.org', address: '8.0.0.2', feeds: ['b'] });
  await commitChunk(database, { surveyId: 's', chunk: 1, vantage: 'v' }, [byName], NOW);
  assert.equal(
    (await exportText(database, 'overlaps', 'csv')).text,
    'feeds,feed_count,endpoints,kubernetes_endpoints,names,certificates\r\na b,2,2,2,0,1\r\nb,1,2,0,1,0\r\na,1,1,1,0,0\r\n',
  );
});

describe('a file', () => {
  async function directory(t: TestContext): Promise<string> {
    const made = await mkdtemp(join(tmpdir(), 'kubecensus-export-'));
    t.after(() => rm(made, { recursive: true }));
    return made;
  }

  it('stands beside a manifest with its digest, rows, bytes, survey, columns and what makes feeds partial', async (t) => {
    const database = await withNastySurvey(t);
    await sql`insert into feed_run (feed, kind, query, state, partial_reason, code_version, started_at) values ('ct', 'sightings', 'q', 'partial', 'interrupted', 't', now())`.execute(
      database.db,
    );
    const home = await directory(t);
    const out = join(home, 'observations.csv');
    await exportDataset({ ...REQUEST, dataset: 'observations', format: 'csv', out }, database, never);
    const bytes = await readFile(out);
    const manifest = JSON.parse(await readFile(`${out}.manifest.json`, 'utf8'));
    assert.deepEqual([manifest.rows, manifest.bytes], [NASTY.length + 1, bytes.length]);
    assert.equal(manifest.sha256, createHash('sha256').update(bytes).digest('hex'));
    assert.deepEqual(
      [manifest.dataset, manifest.format, manifest.survey.id, manifest.madeAt],
      ['observations', 'csv', 's', NOW.toISOString()],
    );
    assert.deepEqual(
      manifest.columns.map((column: Column) => column.name),
      DATASETS.observations.columns.map((column) => column.name),
    );
    assert.deepEqual(
      manifest.partialFeeds.map((feed: { feed: string }) => feed.feed),
      ['ct'],
    );
    assert.deepEqual((await readdir(home)).sort(), ['observations.csv', 'observations.csv.manifest.json']);
  });

  it('is not left behind by an export that is aborted, and an older one stays as it was', async (t) => {
    const database = await withNastySurvey(t);
    const home = await directory(t);
    const out = join(home, 'o.csv');
    await writeFile(out, 'older');
    const stopping = new AbortController();
    stopping.abort();
    await assert.rejects(
      exportDataset({ ...REQUEST, dataset: 'observations', format: 'csv', out }, database, stopping.signal),
      { name: 'AbortError' },
    );
    assert.deepEqual([await readdir(home), await readFile(out, 'utf8')], [['o.csv'], 'older']);
    // The connection of the aborted COPY is not used for the next query.
    assert.equal((await exportText(database, 'observations', 'csv')).result.rows, NASTY.length + 1);
  });

  it('is not left behind where it cannot be written, and neither is its manifest', async (t) => {
    const database = await withNastySurvey(t);
    const home = await directory(t);
    for (const out of [join(home, 'missing', 'o.csv'), home, '/dev/null/o.csv'])
      await assert.rejects(
        exportDataset({ ...REQUEST, dataset: 'observations', format: 'csv', out }, database, never),
        { code: 'KC_EXPORT_OUT' },
        out,
      );
    assert.deepEqual(await readdir(home), []);
    assert.deepEqual(
      (await readdir(join(home, '..'))).filter((name) => name.startsWith(`${home.split('/').at(-1)}.`)),
      [],
    );
  });
});

it('docs/exports.md lists every dataset and every column as they are', async () => {
  const page = await readFile(pagePath('exports.md'), 'utf8');
  assert.equal(page, withTables('exports.md', page));
  for (const [name, dataset] of Object.entries(DATASETS) as [string, Dataset][]) {
    assert.ok(page.includes(`### ${name}\n`), name);
    for (const column of dataset.columns)
      assert.ok(page.includes(`| \`${column.name}\` | ${column.type} | `), `${name}.${column.name}`);
  }
});

it('refuses a survey that there is not, and an id is never read as SQL', async (t) => {
  const { database } = await withDatabase(t);
  for (const surveyId of ['nobody', "' or '1'='1", "$SURVEY $& $'", null])
    await assert.rejects(
      exportDataset(
        { ...REQUEST, surveyId, dataset: 'observations', format: 'csv', out: new Writable() },
        database,
        never,
      ),
      { code: 'KC_NO_SURVEY' },
    );
  await surveyOf(database, "o'dd $& $1", [observation()]);
  const chunks: string[] = [];
  const out = new Writable({ write: (chunk, _encoding, done) => done(void chunks.push(String(chunk)) as undefined) });
  await exportDataset(
    { ...REQUEST, surveyId: "o'dd $& $1", dataset: 'observations', format: 'csv', out },
    database,
    never,
  );
  assert.match(chunks.join(''), /\no'dd \$& \$1,/);
});

it('exports 300,000 rows in constant memory', async (t) => {
  const { database } = await withDatabase(t);
  await surveyOf(database, 's', [observation({ certificate: leaf({ subject: 'x'.repeat(200) }) })]);
  await sql`insert into observation select o.* from (select * from observation) o cross join generate_series(2, 300000)`.execute(
    database.db,
  );
  let rows = 0;
  let peak = 0;
  const before = process.memoryUsage.rss();
  const out = new Writable({
    write: (_chunk, _encoding, done) => {
      if (++rows % 200 === 0) peak = Math.max(peak, process.memoryUsage.rss());
      done();
    },
  });
  const { rows: exported, bytes } = await exportDataset(
    { ...REQUEST, dataset: 'observations', format: 'csv', out },
    database,
    never,
  );
  assert.equal(exported, 300_000);
  const grown = (Math.max(peak, process.memoryUsage.rss()) - before) / 1e6;
  t.diagnostic(`${(bytes / 1e6).toFixed(0)} MB exported, resident memory grew by ${grown.toFixed(0)} MB`);
  assert.ok(
    bytes > 150e6 && grown < 100,
    `resident memory grew by ${grown.toFixed(0)} MB while ${(bytes / 1e6).toFixed(0)} MB were exported`,
  );
});
