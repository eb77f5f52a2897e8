// The chaos matrix is whole, every case has a test where the list says, and the documentation is the list.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CHAOS_CASES, casesTable } from './cases.ts';

const CASES = 25;
const textOf = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

test('C1 to C25, each once', () => {
  assert.deepEqual(
    Object.keys(CHAOS_CASES),
    Array.from({ length: CASES }, (_, index) => `C${index + 1}`),
  );
});

for (const [id, { fault, by }] of Object.entries(CHAOS_CASES))
  test(`${id}, ${fault}: has a test`, () => {
    assert.ok(by.length > 0);
    for (const { file, test: name } of by) assert.ok(textOf(file).includes(name), `${file} has no test "${name}"`);
  });

test('every test of a case is on the list', () => {
  for (const path of globSync('chaos/*.{test,chaos}.ts', { cwd: new URL('../', import.meta.url) }))
    for (const [, id = ''] of textOf(path).matchAll(/^\s*(?:await t\.)?test\(\s*['`](C\d+):/gm))
      assert.ok(
        CHAOS_CASES[id]?.by.some(({ file, test: name }) => file === path && name === `${id}:`),
        `${id} in ${path}`,
      );
});

test('docs/running.md has the table', () => {
  assert.ok(textOf('../docs/running.md').includes(casesTable()), 'node scripts/chaos.ts --table prints it');
});
