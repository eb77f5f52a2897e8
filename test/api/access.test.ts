// Who may see what: every operation against no key, a wrong one, a revoked one, an expired one, too small a scope, and another network.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listKeys, revokeKey } from '../../services/api/keys/api-key.store.ts';
import { DIMENSION_NAMES } from '../../services/rollups/rollup.ts';
import { countedSurvey, startApi, type TestApi } from '../support/api.ts';
import { leaf, NOW, observation } from '../support/observations.ts';
import type { Document } from '../support/openapi.ts';

/** What stands for the parameters of paths. */
const PARAMETERS: Readonly<Record<string, string>> = {
  survey: 'S1',
  run: '1',
  address: '8.0.0.1',
  port: '6443',
  report: 'r-1',
  file: 'report.json',
  export: '0'.repeat(64),
  kind: 'asn',
  value: '64500',
  request: '1',
};

/** What must be answered to everybody. */
const OPEN = ['get /livez', 'get /readyz', 'get /startupz', 'get /v1/openapi.json'];
/** Aggregates that an installation may publish. */
const PUBLIC = [
  ...['/v1/surveys', '/v1/surveys/{survey}', '/v1/stats', '/v1/timeseries', '/v1/tallies'],
  '/v1/datasets',
].map((path) => `get ${path}`);
const HOSTS = ['get /v1/endpoints', 'get /v1/endpoints/{address}/{port}/history'];
const ADMIN = [
  ...['get /v1/opt-outs', 'post /v1/opt-outs', 'delete /v1/opt-outs/{kind}/{value}'],
  ...['get /v1/opt-out-requests', 'post /v1/opt-out-requests/{request}/verification'],
];

interface Operation {
  readonly name: string;
  /** Asks with filled parameters; gives the status. */
  readonly ask: (key: string | null) => Promise<number>;
  /** The same; gives status and detail of the problem. */
  readonly refusal: (key: string | null) => Promise<readonly [status: number, detail: string]>;
}

async function operations(api: TestApi): Promise<Operation[]> {
  const { paths } = (await (await api.get('/v1/openapi.json')).json()) as Document;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method): Operation => {
      const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => PARAMETERS[name] ?? name);
      const asked = (key: string | null) => api.get(filled, key, { method: method.toUpperCase() });
      return {
        name: `${method} ${path}`,
        ask: async (key) => {
          const response = await asked(key);
          await response.arrayBuffer();
          return response.status;
        },
        refusal: async (key) => {
          const response = await asked(key);
          assert.equal(response.headers.get('content-type'), 'application/problem+json; charset=utf-8');
          return [response.status, ((await response.json()) as { detail: string }).detail] as const;
        },
      };
    }),
  );
}

test('nothing but health and the document is answered without a key in force', async (t) => {
  let now = NOW;
  const api = await startApi(t, { now: () => now });
  await countedSurvey(api, 'S1', [observation()]);
  const scopes = ['aggregate:read', 'host:read', 'admin'];
  const [good, revoked, expired] = [
    await api.key(scopes, ['0.0.0.0/0']),
    await api.key(scopes, ['0.0.0.0/0']),
    await api.key(scopes, ['0.0.0.0/0'], new Date(NOW.getTime() + 1000)),
  ];
  const all = await operations(api);
  assert.ok(all.length > 20);
  assert.notEqual(await all.find(({ name }) => name === 'get /v1/surveys')?.ask(revoked), 401, 'it opened before');
  assert.notEqual(await all.find(({ name }) => name === 'get /v1/surveys')?.ask(expired), 401, 'it opened before');
  assert.equal(await revokeKey(api.database.db, revoked.slice(3, 13), NOW), true);
  assert.equal(await revokeKey(api.database.db, revoked.slice(3, 13), NOW), false);
  now = new Date(NOW.getTime() + 1000);
  const wrong = [
    null,
    '',
    'kc_',
    revoked,
    expired,
    `${good.slice(0, -1)}${good.endsWith('A') ? 'B' : 'A'}`,
    good.toUpperCase(),
  ];
  for (const { name, ask } of all) {
    for (const key of wrong) {
      const status = await ask(key);
      assert.equal(status, OPEN.includes(name) ? 200 : 401, `${name} with ${key}`);
    }
    assert.ok(![401, 403].includes(await ask(good)), `${name} with a good key`);
  }
});

