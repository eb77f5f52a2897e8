// The Censys feeds against the lab's Censys, through the real HTTP client: paging, evidence, limits, faults and resuming.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { itemsOfHit } from '../../services/feeds/censys/hit.ts';
import {
  type CensysFeedOptions,
  createCensysAggregateFeed,
  createCensysFeed,
} from '../../services/feeds/censys.feed.ts';
import type { Feed, FeedItem } from '../../services/feeds/feed.ts';
import { type LabCensys, type LabCensysFault, startCensys } from '../../services/lab/censys.ts';
import type { LabCensysHost } from '../../services/lab/censys-host.ts';
import { createClient } from '../../services/platform/net/client.ts';
import { collect, NOW } from './formats/items.ts';

const TOKEN = 'censys_token_3f9a1c77';
const ORGANIZATION = '11111111-2222-3333-4444-555555555555';
const SAN = 'kubernetes.default.svc.cluster.local';
const QUERY = `host.services.cert.names: "${SAN}" or host.services.endpoints.kubernetes.version_info.git_version: *`;
const GIT_VERSION = 'host.services.endpoints.kubernetes.version_info.git_version';

/** Every third host hides its version; every host has an SSH-like service that does not match. */
const HOSTS: readonly LabCensysHost[] = Array.from({ length: 250 }, (_, i) => ({
  ip: `198.18.${i >> 8}.${i & 255}`,
  location: { country: 'Norway', country_code: 'NO' },
  services: [
    { port: 22, scan_time: '2026-11-20T00:00:00Z' },
    {
      port: 6443,
      scan_time: '2026-11-21T10:00:00Z',
      cert: {
        names: ['kubernetes', SAN, '10.96.0.1'],
        fingerprint_sha256: i.toString(16).padStart(64, '0'),
        subject_dn: 'CN=kube-apiserver',
        issuer_dn: 'CN=kubernetes',
      },
      endpoints: [
        i % 3 === 0
          ? {
              path: '/version',
              http: { status_code: 401, headers: { 'Content-Type': 'application/json' }, body: '{"kind":"Status"}' },
            }
          : {
              path: '/',
              kubernetes: {
                version_info: { major: '1', minor: '31', git_version: `v1.31.${i % 5}`, platform: 'linux/amd64' },
              },
            },
      ],
    },
  ],
}));

const client = createClient({ userAgent: 'kubecensus test' });
const open: LabCensys[] = [];
after(async () => {
  await client.close();
  await Promise.all(open.map((lab) => lab.close()));
});

async function lab(faults: readonly LabCensysFault[] = [], hosts = HOSTS): Promise<LabCensys> {
  const started = await startCensys({
    address: '127.0.0.1',
    hosts,
    token: TOKEN,
    organizationId: ORGANIZATION,
    faults,
  });
  open.push(started);
  return started;
}

const waits: number[] = [];
function feedOf(engine: LabCensys, options: Partial<CensysFeedOptions> = {}): Feed {
  waits.length = 0;
  return createCensysFeed({
    baseUrl: engine.url,
    token: TOKEN,
    organizationId: ORGANIZATION,
    query: QUERY,
    http: client.request,
    sleep: async (ms) => void waits.push(ms),
    clock: () => NOW,
    maxPages: 1000,
    ...options,
  });
}
const never = new AbortController().signal;
const pull = (feed: Feed, since: unknown = null) => collect(feed.pull(since, never));
const hosts = (items: readonly FeedItem[]) => items.flatMap((item) => (item.type === 'sighting' ? [item.host] : []));
const noted = (items: readonly FeedItem[]): Record<string, unknown> =>
  Object.assign({}, ...items.filter((item) => item.type === 'note'));
const cursorOf = (items: readonly FeedItem[]): unknown => {
  const last = items.findLast((item) => item.type === 'checkpoint');
  return last?.type === 'checkpoint' ? JSON.parse(JSON.stringify(last.cursor)) : null;
};
const ALL = HOSTS.map(({ ip }) => ip);

