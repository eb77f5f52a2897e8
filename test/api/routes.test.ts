// Every operation of the API over a real socket and a real database, held against the document that the server gives of itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportDirectory } from '../../services/reports/report-files.ts';
import { writeReport } from '../../services/reports/write.ts';
import { DIMENSION_NAMES } from '../../services/rollups/rollup.ts';
import { stats } from '../../services/rollups/stats.store.ts';
import { storeReport } from '../../services/schedules/delivery.store.ts';
import { until } from '../platform/until.ts';
import { countedSurvey, startApi, type TestApi } from '../support/api.ts';
import { leaf, NOW, observation, silence } from '../support/observations.ts';
import { type Document, declared, operationsOf } from '../support/openapi.ts';

const HOUR_MS = 3_600_000;
const EVERYTHING = ['0.0.0.0/0', '::/0'];

const at = (last: number, changes: Parameters<typeof observation>[0] = {}) =>
  observation({ host: `8.0.0.${last}`, address: `8.0.0.${last}`, ...changes });

/** Two surveys, a run of a feed, a tally, and two reports, of which one is on hosts. */
async function furnish(api: TestApi): Promise<void> {
  const { db } = api.database;
  const run = await db
    .insertInto('feed_run')
    .values({
      ...{ feed: 'f', kind: 'sightings', query: 'q', code_version: 'test', started_at: NOW, state: 'partial' },
      ...{ partial_reason: 'cap', read: 3, accepted: 2, rejected: 1, rejected_by: '{"bad_address": 1}' },
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const tally = await db
    .insertInto('tally')
    .values({
      feed: 'census',
      run_id: run.id,
      observed_at: NOW,
      query: 'q',
      field: 'version',
      unit: 'hosts',
      total: 10,
      omitted: 1,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const buckets = [
    { key: 'v1.30.1', distribution: 'vanilla', minor: '1.30' },
    { key: 'v1.29.2', distribution: 'vanilla', minor: '1.29' },
    { key: 'v1.28.3-gke.1', distribution: 'gke', minor: '1.28' },
    { key: '\u{1f600}'.repeat(128).padEnd(512, 'ß'), distribution: 'unknown', minor: null },
  ];
  await db
    .insertInto('tally_bucket')
    .values(buckets.map((bucket) => ({ ...bucket, tally_id: tally.id, count: 3, support: 'unknown' })))
    .execute();
  await countedSurvey(api, 'S1', [at(1), at(2, { country: 'FR' }), at(3, silence)]);
  const gke = { distribution: { slug: 'gke', name: 'gke', by: 'version' } } as const;
  const six = { host: '2001:db8::1', address: '2001:db8::1', certificate: leaf(), country: null, asn: null };
  const later = new Date(NOW.getTime() + HOUR_MS);
  await countedSurvey(
    api,
    'S2',
    [at(1, { verdict: gke }), at(2), observation({ ...six, flags: ['geo_unknown'] })],
    later,
  );
  const report = { name: 'headline', title: 'T', subtitle: [], generatedAt: NOW.toISOString(), sections: [] };
  await writeReport(report as unknown as Parameters<typeof writeReport>[0], {
    ...{ id: 'r-1', out: reportDirectory(api.dataDir, 'r-1'), formats: ['json'] as const, manifest: {} },
  });
  for (const [id, name] of [
    ['r-1', 'headline'],
    ['r-2', 'owner'],
  ] as const)
    await storeReport(
      db,
      { id, name, surveyId: 'S1', manifest: { id } },
      { scheduleId: null, destinations: [], held: null },
      NOW,
    );
}

interface Step {
  /** "get /v1/surveys/{survey}" */
  readonly operation: string;
  readonly path: string;
  readonly status?: number;
  readonly body?: object;
}

const STEPS: readonly Step[] = [
  { operation: 'get /livez', path: '/livez' },
  { operation: 'get /readyz', path: '/readyz' },
  { operation: 'get /startupz', path: '/startupz' },
  { operation: 'get /v1/openapi.json', path: '/v1/openapi.json' },
  { operation: 'get /v1/surveys', path: '/v1/surveys?limit=1' },
  { operation: 'get /v1/surveys/{survey}', path: '/v1/surveys/S1' },
  { operation: 'get /v1/surveys/{survey}', path: '/v1/surveys/none', status: 404 },
  { operation: 'get /v1/surveys/{survey}/manifest', path: '/v1/surveys/S1/manifest' },
  { operation: 'get /v1/stats', path: '/v1/stats' },
  { operation: 'get /v1/stats', path: '/v1/stats?survey=S1&by=component,country&country=DE,-&limit=1' },
  { operation: 'get /v1/stats', path: '/v1/stats?by=distribution&unit=cluster' },
  { operation: 'get /v1/stats', path: '/v1/stats?feed=nobody', status: 404 },
  { operation: 'get /v1/stats', path: '/v1/stats?by=colour', status: 400 },
  { operation: 'get /v1/timeseries', path: '/v1/timeseries?by=distribution&component=kube-apiserver' },
  { operation: 'get /v1/versions', path: '/v1/versions?survey=S2' },
  { operation: 'get /v1/components', path: '/v1/components' },
  { operation: 'get /v1/tallies', path: '/v1/tallies?by=minor' },
  { operation: 'get /v1/feeds', path: '/v1/feeds' },
  { operation: 'get /v1/feeds/runs', path: '/v1/feeds/runs?feed=f' },
  { operation: 'get /v1/feeds/runs/{run}', path: '/v1/feeds/runs/1' },
  { operation: 'get /v1/feeds/runs/{run}', path: '/v1/feeds/runs/9', status: 404 },
  { operation: 'get /v1/overlaps', path: '/v1/overlaps?survey=S1' },
  { operation: 'get /v1/endpoints', path: '/v1/endpoints?grade=confirmed&changedSince=2026-01-01T00:00:00Z' },
  { operation: 'get /v1/endpoints/{address}/{port}/history', path: '/v1/endpoints/2001:db8::1/6443/history' },
  { operation: 'get /v1/endpoints/{address}/{port}/history', path: '/v1/endpoints/8.0.0.9/1/history', status: 404 },
  { operation: 'get /v1/reports', path: '/v1/reports' },
  { operation: 'get /v1/reports/{report}', path: '/v1/reports/r-1' },
  { operation: 'get /v1/reports/{report}/files/{file}', path: '/v1/reports/r-1/files/report.json' },
  { operation: 'get /v1/reports/{report}/files/{file}', path: '/v1/reports/r-1/files/index.html', status: 404 },
  { operation: 'get /v1/datasets', path: '/v1/datasets' },
  { operation: 'post /v1/exports', path: '/v1/exports', body: { dataset: 'endpoints', format: 'ndjson' }, status: 201 },
  {
    operation: 'post /v1/exports',
    path: '/v1/exports',
    body: { dataset: 'endpoints', format: 'shadowserver' },
    status: 422,
  },
  { operation: 'get /v1/exports/{export}', path: `/v1/exports/${'0'.repeat(64)}`, status: 404 },
  { operation: 'get /v1/exports/{export}/file', path: `/v1/exports/${'0'.repeat(64)}/file`, status: 404 },
  { operation: 'post /v1/opt-outs', path: '/v1/opt-outs', body: { kind: 'asn', value: 'AS64500' }, status: 202 },
  {
    operation: 'post /v1/opt-outs',
    path: '/v1/opt-outs',
    body: { kind: 'asn', value: 'AS64500', verifiedBy: 'abuse-contact' },
    status: 201,
  },
  { operation: 'post /v1/opt-outs', path: '/v1/opt-outs', body: { kind: 'prefix', value: '8.0.0.0/16' }, status: 202 },
  { operation: 'get /v1/opt-out-requests', path: '/v1/opt-out-requests' },
  {
    operation: 'post /v1/opt-out-requests/{request}/verification',
    path: '/v1/opt-out-requests/2/verification',
    body: { verifiedBy: 'reverse-domain' },
    status: 201,
  },
  {
    operation: 'post /v1/opt-out-requests/{request}/verification',
    path: '/v1/opt-out-requests/2/verification',
    body: { verifiedBy: 'own-decision' },
    status: 422,
  },
  {
    operation: 'post /v1/opt-out-requests/{request}/verification',
    path: '/v1/opt-out-requests/2/verification',
    body: { verifiedBy: 'dns-txt' },
    status: 400,
  },
  { operation: 'post /v1/opt-outs', path: '/v1/opt-outs', body: { kind: 'asn', value: 'x' }, status: 422 },
  { operation: 'post /v1/opt-outs', path: '/v1/opt-outs', body: { kind: 'colour', value: 'x' }, status: 400 },
  { operation: 'get /v1/opt-outs', path: '/v1/opt-outs' },
  { operation: 'delete /v1/opt-outs/{kind}/{value}', path: '/v1/opt-outs/asn/64500', status: 204 },
  { operation: 'delete /v1/opt-outs/{kind}/{value}', path: '/v1/opt-outs/asn/64500', status: 404 },
];

test('every operation answers as it is declared', async (t) => {
  const api = await startApi(t);
  await furnish(api);
  const key = await api.key(['aggregate:read', 'host:read', 'admin'], EVERYTHING);
  const document = (await (await api.get('/v1/openapi.json')).json()) as Document;
  assert.equal(document.openapi, '3.1.0');
  for (const [index, { operation, path, status = 200, body }] of STEPS.entries()) {
    const [method] = operation.split(' ') as [string];
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers =
      body === undefined ? {} : { 'content-type': 'application/json', 'idempotency-key': `step-${index}` };
    const response = await api.get(path, key, { method: method.toUpperCase(), headers, ...sent });
    await declared(document, operation, response);
    assert.equal(response.status, status, `${operation} ${path}`);
  }
  assert.deepEqual(
    new Set(STEPS.map((step) => step.operation)),
    new Set(operationsOf(document)),
    'every operation is tried',
  );
});

const json = async (response: Response): Promise<Record<string, unknown>> => {
  assert.ok(response.ok, await response.clone().text());
  return (await response.json()) as Record<string, unknown>;
};

/** All rows of a list, page by page. */
async function allPages(api: TestApi, path: string, key: string, limit: number): Promise<unknown[]> {
  const rows: unknown[] = [];
  let next: string | null = '';
  while (next !== null) {
    const cursor: string = next === '' ? '' : `&cursor=${next}`;
    const page = await json(await api.get(`${path}${path.includes('?') ? '&' : '?'}limit=${limit}${cursor}`, key));
    rows.push(...(page['data'] as unknown[]));
    const { length } = page['data'] as unknown[];
    assert.ok(length > 0 && length <= limit, `${length} rows of at most ${limit}: no page is empty`);
    next = page['next'] as string | null;
  }
  return rows;
}

test('numbers are those of the one function that counts, with what they must be quoted with', async (t) => {
  const api = await startApi(t);
  await furnish(api);
  const key = await api.key();
  const body = await json(await api.get('/v1/stats?survey=S1&by=component,country', key));
  const { cells } = await stats(api.database.db, {
    surveyId: 'S1',
    by: ['component', 'country'],
    where: {},
    unit: 'endpoint',
  });
  assert.deepEqual(body['data'], cells);
  assert.deepEqual(body['data'], [
    { values: { component: 'kube-apiserver', country: 'DE' }, count: 1 },
    { values: { component: 'kube-apiserver', country: 'FR' }, count: 1 },
    { values: { component: null, country: 'DE' }, count: 1 },
  ]);
  assert.deepEqual(body['meta'], {
    survey: {
      id: 'S1',
      method: 'active',
      state: 'complete',
      vantage: 'v',
      evidence: ['probe'],
      window: { from: NOW.toISOString(), to: NOW.toISOString() },
      sample: null,
      flags: ['partial_feed'],
    },
    unit: 'endpoint',
    estimate: false,
    dimensions: ['component', 'country'],
    where: {},
    suppressedCells: 0,
  });
  const newest = await json(await api.get('/v1/stats?by=distribution&country=-,DE&unit=host', key));
  assert.equal((newest['meta'] as { survey: { id: string } }).survey.id, 'S2', 'the newest counted one');
  assert.deepEqual((newest['meta'] as { where: unknown }).where, { country: ['-', 'DE'] });
  assert.deepEqual(newest['data'], [
    { values: { distribution: 'vanilla' }, count: 2 },
    { values: { distribution: 'gke' }, count: 1 },
  ]);
  const clusters = await json(await api.get('/v1/stats?unit=cluster', key));
  assert.deepEqual(clusters['data'], [{ values: {}, low: 3, high: 3 }]);
  assert.equal((clusters['meta'] as { estimate: boolean }).estimate, true);
  const series = await json(await api.get('/v1/timeseries?by=distribution', key));
  assert.deepEqual(
    (series['data'] as { survey: { id: string }; cells: { count: number }[] }[]).map((point) => [
      point.survey.id,
      point.cells.map((cell) => cell.count),
    ]),
    [
      ['S2', [2, 1]],
      ['S1', [2, 1]],
    ],
  );
});

test('lists are whole when they are read page by page, and cursors hold for their own question', async (t) => {
  const api = await startApi(t);
  await furnish(api);
  const key = await api.key(['aggregate:read', 'host:read'], EVERYTHING);
  const lists = [
    '/v1/surveys',
    '/v1/stats?survey=S1&by=component,country',
    '/v1/stats?by=outcome,country,distribution',
    `/v1/stats?by=${DIMENSION_NAMES}`,
    '/v1/timeseries',
    '/v1/versions?survey=S2',
    '/v1/tallies?by=version',
    '/v1/tallies?by=minor&feed=census',
    '/v1/feeds/runs',
    '/v1/endpoints',
    '/v1/endpoints/8.0.0.1/6443/history',
    '/v1/reports',
  ];
  for (const path of lists) {
    const whole = await allPages(api, path, key, 100);
    assert.ok(whole.length > 0, path);
    assert.deepEqual(await allPages(api, path, key, 1), whole, path);
  }
  const { next } = await json(await api.get('/v1/stats?survey=S1&by=component,country&limit=1', key));
  const refused = ['/v1/stats?survey=S2&by=component,country', '/v1/stats?survey=S1&by=country', '/v1/surveys'];
  for (const path of refused) {
    const response = await api.get(`${path}${path.includes('?') ? '&' : '?'}cursor=${next}`, key);
    assert.deepEqual(
      [response.status, ((await response.json()) as { code: string }).code],
      [422, 'KC_API_CURSOR'],
      path,
    );
  }
  const tampered = String(next).replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
  assert.equal((await api.get(`/v1/stats?survey=S1&by=component,country&cursor=${tampered}`, key)).status, 422);
});

test('further pages of the newest survey stay with the survey of the first', async (t) => {
  const api = await startApi(t);
  const key = await api.key();
  await countedSurvey(api, 'S1', [at(1), at(2, { country: 'FR' })]);
  const first = await json(await api.get('/v1/stats?by=country&limit=1', key));
  await countedSurvey(api, 'S2', [at(1, { country: 'IT' })], new Date(NOW.getTime() + HOUR_MS));
  const second = await json(await api.get(`/v1/stats?by=country&limit=1&cursor=${first['next']}`, key));
  assert.deepEqual(second['data'], [{ values: { country: 'FR' }, count: 1 }]);
});

test('whoever opted out is in no row about hosts, by whatever it is known', async (t) => {
  const api = await startApi(t);
  await countedSurvey(api, 'S1', [
    at(1, { asn: 1 }),
    at(2, { asn: 2 }),
    at(3, { asn: 3, serverName: 'a.example.org' }),
    at(4, { asn: 4, certificate: leaf() }),
    at(5, { asn: 5 }),
    observation({ host: '9.0.0.1', address: '9.0.0.1', asn: 6, serverName: 'notexample.org' }),
  ]);
  const key = await api.key(['host:read', 'admin'], EVERYTHING);
  const shown = async (): Promise<string[]> =>
    ((await json(await api.get('/v1/endpoints', key)))['data'] as { address: string }[]).map((row) => row.address);
  assert.equal((await shown()).length, 6);
  const optOuts = [
    { kind: 'address', value: '8.0.0.1' },
    { kind: 'asn', value: 'AS2', verifiedBy: 'abuse-contact' },
    { kind: 'dns-suffix', value: 'example.org' },
    { kind: 'certificate-key', value: 'cd'.repeat(32) },
    { kind: 'prefix', value: '8.0.0.5/32' },
  ];
  for (const [index, body] of optOuts.entries()) {
    const headers = { 'content-type': 'application/json', 'idempotency-key': String(index) };
    const response = await api.get('/v1/opt-outs', key, { method: 'POST', headers, body: JSON.stringify(body) });
    assert.equal(response.status, 201, await response.text());
    assert.equal((await shown()).length, 5 - index, body.kind);
  }
  assert.deepEqual(await shown(), ['9.0.0.1']);
  assert.equal((await api.get('/v1/endpoints/8.0.0.3/6443/history', key)).status, 404);
  assert.equal((await api.get('/v1/endpoints/9.0.0.1/6443/history', key)).status, 200);
});

test('a request that is repeated is done once, also when both arrive together', async (t) => {
  const api = await startApi(t);
  const [key, other] = [await api.key(['admin']), await api.key(['admin'])];
  const post = (id: string, value: string, by = key): Promise<Response> =>
    api.get('/v1/opt-outs', by, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': id },
      body: JSON.stringify({ kind: 'address', value }),
    });
  const both = await Promise.all([post('a', '8.0.0.1'), post('a', '8.0.0.1')]);
  assert.deepEqual(
    both.map((response) => response.status),
    [201, 201],
  );
  assert.deepEqual(
    await Promise.all(both.map((response) => response.json())),
    Array(2).fill({ kind: 'address', value: '8.0.0.1', added: true, state: 'applied', request: null }),
  );
  assert.equal(both.filter((response) => response.headers.get('idempotency-replayed') === 'true').length, 1);
  assert.equal((await api.database.db.selectFrom('opt_out').select('id').execute()).length, 1);
  const misused = await post('a', '8.0.0.2');
  assert.deepEqual([misused.status, ((await misused.json()) as { code: string }).code], [422, 'KC_API_IDEMPOTENCY']);
  assert.equal((await post('a', '8.0.0.2', other)).status, 201, 'keys of others are others');
  const again = await post('b', '8.0.0.1');
  assert.deepEqual([again.status, ((await again.json()) as { added: boolean }).added], [200, false]);
  const without = await api.get('/v1/opt-outs', key, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"kind":"asn","value":"1"}',
  });
  assert.equal(without.status, 400);
});

test('an export is made once, downloaded whole or from where it broke off', async (t) => {
  const api = await startApi(t);
  await countedSurvey(api, 'S1', [at(1), at(2), at(3, silence)]);
  const key = await api.key(['aggregate:read', 'host:read'], EVERYTHING);
  const make = async (id: string) =>
    json(
      await api.get('/v1/exports', key, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': id },
        body: JSON.stringify({ dataset: 'observations', format: 'ndjson' }),
      }),
    );
  const made = await make('a');
  assert.deepEqual(await make('a'), made);
  assert.equal((await make('b'))['id'], made['id'], 'the same rows are the same file');
  assert.equal(made['rows'], 3);
  const file = String(made['file']);
  const whole = await api.get(file, key, { headers: { 'accept-encoding': 'gzip' } });
  const bytes = Buffer.from(await whole.arrayBuffer());
  assert.deepEqual([whole.status, whole.headers.get('content-encoding'), bytes.length], [200, null, made['bytes']]);
  assert.equal(bytes.toString().split('\n').length, 4);
  const tag = whole.headers.get('etag') ?? '';
  assert.equal(tag, `"${made['sha256']}"`);
  const rest = await api.get(file, key, { headers: { range: 'bytes=100-', 'if-range': tag } });
  assert.equal(rest.status, 206);
  assert.equal(rest.headers.get('content-range'), `bytes 100-${bytes.length - 1}/${bytes.length}`);
  assert.deepEqual(Buffer.from(await rest.arrayBuffer()), bytes.subarray(100));
  assert.equal((await api.get(file, key, { headers: { range: 'bytes=1-2', 'if-range': '"other"' } })).status, 200);
  const behind = await api.get(file, key, { headers: { range: `bytes=${bytes.length}-` } });
  assert.deepEqual([behind.status, behind.headers.get('content-range')], [416, `bytes */${bytes.length}`]);
  assert.equal((await api.get(file, key, { headers: { 'if-none-match': tag } })).status, 304);
  const head = await api.get(file, key, { method: 'HEAD' });
  assert.deepEqual([head.status, head.headers.get('content-length')], [200, String(bytes.length)]);
});

