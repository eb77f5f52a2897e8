// F45: a feed whose host leads to internal systems is not asked, whether its URL, its name or a redirect says so.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { feedHostReason } from '../../services/candidates/feed-host.ts';
import { SHODAN } from '../../services/feeds/engines/shodan.ts';
import { openFeed } from '../../services/feeds/index.ts';
import { createClient, NET_ERRORS } from '../../services/platform/net/client.ts';
import { collect, NOW } from './formats/items.ts';

/** Address, name of the URL (null: the address itself stands there), and the reason. */
const CASES: readonly (readonly [address: string, name: string | null, reason: string | null])[] = [
  ['198.41.0.4', 'api.example.org', null],
  ['198.41.0.4', null, null],
  ['127.0.0.1', null, null],
  ['10.0.0.1', null, null],
  ['127.0.0.1', 'localhost', null],
  ['10.0.0.1', 'log.internal', null],
  ['10.0.0.1', 'certstream', null],
  ['127.0.0.1', 'api.example.org', 'special_purpose'],
  ['10.0.0.1', 'API.EXAMPLE.ORG.', 'special_purpose'],
  ['::1', 'api.example.org', 'special_purpose'],
  ['::ffff:10.0.0.1', 'api.example.org', 'special_purpose'],
  ['fd00::1', 'api.example.org', 'special_purpose'],
  ['169.254.169.254', null, 'metadata'],
  ['169.254.169.254', 'log.internal', 'metadata'],
  ['168.63.129.16', null, 'metadata'],
  ['fd00:ec2::254', null, 'metadata'],
  ['nonsense', null, 'bad_address'],
];

for (const [address, name, reason] of CASES)
  test(`F45: ${name ?? 'the literal'} at ${address}: ${reason ?? 'may be asked'}`, () =>
    assert.equal(feedHostReason(address, name), reason));

test('F45: the client asks the guard for literals and for every address of a name, and connects to nothing that is refused', async () => {
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const seen: (string | null)[] = [];
  let refuse = true;
  const client = createClient({
    userAgent: 'kubecensus test',
    guard: (_address, name) => {
      seen.push(name);
      return refuse ? 'special_purpose' : null;
    },
  });
  const request = (host: string) =>
    client.request({ url: `http://${host}:${port}/`, maxBytes: 100, signal: new AbortController().signal });
  try {
    await assert.rejects(request('127.0.0.1'), { code: NET_ERRORS.denied });
    await assert.rejects(request('localhost'), { code: NET_ERRORS.denied });
    const ended = await new Promise<string>((resolve) =>
      client.openSocket(`ws://127.0.0.1:${port}/`, { open: () => {}, message: () => {}, end: resolve }),
    );
    assert.match(ended, /may not be connected to/);
    assert.equal(asked, 0);
    assert.ok(seen.includes(null) && seen.includes('localhost'));
    refuse = false;
    assert.equal((await request('localhost')).status, 200);
    assert.equal(asked, 1);
  } finally {
    await client.close();
    server.close();
  }
});

test('F45: a redirect to metadata is not followed, and a feed there is refused once, without another try', async () => {
  const server = createServer((_request, response) => {
    response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = createClient({ userAgent: 'kubecensus test', guard: feedHostReason });
  const waits: number[] = [];
  const feed = (baseUrl: string) =>
    openFeed(
      'mine',
      { type: SHODAN.type, baseUrl },
      {
        http: client.request,
        sleep: async (ms) => void waits.push(ms),
        secret: () => 'a-key-of-a-test',
        now: () => NOW,
      },
    );
  const pull = (baseUrl: string) => collect(feed(baseUrl).pull(null, new AbortController().signal));
  try {
    await assert.rejects(pull(`http://127.0.0.1:${port}`), { code: 'KC_FEED_ANSWER', message: /HTTP 302/ });
    await assert.rejects(pull('http://169.254.169.254'), { code: 'KC_FEED_ANSWER', message: /NET_DENIED/ });
    assert.deepEqual(waits, []);
  } finally {
    await client.close();
    server.close();
  }
});
