// HTTP as caches, proxies and careless clients speak it: conditions, codings, methods, limits, health, and what no client should send.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as rawRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { sql } from 'kysely';
import { apiServer, listen } from '../../services/api-server.ts';
import { compose } from '../../services/compose.ts';
import { loadConfig } from '../../services/config.ts';
import { until } from '../platform/until.ts';
import { countedSurvey, startApi } from '../support/api.ts';
import { silentLog, withDatabase } from '../support/database.ts';
import { NOW, observation, runningSurvey } from '../support/observations.ts';
import { redisMissing, startRedis } from '../support/redis.ts';
import '../support/seed.ts';

test('answers of a finished survey are kept, all others are asked about, and nobody is sent what he has', async (t) => {
  const api = await startApi(t);
  await countedSurvey(api, 'S1', [observation()]);
  const key = await api.key();
  const get = (path: string, tag = '', method = 'GET'): Promise<Response> =>
    api.get(path, key, { method, headers: tag === '' ? {} : { 'if-none-match': tag } });
  for (const [path, kept] of [
    ['/v1/stats?survey=S1', true],
    ['/v1/stats', false],
    ['/v1/surveys/S1', true],
    ['/v1/surveys', false],
    ['/v1/versions?survey=S1', true],
    ['/v1/overlaps?survey=S1', true],
    ['/v1/openapi.json', false],
  ] as const) {
    const first = await get(path);
    const tag = first.headers.get('etag') ?? '';
    assert.match(tag, /^W\/"[\w-]{22}"$/, path);
    assert.equal(/immutable/.test(first.headers.get('cache-control') ?? ''), kept, path);
    assert.match(first.headers.get('cache-control') ?? '', /^private, /, path);
    assert.match(first.headers.get('vary') ?? '', /authorization/, path);
    for (const again of [tag, tag.slice(2), `"x", ${tag}`, '*']) {
      const response = await get(path, again);
      assert.deepEqual([response.status, await response.text()], [304, ''], `${path} with ${again}`);
      assert.equal(response.headers.get('etag'), tag);
    }
    const changed = await get(path, '"x"');
    assert.equal(changed.status, 200);
    const head = await get(path, '', 'HEAD');
    assert.deepEqual([head.status, await head.text(), head.headers.get('etag')], [200, '', tag], path);
    assert.equal((await get(path, tag, 'HEAD')).status, 304);
  }
  const before = (await get('/v1/stats')).headers.get('etag') ?? '';
  await countedSurvey(api, 'S2', [observation(), observation({ port: 443 })], new Date(NOW.getTime() + 1000));
  assert.equal((await get('/v1/stats', before)).status, 200, 'the newest survey is another one');
  await runningSurvey(api.database, 'S3', 1, new Date(NOW.getTime() + 2000));
  for (const path of ['/v1/surveys/S3', '/v1/stats?survey=S3'])
    assert.equal((await get(path)).headers.get('cache-control'), 'private, no-cache', `${path} is not finished`);
  const refused = await api.get('/v1/stats');
  assert.deepEqual([refused.headers.get('cache-control'), refused.headers.get('etag')], ['no-store', null]);
});

/** A request whose body comes as it is on the wire. */
function raw(
  url: string,
  headers: Record<string, string>,
): Promise<{ coding: string | undefined; vary: string; bytes: Buffer }> {
  return new Promise((resolve, reject) => {
    rawRequest(url, { headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          coding: response.headers['content-encoding'],
          vary: String(response.headers.vary),
          bytes: Buffer.concat(chunks),
        }),
      );
    })
      .on('error', reject)
      .end();
  });
}

test('answers are compressed as the client asks, and say the same', async (t) => {
  const api = await startApi(t);
  const url = `${api.url}/v1/openapi.json`;
  const plain = await raw(url, {});
  assert.equal(plain.coding, undefined);
  const codings = {
    gzip: await raw(url, { 'accept-encoding': 'gzip' }),
    br: await raw(url, { 'accept-encoding': 'gzip, br' }),
    identity: await raw(url, { 'accept-encoding': 'identity' }),
  };
  assert.deepEqual([codings.gzip.coding, codings.br.coding, codings.identity.coding], ['gzip', 'br', undefined]);
  assert.deepEqual(gunzipSync(codings.gzip.bytes), plain.bytes);
  assert.deepEqual(brotliDecompressSync(codings.br.bytes), plain.bytes);
  assert.ok(codings.br.bytes.length < plain.bytes.length / 3);
  for (const { vary } of Object.values(codings)) assert.match(vary, /accept-encoding/i);
  assert.equal((await raw(`${api.url}/livez`, { 'accept-encoding': 'br' })).coding, undefined, 'too small to gain');
});