test('an export of hosts that was made before somebody opted out is not handed out, and says why; counts are', async (t) => {
  let now = NOW;
  const api = await startApi(t, { now: () => now });
  await countedSurvey(api, 'S1', [at(1), at(2)]);
  const key = await api.key(['aggregate:read', 'host:read', 'admin'], EVERYTHING);
  const post = (path: string, body: object): Promise<Response> =>
    api.get(path, key, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': JSON.stringify([body, now]).replaceAll(' ', ''),
      },
      body: JSON.stringify(body),
    });
  const make = async (dataset: string) => json(await post('/v1/exports', { dataset, format: 'csv' }));
  const [hosts, counts] = [await make('observations'), await make('versions')];
  now = new Date(NOW.getTime() + 1000);
  assert.equal((await post('/v1/opt-outs', { kind: 'address', value: '8.0.0.1' })).status, 201);
  for (const path of [`/v1/exports/${hosts['id']}`, String(hosts['file'])]) {
    const gone = await api.get(path, key);
    const { code, detail } = (await gone.json()) as Record<string, unknown>;
    assert.deepEqual([gone.status, code], [404, 'KC_API_NOT_FOUND']);
    assert.match(String(detail), /made before somebody opted out.* Make it again/);
  }
  assert.equal((await api.get(String(counts['file']), key)).status, 200);
  const again = await make('observations');
  assert.notEqual(again['id'], hosts['id']);
  assert.equal(again['rows'], 1);
  const text = await (await api.get(String(again['file']), key)).text();
  assert.ok(text.includes('8.0.0.2') && !text.includes('8.0.0.1'));
});

test('exports are made two at a time, and a server that stops does not wait for them', async (t) => {
  const api = await startApi(t);
  const key = await api.key();
  const make = (id: string): Promise<Response> =>
    api.get('/v1/exports', key, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': id },
      body: JSON.stringify({ dataset: 'tallies', format: 'csv' }),
    });
  const blocker = await api.database.pool.connect();
  try {
    await blocker.query('begin; lock table tally in access exclusive mode');
    const waiting = [make('a'), make('b')];
    await until('both exports to wait', async () => {
      const { rows } = await blocker.query("select 1 from pg_locks where not granted and relation = 'tally'::regclass");
      return rows.length === 2 ? rows : null;
    });
    const third = await make('c');
    assert.deepEqual([third.status, third.headers.get('retry-after')], [429, '30']);
    await api.close();
    const ended = await Promise.allSettled(waiting);
    const answered = ended.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    assert.deepEqual(
      answered.map((response) => [response.status, response.headers.get('connection')]),
      Array(2).fill([500, 'close']),
      'no connection is left to wait for',
    );
  } finally {
    await blocker.query('rollback');
    blocker.release();
  }
});
