// No answer, name, redirect or spelling makes us connect to an address that is forbidden: one test for each way out, with a real name server that lies.
import assert from 'node:assert/strict';
import { Resolver as DnsResolver } from 'node:dns';
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { feedHostReason } from '../../services/candidates/feed-host.ts';
import { createOptOuts } from '../../services/candidates/opt-out.ts';
import { createPolicy } from '../../services/candidates/policy.ts';
import { createResolver, DEFAULT_MAX_ANSWERS } from '../../services/candidates/resolve.ts';
import { parseScope } from '../../services/candidates/scope.ts';
import { loadConfig } from '../../services/config.ts';
import { createDeliveries, webhookGuard } from '../../services/deliveries.ts';
import { guestOpener } from '../../services/platform/db/guest.ts';
import { parseAddress } from '../../services/platform/net/address.ts';
import { createClient } from '../../services/platform/net/client.ts';
import type { DialGuard, Lookup } from '../../services/platform/net/guard.ts';
import { createObjectStorage } from '../../services/platform/object-storage.ts';
import { createFirstFlightProbe } from '../../services/probes/first-flight.probe.ts';
import { createProbe, DEFAULT_LIMITS } from '../../services/probes/tls.probe.ts';
import { addresses, type DnsServer, type Question, type Reply, startDnsServer } from '../support/dns-server.ts';

/** Stands for a public address: everything in this test stays on loopback. The trap is a private one, as it is in truth. */
const PUBLIC = '127.0.0.2';
const TRAP = '127.0.0.1';
/** Ways to write the trap. */
const SPELLINGS = ['127.0.0.1', '127.1', '0x7f.1', '2130706433', '0177.0.0.1', '[::ffff:7f00:1]', '[::ffff:127.0.0.1]'];

const policy = createPolicy({
  own: [],
  optOuts: createOptOuts([]),
  scope: parseScope(['0.0.0.0/0', '2000::/3']),
  loopbackLab: false,
});

/** A guard to which the stand-in is public. */
const withStandIn =
  (guard: DialGuard): DialGuard =>
  (address, name) =>
    address === PUBLIC ? null : guard(address, name);

/** What came to an address: connections, and bytes. */
interface Listener {
  readonly port: number;
  connections: number;
  bytes: number;
  close(): void;
}

async function listen(address: string, port: number, listener: RequestListener | null = null): Promise<Listener> {
  const server = listener === null ? createServer() : createHttpServer(listener);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    found.connections++;
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => undefined));
    if (listener === null) socket.on('data', (data: Buffer) => (found.bytes += data.length));
  });
  server.listen(port, address);
  await once(server, 'listening');
  const found: Listener = {
    port: (server.address() as AddressInfo).port,
    connections: 0,
    bytes: 0,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
  return found;
}

let names: DnsServer;
let trap: Listener;
let open: Listener;
let location = '';

const ZONE: Readonly<Record<string, (question: Question, count: number) => Reply>> = {
  // Public when it is judged, private when somebody asks again.
  'feeds.rebind.example.org': ({ name }, count) => addresses(name, [count === 0 ? PUBLIC : TRAP], 0),
  'webhooks.rebind.example.org': ({ name }, count) => addresses(name, [count === 0 ? PUBLIC : TRAP], 0),
  'mixed.example.org': ({ name }) => addresses(name, [TRAP, PUBLIC]),
  'private.example.org': ({ name }) => addresses(name, [TRAP, '10.0.0.1', '169.254.169.254']),
  'chain.example.org': ({ name }) => ({
    answers: [
      { type: 'CNAME', name, data: 'public.example.net' },
      { type: 'CNAME', name: 'public.example.net', data: 'metadata.google.internal' },
      { type: 'A', name: 'metadata.google.internal', data: TRAP },
    ],
  }),
  'real-rebind.example.org': ({ name }, count) => addresses(name, [count === 0 ? '8.8.8.8' : TRAP], 0),
  'real-mixed.example.org': ({ name }) => addresses(name, ['8.8.8.8', TRAP, '169.254.169.254']),
};

before(async () => {
  names = await startDnsServer((question, count) => {
    const entry = question.type === 'A' ? ZONE[question.name] : undefined;
    return entry === undefined ? { answers: [] } : entry(question, count);
  });
  open = await listen(PUBLIC, 0, (_request, response) => {
    if (location === '') response.end('{}');
    else response.writeHead(307, { location }).end();
  });
  trap = await listen(TRAP, open.port);
});
after(async () => {
  trap.close();
  open.close();
  await names.close();
});
beforeEach(() => {
  trap.connections = 0;
  trap.bytes = 0;
  open.connections = 0;
  location = '';
});

