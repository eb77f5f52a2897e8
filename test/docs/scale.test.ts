// The model of docs/scale.md is reckoned from figures that stand in docs/performance.md.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MEASURED, stages } from '../../scripts/scale-model.ts';
import { textOf } from './pages.ts';

const performance = textOf('docs/performance.md');

for (const [name, { value, quote }] of Object.entries(MEASURED))
  test(`${name} is ${value.toPrecision(4)} because the figures say "${quote}"`, () => {
    assert.ok(performance.includes(quote), 'measured anew? then the model wants it, too');
  });

test('the stages that wait for each other are the plan, the probing and the counting', () => {
  const inHours = stages().filter(({ takes }) => /^[0-9.]+ h$/.test(takes));
  assert.deepEqual(
    inHours.map(({ stage }) => stage),
    ['plan', 'probe', 'count', 'export'],
  );
});
