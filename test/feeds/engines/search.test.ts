// Every declared search engine keeps the contract, and every one has a form in the lab.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SEARCH_ENGINES } from '../../../services/feeds/engines/index.ts';
import { LAB_ENGINES } from '../../../services/lab/engines/index.ts';
import { closeAfterwards, describeEngine } from './contract.ts';

closeAfterwards();

test('every engine has a form in the lab', () => {
  assert.deepEqual(
    SEARCH_ENGINES.map(({ type }) => type),
    LAB_ENGINES.map(({ type }) => type),
  );
});

for (const engine of SEARCH_ENGINES) {
  const form = LAB_ENGINES.find(({ type }) => type === engine.type);
  if (form !== undefined) describeEngine(engine, form);
}