/** Names as the name server of the test has them; what it is asked is in `names.asked`. */
const lookup: Lookup = (hostname, _options, callback) => {
  const resolver = new DnsResolver();
  resolver.setServers([names.address]);
  resolver.resolve4(hostname, (error, found) => {
    callback(
      error,
      (found ?? []).map((address) => ({ address, family: 4 })),
    );
  });
};

const askedFor = (name: string): number =>
  names.asked.filter((question) => question.name === name && question.type === 'A').length;
const signal = new AbortController().signal;

for (const [path, guard] of [
  ['feeds', feedHostReason],
  ['webhooks', webhookGuard([])],
] as const)
  describe(`the HTTP client of ${path}`, () => {
    const client = createClient({ userAgent: 'kubecensus test', guard: withStandIn(guard), lookup });
    after(() => client.close());
    const get = (host: string) => client.request({ url: `http://${host}:${open.port}/`, maxBytes: 1000, signal });
    const listenTo = (host: string): Promise<string> =>
      new Promise((resolve) => {
        const socket = client.openSocket(`ws://${host}:${open.port}/`, {
          open: () => socket.close(),
          message: () => {},
          end: resolve,
        });
      });

    test('a name that is public first and private then is asked for once, and connected to where it was judged', async () => {
      const name = `${path}.rebind.example.org`;
      assert.equal((await get(name)).status, 200);
      assert.equal(askedFor(name), 1);
      // Now it says the trap, to a connection of its own.
      assert.match(await listenTo(name), /may not be connected to: special_purpose/);
      assert.deepEqual([open.connections, trap.connections], [1, 0]);
    });

    test('of mixed answers only the public one is connected to; without one, none', async () => {
      assert.equal((await get('mixed.example.org')).status, 200);
      await assert.rejects(get('private.example.org'), { code: 'NET_DENIED' });
      await assert.rejects(get('chain.example.org'), { code: 'NET_DENIED' });
      assert.match(await listenTo('chain.example.org'), /may not be connected to/);
      assert.equal(trap.connections, 0);
    });

    test('a redirect to a private address is an answer and is not followed', async () => {
      location = `http://${TRAP}:${trap.port}/`;
      assert.equal((await get(PUBLIC)).status, 307);
      assert.equal(trap.connections, 0);
    });

    test('metadata is refused in every spelling', async () => {
      for (const host of [
        '169.254.169.254',
        '[::ffff:a9fe:a9fe]',
        '0xa9fea9fe',
        '2852039166',
        '[fd00:ec2::254]',
        '168.63.129.16',
      ])
        await assert.rejects(get(host), { code: 'NET_DENIED' }, host);
    });
  });

test('a webhook to a private address is refused in every spelling, with and without TLS', async () => {
  const config = loadConfig({}, null);
  const deliveries = createDeliveries(config, 'kubecensus test');
  try {
    for (const host of [...SPELLINGS, 'localhost'])
      for (const scheme of ['http', 'https'])
        await assert.rejects(
          deliveries.webhook.post({ url: `${scheme}://${host}:${trap.port}/`, headers: {}, body: '{}' }),
          { code: 'NET_DENIED' },
          `${scheme}://${host}`,
        );
  } finally {
    await deliveries.close();
  }
  assert.equal(trap.connections, 0);
});

test('the connected socket is judged again, before a byte is sent', async () => {
  // Whatever chose the address: here the guard itself lets it pass once.
  const turncoat = (): DialGuard => {
    let calls = 0;
    return () => (calls++ === 0 ? null : 'special_purpose');
  };
  for (const [scheme, host] of [
    ['http', TRAP],
    ['https', TRAP],
    ['http', 'private.example.org'],
  ] as const) {
    const guard =
      host === TRAP
        ? turncoat()
        : (
            (name): DialGuard =>
            (address) =>
              address === TRAP && name-- > 0 ? null : 'special_purpose'
          )(1);
    const client = createClient({ userAgent: 'kubecensus test', guard, lookup });
    await assert.rejects(
      client.request({ url: `${scheme}://${host}:${trap.port}/`, maxBytes: 100, signal }),
      { code: 'NET_DENIED' },
      `${scheme} ${host}`,
    );
    await client.close();
  }
  assert.deepEqual([trap.connections, trap.bytes], [3, 0]);
});

