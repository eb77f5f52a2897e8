// The list of hostile hosts is whole, and every row is met where the list says, with the outcome that it says.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { OUTCOME_NAMES } from '../../services/probes/outcome.ts';
import { adverseCases } from './adverse-cases.ts';
import { HOSTILE_ROWS, INVARIANTS } from './rows.ts';

const A_ROWS = 64;
const D_ROWS = 10;
const cases = await adverseCases();
const textOf = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

test('A01 to A64 and D1 to D10, each once', () => {
  const expected = [
    ...Array.from({ length: A_ROWS }, (_, index) => `A${String(index + 1).padStart(2, '0')}`),
    ...Array.from({ length: D_ROWS }, (_, index) => `D${index + 1}`),
  ];
  assert.deepEqual(Object.keys(HOSTILE_ROWS), expected);
});

for (const [id, { outcome, where, mention }] of Object.entries(HOSTILE_ROWS)) {
  test(`${id}: ${outcome} in ${where}`, () => {
    assert.ok(outcome === 'answer' || OUTCOME_NAMES.some((name) => name === outcome), 'a known outcome');
    if (where !== 'hostile/hostile.test.ts') {
      assert.ok(textOf(where).includes(mention ?? id), `${where} does not mention it`);
      return;
    }
    const own = cases.filter((one) => one.id.split(' ').includes(id));
    assert.ok(own.length > 0, 'no server');
    assert.ok(
      own.some((one) => (one.outcome ?? 'answer') === outcome),
      own.map((one) => `${one.id} ${one.outcome}`).join(),
    );
  });
}

test('every case belongs to a row', () => {
  for (const { id } of cases) assert.ok(HOSTILE_ROWS[id.split(' ')[0] ?? ''] !== undefined, id);
});

test('every invariant is asserted by the harness', () => {
  const harness = textOf('hostile/adverse-case.ts');
  for (const invariant of INVARIANTS) assert.match(harness, new RegExp(`'${invariant}:|\`${invariant}:`), invariant);
});
