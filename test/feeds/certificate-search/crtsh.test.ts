// The crt.sh feed against the lab's service over real sockets: names, the row cap, and bad days of the web server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type CrtshFeedOptions, createCrtshFeed } from '../../../services/feeds/certificate-search/crtsh.feed.ts';
import { type LabCrtsh, type LabCrtshRow, startCrtsh } from '../../../services/lab/crtsh.ts';
import { createClient, type NetClient } from '../../../services/platform/net/client.ts';
import { pullAll } from '../certificate-transparency/lab-log.ts';

let client: NetClient;
before(() => {
  client = createClient({ userAgent: 'kubecensus-test (+https://kubecensus.example; mail@kubecensus.example)' });
});
after(() => client.close());

const ROWS: LabCrtshRow[] = [
  {
    names: [
      'k8s.one.example.org',
      '*.k8s.one.example.org',
      'admin@one.example.org',
      'One Company Ltd',
      'www.one.example.org',
    ],
    entryTimestamp: '2026-11-20T10:11:12.345',
  },
  { names: ['api.two.example.org', 'K8S.one.example.org'], entryTimestamp: null, notBefore: '2026-11-01T00:00:00' },
  { names: ['k8s.old.example.org'], entryTimestamp: '2020-01-01T00:00:00', expired: true },
  { names: ['k8s.example.net'], entryTimestamp: '2026-11-20T10:11:12' },
];

async function withService(
  rows: readonly LabCrtshRow[],
  cap: number,
  body: (
    service: LabCrtsh,
    feed: (options?: Partial<CrtshFeedOptions>) => ReturnType<typeof createCrtshFeed>,
    waits: number[],
  ) => Promise<void>,
): Promise<void> {
  const service = await startCrtsh('127.0.0.1', rows, cap);
  const waits: number[] = [];
  const sleep = async (ms: number): Promise<void> => {
    waits.push(ms);
  };
  const access = { http: client.request, sleep, clock: () => new Date('2026-11-24T12:00:00Z'), secrets: [] };
  const feed = (options: Partial<CrtshFeedOptions> = {}) =>
    createCrtshFeed({
      name: 'crtsh',
      baseUrl: service.url,
      domains: ['example.org'],
      all: false,
      expired: false,
      port: 6443,
      access,
      ...options,
    });
  try {
    await body(service, feed, waits);
  } finally {
    await service.close();
  }
}

test('names of one certificate stand one under the other; addresses of persons and organisations are none', () =>
  withService(ROWS, 10_000, async (service, feed) => {
    const result = await pullAll(feed(), null);
    assert.deepEqual(result.sightings, [
      {
        type: 'sighting',
        host: 'k8s.one.example.org',
        port: 6443,
        observedAt: '2026-11-20T10:11:12.345Z',
        at: 'example.org row 1, certificate 1',
      },
      {
        type: 'sighting',
        host: 'api.two.example.org',
        port: 6443,
        observedAt: '2026-11-01T00:00:00.000Z',
        at: 'example.org row 2, certificate 2',
      },
    ]);
    assert.equal(result.note.entries, 2);
    assert.equal(result.note.partial, undefined);
    assert.deepEqual(result.note.skipped, {
      wildcard: 1,
      internal: 0,
      repeated: 1,
      other: 1,
      truncated: 0,
      email: 1,
      not_a_host: 1,
    });
    assert.deepEqual(service.requests, ['/?q=%25.example.org&output=json&deduplicate=Y&exclude=expired']);
  }));

test('all names and expired certificates come when they are asked for', () =>
  withService(ROWS, 10_000, async (_service, feed) => {
    const result = await pullAll(feed({ all: true, expired: true }), null);
    assert.deepEqual(
      result.sightings.map(({ host }) => host),
      ['k8s.one.example.org', 'www.one.example.org', 'api.two.example.org', 'k8s.old.example.org'],
    );
  }));

test('an answer of as many rows as the service gives is said to be cut', () =>
  withService(
    Array.from({ length: 10_001 }, (_, i) => ({ names: [`k8s.c${i}.example.org`], entryTimestamp: null })),
    10_000,
    async (_service, feed) => {
      const result = await pullAll(feed(), null);
      assert.equal(result.note.entries, 10_000);
      assert.equal(result.note.capHit, true);
      assert.match(result.note.partial!, /^example\.org: more than the 10000 certificates/);
    },
  ));

test('502, 503 and 504 are asked again with growing pauses; a domain that fails leaves its turn to the next run', () =>
  withService(ROWS, 10_000, async (service, feed, waits) => {
    const bad = (status: number) => ({ status, body: '<html>try later</html>' });
    service.replies.push(bad(502), bad(503), bad(504));
    assert.equal((await pullAll(feed(), null)).sightings.length, 2);
    assert.deepEqual(waits, [1000, 2000, 4000]);
    waits.length = 0;
    const domains = ['example.org', 'example.net'];
    service.replies.push({ status: 200, body: '[]' }, bad(503), bad(503), bad(503), bad(503), bad(503));
    const cut = await pullAll(feed({ domains }), null);
    assert.match(cut.note.partial!, /^example\.net: HTTP 503.*; 1 domains are left$/);
    assert.deepEqual(cut.cursor, { next: 1 });
    assert.deepEqual(waits, [1000, 1000, 2000, 4000, 8000]);
    const rest = await pullAll(feed({ domains }), cut.cursor);
    assert.deepEqual(
      rest.sightings.map(({ host }) => host),
      ['k8s.example.net'],
    );
    assert.deepEqual(rest.cursor, { next: 0, done: true });
  }));

test('a service that does not answer, or with something else, is an error', () =>
  withService(ROWS, 10_000, async (service, feed) => {
    service.replies.push(...Array.from({ length: 5 }, () => ({ status: 504, body: '' })));
    await assert.rejects(pullAll(feed(), null), { code: 'KC_FEED_UNAVAILABLE', message: /crt\.sh: HTTP 504/ });
    service.replies.push({ status: 200, body: '<html>maintenance</html>' });
    await assert.rejects(pullAll(feed(), null), { code: 'KC_FEED_ANSWER' });
    service.replies.push({ status: 200, body: '{"rows":[]}' });
    await assert.rejects(pullAll(feed(), null), { code: 'KC_FEED_ANSWER' });
    service.replies.push({ status: 200, body: '[{"id":4}, 7]' });
    const odd = await pullAll(feed(), null);
    assert.deepEqual(
      odd.rejections.map(({ reason, at, excerpt }) => [reason, at, excerpt]),
      [
        ['no_names', 'example.org row 1, certificate 4', '{"id":4}'],
        ['no_names', 'example.org row 2', '7'],
      ],
    );
  }));

test('domains must be domains', () => {
  const access = { http: client.request, sleep: async () => undefined, clock: () => new Date(0), secrets: [] };
  const open = (domains: string[]) => () =>
    createCrtshFeed({
      name: 'c',
      baseUrl: 'http://127.0.0.1',
      domains,
      all: false,
      expired: false,
      port: null,
      access,
    });
  for (const domains of [[], ['org'], ['exa mple.org'], ['https://example.org/'], ['%.example.org'], ['192.0.2.1']])
    assert.throws(open(domains), { code: 'KC_CONFIG', message: /feeds\.c: domains/ });
  assert.equal(
    open(['*.Example.ORG', 'example.org.', 'bücher.example'])().query,
    '%.example.org, %.xn--bcher-kva.example',
  );
});