test('a scope opens what it says and nothing else', async (t) => {
  const api = await startApi(t);
  await countedSurvey(api, 'S1', [observation()]);
  const keys = {
    reader: await api.key(['aggregate:read']),
    hosts: await api.key(['host:read'], ['8.0.0.0/24']),
    admin: await api.key(['admin']),
  };
  for (const { name, ask } of await operations(api)) {
    if (OPEN.includes(name)) continue;
    const opens = {
      reader: !HOSTS.includes(name) && !ADMIN.includes(name),
      hosts: HOSTS.includes(name),
      admin: !HOSTS.includes(name),
    };
    for (const who of ['reader', 'hosts', 'admin'] as const)
      assert.equal((await ask(keys[who])) !== 403, opens[who], `${name} with the key of ${who}`);
  }
});

test('whoever is refused is told which scope it takes, and how a key of it is made', async (t) => {
  const api = await startApi(t);
  await countedSurvey(api, 'S1', [observation()]);
  const keys = { reader: await api.key(['aggregate:read']), hosts: await api.key(['host:read'], ['9.0.0.0/24']) };
  for (const { name, refusal } of await operations(api)) {
    if (OPEN.includes(name)) continue;
    const [scope, other] = HOSTS.includes(name)
      ? (['host:read --network', keys.reader] as const)
      : ADMIN.includes(name)
        ? (['admin', keys.hosts] as const)
        : (['aggregate:read', keys.hosts] as const);
    for (const [key, expected, says] of [
      [null, 401, /^This needs an API key\. /],
      ['kc_0', 401, /^The API key is unknown\. /],
      [other, 403, /^The key has not the scope /],
    ] as const) {
      const [status, detail] = await refusal(key);
      assert.equal(status, expected, name);
      assert.match(detail, says, name);
      assert.ok(detail.includes(`\`kubecensus keys create --name NAME --scope ${scope}`), `${name}: ${detail}`);
    }
  }
  // A key of the right scope for other networks, or for too few.
  const post = (dataset: string): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': dataset },
    body: JSON.stringify({ dataset, format: 'csv' }),
  });
  const both = await api.key(['aggregate:read', 'host:read'], ['9.0.0.0/24']);
  for (const [path, init, network] of [
    ['/v1/endpoints?network=8.0.0.0/24', {}, '8.0.0.0/24'],
    ['/v1/endpoints/8.0.0.1/6443/history', {}, '8.0.0.1'],
    ['/v1/exports', post('observations'), '0.0.0.0/0 ::/0'],
  ] as const) {
    const response = await api.get(path, both, init);
    const { detail } = (await response.json()) as { detail: string };
    assert.equal(response.status, 403, path);
    assert.ok(detail.includes(`--network ${network}\` makes one`), detail);
  }
});

test('aggregates are public where the installation says so, and nothing else is', async (t) => {
  const api = await startApi(t, { settings: { publicAggregates: true } });
  await countedSurvey(api, 'S1', [observation()]);
  for (const { name, ask } of await operations(api)) {
    assert.equal(await ask(null), OPEN.includes(name) || PUBLIC.includes(name) ? 200 : 401, name);
    if (!OPEN.includes(name)) assert.equal(await ask('kc_0'), 401, `${name}: a key that is none is not nobody`);
  }
  const kept = (await api.get('/v1/stats?survey=S1')).headers.get('cache-control');
  assert.match(kept ?? '', /^public, /);
});

