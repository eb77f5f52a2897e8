// Rungs that look at the connection itself.
import { headerOf } from '../answer.ts';
import type { Rung } from '../rung.ts';
import { listsPaths } from './health-rungs.ts';

/** The refusal alerts of mutual TLS: 42 bad_certificate and 116 certificate_required, in OpenSSL's and in plain words. */
const CLIENT_CERTIFICATE_ALERT =
  /BAD_CERTIFICATE|CERTIFICATE_REQUIRED|alert (?:number )?(?:42|116)\b|^tls_client_cert_required$/i;

export const TRANSPORT_RUNGS = [
  {
    name: 'clientCertificateDemanded',
    says: 'The server ends the handshake with an alert that demands a client certificate.',
    source: 'RFC 8446 6.2; etcd captures',
    strength: 'weak',
    holds: ({ failures, answers }) =>
      failures.length === 0
        ? answers.length === 0
          ? null
          : false
        : failures.some((code) => CLIENT_CERTIFICATE_ALERT.test(code)),
  },
  {
    name: 'plainTransport',
    says: 'The port speaks HTTP without TLS.',
    source: 'the connection',
    strength: 'context',
    holds: ({ transport }) => (transport === null ? null : transport === 'plain'),
  },
  {
    name: 'lentCredentials',
    says: '/ lists the API paths in the clear, with the headers of a version that has no port for that (1.20 and later) and no Server header: what stands before the API server adds credentials, as kubectl proxy does.',
    source: 'kubernetes 1.20 (--insecure-port accepts 0 alone); kubectl pkg/proxy; capture',
    strength: 'proof',
    holds: ({ transport, root, flowSchemas, heads }) =>
      transport === null || root === null
        ? null
        : transport === 'plain' &&
          listsPaths(root) &&
          flowSchemas.length > 0 &&
          heads.every((answer) => headerOf(answer, 'server') === undefined),
  },
  {
    name: 'goTlsPort',
    says: "Plain HTTP to the TLS port is refused in the words of Go's net/http.",
    source: 'net/http server.go; captures',
    strength: 'context',
    holds: ({ plainToTls }) =>
      plainToTls === null ? null : plainToTls.includes('Client sent an HTTP request to an HTTPS server.'),
  },
] as const satisfies readonly Rung[];
