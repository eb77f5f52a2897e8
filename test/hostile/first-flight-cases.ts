// Adverse servers as the first-flight reader meets them: what they do, and the outcome it must have.
import type net from 'node:net';
import type { Issued } from '../../services/lab/server-certificates.ts';
import { issueCertificate } from '../../services/lab/server-certificates.ts';
import type { FirstFlightOptions, FirstFlightResult } from '../../services/probes/first-flight.probe.ts';
import type { Outcome } from '../../services/probes/outcome.ts';
import { alert, certificate, helloDone, keyExchange, record, serverHello } from '../probes/first-flight-bytes.ts';
import type { AdverseServer } from './servers/listener.ts';
import { flood, serveTcp, serveTls, whileOpen } from './servers/listener.ts';
import { serveBlackHole, serveStopped } from './servers/stoppable.ts';

export interface FlightCase {
  readonly id: string;
  readonly what: string;
  readonly serve: () => Promise<AdverseServer>;
  readonly outcome: Outcome | null;
  readonly alert?: number;
  readonly detail?: string;
  readonly options?: Partial<FirstFlightOptions>;
  /** Connections that the server should have seen; 1 unless the case says otherwise. */
  readonly accepted?: number;
  /** True when the certificate must be kept. */
  readonly leaf?: boolean;
}

/** Answers the first bytes with `bytes`, then does `then`. */
const reply =
  (bytes: Buffer | string, then: 'stay' | 'close' | 'reset' = 'stay') =>
  (): Promise<AdverseServer> =>
    serveTcp((socket) => {
      socket.once('data', () => {
        if (then === 'close') socket.end(bytes);
        else socket.write(bytes, () => then === 'reset' && socket.resetAndDestroy());
      });
    });

const meeting = (meet: (socket: net.Socket) => void) => (): Promise<AdverseServer> =>
  serveTcp((socket) => void socket.once('data', () => meet(socket)));

async function serveNobody(): Promise<AdverseServer> {
  const server = await serveTcp(() => {});
  await server.close();
  return { ...server, close: async () => {} };
}

/** One byte a record: every byte in a record of its own. */
const shredded = (bytes: Buffer): Buffer => Buffer.concat(Array.from(bytes, (byte) => record(Buffer.of(byte))));

