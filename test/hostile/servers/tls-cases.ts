// Adverse servers in the TLS handshake.
import assert from 'node:assert/strict';
import type { TlsOptions } from 'node:tls';
import type { Issued } from '../../../services/lab/server-certificates.ts';
import type { ProbeResult } from '../../../services/probes/probe.ts';
import type { AdverseCase } from '../adverse-case.ts';
import { SHORT_LIMITS } from '../adverse-case.ts';
import type { AdverseServer } from './listener.ts';
import { flood, serveTcp, serveTls, whileOpen } from './listener.ts';

export interface TlsMaterial {
  readonly issued: Issued;
  readonly authority: Issued;
  readonly expired: Issued;
  readonly manyNames: Issued;
  readonly tooManyNames: Issued;
  /** PEM of a leaf and 39 more certificates. */
  readonly longChain: { readonly key: string; readonly cert: string };
}

/** Answers every request with "ok". */
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** Says `bytes` at once, as a banner; and then keeps quiet. */
const banner = (bytes: Buffer | string) => (): Promise<AdverseServer> => serveTcp((socket) => void socket.write(bytes));

/** Answers the ClientHello with `bytes`, then does `then`. */
const reply =
  (bytes: Buffer | string, then: 'stay' | 'close' = 'stay') =>
  (): Promise<AdverseServer> =>
    serveTcp((socket) => void socket.once('data', () => (then === 'stay' ? socket.write(bytes) : socket.end(bytes))));

const secured = (options: TlsOptions) => (): Promise<AdverseServer> =>
  serveTls(options, (socket) => void socket.on('data', () => socket.write(OK)));

const ALERT_HANDSHAKE_FAILURE = hex('15 0303 0002 02 28');
const ALERT_UNRECOGNIZED_NAME = hex('15 0303 0002 02 70');
const ALERT_WARNING = hex('15 0303 0002 01 5a');
const ALERT_UNDEFINED = hex('15 0303 0002 02 fe');
/** ServerHello with version 0x7f7f, no session, a suite that was offered. */
const BOGUS_VERSION = hex(`16 0303 002a 02 000026 7f7f ${'11'.repeat(32)} 00 1301 00`);
/** The start of a ServerHello record of 4,096 bytes, which takes a minute and a half at one byte in 20 ms. */
const LONG_RECORD = Buffer.concat([hex('16 0303 1000 02 000ffc 0303'), Buffer.alloc(4096)]);
/** Bytes of a fixed xorshift, so that the case is the same every time; the first is no TLS record type. */
const RANDOM_BYTES = Buffer.from(
  Array.from({ length: 512 }, (_, index) => (Math.imul(index + 7, 2_654_435_761) >>> 13) & 0xff),
);

function leafKept(leaf: Issued) {
  return ({ evidence }: ProbeResult): void => assert.equal(evidence.tls?.chain?.[0], leaf.der.toString('base64'));
}

