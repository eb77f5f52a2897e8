// The first-flight probe on real sockets: the lab's hosts, servers of many kinds, and when it does not dial.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TLSSocket, TlsOptions } from 'node:tls';
import { type RunningHosts, startHosts } from '../../services/lab/hosts.ts';
import { issueCertificate } from '../../services/lab/server-certificates.ts';
import { planWorld } from '../../services/lab/world.ts';
import type { FirstFlightTarget } from '../../services/probes/first-flight.probe.ts';
import { createFirstFlightProbe, type FirstFlightOptions } from '../../services/probes/first-flight.probe.ts';
import { createProbe, DEFAULT_LIMITS } from '../../services/probes/tls.probe.ts';
import { serveTcp, serveTls } from '../hostile/servers/listener.ts';
import { certificate, helloDone, record, serverHello } from './first-flight-bytes.ts';

const NOW = new Date('2026-11-24T00:00:00Z');
const issued = await issueCertificate();
const pair = { key: issued.key, cert: issued.cert };

const flightProbe = (options: Partial<FirstFlightOptions> = {}) =>
  createFirstFlightProbe({ connectMs: 5000, flightMs: 10_000, allow: () => true, now: () => NOW, ...options });
const fullProbe = createProbe({
  limits: DEFAULT_LIMITS,
  userAgent: 'kubecensus-test/1',
  from: null,
  allow: () => true,
  now: () => NOW,
});
const targetOf = (port: number): FirstFlightTarget => ({ address: '127.0.0.1', port, serverName: null });

/** Hosts dialled at once: each is a TLS server in this very process. */
const AT_ONCE = 20;

/** A lab in a free part of its network: other labs may run beside this test. */
async function startLabHosts(): Promise<{ hosts: RunningHosts; world: ReturnType<typeof planWorld> }> {
  for (let place = 8; ; place = (place + 1) % 16) {
    const world = planWorld({ seed: 'first-flight', hosts: 200, now: new Date(), place, lowPorts: false });
    try {
      return { hosts: await startHosts(world), world };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || place === 7) throw error;
    }
  }
}

test('on every host of the lab: the certificate of the full probe, and the authorities of the plan', async (t) => {
  const { hosts, world } = await startLabHosts();
  t.after(() => hosts.close());
  const probe = flightProbe();
  const services = world.hosts.flatMap(({ address, services: all }) => all.map((service) => ({ address, service })));
  const serving = services.filter(({ service }) => service.transport === 'tls' && service.certificate !== null);
  let read = 0;
  const compare = async ({ address, service }: (typeof serving)[number]): Promise<void> => {
    const target = { address, port: service.port, serverName: null };
    const flight = await probe(target);
    const what = `${address}:${service.port} ${service.kind}`;
    assert.deepEqual([flight.outcome, flight.phase, flight.alert], [null, 'done', null], `${what} ${flight.detail}`);
    const full = await fullProbe({ ...target, transport: 'tls', paths: ['/version'] });
    assert.ok(full.evidence.tls?.chain?.[0], what);
    assert.equal(flight.evidence.tls?.chain?.[0], full.evidence.tls.chain[0], what);
    assert.equal(flight.evidence.tls?.alpn, full.evidence.tls.alpn, what);
    assert.equal(flight.evidence.tls?.version, 'TLSv1.2');
    const authorities = service.clientCertificate === 'none' ? [] : service.acceptableCAs.map((name) => `CN=${name}`);
    assert.deepEqual(flight.evidence.acceptableClientCAs?.toSorted(), authorities.toSorted(), what);
    read++;
  };
  const quick = serving.filter(({ service }) => service.kind !== 'hostile');
  for (let at = 0; at < quick.length; at += AT_ONCE) await Promise.all(quick.slice(at, at + AT_ONCE).map(compare));
  assert.ok(read > 120, `only ${read} hosts`);
});

/** Serves with these options and reads the flight. */
async function flightFrom(options: TlsOptions, target: Partial<FirstFlightTarget> = {}) {
  const names: string[] = [];
  const server = await serveTls(
    { ...options, SNICallback: (name, done) => done(null, void names.push(name)) },
    () => {},
  );
  try {
    return { result: await flightProbe()({ ...targetOf(server.port), ...target }), names, dials: server.connections() };
  } finally {
    await server.close();
  }
}

test('result and evidence of a plain server', async () => {
  const { result, dials } = await flightFrom(pair);
  assert.equal(dials, 1);
  assert.deepEqual(
    { ...result, ms: null, bytesIn: null, evidence: { ...result.evidence, endpoint: null } },
    {
      outcome: null,
      phase: 'done',
      alert: null,
      detail: null,
      ms: null,
      bytesIn: null,
      evidence: {
        endpoint: null,
        observedAt: NOW.toISOString(),
        source: 'active',
        transport: 'tls',
        tls: {
          version: 'TLSv1.2',
          alpn: false,
          cipher: 'ECDHE-ECDSA-AES128-GCM-SHA256',
          chain: [issued.der.toString('base64')],
        },
        acceptableClientCAs: [],
        requests: [],
      },
    },
  );
  assert.ok(result.bytesIn > issued.der.length);
  assert.ok((result.ms.connect ?? -1) >= 0 && (result.ms.tls ?? -1) >= 0 && result.ms.http === null);
});