export function flightCases(issued: Issued, crowded: Issued): readonly FlightCase[] {
  const pair = { key: issued.key, cert: issued.cert };
  const hello = record(serverHello());
  const chain = record(certificate(issued.der));
  const done = record(helloDone);
  const whole = Buffer.concat([hello, chain, record(keyExchange), done]);
  return [
    { id: 'A01', what: 'RST on SYN', serve: serveNobody, outcome: 'tcp_refused', accepted: 0 },
    {
      id: 'A02',
      what: 'no answer to the SYN',
      serve: () => serveBlackHole(issued),
      outcome: 'tcp_timeout',
      accepted: 0,
    },
    {
      id: 'A04',
      what: 'accepts, immediate RST',
      serve: () => serveTcp((socket) => void socket.resetAndDestroy()),
      outcome: 'tls_reset',
    },
    {
      id: 'A05',
      what: 'accepts, immediate FIN',
      serve: () => serveTcp((socket) => void socket.end()),
      outcome: 'tls_closed',
    },
    { id: 'A06', what: 'silence', serve: () => serveTcp(() => {}), outcome: 'tls_timeout' },
    { id: 'A09', what: 'stopped process', serve: () => serveStopped(issued), outcome: 'tls_timeout' },
    { id: 'A10', what: 'RST in the flight', serve: reply(hello, 'reset'), outcome: 'tls_reset' },
    {
      id: 'A10 late',
      what: 'FIN behind the certificate',
      serve: reply(Buffer.concat([hello, chain]), 'close'),
      outcome: 'tls_closed',
      leaf: true,
    },
    {
      id: 'A12',
      what: 'a source address that this machine does not have',
      serve: () => serveTcp(() => {}),
      outcome: 'error_ours',
      detail: 'EADDRNOTAVAIL',
      options: { sources: ['192.0.2.1'] },
      accepted: 0,
    },
    {
      id: 'A13',
      what: 'plain HTTP 400',
      serve: reply('HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n', 'close'),
      outcome: 'tls_not_tls',
    },
    {
      id: 'A14',
      what: 'SSH banner',
      serve: () => serveTcp((socket) => void socket.write('SSH-2.0-x\r\n')),
      outcome: 'tls_not_tls',
    },
    { id: 'A15', what: 'random bytes', serve: reply(Buffer.alloc(512, 0xa7)), outcome: 'tls_not_tls' },
    { id: 'A16', what: 'alert 40', serve: reply(alert(2, 40), 'close'), outcome: 'tls_alert', alert: 40 },
    {
      id: 'A16 70',
      what: 'alert 70',
      serve: reply(alert(2, 70)),
      outcome: 'tls_alert',
      alert: 70,
      detail: 'TLS13_ONLY',
    },
    {
      id: 'A16 cert',
      what: 'alert behind the certificate',
      serve: reply(Buffer.concat([hello, chain, alert(2, 80)])),
      outcome: 'tls_alert',
      alert: 80,
      leaf: true,
    },
    { id: 'A18', what: 'warning, then FIN', serve: reply(alert(1, 90), 'close'), outcome: 'tls_closed' },
    { id: 'A19', what: 'undefined alert', serve: reply(alert(2, 254)), outcome: 'tls_alert', alert: 254 },
    {
      id: 'A20',
      what: 'warnings without end',
      serve: meeting((socket) => flood(socket, alert(1, 90))),
      outcome: 'tls_protocol',
    },
    {
      id: 'A21',
      what: 'TLS 1.3 only',
      serve: () => serveTls({ ...pair, minVersion: 'TLSv1.3' }, () => {}),
      outcome: 'tls_alert',
      alert: 70,
      detail: 'TLS13_ONLY',
    },
    { id: 'A22', what: 'SSLv2 error', serve: reply(Buffer.from('8003000001', 'hex')), outcome: 'tls_not_tls' },
    {
      id: 'A23',
      what: 'no such version',
      serve: reply(record(serverHello({ version: 0x7f7f }))),
      outcome: 'tls_protocol',
      detail: 'VERSION',
    },
    {
      id: 'A24',
      what: 'record of 65,535 bytes',
      serve: reply(Buffer.from('160303ffff02', 'hex')),
      outcome: 'tls_protocol',
      detail: 'RECORD_OVERFLOW',
    },
    {
      id: 'A25',
      what: 'one byte every 20 ms',
      serve: meeting((socket) => {
        let sent = 0;
        whileOpen(socket, 20, () => socket.write(whole.subarray(sent, ++sent)));
      }),
      outcome: 'tls_timeout',
    },
    {
      id: 'A25 quick',
      what: 'one byte at a time, in time',
      serve: meeting((socket) => {
        socket.setNoDelay(true);
        let sent = 0;
        const next = (): void =>
          void (sent < 400 && socket.write(whole.subarray(sent, ++sent), () => setImmediate(next)));
        next();
        setImmediate(() => socket.write(whole.subarray(sent)));
      }),
      outcome: null,
      leaf: true,
    },
    {
      id: 'A26',
      what: 'certificate above 100 kB',
      serve: () => serveTls({ key: crowded.key, cert: crowded.cert }, () => {}),
      outcome: 'tls_msg_too_large',
    },
    {
      id: 'A26 said',
      what: 'a certificate message of 16 MB is announced',
      serve: reply(Buffer.concat([hello, Buffer.from('16030300040bffffff', 'hex')])),
      outcome: 'tls_msg_too_large',
    },
    { id: 'A29', what: 'records of one byte', serve: reply(shredded(whole.subarray(5))), outcome: 'tls_protocol' },
    {
      id: 'A29 empty',
      what: 'empty records',
      serve: meeting((socket) => flood(socket, record(Buffer.alloc(0)))),
      outcome: 'tls_protocol',
      detail: 'RECORD_LENGTH',
    },
    { id: 'A34', what: 'no certificate', serve: reply(Buffer.concat([hello, done])), outcome: 'tls_protocol' },
    {
      id: 'A38',
      what: 'h2 only',
      serve: () => serveTls({ ...pair, ALPNProtocols: ['h2'] }, () => {}),
      outcome: 'tls_alert',
      alert: 120,
    },
    {
      id: 'A40',
      what: 'HelloRequest',
      serve: reply(record(Buffer.from('00000000', 'hex'))),
      outcome: 'tls_protocol',
      detail: 'HELLO_REQUEST',
    },
    {
      id: 'A40 flood',
      what: 'HelloRequests without end',
      serve: meeting((socket) => flood(socket, record(Buffer.from('00000000', 'hex')))),
      outcome: 'tls_protocol',
    },
    {
      id: 'A41',
      what: 'key exchange without end',
      serve: meeting((socket) => {
        socket.write(Buffer.concat([hello, chain]));
        flood(socket, record(Buffer.concat([Buffer.from('0c007000', 'hex'), Buffer.alloc(16_000)])));
      }),
      outcome: 'tls_protocol',
      leaf: true,
    },
    {
      id: 'whole',
      what: 'a flight, and a flood behind it',
      serve: meeting((socket) => {
        socket.write(whole);
        flood(socket, done);
      }),
      outcome: null,
      leaf: true,
    },
  ];
}

/** The cases with certificates made now. */
export async function madeFlightCases(): Promise<{ cases: readonly FlightCase[]; issued: Issued }> {
  const issued = await issueCertificate();
  const dnsNames = Array.from({ length: 9000 }, (_, index) => `host-${index}.cluster.example.org`);
  return { cases: flightCases(issued, await issueCertificate({ dnsNames })), issued };
}

export const leafOf = (result: FirstFlightResult): string | undefined => result.evidence.tls?.chain?.[0];