export function tlsCases({
  issued,
  authority,
  expired,
  manyNames,
  tooManyNames,
  longChain,
}: TlsMaterial): readonly AdverseCase[] {
  const pair = { key: issued.key, cert: issued.cert };
  const withoutCertificate = ({ evidence }: ProbeResult): void => assert.equal(evidence.tls, undefined);
  return [
    {
      id: 'A13',
      what: 'plain HTTP 400 on a TLS port',
      serve: reply('HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n', 'close'),
      outcome: 'tls_not_tls',
    },
    { id: 'A14 ssh', what: 'SSH banner', serve: banner('SSH-2.0-OpenSSH_9.9\r\n'), outcome: 'tls_not_tls' },
    { id: 'A14 smtp', what: 'SMTP banner', serve: banner('220 mail.example.org ESMTP\r\n'), outcome: 'tls_not_tls' },
    { id: 'A14 ftp', what: 'FTP banner', serve: banner('220 (vsFTPd 3.0.5)\r\n'), outcome: 'tls_not_tls' },
    { id: 'A15', what: 'random bytes', serve: reply(RANDOM_BYTES), outcome: 'tls_not_tls' },
    {
      id: 'A16',
      what: 'fatal alert handshake_failure',
      serve: reply(ALERT_HANDSHAKE_FAILURE, 'close'),
      outcome: 'tls_alert',
      alert: 40,
    },
    {
      id: 'A17',
      what: 'fatal alert unrecognized_name',
      serve: reply(ALERT_UNRECOGNIZED_NAME, 'close'),
      outcome: 'tls_alert',
      alert: 112,
    },
    { id: 'A18', what: 'warning alert, then FIN', serve: reply(ALERT_WARNING, 'close'), outcome: 'tls_closed' },
    {
      id: 'A19',
      what: 'alert with an undefined code',
      serve: reply(ALERT_UNDEFINED, 'close'),
      outcome: 'tls_closed',
    },
    {
      id: 'A20',
      what: 'warning alerts without end',
      serve: () => serveTcp((socket) => void socket.once('data', () => flood(socket, ALERT_WARNING))),
      outcome: 'tls_protocol',
    },
    {
      id: 'A21',
      what: 'TLS 1.0 only',
      serve: secured({ ...pair, minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' }),
      outcome: null,
    },
    {
      id: 'A23',
      what: 'ServerHello of a version that does not exist',
      serve: reply(BOGUS_VERSION),
      outcome: 'tls_protocol',
    },
    { id: 'A24', what: 'record of 65,535 bytes', serve: reply(hex('16 0303 ffff 02')), outcome: 'tls_protocol' },
    {
      id: 'A25',
      what: 'one byte of the handshake every 20 ms',
      serve: () =>
        serveTcp((socket) => {
          let sent = 0;
          socket.once('data', () => whileOpen(socket, 20, () => socket.write(LONG_RECORD.subarray(sent, ++sent))));
        }),
      outcome: 'tls_timeout',
      check: withoutCertificate,
    },
    {
      id: 'A43',
      what: 'more handshake bytes than are read in all, and no event that says so',
      serve: reply(LONG_RECORD.subarray(0, 4000)),
      outcome: 'tls_msg_too_large',
      options: { limits: { ...SHORT_LIMITS, totalBytes: 1024 } },
      check: ({ detail }) => assert.equal(detail, 'TOTAL_BYTES'),
    },
    {
      id: 'A26',
      what: 'certificate above 100 kB',
      serve: secured({ key: tooManyNames.key, cert: tooManyNames.cert }),
      outcome: 'tls_msg_too_large',
    },
    {
      id: 'A27',
      what: 'certificate with 2,500 names',
      serve: secured({ key: manyNames.key, cert: manyNames.cert }),
      outcome: null,
      check: leafKept(manyNames),
    },
    {
      id: 'A28',
      what: 'chain of 40 certificates',
      serve: secured(longChain),
      outcome: null,
      check: ({ evidence }) => {
        assert.equal(evidence.tls?.chain?.length, 4);
        assert.equal(evidence.tls?.chainLength, 40);
      },
    },
    {
      id: 'A29',
      what: 'expired certificate',
      serve: secured({ key: expired.key, cert: expired.cert }),
      outcome: null,
      check: leafKept(expired),
    },
    {
      id: 'A35',
      what: 'asks for a client certificate and goes on without',
      serve: secured({ ...pair, requestCert: true, rejectUnauthorized: false, ca: authority.cert }),
      outcome: null,
      check: leafKept(issued),
    },
    {
      id: 'A36',
      what: 'demands a client certificate, TLS 1.3',
      serve: secured({
        ...pair,
        requestCert: true,
        rejectUnauthorized: true,
        ca: authority.cert,
        minVersion: 'TLSv1.3',
      }),
      outcome: 'tls_client_cert_required',
      alert: 116,
      check: (result) => {
        leafKept(issued)(result);
        assert.equal(result.evidence.tls?.version, 'TLSv1.3');
        assert.ok(result.evidence.requests?.every((request) => 'error' in request));
      },
    },
    {
      id: 'A37',
      what: 'demands a client certificate, TLS 1.2',
      serve: secured({
        ...pair,
        requestCert: true,
        rejectUnauthorized: true,
        ca: authority.cert,
        maxVersion: 'TLSv1.2',
      }),
      outcome: 'tls_alert',
      alert: 40,
    },
    {
      id: 'A38',
      what: 'speaks h2 only',
      serve: secured({ ...pair, ALPNProtocols: ['h2'] }),
      outcome: 'tls_alert',
      alert: 120,
    },
    {
      id: 'A42',
      what: 'close_notify right after the handshake',
      serve: () => serveTls(pair, (socket) => void socket.end()),
      outcome: 'http_incomplete',
      check: leafKept(issued),
    },
  ];
}
