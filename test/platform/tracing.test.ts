// Traces as a collector gets them, of a real census of the lab; and a collector that is away, slow or rude, which nobody notices.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { KubecensusError } from '../../services/platform/errors.ts';
import { createClient } from '../../services/platform/net/client.ts';
import { createTracer, SPANS, type TracerOptions } from '../../services/platform/tracing.ts';
import { silentLog } from '../support/database.ts';
import { startLabCensus } from '../support/lab-census.ts';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, string> }[];
  readonly status: { readonly code: number; readonly message?: string };
}

async function collector(t: TestContext, status = 200) {
  const requests: { url: string | undefined; token: unknown; text: string }[] = [];
  const server = createServer(async (request, response) => {
    const text = (await request.toArray()).join('');
    requests.push({ url: request.url, token: request.headers['x-token'], text });
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const spans = (): Span[] =>
    requests.flatMap(({ text }) => JSON.parse(text).resourceSpans[0].scopeSpans[0].spans as Span[]);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, spans };
}

function tracerTo(t: TestContext, endpoint: string | null, more: Partial<TracerOptions> = {}) {
  const client = createClient({ userAgent: 'kubecensus test' });
  t.after(() => client.close());
  const now = (): Date => new Date();
  return createTracer({
    endpoint,
    headers: null,
    version: '1.2.3',
    http: client.request,
    now,
    log: silentLog,
    ...more,
  });
}

test('a census is a trace of its plan, chunks, batches and counts; runs of feeds have theirs; no address is in any', async (t) => {
  const { url, requests, spans } = await collector(t);
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: `${url}/` };
  const { parts, pullFeeds, survey } = await startLabCensus(t, { hosts: 20, seed: 'traces', environment });
  const runs = await pullFeeds();
  await survey('S1', 'active');
  await parts.tracer.close();
  assert.deepEqual([...new Set(requests.map(({ url: path }) => path))], ['/v1/traces']);
  const named = (name: string): Span[] => spans().filter((span) => span.name === name);
  assert.deepEqual([...new Set(spans().map(({ name }) => name))].sort(), [...SPANS].sort());
  assert.equal(named('feed').length, runs.length);
  const [plan] = named('plan');
  assert.equal(named('plan').length, 1);
  for (const span of [...named('chunk'), ...named('rollup')])
    assert.deepEqual([span.traceId, span.parentSpanId], [plan?.traceId, plan?.spanId], span.name);
  const chunks = new Set(named('chunk').map(({ spanId }) => spanId));
  assert.ok(chunks.size > 0);
  for (const batch of named('batch')) assert.ok(chunks.has(batch.parentSpanId));
  for (const span of spans()) {
    assert.match(`${span.traceId} ${span.spanId}`, /^[0-9a-f]{32} [0-9a-f]{16}$/);
    assert.ok(BigInt(span.startTimeUnixNano) <= BigInt(span.endTimeUnixNano));
  }
  assert.equal(new Set(spans().map(({ spanId }) => spanId)).size, spans().length);
  for (const { text } of requests) assert.doesNotMatch(text, /127\.\d+\.\d+\.\d+|::1|hosts\.txt|lab\.internal/);
});

test('a failure is its code and not its words; who wrote a trace does not matter to its ids', async (t) => {
  const { url, spans, requests } = await collector(t);
  const [one, other] = [tracerTo(t, url, { headers: 'X-Token=a%20b,' }), tracerTo(t, url)];
  const fail = (error: Error) =>
    one.span('plan', { trace: 'S', isRoot: true }, { survey: 'S' }, () => Promise.reject(error));
  await assert.rejects(fail(new KubecensusError('KC_SCOPE', 'about 192.0.2.1')), /192/);
  await assert.rejects(fail(new Error('connect 192.0.2.1')), /192/);
  assert.equal(await other.span('chunk', { trace: 'S', below: 'plan' }, { chunk: 3 }, async () => 7), 7);
  one.note('batch', 5, { rows: 1 });
  await one.close();
  await other.close();
  assert.deepEqual(
    requests.map(({ token }) => token),
    ['a b', undefined],
  );
  const [first, second, chunk] = spans();
  assert.deepEqual(
    [first?.status, second?.status],
    [
      { code: 2, message: 'KC_SCOPE' },
      { code: 2, message: 'KC_INTERNAL' },
    ],
  );
  assert.deepEqual([chunk?.traceId, chunk?.parentSpanId, chunk?.status], [first?.traceId, first?.spanId, { code: 0 }]);
  assert.deepEqual(chunk?.attributes, [{ key: 'kubecensus.chunk', value: { intValue: '3' } }]);
  assert.equal(spans().length, 3, 'a batch outside of any span is none');
});

test('a collector that refuses or is away is said once, and no work waits or fails for it', async (t) => {
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  const { url } = await collector(t, 503);
  for (const endpoint of [url, 'http://127.0.0.1:1']) {
    lines.length = 0;
    const tracer = tracerTo(t, endpoint, { log });
    for (let n = 0; n < 2_100; n++) await tracer.span('chunk', { trace: 'S' }, { chunk: n }, async () => n);
    await tracer.close();
    assert.equal(lines.length, 1);
    assert.equal(
      (JSON.parse(lines[0] ?? '{}') as { spans: number }).spans,
      2_100,
      'those beyond what may wait are counted, too',
    );
  }
  const none = tracerTo(t, null);
  assert.equal(await none.span('feed', {}, {}, async () => 1), 1);
  await none.close();
});
