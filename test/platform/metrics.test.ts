// The registry of one process: names, labels, and what is left out when the state of the installation cannot be read.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createMetrics, METRICS, PREFIX } from '../../services/platform/metrics.ts';
import { startMetricsServer } from '../../services/platform/metrics-server.ts';

/** Labels that take as many values as there are hosts or networks. */
const HIGH = /^(ip|address|host|name|asn|network|certificate|cert|cn|sni|url|path|id|survey|run|key)$/;
const names = (text: string): string[] => [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name as string);

test('names follow Prometheus: base units, _total for counters alone, no label of many values', () => {
  for (const [name, { type, help, labels }] of Object.entries(METRICS)) {
    assert.match(name, /^[a-z][a-z0-9_]*$/);
    assert.equal(name.endsWith('_total'), type === 'counter', name);
    assert.doesNotMatch(name, /_(ms|millis|minutes|hours|kb|mb|percent)$/);
    assert.ok(help.endsWith('.'), name);
    assert.deepEqual(
      labels.filter((label) => HIGH.test(label)),
      [],
      name,
    );
  }
});

test('an answer has every metric of the table, and none that is neither in it nor one of Node.js and the process', async () => {
  const metrics = createMetrics({ version: '1.2.3', commit: 'c'.repeat(40) });
  metrics.onState(async () => metrics.set('queue_jobs', 3, { queue: 'observe', state: 'waiting' }));
  const text = await metrics.text();
  metrics.close();
  const ours = names(text).filter((name) => name.startsWith(PREFIX));
  assert.deepEqual(
    ours.sort(),
    Object.keys(METRICS)
      .map((name) => PREFIX + name)
      .sort(),
  );
  assert.deepEqual(
    names(text).filter((name) => !/^(kubecensus|process|nodejs)_/.test(name)),
    [],
  );
  assert.match(text, /^kubecensus_build_info\{version="1\.2\.3",commit="c{40}",node="v\d+[^"]*"\} 1$/m);
  assert.match(text, /^kubecensus_state_up 1$/m);
  assert.match(text, /^kubecensus_queue_jobs\{queue="observe",state="waiting"\} 3$/m);
});

test('a state that cannot be read is left out and said to be, and an old one is not shown again', async () => {
  const metrics = createMetrics({ version: '1', commit: null });
  let away = false;
  let hasDeliveries = true;
  metrics.onState(async () => {
    if (away) throw new Error('the database is away');
    metrics.set('targets_due', 7);
    if (hasDeliveries) metrics.set('report_deliveries', 1, { channel: 'mail', state: 'waiting' });
  });
  assert.match(await metrics.text(), /^kubecensus_targets_due 7$/m);
  hasDeliveries = false;
  assert.doesNotMatch(await metrics.text(), /report_deliveries\{/, 'what is no more is not shown');
  away = true;
  const text = await metrics.text();
  assert.match(text, /^kubecensus_state_up 0$/m);
  assert.doesNotMatch(text, /targets_due|report_deliveries/);
  assert.match(text, /^kubecensus_eventloop_lag_seconds \d/m, 'the process itself is still measured');
  metrics.close();
});

test('the listener answers watchers, says which check failed, and knows nothing else', async () => {
  const metrics = createMetrics({ version: '1', commit: null });
  const checks = { database: true, 'opt-outs': true };
  const server = await startMetricsServer(
    { host: '127.0.0.1', port: 0 },
    {
      metrics,
      ready: async () => checks,
      started: async () => {
        throw new Error('unknown');
      },
    },
  );
  const get = async (path: string, method = 'GET'): Promise<{ status: number; text: string }> => {
    const asked = request(server.url + path, { method }).end();
    const [response] = await once(asked, 'response');
    return { status: response.statusCode, text: (await response.toArray()).join('') };
  };
  assert.match((await get('/metrics')).text, /kubecensus_build_info/);
  assert.deepEqual(await get('/livez'), { status: 200, text: 'pass\n' });
  assert.deepEqual(await get('/readyz'), { status: 200, text: 'pass\n' });
  checks['opt-outs'] = false;
  assert.deepEqual(await get('/readyz'), { status: 503, text: 'fail: opt-outs\n' });
  assert.equal((await get('/startupz')).status, 500);
  assert.equal((await get('/')).status, 404);
  assert.equal((await get('/metrics', 'POST')).status, 405);
  assert.deepEqual(await get('/livez', 'HEAD'), { status: 200, text: '' });
  await server.close();
  await assert.rejects(get('/livez'));
  metrics.close();
});

test('a port that is taken is an error with a code', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const metrics = createMetrics({ version: '1', commit: null });
  const { port } = other.address() as AddressInfo;
  const watched = { metrics, ready: async () => ({}), started: async () => ({}) };
  await assert.rejects(startMetricsServer({ host: '127.0.0.1', port }, watched), { code: 'KC_METRICS_LISTEN' });
  metrics.close();
  other.close();
});
