// Adverse servers that never get as far as TLS.
import assert from 'node:assert/strict';
import type { Issued } from '../../../services/lab/server-certificates.ts';
import type { AdverseCase } from '../adverse-case.ts';
import type { AdverseServer } from './listener.ts';
import { serveTcp } from './listener.ts';
import { serveBlackHole, serveStopped } from './stoppable.ts';

/** Longer than the connect limit of the short probes, shorter than their TLS limit. */
const SLOW_ACCEPT_MS = 350;

async function serveNobody(): Promise<AdverseServer> {
  const server = await serveTcp(() => {});
  await server.close();
  return { ...server, close: async () => {} };
}

async function serveSlowly(issued: Issued): Promise<AdverseServer> {
  const server = await serveStopped(issued);
  const timer = setTimeout(server.resume, SLOW_ACCEPT_MS);
  const close = (): Promise<void> => {
    clearTimeout(timer);
    return server.close();
  };
  return { ...server, close };
}

export function tcpCases(issued: Issued): readonly AdverseCase[] {
  return [
    { id: 'A01', what: 'RST on SYN', serve: serveNobody, outcome: 'tcp_refused', accepted: 0 },
    {
      id: 'A01 plain',
      what: 'RST on SYN',
      serve: serveNobody,
      outcome: 'tcp_refused',
      accepted: 0,
      target: { transport: 'plain' },
    },
    {
      id: 'A02 A11',
      what: 'SYN into a full accept queue: no answer at all',
      serve: () => serveBlackHole(issued),
      outcome: 'tcp_timeout',
      accepted: 0,
      check: ({ ms, bytesIn }) => {
        assert.equal(ms.connect, null);
        assert.equal(bytesIn, 0);
      },
    },
    {
      id: 'A04',
      what: 'accepts, immediate RST',
      serve: () => serveTcp((socket) => void socket.resetAndDestroy()),
      outcome: 'tls_reset',
    },
    {
      id: 'A04 plain',
      what: 'accepts, immediate RST',
      serve: () => serveTcp((socket) => void socket.resetAndDestroy()),
      outcome: 'tcp_reset',
      target: { transport: 'plain' },
    },
    {
      id: 'A05',
      what: 'accepts, immediate FIN',
      serve: () => serveTcp((socket) => void socket.end()),
      outcome: 'tls_closed',
    },
    {
      id: 'A05 plain',
      what: 'accepts, immediate FIN',
      serve: () => serveTcp((socket) => void socket.end()),
      outcome: 'http_incomplete',
      target: { transport: 'plain' },
    },
    { id: 'A06', what: 'accepts, never writes', serve: () => serveTcp(() => {}), outcome: 'tls_timeout' },
    { id: 'A07', what: 'accepts late', serve: () => serveSlowly(issued), outcome: null },
    {
      id: 'A09',
      what: 'stopped process behind an open port',
      serve: () => serveStopped(issued),
      outcome: 'tls_timeout',
    },
    {
      id: 'A10',
      what: 'RST in the middle of ServerHello',
      serve: () =>
        serveTcp((socket) => {
          socket.once('data', () =>
            socket.write(Buffer.from('160303007a02000076', 'hex'), () => socket.resetAndDestroy()),
          );
        }),
      outcome: 'tls_reset',
    },
    {
      id: 'A12',
      what: 'a source address that this machine does not have',
      serve: () => serveTcp(() => {}),
      outcome: 'error_ours',
      options: { sources: ['192.0.2.1'] },
      accepted: 0,
      check: ({ detail }) => assert.equal(detail, 'EADDRNOTAVAIL'),
    },
  ];
}