describe('a whole pull', () => {
  test('all pages in order, one sighting per matched service, total and cost noted, a checkpoint per page', async () => {
    const engine = await lab();
    const items = await pull(feedOf(engine));
    assert.deepEqual(hosts(items), ALL);
    assert.deepEqual(noted(items), { type: 'note', claimedTotal: 250, cost: 15 });
    assert.equal(items.filter((item) => item.type === 'checkpoint').length, 3);
    assert.deepEqual(
      engine.requests.map(({ body }) => [body['page_size'], body['page_token'] === undefined]),
      [
        [100, true],
        [100, false],
        [100, false],
      ],
    );
    assert.ok(engine.requests.every(({ organizationId }) => organizationId === ORGANIZATION));
  });

  test('a sighting carries what Censys saw: certificate, version or answer, its own time', async () => {
    const [hidden, open] = (await pull(feedOf(await lab()))).filter((item) => item.type === 'sighting');
    assert.deepEqual(hidden?.evidence, {
      endpoint: { address: '198.18.0.0', port: 6443 },
      source: 'censys',
      observedAt: '2026-11-21T10:00:00.000Z',
      transport: 'tls',
      tls: { version: 'TLSv1.3' },
      certificate: {
        subject: 'CN=kube-apiserver',
        issuer: 'CN=kubernetes',
        dnsNames: ['kubernetes', SAN],
        ipAddresses: ['10.96.0.1'],
        sha256: '0'.repeat(64),
      },
      requests: [
        { path: '/version', status: 401, headers: { 'Content-Type': ['application/json'] }, body: '{"kind":"Status"}' },
      ],
    });
    assert.deepEqual([open?.port, open?.observedAt], [6443, '2026-11-21T10:00:00.000Z']);
    assert.deepEqual(open?.evidence?.requests, [
      {
        path: '/version',
        status: 200,
        body: '{"major":"1","minor":"31","gitVersion":"v1.31.1","platform":"linux/amd64"}',
      },
    ]);
  });

  test('a finished pass begins anew', async () => {
    const feed = feedOf(await lab());
    assert.deepEqual(hosts(await pull(feed, cursorOf(await pull(feed)))), ALL);
  });
});

describe('limits', () => {
  test('F37: 429 waits as long as Retry-After says, in seconds or until a date, then goes on with the same page', async () => {
    const date = new Date(Date.now() + 90_000).toUTCString();
    const engine = await lab([
      { kind: 'status', at: 2, status: 429, retryAfter: '7' },
      { kind: 'status', at: 3, status: 429, retryAfter: date },
      { kind: 'status', at: 4, status: 429 },
    ]);
    const items = await pull(feedOf(engine));
    assert.deepEqual(hosts(items), ALL);
    assert.equal(noted(items)['partial'], undefined);
    const [seconds, until, own] = waits;
    assert.deepEqual([seconds, own, waits.length], [7000, 4000, 3]);
    assert.ok(until !== undefined && until > 60_000 && until <= 91_000, `${until}`);
    assert.equal(engine.requests.length, 6);
  });

  test('an engine that asks for an hour is given up, and the next pull goes on there', async () => {
    const engine = await lab([{ kind: 'status', at: 2, status: 429, retryAfter: '3600' }]);
    const feed = feedOf(engine);
    const first = await pull(feed);
    assert.deepEqual([noted(first)['partial'], waits.length, hosts(first).length], ['rate_limited', 0, 100]);
    assert.deepEqual([...hosts(first), ...hosts(await pull(feed, cursorOf(first)))], ALL);
  });

  test('credits that end in the middle make a partial run that says so; none at the start is an error', async () => {
    const items = await pull(feedOf(await lab([{ kind: 'credits', replies: 2 }])));
    assert.deepEqual(noted(items), {
      type: 'note',
      claimedTotal: 250,
      cost: 10,
      partial: 'credits_exhausted',
      capHit: true,
    });
    assert.equal(hosts(items).length, 200);
    await assert.rejects(pull(feedOf(await lab([{ kind: 'credits', replies: 0 }]))), { code: 'KC_FEED_CREDITS' });
    const forbidden = await lab([{ kind: 'status', at: 1, status: 403, says: 'Your organization is out of credits.' }]);
    await assert.rejects(pull(feedOf(forbidden)), { code: 'KC_FEED_CREDITS' });
  });

  test('the page cap ends the pass and says so', async () => {
    const items = await pull(feedOf(await lab(), { maxPages: 2 }));
    assert.deepEqual([hosts(items).length, noted(items)['partial'], noted(items)['capHit']], [200, 'page_cap', true]);
    assert.deepEqual(cursorOf(items), { done: true });
    const whole = await pull(feedOf(await lab(), { maxPages: 3 }));
    assert.deepEqual([hosts(whole).length, noted(whole)['partial']], [250, undefined]);
  });
});