test('other methods are refused with those that are known, whatever they bring', async (t) => {
  const api = await startApi(t);
  const key = await api.key(['admin']);
  for (const [path, allow] of [
    ['/v1/stats', 'GET, HEAD'],
    ['/v1/opt-outs', 'GET, HEAD, POST'],
    ['/v1/opt-outs/asn/1', 'DELETE'],
    ['/livez', 'GET, HEAD'],
  ]) {
    for (const method of ['PUT', 'PATCH', 'OPTIONS', ...(path === '/v1/opt-outs' ? ['DELETE'] : ['POST'])]) {
      const init = {
        method,
        ...(method === 'OPTIONS' ? {} : { body: 'x', headers: { 'content-type': 'text/plain' } }),
      };
      const response = await api.get(path as string, key, init);
      assert.deepEqual([response.status, response.headers.get('allow')], [405, allow], `${method} ${path}`);
      assert.equal(((await response.json()) as { code: string }).code, 'KC_API_METHOD');
    }
  }
});

test('what goes wrong is a problem document with a code', async (t) => {
  const api = await startApi(t);
  const key = await api.key(['admin']);
  const post = (body: string | Uint8Array, type = 'application/json'): Promise<Response> =>
    api.get('/v1/opt-outs', key, {
      method: 'POST',
      headers: { 'content-type': type, 'idempotency-key': 'a' },
      body: body as string,
    });
  const answered: [Promise<Response>, number, string][] = [
    [api.get('/v1/nothing', key), 404, 'KC_API_NOT_FOUND'],
    [api.get('/v2/stats', key), 404, 'KC_API_NOT_FOUND'],
    [api.get('/v1/%zz', key), 400, 'KC_API_REQUEST'],
    [api.get('/v1/surveys/S1', key), 404, 'KC_NO_SURVEY'],
    [api.get('/v1/stats?colour=red', key), 400, 'KC_API_REQUEST'],
    [api.get('/v1/stats?limit=1&limit=2', key), 400, 'KC_API_REQUEST'],
    [api.get('/v1/stats'), 401, 'KC_API_UNAUTHORIZED'],
    [post('{'), 400, 'KC_API_REQUEST'],
    [post('{}'), 400, 'KC_API_REQUEST'],
    [post('"x"'), 400, 'KC_API_REQUEST'],
    [post('{"kind":"asn","value":64500}'), 400, 'KC_API_REQUEST'],
    [post('{"kind":"asn","value":"64500","more":1}'), 400, 'KC_API_REQUEST'],
    [post('{"__proto__":{"kind":"asn"},"kind":"asn","value":"1"}'), 400, 'KC_API_REQUEST'],
    [post(new Uint8Array(100_000)), 413, 'KC_API_REQUEST'],
    [post('<a/>', 'text/xml'), 415, 'KC_API_REQUEST'],
  ];
  for (const [index, [asked, status, code]] of answered.entries()) {
    const response = await asked;
    const body = (await response.json()) as Record<string, unknown>;
    assert.deepEqual(
      [response.status, body['status'], body['code']],
      [status, status, code],
      `${index}: ${JSON.stringify(body)}`,
    );
    assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
    assert.equal(body['type'], `urn:kubecensus:error:${code}`);
  }
});

