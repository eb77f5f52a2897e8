// A reader that is not ours: DuckDB finds the same rows in the Parquet and the CSV of every dataset.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Column, Dataset } from '../../services/exports/column.ts';
import { DATASETS, type DatasetName } from '../../services/exports/columns.ts';
import { exportBytes } from './export-bytes.ts';
import { filled } from './filled.ts';

/** Parquet's types as DuckDB calls them. */
const DUCKDB_TYPE: Readonly<Record<Column['type'], string>> = {
  text: 'VARCHAR',
  integer: 'BIGINT',
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
  timestamp: 'TIMESTAMP WITH TIME ZONE',
  texts: 'VARCHAR[]',
};

const guarded = (text: string): string =>
  `case when left(${text}, 1) in ('=', '+', '-', '@', chr(9), chr(13), chr(10)) then '''' || ${text} else ${text} end`;

/** A column of the Parquet file as the cell of the CSV file, in DuckDB's SQL. */
const CELL: Readonly<Record<Column['type'], (name: string) => string>> = {
  text: guarded,
  integer: (name) => `${name}::varchar`,
  number: (name) => `${name}::varchar`,
  boolean: (name) => `case when ${name} then 't' else 'f' end`,
  timestamp: (name) => `strftime(${name} at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%g') || 'Z'`,
  texts: (name) => guarded(`array_to_string(list_transform(${name}, x -> coalesce(x, '?')), ' ')`),
};
const cell = ({ name, type }: Column): string =>
  `case when "${name}" is null then '' else ${CELL[type](`"${name}"`)} end`;

it('reads the types that were written and the rows of the CSV', async (t) => {
  const database = await filled(t);
  const home = await mkdtemp(join(tmpdir(), 'kubecensus-duckdb-'));
  t.after(() => rm(home, { recursive: true }));
  const duckdb = await (await DuckDBInstance.create(':memory:')).connect();
  t.after(() => duckdb.closeSync());
  const rows = async (query: string): Promise<unknown[][]> =>
    (await duckdb.runAndReadAll(query)).getRowsJson() as unknown[][];
  for (const [dataset, { columns }] of Object.entries(DATASETS) as [DatasetName, Dataset][]) {
    const parquet = join(home, `${dataset}.parquet`);
    const csv = join(home, `${dataset}.csv`);
    await writeFile(parquet, (await exportBytes(database, { dataset, format: 'parquet' })).bytes);
    await writeFile(csv, (await exportBytes(database, { dataset, format: 'csv' })).bytes);
    assert.deepEqual(
      (await rows(`describe select * from '${parquet}'`)).map(([name, type]) => [name, type]),
      columns.map(({ name, type }) => [name, DUCKDB_TYPE[type]]),
      dataset,
    );
    const fromParquet = await rows(`select ${columns.map(cell).join(', ')} from '${parquet}'`);
    const fromCsv = await rows(
      `select * from read_csv('${csv}', header = true, all_varchar = true, auto_detect = false, delim = ',', quote = '"', escape = '"',
        new_line = '\\r\\n', columns = {${columns.map(({ name }) => `'${name}': 'VARCHAR'`).join(', ')}})`,
    );
    assert.deepEqual(
      fromParquet,
      fromCsv.map((row) => row.map((value) => value ?? '')),
      dataset,
    );
    assert.ok(fromParquet.length > 0, dataset);
  }
});