test('without a key small cells are held back, and only tables that were judged are counted', async (t) => {
  const api = await startApi(t, { settings: { publicAggregates: true } });
  const germany = Array.from({ length: 12 }, (_, n) => ({ host: `8.0.${n}.1`, address: `8.0.${n}.1`, country: 'DE' }));
  const france = Array.from({ length: 6 }, (_, n) => ({ host: `8.1.${n}.1`, address: `8.1.${n}.1`, country: 'FR' }));
  const italy = Array.from({ length: 20 }, (_, n) => ({ host: `8.2.0.${n}`, address: `8.2.0.${n}`, country: 'IT' }));
  await countedSurvey(
    api,
    'S1',
    [...germany, ...france, ...italy].map((changes) => observation(changes)),
  );
  const key = await api.key();
  const ask = async (query: string, by: string | null) => {
    const response = await api.get(`/v1/stats?survey=S1&${query}`, by);
    const body = (await response.json()) as {
      data?: { values: { country?: string }; count: number }[];
      meta?: { suppressedCells: number };
    };
    return [
      response.status,
      body.meta?.suppressedCells,
      body.data?.map((cell) => `${cell.values.country} ${cell.count}`),
    ];
  };
  assert.deepEqual(await ask('by=country', key), [200, 0, ['IT 20', 'DE 12', 'FR 6']]);
  // Italy is one network, and with it France goes, so that the total does not give Italy away.
  assert.deepEqual(await ask('by=country', null), [200, 2, ['DE 12']]);
  assert.deepEqual(await ask('by=country&component=kube-apiserver', null), [200, 2, ['DE 12']]);
  assert.deepEqual(await ask('component=kube-apiserver&country=DE', null), [200, 2, ['undefined 12']]);
  // Held back and not there look alike: how many are held back is said of the whole table.
  for (const country of ['IT', 'GB'])
    assert.deepEqual(await ask(`component=kube-apiserver&country=${country}`, null), [200, 2, []], country);
  for (const query of [
    'unit=cluster',
    'country=DE,IT',
    'by=country,asn',
    'by=country&country=DE',
    'by=component,grade,outcome',
  ])
    assert.deepEqual(await ask(query, null), [403, undefined, undefined], query);
  const series = (await (await api.get('/v1/timeseries?by=country')).json()) as {
    data: { cells: unknown[] }[];
    meta: { suppressedCells: number };
  };
  assert.deepEqual([series.data[0]?.cells.length, series.meta.suppressedCells], [1, 2]);
});

test('rows about hosts are those of the networks of the key', async (t) => {
  const api = await startApi(t);
  const hosts = ['8.0.0.1', '8.0.1.1', '9.0.0.1', '2001:db8::1'];
  await countedSurvey(
    api,
    'S1',
    hosts.map((host) => observation({ host, address: host })),
  );
  const shown = async (key: string, query = ''): Promise<unknown> => {
    const body = (await (await api.get(`/v1/endpoints${query}`, key)).json()) as {
      data?: { address: string }[];
      code?: string;
    };
    return body.data?.map((row) => row.address) ?? body.code;
  };
  const small = await api.key(['host:read'], ['8.0.0.0/24', '2001:db8::/64']);
  assert.deepEqual(await shown(small), ['8.0.0.1', '2001:db8::1']);
  assert.deepEqual(await shown(small, '?network=8.0.0.0/28'), ['8.0.0.1']);
  assert.deepEqual(await shown(small, '?network=8.0.0.1'), ['8.0.0.1']);
  for (const network of ['8.0.0.0/23', '8.0.1.0/24', '0.0.0.0/0', '::/0', '9.0.0.1'])
    assert.equal(await shown(small, `?network=${network}`), 'KC_API_FORBIDDEN', network);
  for (const address of ['8.0.1.1', '9.0.0.1', '203.0.113.1', '2001:db8:0:1::1', '::ffff:9.0.0.1'])
    assert.equal(
      (await api.get(`/v1/endpoints/${address}/6443/history`, small)).status,
      403,
      `${address}, observed or not`,
    );
  assert.equal((await api.get('/v1/endpoints/::ffff:8.0.0.1/6443/history', small)).status, 200);
  assert.deepEqual(await shown(await api.key(['host:read'], ['10.0.0.0/8'])), []);
  // A cursor of one key is none of another that asks about other networks.
  const { next } = (await (await api.get('/v1/endpoints?limit=1', small)).json()) as { next: string };
  const wide = await api.key(['host:read'], ['0.0.0.0/0', '::/0']);
  assert.equal(await shown(wide, `?limit=1&cursor=${next}`), 'KC_API_CURSOR');
});

test('exports of hosts are for keys that cover every network', async (t) => {
  const api = await startApi(t);
  await countedSurvey(api, 'S1', [observation()]);
  let count = 0;
  const status = async (key: string, dataset: string): Promise<number> =>
    (
      await api.get('/v1/exports', key, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': String(count++) },
        body: JSON.stringify({ dataset, format: 'csv' }),
      })
    ).status;
  const [reader, part, whole] = [
    await api.key(['aggregate:read']),
    await api.key(['aggregate:read', 'host:read'], ['0.0.0.0/0']),
    await api.key(['aggregate:read', 'host:read'], ['0.0.0.0/0', '::/0']),
  ];
  const { data } = (await (await api.get('/v1/datasets', reader)).json()) as {
    data: { name: string; columns: { private: boolean }[] }[];
  };
  for (const { name, columns } of data) {
    const hidden = columns.some((column) => column.private);
    assert.equal(await status(reader, name), hidden ? 403 : 201, name);
    assert.equal(await status(part, name), hidden ? 403 : 201, name);
  }
  assert.equal(await status(whole, 'observations'), 201);
  const made = (await (
    await api.get('/v1/exports', whole, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'file' },
      body: JSON.stringify({ dataset: 'observations', format: 'csv' }),
    })
  ).json()) as { file: string };
  assert.equal((await api.get(made.file, reader)).status, 403);
  assert.equal((await api.get(made.file, whole)).status, 200);
});