test('whoever reads pages in a browser reads what went wrong as a page, and programs do not', async (t) => {
  const api = await startApi(t, { settings: { publicAggregates: true } });
  await countedSurvey(api, 'S1', [observation()]);
  const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
  const key = await api.key();
  for (const [path, status, code] of [
    ['/nowhere', 404, 'KC_API_NOT_FOUND'],
    ['/versions?survey=nothing', 404, 'KC_NO_SURVEY'],
    ['/explore?by=nonsense', 400, 'KC_API_REQUEST'],
    ['/%3Cscript%3Ealert(1)%3C/script%3E', 404, 'KC_API_NOT_FOUND'],
  ] as const) {
    const page = await api.get(path, key, { headers: { accept } });
    const text = await page.text();
    assert.equal(page.status, status, path);
    assert.match(page.headers.get('content-type') ?? '', /^text\/html/, path);
    assert.match(page.headers.get('content-security-policy') ?? '', /style-src 'self'/, path);
    assert.equal(page.headers.get('cache-control'), 'no-store', path);
    assert.ok(text.includes(code) && text.includes('<nav') && !text.includes('<script'), text);
    for (const other of ['*/*', 'application/json', '']) {
      const document = await api.get(path, key, { headers: { accept: other } });
      assert.equal(document.status, status);
      assert.equal(((await document.json()) as { code: string }).code, code, `${path} for ${other}`);
    }
  }
  const document = await api.get('/v1/nowhere', key, { headers: { accept } });
  assert.equal(document.headers.get('content-type')?.split(';')[0], 'application/problem+json');
  await api.database.close();
  const away = await api.get('/versions', null, { headers: { accept } });
  const said = await away.text();
  assert.ok(away.status === 503 || away.status === 500, said);
  assert.match(said, /<h1>.*KC_(DATABASE_UNREACHABLE|INTERNAL)/s);
  assert.doesNotMatch(said, /postgres|pool|driver|\/services\//i);
});

test('each key and each address has its share, and is told how much is left', async (t) => {
  const api = await startApi(t, { settings: { requestsPerMinute: 3, publicRequestsPerMinute: 2 } });
  const [one, two] = [await api.key(), await api.key()];
  const ask = (key: string | null): Promise<Response> => api.get('/v1/surveys', key);
  const left: (string | null)[] = [];
  for (let n = 0; n < 3; n++) left.push((await ask(one)).headers.get('ratelimit-remaining'));
  assert.deepEqual(left, ['2', '1', '0']);
  const over = await ask(one);
  assert.equal(over.status, 429);
  assert.equal(((await over.json()) as { code: string }).code, 'KC_API_RATE');
  assert.ok(Number(over.headers.get('retry-after')) > 0 && Number(over.headers.get('retry-after')) <= 60);
  assert.equal(over.headers.get('ratelimit-policy'), '"minute";q=3;w=60');
  assert.match(over.headers.get('ratelimit') ?? '', /^"minute";r=0;t=\d+$/);
  assert.equal((await ask(two)).status, 200, 'another key has its own share');
  assert.deepEqual([(await ask(null)).status, (await ask('kc_wrong')).status], [401, 401]);
  assert.equal((await ask('kc_other')).status, 429, 'guessing keys is limited by address');
  assert.equal((await api.get('/v1/nothing', one)).status, 429, 'paths that are not there count as well');
  assert.equal((await api.get('/livez')).status, 200, 'health is always answered');
});

test('readiness is that of the database, its schema, its partitions, the opt-outs and the queue', async (t) => {
  let now = NOW;
  let isAway = false;
  const askQueue = async (): Promise<void> => {
    if (isAway) throw new Error('away');
  };
  const api = await startApi(t, { now: () => now, askQueue });
  await countedSurvey(api, 'S1', [observation()]);
  const key = await api.key();
  const ready = async (by: string | null): Promise<[number, Record<string, unknown>]> => {
    const response = await api.get('/readyz', by);
    return [response.status, (await response.json()) as Record<string, unknown>];
  };
  assert.deepEqual(await ready(null), [200, { status: 'pass' }]);
  const checks = {
    database: 'pass',
    schema: 'pass',
    writes: 'pass',
    partitions: 'pass',
    'opt-outs': 'pass',
    queue: 'pass',
  };
  assert.deepEqual(await ready(key), [200, { status: 'pass', version: 'test', checks }]);
  now = new Date(NOW.getTime() + 30 * 24 * 3600 * 1000);
  assert.deepEqual(await ready(key), [
    503,
    { status: 'fail', version: 'test', checks: { ...checks, partitions: 'fail' } },
  ]);
  assert.deepEqual(await ready(null), [503, { status: 'fail' }]);
  now = NOW;
  isAway = true;
  assert.deepEqual((await ready(key))[1]['checks'], { ...checks, queue: 'fail' });
  isAway = false;
  await sql`delete from kysely_migration where name = (select max(name) from kysely_migration)`.execute(
    api.database.db,
  );
  assert.deepEqual((await ready(key))[1]['checks'], { ...checks, schema: 'fail' });
});

test('an API whose Redis goes away is not ready, and is again when it comes back', async (t) => {
  const missing = redisMissing();
  if (missing !== null) return t.skip(missing);
  const { url, onEnd } = await withDatabase(t);
  const redis = await startRedis();
  onEnd(() => redis.stop());
  const dataDir = await mkdtemp(join(tmpdir(), 'kubecensus-ready-'));
  onEnd(() => rm(dataDir, { recursive: true }));
  const settings = { DATABASE_URL: url, REDIS_URL: redis.url, KUBECENSUS_DATA_DIR: dataDir };
  const parts = await compose(loadConfig(settings, null), silentLog);
  onEnd(() => parts.close());
  const api = await apiServer(parts);
  onEnd(() => api.close());
  const where = await listen(api, '127.0.0.1:0');
  const status = async (): Promise<number> => (await fetch(`${where}/readyz`)).status;
  assert.equal(await status(), 200);
  await redis.kill();
  await until('the loss of Redis to be said', async () => (await status()) === 503);
  await redis.restart();
  await until('Redis to be found again', async () => (await status()) === 200);
});

test('metrics are for keys with the scope admin, and in no document', async (t) => {
  const api = await startApi(t);
  const ask = (key: string | null) => api.get('/metrics', key);
  assert.deepEqual([(await ask(null)).status, (await ask(await api.key())).status], [401, 403]);
  const response = await ask(await api.key(['admin']));
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  assert.match(await response.text(), /^kubecensus_build_info\{/m);
  const document = (await (await api.get('/v1/openapi.json')).json()) as { paths: Record<string, unknown> };
  assert.equal(document.paths['/metrics'], undefined);
});

test('a database that is gone is 503, and nothing of the inside is said', async (t) => {
  const api = await startApi(t);
  const key = await api.key();
  await api.database.close();
  const response = await api.get('/v1/surveys', key);
  const body = await response.text();
  assert.ok(response.status === 503 || response.status === 500, body);
  assert.doesNotMatch(body, /postgres|pool|select|\/services\//i);
  assert.equal((await api.get('/livez')).status, 200);
});

test('no query, header or body makes the server fail', async (t) => {
  const api = await startApi(t);
  await countedSurvey(api, 'S1', [observation()]);
  const key = await api.key(['aggregate:read', 'host:read', 'admin'], ['0.0.0.0/0', '::/0']);
  const paths = [
    '/v1/stats',
    '/v1/surveys',
    '/v1/endpoints',
    '/v1/timeseries',
    '/v1/tallies',
    '/v1/feeds/runs',
    '/v1/versions',
  ];
  const names = [
    'survey',
    'by',
    'unit',
    'limit',
    'cursor',
    'feed',
    'version',
    'country',
    'port',
    'network',
    'changedSince',
    '__proto__',
    'constructor',
  ];
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(
      '\u0000',
      "';--",
      '-',
      '',
      ',',
      'NaN',
      '1e9',
      '-1',
      '9'.repeat(30),
      'A'.repeat(600),
      '%',
      '2026-02-30T00:00:00Z',
      '2016-12-31T23:59:60Z',
      '::1/129',
      '1.1.1.1/-1',
    ),
  );
  const query = fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 4 });
  const header = fc.record(
    {
      'if-none-match': fc.string({ maxLength: 60 }).map((one) => one.replace(/[^\x20-\x7e]/g, '')),
      'accept-encoding': fc.constantFrom('', 'br;q=0', '*', 'gzip;q=x', ',,,', 'zstd'),
      range: fc.constantFrom('bytes=0-', 'bytes=-', 'x'),
      'x-forwarded-for': fc.constantFrom('1.1.1.1', 'x', ''),
      'x-no-compression': fc.constant('1'),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), query, header, async (path, pairs, headers) => {
      const response = await api.get(`${path}?${new URLSearchParams(pairs)}`, key, { headers });
      const body = await response.text();
      assert.ok(response.status < 500, `${response.status} ${body}`);
    }),
    { numRuns: 150 },
  );
});

test('bytes that are no HTTP end the connection and not the server', async (t) => {
  const api = await startApi(t);
  const { port } = new URL(api.url);
  for (const bytes of [
    '\u0016\u0003\u0001',
    'GET / HTTP/9.9\r\n\r\n',
    `GET /${'a'.repeat(40_000)} HTTP/1.1\r\n\r\n`,
    'GET /livez HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n',
  ]) {
    const socket = connect(Number(port), '127.0.0.1');
    socket.end(bytes);
    assert.doesNotMatch(await text(socket), / 200 | 50[0-9] /);
  }
  assert.equal((await api.get('/livez')).status, 200);
});
