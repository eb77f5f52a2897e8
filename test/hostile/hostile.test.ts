// Every adverse server of the list, over real sockets: the outcome it must have, and the invariants that hold for all of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCase } from './adverse-case.ts';
import { adverseCases } from './adverse-cases.ts';

const cases = await adverseCases();

test('case ids are unique', () => {
  assert.equal(new Set(cases.map((one) => one.id)).size, cases.length);
  assert.ok(cases.length > 150);
});

for (const adverse of cases) test(`${adverse.id}: ${adverse.what}`, () => runCase(adverse));