test('nothing that may lead to a machine leaves without host:read', async (t) => {
  const api = await startApi(t);
  const marks = [
    '8.77.66.55',
    'name-of-the-host',
    'subject-mark',
    'issuer-mark',
    'dns-name-mark',
    'aa11'.repeat(16),
    'bb22'.repeat(16),
  ];
  const [address = '', name = '', subject = '', issuer = '', dnsName = '', sha256 = '', digest = ''] = marks;
  const certificate = leaf({
    sha256,
    spkiSha256: digest,
    subject,
    issuer,
    dnsNames: [dnsName],
    ipAddresses: [address],
  });
  const seen = observation({
    host: address,
    address,
    serverName: name,
    certificate,
    evidenceDigest: digest,
    bodyDigest: digest,
  });
  await countedSurvey(api, 'S1', [seen]);
  const { paths } = (await (await api.get('/v1/openapi.json')).json()) as Document;
  const answersTo = async (key: string): Promise<string> => {
    const bodies = Object.entries(paths)
      .filter(([, methods]) => methods['get'] !== undefined)
      .map(([path]) => path.replace(/\{(\w+)\}/g, (_, word: string) => ({ ...PARAMETERS, address })[word] ?? word))
      .map(async (path) => (await api.get(path, key)).text());
    const by = DIMENSION_NAMES.map(async (dim) => (await api.get(`/v1/stats?by=${dim}`, key)).text());
    return (await Promise.all([...bodies, ...by])).join('\n');
  };
  const leaked = (text: string): string[] => marks.filter((mark) => text.includes(mark));
  assert.deepEqual(leaked(await answersTo(await api.key(['aggregate:read', 'admin']))), []);
  const [shown] = leaked(await answersTo(await api.key(['host:read'], ['8.77.66.0/24'])));
  assert.equal(shown, address, 'the marks are there to be found');
});

test('when a key was used last is noted, at most once a minute', async (t) => {
  let now = NOW;
  const api = await startApi(t, { now: () => now });
  const key = await api.key();
  const used = async (): Promise<Date | null> => (await listKeys(api.database.db))[0]?.lastUsedAt ?? null;
  assert.equal(await used(), null);
  await api.get('/v1/surveys', key);
  assert.deepEqual(await used(), NOW);
  now = new Date(NOW.getTime() + 59_000);
  await api.get('/v1/surveys', key);
  assert.deepEqual(await used(), NOW);
  now = new Date(NOW.getTime() + 60_000);
  await api.get('/v1/surveys', key);
  assert.deepEqual(await used(), now);
});

test('the database holds no key that opens anything', async (t) => {
  const api = await startApi(t);
  const key = await api.key();
  const rows = await api.database.db.selectFrom('api_key').selectAll().execute();
  assert.ok(!JSON.stringify(rows).includes(key.slice(14)));
});

test('where everybody has a key of the house, nothing is held back, and what it does not cover stays closed', async (t) => {
  const guest = {
    id: 0,
    prefix: 'demo',
    name: 'demo',
    scopes: ['aggregate:read', 'host:read'],
    networks: ['127.0.0.0/8'],
  } as const;
  const api = await startApi(t, { guest });
  await countedSurvey(api, 'house', [observation()]);
  const answer = (await (await api.get('/v1/stats?by=component,asn')).json()) as {
    meta: { suppressedCells: number };
    data: unknown[];
  };
  assert.deepEqual([answer.meta.suppressedCells, answer.data.length], [0, 1]);
  assert.equal((await api.get('/')).status, 200);
  assert.equal((await api.get('/v1/endpoints/8.0.0.1/6443/history')).status, 403);
  assert.equal((await api.get('/v1/opt-outs')).status, 403);
});
