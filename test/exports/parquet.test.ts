// Parquet: the same rows as NDJSON and CSV, in types that readers understand, in groups of bounded size, the same bytes each time.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parse } from 'csv-parse/sync';
import { sql } from 'kysely';
import type { Column, Dataset } from '../../services/exports/column.ts';
import { DATASETS, type DatasetName } from '../../services/exports/columns.ts';
import { csvText } from '../../services/exports/formula-guard.ts';
import { withDatabase } from '../support/database.ts';
import { leaf, observation, surveyOf } from '../support/observations.ts';
import { exportBytes, parquetFacts, parquetRows } from './export-bytes.ts';
import { filled } from './filled.ts';

/** A value of a Parquet file as NDJSON has it. */
function jsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Date) return value.toISOString();
  return value ?? null;
}

/** The same value as a cell of CSV. */
function csvCell(value: unknown, { type }: Column): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return value ? 't' : 'f';
  if (Array.isArray(value)) return csvText(value.map((text) => text ?? '?').join(' '), 'text');
  return typeof value === 'string' ? csvText(value, 'text') : String(type === 'timestamp' ? jsonValue(value) : value);
}

it('holds the same rows as NDJSON and CSV, in every dataset', async (t) => {
  const database = await filled(t);
  for (const dataset of Object.keys(DATASETS) as DatasetName[]) {
    const { columns } = DATASETS[dataset] as Dataset;
    const { bytes, result } = await exportBytes(database, { dataset, format: 'parquet' });
    const rows = await parquetRows(bytes);
    const json = (await exportBytes(database, { dataset, format: 'ndjson' })).bytes.toString().split('\n').slice(0, -1);
    assert.deepEqual(
      rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, jsonValue(value)]))),
      json.map((line) => JSON.parse(line)),
      dataset,
    );
    const csv = (await exportBytes(database, { dataset, format: 'csv' })).bytes.toString();
    assert.deepEqual(
      rows.map((row) => columns.map((column) => csvCell(row[column.name], column))),
      parse(csv, { record_delimiter: '\r\n', from: 2 }),
      dataset,
    );
    assert.ok(rows.length > 0, `${dataset} has no rows to compare`);
    assert.deepEqual([result.rows, Number(parquetFacts(bytes).num_rows)], [rows.length, rows.length]);
  }
});

it('is typed: text is UTF-8, integers are 64 bits and exact, times are UTC, several texts are a list', async (t) => {
  const database = await filled(t);
  const { bytes } = await exportBytes(database, { dataset: 'observations', format: 'parquet' });
  const schema = new Map(parquetFacts(bytes).schema.map((element) => [element.name, element]));
  assert.deepEqual(schema.get('host')?.logical_type, { type: 'STRING' });
  assert.equal(schema.get('port')?.type, 'INT64');
  assert.equal(schema.get('certificate_name')?.type, 'BOOLEAN');
  assert.deepEqual(schema.get('observed_at')?.logical_type, {
    type: 'TIMESTAMP',
    isAdjustedToUTC: true,
    unit: 'MILLIS',
  });
  assert.equal(schema.get('feeds')?.converted_type, 'LIST');
  const chunks = parquetFacts(bytes).row_groups.flatMap((group) => group.columns.map((column) => column.meta_data));
  assert.ok(chunks.every((chunk) => chunk?.codec === 'ZSTD'));
  const country = chunks.find((chunk) => chunk?.path_in_schema.join() === 'country');
  assert.ok(country?.encodings.includes('RLE_DICTIONARY'));
  const [run] = await parquetRows((await exportBytes(database, { dataset: 'feeds', format: 'parquet' })).bytes);
  assert.equal(run?.['claimed_total'], 9_007_199_254_740_993n);
  assert.deepEqual(run?.['started_at'], new Date('2026-11-24T01:02:03.456Z'));
});

it('is the same bytes each time, and says of itself what it holds', async (t) => {
  const database = await filled(t);
  const first = await exportBytes(database, { dataset: 'observations', format: 'parquet' });
  const second = await exportBytes(database, { dataset: 'observations', format: 'parquet' });
  assert.equal(second.result.sha256, first.result.sha256);
  const facts = Object.fromEntries(
    (parquetFacts(first.bytes).key_value_metadata ?? []).map(({ key, value }) => [key, value]),
  );
  assert.deepEqual(facts, {
    'kubecensus.dataset': 'observations',
    'kubecensus.version': 'test',
    'kubecensus.survey': 's',
  });
});

it('is written in groups, so that memory does not grow with the rows', async (t) => {
  const { database } = await withDatabase(t);
  await surveyOf(database, 's', [observation({ certificate: leaf({ subject: 'x'.repeat(200) }) })]);
  await sql`insert into observation select o.* from (select * from observation) o cross join generate_series(2, 80000)`.execute(
    database.db,
  );
  const { bytes, result } = await exportBytes(database, { dataset: 'observations', format: 'parquet' });
  const groups = parquetFacts(bytes).row_groups.map((group) => Number(group.num_rows));
  assert.deepEqual([result.rows, groups], [80_000, [32_768, 32_768, 14_464]]);
});
