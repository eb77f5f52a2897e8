// The probe against servers that behave: what it asks, what it keeps, and when it does not dial.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { issueCertificate } from '../../services/lab/server-certificates.ts';
import { KubecensusError } from '../../services/platform/errors.ts';
import type { ProbeResult, Target } from '../../services/probes/probe.ts';
import { createProbe, FALLBACK_PAUSE_MS } from '../../services/probes/tls.probe.ts';
import { SHORT_LIMITS, shortProbe, targetOf } from '../hostile/adverse-case.ts';
import type { AdverseServer } from '../hostile/servers/listener.ts';
import { serveTcp, serveTls } from '../hostile/servers/listener.ts';

const issued = await issueCertificate();
const pair = { key: issued.key, cert: issued.cert };
const KEEP = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** Runs `use` beside a server that gives `answers` in turn, and hands out what the server was asked. */
async function beside(
  answers: readonly string[],
  options: { transport?: 'tls' | 'plain'; host?: string },
  use: (server: AdverseServer, asked: string[]) => Promise<void>,
): Promise<void> {
  const asked: string[] = [];
  const meet = (socket: import('node:net').Socket): void => {
    let next = 0;
    socket.on('data', (chunk) => {
      asked.push(chunk.toString('latin1'));
      const answer = answers[next++];
      if (answer === undefined || answer === '') socket.end();
      else socket.write(answer, 'latin1');
    });
  };
  const server = await (options.transport === 'plain'
    ? serveTcp(meet, options.host)
    : serveTls(pair, meet, options.host));
  try {
    await use(server, asked);
  } finally {
    await server.close();
  }
}

const ends = ({ evidence }: ProbeResult): unknown[] =>
  (evidence.requests ?? []).map((request) =>
    'error' in request ? request.error : 'end' in request ? request.end : null,
  );

test('two requests on one connection, each one string, honest and plain', () =>
  beside([KEEP, KEEP], {}, async (server, asked) => {
    const result = await shortProbe()(targetOf(server));
    const common = `Host: 127.0.0.1:${server.port}\r\nUser-Agent: kubecensus-test/1 (+http://127.0.0.1/)\r\nFrom: operator@example.org\r\nAccept: application/json\r\nAccept-Encoding: identity\r\n`;
    assert.deepEqual(asked, [
      `GET /version HTTP/1.1\r\n${common}\r\n`,
      `GET /healthz HTTP/1.1\r\n${common}Connection: close\r\n\r\n`,
    ]);
    assert.equal(server.connections(), 1);
    assert.equal(result.outcome, null);
    assert.equal(result.phase, 'done');
    assert.equal(result.detail, null);
    assert.deepEqual(result.evidence, {
      endpoint: { address: '127.0.0.1', port: server.port },
      observedAt: '2026-11-23T00:00:00.000Z',
      source: 'active',
      transport: 'tls',
      tls: {
        version: 'TLSv1.3',
        alpn: false,
        cipher: 'TLS_AES_256_GCM_SHA384',
        chain: [issued.der.toString('base64')],
      },
      acceptableClientCAs: null,
      requests: [
        { path: '/version', response: KEEP, end: 'complete' },
        { path: '/healthz', response: KEEP, end: 'complete' },
      ],
    });
    for (const ms of Object.values(result.ms)) assert.ok(ms !== null && ms >= 0);
    assert.ok(result.bytesIn > 1000);
  }));

test('without a From address there is no From field; a name is the Host', () =>
  beside([KEEP], {}, async (server, asked) => {
    await shortProbe({ from: null })(targetOf(server, { serverName: 'api.example.org.', paths: ['/version'] }));
    assert.match(asked[0] ?? '', new RegExp(`\r\nHost: api\\.example\\.org:${server.port}\r\n`));
    assert.doesNotMatch(asked[0] ?? '', /From:/);
  }));

