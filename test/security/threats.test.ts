// docs/security.md: every threat of its table has an answer, and tests that exist; every test of this room stands in it.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const page = readFileSync('docs/security.md', 'utf8');
const [, table = ''] = /<!-- threats -->([\s\S]*?)<!-- end -->/.exec(page) ?? [];
const rows = table
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| threat '))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

test('every threat has an answer and tests that are there', () => {
  assert.ok(rows.length >= 20, `${rows.length} threats`);
  assert.equal(new Set(rows.map(([threat]) => threat)).size, rows.length);
  for (const [threat = '', answer = '', shown = ''] of rows) {
    assert.ok(threat !== '' && answer !== '', threat);
    const files = shown.split(', ');
    assert.deepEqual(
      files.filter((file) => !/^test\/.+\.test\.ts$/.test(file) || !existsSync(file)),
      [],
      threat,
    );
  }
});

test('every test of this room shows something that the page tells of', () => {
  const own = readdirSync('test/security').filter((file) => file.endsWith('.test.ts') && file !== 'threats.test.ts');
  const named = rows.flatMap(([, , shown = '']) => shown.split(', '));
  assert.deepEqual(
    own.filter((file) => !named.includes(`test/security/${file}`)),
    [],
  );
});
