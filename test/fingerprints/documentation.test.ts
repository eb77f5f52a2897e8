// docs/fingerprints.md says what the code does: its tables are those of the rung, rule, shape and check lists.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { DOCUMENT, fingerprintTables, withTables } from '../../scripts/fingerprint-tables.ts';

test('the tables of docs/fingerprints.md are those of the code', () => {
  const text = readFileSync(DOCUMENT, 'utf8');
  assert.equal(text, withTables(text), 'run: node scripts/fingerprint-tables.ts');
  assert.equal(fingerprintTables().size, 10);
});
