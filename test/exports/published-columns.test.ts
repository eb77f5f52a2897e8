// What was published stays: columns keep their names, types and order, and new ones come at the end. Append to the fixture, never edit it.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { it } from 'node:test';
import type { Dataset } from '../../services/exports/column.ts';
import { DATASETS } from '../../services/exports/columns.ts';

const PUBLISHED = new URL('../fixtures/exports/published-columns.json', import.meta.url);
const datasets: readonly [string, Dataset][] = Object.entries(DATASETS);

it('every published column stands where it stood, and every column is published', async () => {
  const published = JSON.parse(await readFile(PUBLISHED, 'utf8')) as Record<string, string[]>;
  const now = Object.fromEntries(
    datasets.map(([name, { columns }]) => [name, columns.map((column) => `${column.name} ${column.type}`)]),
  );
  for (const [name, columns] of Object.entries(published))
    assert.deepEqual(
      now[name]?.slice(0, columns.length),
      columns,
      `${name}: published columns were renamed, moved or removed`,
    );
  assert.deepEqual(
    now,
    published,
    'new columns belong at the end of the list in test/fixtures/exports/published-columns.json',
  );
});

it('the datasets of the contract are there, each with units, types and descriptions', () => {
  const names = [
    'candidates',
    'observations',
    'endpoints',
    'rollups',
    'versions',
    'components',
    'feeds',
    'overlaps',
    'timeseries',
    'certificates',
    'tallies',
    'sightings',
    'logs',
  ];
  assert.deepEqual(
    names.filter((name) => !Object.hasOwn(DATASETS, name)),
    [],
  );
  /** Numbers that neither count nor measure. */
  const NAMES = new Set(['port', 'asn', 'tls_alert', 'run', 'first_run', 'last_run', 'read_from', 'read_to']);
  for (const [name, { description, unit, columns }] of datasets) {
    assert.ok(description !== '' && unit !== '', name);
    assert.equal(new Set(columns.map((column) => column.name)).size, columns.length, name);
    for (const column of columns) {
      assert.match(column.name, /^[a-z][a-z0-9_]*$/);
      assert.ok(column.description !== '', `${name}.${column.name}`);
      const isNumber = column.type === 'integer' || column.type === 'number';
      assert.equal(column.unit !== undefined, isNumber && !NAMES.has(column.name), `${name}.${column.name}: unit`);
    }
  }
});