describe('spending', () => {
  test('a run stops before it passes the limit of credits, and the next one goes on', async () => {
    const engine = await lab();
    const feed = feedOf(engine, { maxCredits: 12 });
    const first = await pull(feed);
    assert.deepEqual(
      [hosts(first).length, noted(first)['partial'], noted(first)['capHit'], noted(first)['cost']],
      [200, 'credit_limit', true, 10],
    );
    assert.deepEqual([...hosts(first), ...hosts(await pull(feed, cursorOf(first)))], ALL);
    const poor = await lab();
    assert.equal(noted(await pull(feedOf(poor, { maxCredits: 4 })))['partial'], 'credit_limit');
    assert.equal(poor.requests.length, 0);
  });

  test('what a run may cost is a bound of its pages and its limit, said without a request', async () => {
    const engine = await lab();
    const estimate = (options: Partial<CensysFeedOptions>) => feedOf(engine, options).spending?.estimate(never);
    assert.deepEqual(await estimate({ maxPages: 30 }), { credits: 150, atMost: true });
    assert.deepEqual(await estimate({ maxPages: 30, creditsPerPage: 1 }), { credits: 30, atMost: true });
    assert.deepEqual(await estimate({ maxPages: 30, maxCredits: 50 }), { credits: 50, atMost: true });
    assert.equal(engine.requests.length, 0);
  });
});

describe('faults', () => {
  test('F37: a 500, a cut reply and a 503 are tried again; each page arrives once', async () => {
    const engine = await lab([
      { kind: 'status', at: 2, status: 500 },
      { kind: 'cut', at: 3 },
      { kind: 'status', at: 4, status: 503, retryAfter: '3' },
    ]);
    const items = await pull(feedOf(engine));
    assert.deepEqual([hosts(items), waits], [ALL, [1000, 2000, 3000]]);
  });

  test('F37: when it stays broken the run is partial; the next one goes on at the last committed page, never from zero', async () => {
    const engine = await lab([3, 4, 5, 6, 7].map((at) => ({ kind: 'status', at, status: 502 })));
    const feed = feedOf(engine);
    const first = await pull(feed);
    assert.deepEqual([hosts(first).length, noted(first)['partial']], [200, 'unavailable']);
    const second = await pull(feed, cursorOf(first));
    assert.deepEqual([...hosts(first), ...hosts(second)], ALL);
    assert.deepEqual([engine.requests.length, noted(second)['partial'], noted(second)['cost']], [8, undefined, 5]);
  });

  test('F36: a page that names itself as the next is told as a loop and the pass ends', async () => {
    const engine = await lab([{ kind: 'loop', page: 2 }]);
    const items = await pull(feedOf(engine));
    assert.deepEqual([hosts(items).length, noted(items)['partial'], engine.requests.length], [200, 'cursor_loop', 2]);
    assert.deepEqual(cursorOf(items), { done: true });
  });

  test('F38: fewer rows than the total is partial', async () => {
    const items = await pull(feedOf(await lab([{ kind: 'truncate', hits: 120 }])));
    assert.deepEqual(
      [hosts(items).length, noted(items)['claimedTotal'], noted(items)['partial']],
      [120, 250, 'fewer_rows_than_total'],
    );
  });

  test('a forgotten page token ends the pass loudly instead of starting from zero in silence', async () => {
    const engine = await lab([{ kind: 'forget', at: 3 }]);
    const items = await pull(feedOf(engine));
    assert.deepEqual([hosts(items).length, noted(items)['partial']], [200, 'page_token_refused']);
    assert.deepEqual(hosts(await pull(feedOf(engine), cursorOf(items))), ALL);
  });

  test('F03: a login page with status 200 is not data, and is not asked for again', async () => {
    const engine = await lab([{ kind: 'html', at: 1 }]);
    await assert.rejects(pull(feedOf(engine)), { code: 'KC_FEED_ANSWER' });
    assert.equal(engine.requests.length, 1);
  });

  test('F01: no hits at all is a partial run', async () => {
    const items = await pull(feedOf(await lab([], [])));
    assert.deepEqual(noted(items), { type: 'note', claimedTotal: 0, cost: 5, partial: 'feed_empty' });
  });

  test('an unknown field is the query’s fault and names it', async () => {
    const feed = feedOf(await lab(), { query: 'host.services.nonsense: "x"' });
    await assert.rejects(pull(feed), { code: 'KC_FEED_QUERY', message: /Field not found: host.services.nonsense/ });
  });

  test('an engine that is not there is unavailable', async () => {
    const engine = await lab();
    await engine.close();
    await assert.rejects(pull(feedOf(engine)), { code: 'KC_FEED_UNAVAILABLE', message: /ECONNREFUSED/ });
    assert.deepEqual(waits, [1000, 2000, 4000, 8000]);
  });

  test('an abort stops between pages and in a wait', async () => {
    const stop = new AbortController();
    const items: FeedItem[] = [];
    for await (const item of feedOf(await lab()).pull(null, stop.signal)) {
      items.push(item);
      if (item.type === 'checkpoint') stop.abort();
    }
    assert.deepEqual([hosts(items).length, noted(items)['partial']], [100, 'stopped']);
    const patient = new AbortController();
    const feed = feedOf(await lab([{ kind: 'status', at: 1, status: 429, retryAfter: '60' }]), {
      sleep: async () => patient.abort(),
    });
    assert.deepEqual(noted(await collect(feed.pull(null, patient.signal)))['partial'], 'stopped');
  });
});