test('a known name is sent as SNI, an address is not', async () => {
  const seen: (string | false)[] = [];
  const server = await serveTls(pair, (socket) => {
    seen.push(('servername' in socket && typeof socket.servername === 'string' && socket.servername) || false);
    socket.on('data', () => socket.end());
  });
  const probe = shortProbe();
  await probe(targetOf(server, { serverName: 'api.example.org.' }));
  await probe(targetOf(server));
  await probe(targetOf(server, { serverName: '127.0.0.1' }));
  await server.close();
  assert.deepEqual(seen, ['api.example.org', false, false]);
});

test('a server that closes is not asked again on another connection', () =>
  beside(['HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'], {}, async (server, asked) => {
    const result = await shortProbe()(targetOf(server));
    assert.equal(result.outcome, null);
    assert.deepEqual(ends(result), ['complete', 'not_asked']);
    assert.equal(asked.length, 1);
    assert.equal(server.connections(), 1);
  }));

test('a whole first answer outweighs a failed second, whose end tells', async () => {
  await beside([KEEP, 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok'], {}, async (server) => {
    const result = await shortProbe()(targetOf(server));
    assert.equal(result.outcome, null);
    assert.equal(result.phase, 'done');
    assert.deepEqual(ends(result), ['complete', 'timeout']);
  });
  await beside([KEEP, ''], {}, async (server) => {
    const result = await shortProbe()(targetOf(server));
    assert.equal(result.outcome, null);
    assert.deepEqual(ends(result), ['complete', 'HTTP_ENDED_EARLY']);
  });
});

test('a body that runs to the end of the connection is whole', async () => {
  for (const transport of ['tls', 'plain'] as const) {
    const meet = (socket: import('node:net').Socket): void =>
      void socket.once('data', () =>
        socket.end('HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n'),
      );
    const server = await (transport === 'tls' ? serveTls(pair, meet) : serveTcp(meet));
    const result = await shortProbe()(targetOf(server, { transport }));
    await server.close();
    assert.equal(result.outcome, null);
    assert.deepEqual(ends(result), ['closed', 'not_asked']);
  }
});

test('IPv6 is dialled, and bracketed in Host', () =>
  beside([KEEP, KEEP], { transport: 'plain', host: '::1' }, async (server, asked) => {
    const result = await shortProbe()(targetOf(server, { address: '::1', transport: 'plain' }));
    assert.equal(result.outcome, null);
    assert.match(asked[0] ?? '', new RegExp(`\r\nHost: \\[::1\\]:${server.port}\r\n`));
  }));

test('policy is asked before the dial and again with the connected address', () =>
  beside([KEEP], {}, async (server, asked) => {
    const before = await shortProbe({ allow: () => false })(targetOf(server));
    assert.equal(before.outcome, 'blocked_policy');
    assert.equal(server.connections(), 0);
    let calls = 0;
    const after = await shortProbe({ allow: () => ++calls === 1 })(targetOf(server));
    assert.equal(after.outcome, 'blocked_policy');
    assert.equal(after.phase, 'policy');
    assert.equal(after.bytesIn, 0);
    assert.equal(calls, 2);
    assert.deepEqual(asked, []);
  }));

test('a policy that throws blocks nothing else: the fault is ours, and nothing is dialled', async () => {
  const server = await serveTcp(() => {});
  const probe = shortProbe({
    allow: () => {
      throw new Error('broken table');
    },
  });
  assert.equal((await probe(targetOf(server))).outcome, 'error_ours');
  assert.equal(server.connections(), 0);
  await server.close();
});

test('what cannot be asked is not dialled', async () => {
  const bad: Partial<Target>[] = [
    { address: 'localhost' },
    { address: '127.1' },
    { address: '' },
    { port: 0 },
    { port: 65_536 },
    { port: 1.5 },
    { serverName: 'a\r\nX-Evil: 1' },
    { serverName: '' },
    { serverName: 'a b' },
    { paths: [] },
    { paths: ['/a', '/b', '/c'] },
    { paths: ['version'] },
    { paths: ['/a b'] },
    { paths: ['/a\r\nX: y'] },
  ];
  const server = await serveTcp(() => {});
  for (const target of bad) {
    const result = await shortProbe()(targetOf(server, target));
    assert.equal(result.outcome, 'invalid_target', JSON.stringify(target));
  }
  assert.equal(server.connections(), 0);
  await server.close();
});

