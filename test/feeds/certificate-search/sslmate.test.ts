// The SSLMate feed against the lab's API over real sockets: pages to the empty one, polling, limits, credentials.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createSslmateFeed, type SslmateFeedOptions } from '../../../services/feeds/certificate-search/sslmate.feed.ts';
import { type LabSslmate, startSslmate } from '../../../services/lab/sslmate.ts';
import { createClient, type NetClient } from '../../../services/platform/net/client.ts';
import { pullAll } from '../certificate-transparency/lab-log.ts';

const TOKEN = 'lab-sslmate-token';
let client: NetClient;
before(() => {
  client = createClient({ userAgent: 'kubecensus-test (+https://kubecensus.example; mail@kubecensus.example)' });
});
after(() => client.close());

const issuance = (i: number, domain = 'example.org') => ({
  dnsNames: [`k8s.c${i}.${domain}`, `www.c${i}.${domain}`],
  notBefore: '2026-11-20T00:00:00Z',
});

async function withService(
  body: (
    service: LabSslmate,
    feed: (options?: Partial<SslmateFeedOptions>) => ReturnType<typeof createSslmateFeed>,
    waits: number[],
  ) => Promise<void>,
): Promise<void> {
  const issuances = [...Array.from({ length: 25 }, (_, i) => issuance(i)), issuance(1, 'example.net')];
  const service = await startSslmate({ address: '127.0.0.1', token: TOKEN, issuances, pageSize: 10 });
  const waits: number[] = [];
  const sleep = async (ms: number): Promise<void> => {
    waits.push(ms);
  };
  const access = { http: client.request, sleep, clock: () => new Date('2026-11-24T12:00:00Z'), secrets: [TOKEN] };
  const feed = (options: Partial<SslmateFeedOptions> = {}) =>
    createSslmateFeed({
      name: 'sslmate',
      baseUrl: service.url,
      token: TOKEN,
      domains: ['example.org', 'example.net'],
      all: false,
      maxPages: 100,
      port: null,
      access,
      ...options,
    });
  try {
    await body(service, feed, waits);
  } finally {
    await service.close();
  }
}

test('reads each domain to its empty page, and next time only what is new', () =>
  withService(async (service, feed) => {
    const first = await pullAll(feed(), null);
    assert.equal(first.sightings.length, 26);
    assert.deepEqual(first.sightings[0], {
      type: 'sighting',
      host: 'k8s.c0.example.org',
      port: null,
      observedAt: '2026-11-20T00:00:00.000Z',
      at: 'example.org issuance i0',
    });
    assert.equal(first.note.entries, 26);
    assert.equal(first.note.cost, 4 + 2);
    assert.equal(first.note.partial, undefined);
    assert.deepEqual(first.cursor, { after: { 'example.org': 'io', 'example.net': 'ip' } });
    assert.equal(
      service.requests[1],
      '/v1/issuances?domain=example.org&include_subdomains=true&match_wildcards=true&expand=dns_names&after=i9',
    );
    service.issuances.push(issuance(77));
    const later = await pullAll(feed(), first.cursor);
    assert.deepEqual(
      later.sightings.map(({ host }) => host),
      ['k8s.c77.example.org'],
    );
  }));

test('a run that was cut goes on at its last page', () =>
  withService(async (_service, feed) => {
    const cut = await pullAll(feed({ maxPages: 2 }), null);
    assert.equal(cut.note.capHit, true);
    assert.equal(cut.note.partial, 'example.org and 1 domains behind it are not read to their end');
    assert.equal(cut.note.entries, 20);
    const rest = await pullAll(feed(), cut.cursor);
    assert.equal(rest.note.entries, 6);
  }));

test('waits as 429 says, and says so when it goes on', () =>
  withService(async (service, feed, waits) => {
    service.replies.push(
      { status: 429, body: '{"code":"rate_limited","message":"slow"}', headers: { 'retry-after': '7' } },
      {
        status: 429,
        body: '',
        headers: { 'retry-after': 'Tue, 24 Nov 2026 12:00:30 GMT', date: 'Tue, 24 Nov 2026 12:00:00 GMT' },
      },
    );
    assert.equal((await pullAll(feed(), null)).sightings.length, 26);
    assert.deepEqual(waits, [7000, 30_000]);
    const page = [{ id: 'i0', dns_names: ['k8s.example.org'], not_before: '2026-11-20T00:00:00Z' }];
    const limited = { status: 429, body: '', headers: { 'retry-after': '100000' } };
    service.replies.push({ status: 200, body: JSON.stringify(page) }, limited);
    const result = await pullAll(feed(), null);
    assert.equal(result.note.partial, 'example.org: HTTP 429');
    assert.deepEqual(result.cursor, { after: { 'example.org': 'i0', 'example.net': null } });
  }));

test('a key that is refused, an id that comes back, an answer of another form', () =>
  withService(async (service, feed) => {
    await assert.rejects(pullAll(feed({ token: 'wrong-token-entirely' }), null), { code: 'KC_FEED_CREDENTIALS' });
    const page = JSON.stringify([{ id: 'same', dns_names: ['k8s.example.org'] }]);
    service.replies.push({ status: 200, body: page }, { status: 200, body: page });
    assert.equal((await pullAll(feed(), null)).note.partial, 'example.org: cursor_loop');
    service.replies.push({ status: 200, body: '{"issuances":[]}' });
    await assert.rejects(pullAll(feed(), null), { code: 'KC_FEED_ANSWER' });
    service.replies.push({ status: 200, body: '[{"id":"x"}]' });
    assert.deepEqual(
      (await pullAll(feed({ domains: ['example.com'] }), null)).rejections.map(({ reason, at }) => [reason, at]),
      [['no_names', 'example.com issuance x']],
    );
  }));
