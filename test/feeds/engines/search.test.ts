// Every declared search engine keeps the contract, and every one has a form in the lab.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMPONENTS } from '../../../services/feeds/engines/declaration.ts';
import { COUNTS_ENGINES, SEARCH_ENGINES } from '../../../services/feeds/engines/index.ts';
import { openFeed } from '../../../services/feeds/index.ts';
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

for (const { type } of [...SEARCH_ENGINES, ...COUNTS_ENGINES])
  test(`${type}: a missing key, a wrong component and a wrong limit are found before anything is asked`, () => {
    const tools = {
      http: () => Promise.reject(new Error('nothing is asked')),
      sleep: () => Promise.resolve(),
      now: () => new Date(0),
    };
    const open = (settings: Record<string, unknown>, secret: string | null = KEY) =>
      openFeed('mine', { type, ...settings }, { ...tools, secret: () => secret });
    const { keyEnv } = [...SEARCH_ENGINES, ...COUNTS_ENGINES].find((one) => one.type === type) ?? {};
    assert.throws(() => open({}, null), { code: 'KC_FEED_CREDENTIALS', message: new RegExp(`variable ${keyEnv}`) });
    for (const wrong of [{ component: 'kubelets' }, { maxCredits: 0 }, { confirmCredits: -1 }, { key: KEY }])
      assert.throws(() => open(wrong), { code: 'KC_CONFIG' }, JSON.stringify(wrong));
  });

test('each component has its own query, and one of your own takes its place', () => {
  const tools = {
    http: () => Promise.reject(new Error('nothing is asked')),
    sleep: () => Promise.resolve(),
    now: () => new Date(0),
    secret: () => KEY,
  };
  for (const { type, queries } of SEARCH_ENGINES) {
    const query = (settings: Record<string, unknown>) => openFeed('mine', { type, ...settings }, tools).query;
    assert.equal(query({}), queries['kube-apiserver']);
    for (const component of COMPONENTS) assert.equal(query({ component }), queries[component]);
    assert.equal(query({ component: 'etcd', query: 'my own' }), 'my own');
    assert.equal(new Set(Object.values(queries)).size, COMPONENTS.length);
  }
});