test('an identity that would break the request is a configuration error', () => {
  const options = { limits: SHORT_LIMITS, from: null, allow: () => true, now: () => new Date() };
  for (const userAgent of ['', 'a\r\nX: y', 'Zensus für alle', ' padded'])
    assert.throws(
      () => createProbe({ ...options, userAgent }),
      (error) => error instanceof KubecensusError && error.code === 'KC_CONFIG',
    );
});

test('the plain fallback: only when asked for, only after what no TLS port does, one more connection after a pause', async () => {
  const starts: number[] = [];
  const meet = (socket: import('node:net').Socket): void => {
    starts.push(performance.now());
    socket.once('data', (chunk) => {
      if (chunk[0] === 0x16) socket.end('HTTP/1.0 400 Bad Request\r\n\r\n');
      else socket.write(KEEP);
    });
  };
  const server = await serveTcp(meet);
  const limits = { ...SHORT_LIMITS, totalMs: 1500 };
  const target = targetOf(server, { paths: ['/version'] });
  const without = await shortProbe({ limits })(target);
  assert.equal(without.outcome, 'tls_not_tls');
  assert.equal(server.connections(), 1);
  const result = await shortProbe({ limits })({ ...target, plainFallback: true });
  assert.equal(result.outcome, null);
  assert.equal(result.evidence.transport, 'plain');
  assert.equal(result.evidence.tls, undefined);
  assert.deepEqual(ends(result), ['complete']);
  assert.equal(server.connections(), 3);
  assert.ok((starts[2] ?? 0) - (starts[1] ?? 0) >= FALLBACK_PAUSE_MS - 1);
  await server.close();
  const silent = await serveTcp((socket) => void socket.end('SSH-2.0-x\r\n'));
  const ssh = await shortProbe({ limits })(targetOf(silent, { plainFallback: true }));
  assert.equal(ssh.outcome, 'tls_not_tls', 'a plain attempt that fails too changes nothing');
  assert.equal(silent.connections(), 2);
  await silent.close();
  const closing = await serveTcp((socket) => void socket.end());
  const closed = await shortProbe({ limits })(targetOf(closing, { plainFallback: true }));
  assert.equal(closed.outcome, 'tls_closed', 'a plain attempt that is closed, too, changes nothing');
  assert.equal(closing.connections(), 2);
  await closing.close();
  // etcd's client port: a ClientHello is neither HTTP nor gRPC, and the connection ends without a byte.
  const multiplexing = await serveTcp((socket) => {
    socket.once('data', (chunk) => (chunk[0] === 0x16 ? socket.destroy() : socket.write(KEEP)));
  });
  const etcd = await shortProbe({ limits })(targetOf(multiplexing, { paths: ['/version'], plainFallback: true }));
  assert.deepEqual([etcd.outcome, etcd.evidence.transport, ends(etcd)], [null, 'plain', ['complete']]);
  await multiplexing.close();
});

test('each phase has its own limit, far below the total', async () => {
  const limits = { ...SHORT_LIMITS, tlsMs: 150, headersMs: 150, totalMs: 20_000 };
  const mute = await serveTcp(() => {});
  const handshake = await shortProbe({ limits })(targetOf(mute));
  const headers = await shortProbe({ limits })(targetOf(mute, { transport: 'plain' }));
  await mute.close();
  assert.deepEqual(
    [handshake.outcome, handshake.phase, headers.outcome, headers.phase],
    ['tls_timeout', 'tls', 'http_timeout', 'http'],
  );
  for (const { ms } of [handshake, headers]) assert.ok(ms.total >= 150 && ms.total < 10_000, `${ms.total}`);
});

test('out of descriptors is our fault, not the host (in a process with few of them)', async () => {
  const script = fileURLToPath(new URL('../hostile/servers/out-of-descriptors.ts', import.meta.url));
  const { stdout } = await promisify(execFile)('sh', [
    '-c',
    'ulimit -n 64 && exec "$0" "$1"',
    process.execPath,
    script,
  ]);
  assert.deepEqual(JSON.parse(stdout), { outcome: 'error_ours', detail: 'EMFILE', again: 'tcp_refused' });
});