test('a guest on a database judges literals, names and its connected socket', async () => {
  const visit = (url: string, guard: DialGuard) =>
    guestOpener('kubecensus test', guard)({ url, password: null, statementTimeoutMs: 1000, signal });
  await assert.rejects(visit(`postgres://guest@169.254.169.254:${trap.port}/db`, feedHostReason), {
    code: 'NET_DENIED',
  });
  await assert.rejects(visit(`postgres://guest@example.org:${trap.port}/db?host=169.254.169.254`, feedHostReason), {
    code: 'NET_DENIED',
  });
  const inner: DialGuard = (_address, name) => (name === null ? null : 'special_purpose');
  await assert.rejects(visit(`postgres://guest@localhost:${trap.port}/db`, inner), { code: 'NET_DENIED' });
  await assert.rejects(
    visit('postgres://guest@example.org/db?host=/var/run/postgresql', () => null),
    { code: 'NET_DENIED' },
  );
  assert.equal(trap.connections, 0);
  let calls = 0;
  await assert.rejects(
    visit(`postgres://guest@${TRAP}:${trap.port}/db`, () => (calls++ === 0 ? null : 'moved')),
    { code: 'NET_DENIED' },
  );
  assert.deepEqual([trap.connections, trap.bytes], [1, 0]);
});

test('an object store is never metadata, by address or by name', async () => {
  const put = async (endpoint: string, guard: DialGuard): Promise<void> => {
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: null };
    const storage = await createObjectStorage({
      endpoint,
      region: 'us-east-1',
      ...credentials,
      encryption: 'none',
      guard,
    });
    try {
      await storage.put({ bucket: 'b', key: 'k', bytes: Buffer.from('x'), contentType: 'text/plain', sha256: '00' });
    } finally {
      storage.close();
    }
  };
  const environment = {
    KUBECENSUS_S3_ENDPOINT: 'http://169.254.169.254/',
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
  };
  const deliveries = createDeliveries(loadConfig(environment, null), 'kubecensus test');
  const object = { bucket: 'b', key: 'k', bytes: Buffer.from('x'), contentType: 'text/plain', sha256: '00' };
  await assert.rejects(deliveries.storage(object), { code: 'NET_DENIED' });
  await deliveries.close();
  await assert.rejects(
    put(`http://localhost:${trap.port}`, (_address, name) => (name === null ? null : 'metadata')),
    {
      code: 'NET_DENIED',
    },
  );
  assert.equal(trap.connections, 0);
});

test('names of candidates are asked once, and whatever stands between, only public addresses come out', async () => {
  const resolver = createResolver({
    ...{ servers: [names.address], timeoutMs: 30_000, tries: 1, policy, maxAnswers: DEFAULT_MAX_ANSWERS },
    family: 'v4',
  });
  const resolve = async (name: string) => {
    const { outcome, flags, ...rest } = await resolver.resolve(name);
    return [outcome, ...('addresses' in rest ? rest.addresses.map(({ text }) => text) : []), ...flags];
  };
  assert.deepEqual(await resolve('real-rebind.example.org'), [null, '8.8.8.8']);
  assert.equal(askedFor('real-rebind.example.org'), 1);
  assert.deepEqual(await resolve('real-mixed.example.org'), [null, '8.8.8.8', 'dns_mixed_private']);
  for (const name of ['chain.example.org', 'private.example.org'])
    assert.deepEqual(await resolve(name), ['dns_no_public_address'], name);
  resolver.close();
});

test('a probe takes addresses only, connects to none that is forbidden, and judges the connected socket before it speaks', async () => {
  const allow = (text: string): boolean => {
    const address = parseAddress(text);
    return address !== null && policy.decide(address).allowed;
  };
  /** Lets an address pass when it is asked before dialling, and not on the socket. */
  const turncoat = (): ((address: string) => boolean) => {
    let calls = 0;
    return () => calls++ === 0;
  };
  const probes = (allowed: (address: string) => boolean) => {
    const { connectMs, tlsMs } = DEFAULT_LIMITS;
    const now = (): Date => new Date();
    const full = createProbe({ limits: DEFAULT_LIMITS, userAgent: 'kubecensus test', from: null, allow: allowed, now });
    const first = createFirstFlightProbe({ connectMs, flightMs: tlsMs, allow: allowed, now });
    return [
      (address: string) =>
        full({ address, port: trap.port, serverName: 'public.example.org', transport: 'tls', paths: ['/version'] }),
      (address: string) =>
        full({ address, port: trap.port, serverName: null, transport: 'plain', paths: ['/version'] }),
      (address: string) => first({ address, port: trap.port, serverName: null }),
    ];
  };
  for (const probe of probes(allow))
    for (const text of [...SPELLINGS, 'localhost', 'rebind.example.org']) {
      const address = text.replace(/^\[|\]$/g, '');
      const { outcome, ms } = await probe(address);
      assert.ok(outcome === 'blocked_policy' || outcome === 'invalid_target', `${address}: ${outcome}`);
      assert.equal(ms.connect, null);
    }
  assert.equal(trap.connections, 0);
  for (const index of [0, 1, 2]) {
    const { outcome } = (await probes(turncoat())[index]?.(TRAP)) ?? {};
    assert.equal(outcome, 'blocked_policy');
  }
  assert.deepEqual([trap.connections, trap.bytes], [3, 0]);
});
