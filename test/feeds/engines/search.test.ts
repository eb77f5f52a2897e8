// Every declared search engine keeps the contract, and every one has a form in the lab.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SEARCH_ENGINES } from '../../../services/feeds/engines/index.ts';
import { LAB_ENGINES } from '../../../services/lab/engines/index.ts';
import { LAB_ODIN } from '../../../services/lab/engines/odin.ts';
import { assertNoKey, closeAfterwards, describeEngine, feedOf, KEY, pull, start } from './contract.ts';

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

test('a rejected row that repeats the key is shown without it', async () => {
  const data = [{ ip: '192.0.2.1', note: `for ${KEY}`, services: [] }];
  const form = { ...LAB_ODIN, page: () => ({ data, pagination: { last: null, total: 1 } }) };
  const [item] = await pull(feedOf('odin', await start({ form, rows: [], query: 'q' }), { query: 'q' }));
  assert.ok(item?.type === 'rejection' && item.reason === 'no_service');
  assert.match(item.excerpt, /192\.0\.2\.1.*for \[redacted\]/);
  assertNoKey(JSON.stringify(item));
});