describe('secrets', () => {
  test('F39: a wrong token or organisation is KC_FEED_CREDENTIALS, and no text holds the token', async () => {
    const engine = await lab([{ kind: 'status', at: 3, status: 401, says: `bad token ${TOKEN} (Bearer ${TOKEN})` }]);
    for (const options of [{ token: 'another_token_0000' }, { organizationId: null }, {}]) {
      const secret = options.token ?? TOKEN;
      const feed = feedOf(engine, { ...options, query: `${QUERY} or host.ip: "${secret}"` });
      assert.equal(JSON.stringify(feed).includes(secret), false);
      const error = await pull(feed).then(
        () => assert.fail('must be refused'),
        (reason: Error) => reason,
      );
      assert.equal((error as Error & { code: string }).code, 'KC_FEED_CREDENTIALS');
      assert.equal(`${error.stack}${String(error.cause)}`.includes(secret), false, error.message);
    }
    assert.equal(
      JSON.stringify(engine.requests.map(({ path, organizationId }) => [path, organizationId])).includes(TOKEN),
      false,
    );
  });

  test('F39: credentials in the base URL are refused without being shown', async () => {
    const engine = await lab();
    const feed = feedOf(engine, { baseUrl: engine.url.replace('//', '//user:hunter2hunter2@') });
    await assert.rejects(pull(feed), (error: Error) => !`${error.stack}${String(error.cause)}`.includes('hunter2'));
    assert.equal(engine.requests.length, 0);
  });
});

describe('aggregate', () => {
  const aggregateOf = (
    engine: LabCensys,
    options: { buckets?: number; countByLevel?: string; field?: string; query?: string; maxCredits?: number } = {},
  ) =>
    createCensysAggregateFeed({
      baseUrl: engine.url,
      token: TOKEN,
      organizationId: ORGANIZATION,
      query: QUERY,
      field: GIT_VERSION,
      buckets: 1000,
      countByLevel: '.',
      http: client.request,
      sleep: async () => undefined,
      clock: () => NOW,
      creditsPerPage: 1,
      ...options,
    });

  test('buckets, total and rest are the engine’s; they agree with a count of the hosts', async () => {
    const truth = new Map<string, number>();
    for (const host of HOSTS) {
      const version = host.services[1]?.endpoints?.[0]?.kubernetes?.version_info['git_version'];
      if (version !== undefined) truth.set(version, (truth.get(version) ?? 0) + 1);
    }
    const total = [...truth.values()].reduce((a, b) => a + b, 0);
    const [note, count] = await pull(aggregateOf(await lab()));
    assert.deepEqual(note, { type: 'note', cost: 1 });
    assert.ok(count?.type === 'count');
    assert.deepEqual(new Map(count.buckets.map(({ key, count }) => [key, count])), truth);
    assert.deepEqual(
      [count.unit, count.total, count.omitted, count.observedAt],
      ['hosts', total, 0, NOW.toISOString()],
    );
    assert.deepEqual([count.query, count.field, count.deviation], [QUERY, GIT_VERSION, null]);

    const [, few] = await pull(aggregateOf(await lab(), { buckets: 2 }));
    assert.ok(few?.type === 'count' && few.buckets.length === 2);
    assert.equal(
      few.buckets.reduce((sum, { count }) => sum + count, few.omitted ?? 0),
      total,
    );
  });

  test('the unit is what was asked to be counted', async () => {
    const twice: LabCensysHost = {
      ...(HOSTS[1] as LabCensysHost),
      services: [1, 2].map((port) => ({ ...HOSTS[1]!.services[1]!, port })),
    };
    const engine = await lab([], [twice]);
    const counted = async (countByLevel: string) => {
      const [, count] = await pull(aggregateOf(engine, { countByLevel }));
      return count?.type === 'count' ? [count.unit, count.total] : [];
    };
    assert.deepEqual(await counted('.'), ['hosts', 1]);
    assert.deepEqual(await counted('host.services'), ['services', 2]);
    assert.deepEqual((await counted(''))[1], 2);
  });

  test('only values that match the query are counted, not others of the same host', async () => {
    const services = ['v1.30.0', 'v1.31.0'].map((git_version, i) => ({
      port: 6443 + i,
      scan_time: '2026-11-21T10:00:00Z',
      endpoints: [{ path: '/', kubernetes: { version_info: { git_version } } }],
    }));
    const engine = await lab([], [{ ip: '198.18.0.1', services }]);
    const [, count] = await pull(aggregateOf(engine, { query: `${GIT_VERSION} = "v1.31.0"` }));
    assert.deepEqual(count?.type === 'count' ? count.buckets : count, [{ key: 'v1.31.0', count: 1 }]);
  });

  test('an aggregate costs as much as a page, and is not made beyond the limit of credits', async () => {
    const engine = await lab();
    assert.deepEqual(await aggregateOf(engine).spending?.estimate(never), { credits: 1, atMost: true });
    assert.equal(noted(await pull(aggregateOf(engine, { maxCredits: 0 })))['partial'], 'credit_limit');
    assert.equal(engine.requests.length, 0);
  });

  test('nothing to count is partial; a wrong field is an error; a busy engine is waited for', async () => {
    assert.equal(noted(await pull(aggregateOf(await lab([], []))))['partial'], 'feed_empty');
    await assert.rejects(pull(aggregateOf(await lab(), { field: 'host.services.nonsense' })), {
      code: 'KC_FEED_QUERY',
    });
    const busy = await lab([{ kind: 'status', at: 1, status: 429, retryAfter: '1' }]);
    assert.equal((await pull(aggregateOf(busy))).at(-1)?.type, 'count');
  });
});