test('RSA keys, RSA key exchange, TLS 1.0 and 1.1: the same certificate', async () => {
  const rsa = await issueCertificate({ key: 'rsa' });
  const rows: readonly (readonly [TlsOptions, string, RegExp])[] = [
    [{}, 'TLSv1.2', /^ECDHE-RSA-AES128-GCM/],
    [{ ciphers: 'AES256-SHA', maxVersion: 'TLSv1.2' }, 'TLSv1.2', /^AES256-SHA$/],
    [{ minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' }, 'TLSv1', /SHA$/],
    [{ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' }, 'TLSv1.1', /SHA$/],
  ];
  for (const [options, version, cipher] of rows) {
    const { result } = await flightFrom({ key: rsa.key, cert: rsa.cert, ...options });
    assert.equal(result.outcome, null, `${version} ${result.detail}`);
    assert.equal(result.evidence.tls?.version, version);
    assert.match(result.evidence.tls?.cipher ?? '', cipher);
    assert.deepEqual(result.evidence.tls?.chain, [rsa.der.toString('base64')]);
  }
});

test('a server that demands a client certificate shows its own and whom it accepts', async () => {
  const authority = await issueCertificate({ subject: 'CN=etcd-ca', dnsNames: [], ipAddresses: [], authority: true });
  const demanding = { ...pair, requestCert: true, rejectUnauthorized: true, ca: authority.cert };
  const { result } = await flightFrom({ ...demanding, maxVersion: 'TLSv1.2' });
  assert.deepEqual([result.outcome, result.evidence.acceptableClientCAs], [null, ['CN=etcd-ca']]);
});

test('a known name is sent as SNI, an address is not; ALPN is http/1.1', async () => {
  const named = await flightFrom({ ...pair, ALPNProtocols: ['h2', 'http/1.1'] }, { serverName: 'api.example.org.' });
  assert.deepEqual([named.names, named.result.evidence.tls?.alpn], [['api.example.org'], 'http/1.1']);
  assert.equal(named.result.evidence.serverName, 'api.example.org.');
  assert.deepEqual((await flightFrom(pair, { serverName: '127.0.0.1' })).names, []);
});

test('every ClientHello has a random of its own', async () => {
  const randoms = new Set<string>();
  const server = await serveTcp((socket) => {
    socket.once('data', (hello: Buffer) => {
      randoms.add(hello.subarray(11, 43).toString('hex'));
      socket.end();
    });
  });
  const probe = flightProbe();
  await Promise.all(Array.from({ length: 300 }, () => probe(targetOf(server.port))));
  await server.close();
  assert.equal(randoms.size, 300);
});

test('policy is asked before the dial and again with the connected address, before a byte is sent', async () => {
  const heard: Buffer[] = [];
  const server = await serveTcp((socket) => void socket.on('data', (chunk: Buffer) => heard.push(chunk)));
  const before = await flightProbe({ allow: () => false })(targetOf(server.port));
  assert.deepEqual([before.outcome, before.phase, server.connections()], ['blocked_policy', 'policy', 0]);
  const asked: string[] = [];
  const allow = (address: string): boolean => asked.push(address) === 1;
  const after = await flightProbe({ allow })(targetOf(server.port));
  assert.deepEqual([after.outcome, after.phase, after.detail], ['blocked_policy', 'policy', 'POLICY']);
  assert.deepEqual(asked, ['127.0.0.1', '127.0.0.1']);
  await server.close();
  assert.deepEqual(heard, []);
  const broken = await flightProbe({
    allow: () => {
      throw new Error('broken table');
    },
  })(targetOf(1));
  assert.equal(broken.outcome, 'error_ours');
});

test('what cannot be dialled is not dialled', async () => {
  const server = await serveTcp(() => {});
  const bad: readonly Partial<FirstFlightTarget>[] = [
    { address: 'localhost' },
    { address: '127.1' },
    { port: 0 },
    { port: 65_536 },
    { serverName: '' },
    { serverName: 'a b' },
    { serverName: 'a\0b' },
  ];
  for (const target of bad) {
    const result = await flightProbe()({ ...targetOf(server.port), ...target });
    assert.equal(result.outcome, 'invalid_target', JSON.stringify(target));
  }
  assert.equal(server.connections(), 0);
  await server.close();
});

test('a flight that came in time is read, though this process stood still until long after the deadline', async () => {
  const bytes = Buffer.concat([record(serverHello()), record(certificate(issued.der)), record(helloDone)]);
  const server = await serveTcp((socket) => {
    // Behind the ClientHello, so that the deadline runs already.
    socket.once('data', () => {
      socket.write(bytes, () => {
        for (const from = performance.now(); performance.now() - from < 2 * flightMs; );
      });
    });
  });
  const flightMs = 250;
  const result = await flightProbe({ flightMs })(targetOf(server.port));
  await server.close();
  assert.deepEqual([result.outcome, result.evidence.tls?.chain?.length], [null, 1]);
  assert.ok((result.ms.tls ?? 0) >= flightMs, 'the process stood still');
});

test('IPv6', async () => {
  const server = await serveTls(pair, (socket) => void (socket as TLSSocket).destroy(), '::1');
  const result = await flightProbe()({ ...targetOf(server.port), address: '::1' });
  await server.close();
  assert.deepEqual([result.outcome, result.evidence.endpoint.address], [null, '::1']);
});