describe('hits of any form', () => {
  const context = { feed: 'censys', now: NOW, at: 'page 1 hit 1' };
  const reason = (hit: unknown) =>
    itemsOfHit(hit, context).map((item) => (item.type === 'rejection' ? item.reason : item.type));

  test('what is no host or has no TCP service with evidence is rejected with its reason', () => {
    assert.deepEqual(reason({ certificate_v1: { resource: {} } }), ['certificate_hit']);
    assert.deepEqual(reason({ webproperty_v1: { resource: {} } }), ['web_property_hit']);
    assert.deepEqual(reason(null), ['unknown_hit']);
    assert.deepEqual(reason({ host_v1: { resource: {} } }), ['no_host']);
    const host = (services: unknown, matched?: unknown) => ({
      host_v1: { resource: { ip: '1.2.3.4', services }, matched_services: matched },
    });
    assert.deepEqual(reason(host(null)), ['no_service']);
    assert.deepEqual(reason(host([{ port: 443, transport_protocol: 'quic', cert: { names: [] } }])), ['no_service']);
    assert.deepEqual(reason(host([{ port: 22 }])), ['no_service']);
    assert.deepEqual(reason(host([{ port: 22 }], [{ port: 22, transport_protocol: 'tcp' }])), ['sighting']);
    assert.deepEqual(
      reason(
        host([
          { port: 'x', cert: {} },
          { port: 443, cert: {}, scan_time: '2030-01-01T00:00:00Z' },
        ]),
      ),
      ['bad_port', 'time_in_future'],
    );
  });

  test('a hit of any depth is read or rejected', () => {
    const depth = 100_000;
    const deep = JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
    for (const hit of [
      { host_v1: { resource: { ip: deep } } },
      { certificate_v1: deep },
      { host_v1: { resource: { ip: '1.2.3.4', services: [{ port: deep, cert: deep, scan_time: deep }] } } },
    ]) {
      assert.equal(itemsOfHit(hit, context)[0]?.type, 'rejection');
    }
  });

  test('no JSON makes it throw', () => {
    const keys = [
      'host_v1',
      'resource',
      'ip',
      'services',
      'port',
      'cert',
      'endpoints',
      'http',
      'kubernetes',
      'version_info',
      'matched_services',
    ];
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 6 },
        fc.constantFrom(null, '1.2.3.4', 443, true),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...keys), tie('any')),
      ),
    })).any;
    fc.assert(
      fc.property(value, (resource) => {
        for (const hit of [
          resource,
          { host_v1: resource },
          { host_v1: { resource } },
          { host_v1: { resource: { ip: '1.2.3.4', services: [resource] } } },
        ]) {
          assert.ok(itemsOfHit(hit, context).length > 0);
        }
      }),
    );
  });
});
