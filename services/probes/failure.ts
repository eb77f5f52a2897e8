// From an error object to an outcome: one table over system codes, OpenSSL reasons and TLS alert numbers, total over anything thrown.
import type { Outcome } from './outcome.ts';
import type { Target } from './probe.ts';

/** The phases in which a connection can fail. */
export type WirePhase = 'connect' | 'tls' | 'http';

/** Where the connection stood when it failed. */
export interface FailureContext {
  readonly phase: WirePhase;
  readonly transport: Target['transport'];
  /** True when the kernel refused the connection before a packet left. */
  readonly local: boolean;
  /** True when at least one byte of an HTTP answer was read. */
  readonly answered: boolean;
}

export interface Failure {
  readonly outcome: Outcome;
  readonly alert: number | null;
  readonly detail: string;
}

/** TLS alerts by name (RFC 8446 section 6, RFC 5246 7.2, RFC 7301), for OpenSSL builds whose message has no number. */
const ALERTS: Readonly<Record<string, number>> = {
  CLOSE_NOTIFY: 0,
  UNEXPECTED_MESSAGE: 10,
  BAD_RECORD_MAC: 20,
  DECRYPTION_FAILED: 21,
  RECORD_OVERFLOW: 22,
  DECOMPRESSION_FAILURE: 30,
  HANDSHAKE_FAILURE: 40,
  NO_CERTIFICATE: 41,
  BAD_CERTIFICATE: 42,
  UNSUPPORTED_CERTIFICATE: 43,
  CERTIFICATE_REVOKED: 44,
  CERTIFICATE_EXPIRED: 45,
  CERTIFICATE_UNKNOWN: 46,
  ILLEGAL_PARAMETER: 47,
  UNKNOWN_CA: 48,
  ACCESS_DENIED: 49,
  DECODE_ERROR: 50,
  DECRYPT_ERROR: 51,
  EXPORT_RESTRICTION: 60,
  PROTOCOL_VERSION: 70,
  INSUFFICIENT_SECURITY: 71,
  INTERNAL_ERROR: 80,
  INAPPROPRIATE_FALLBACK: 86,
  USER_CANCELLED: 90,
  NO_RENEGOTIATION: 100,
  MISSING_EXTENSION: 109,
  UNSUPPORTED_EXTENSION: 110,
  CERTIFICATE_UNOBTAINABLE: 111,
  UNRECOGNIZED_NAME: 112,
  BAD_CERTIFICATE_STATUS_RESPONSE: 113,
  BAD_CERTIFICATE_HASH_VALUE: 114,
  UNKNOWN_PSK_IDENTITY: 115,
  CERTIFICATE_REQUIRED: 116,
  NO_APPLICATION_PROTOCOL: 120,
};

/** Alerts by which a TLS 1.3 server refuses a client without a certificate after its own handshake is done (Go before and after 1.19 or so). */
const CLIENT_CERTIFICATE_ALERTS: readonly number[] = [
  ALERTS['BAD_CERTIFICATE'] ?? -1,
  ALERTS['CERTIFICATE_REQUIRED'] ?? -1,
];

/** OpenSSL reasons for received alerts are this plus the alert number (SSL_AD_REASON_OFFSET). */
const ALERT_REASON_OFFSET = 1000;
/** The low 23 bits of an OpenSSL 3 error code are the reason (ERR_REASON_MASK). */
const REASON_MASK = 0x7fffff;
const MAX_DETAIL = 64;

interface Row {
  readonly code: RegExp;
  readonly when?: (context: FailureContext) => boolean;
  readonly outcome: Outcome;
}

const inPhase =
  (...phases: readonly WirePhase[]) =>
  (context: FailureContext): boolean =>
    phases.includes(context.phase);
const plain = (context: FailureContext): boolean => context.transport === 'plain';

const RESET = /^(?:ECONNRESET|EPIPE|ECONNABORTED|ENOTCONN|ESHUTDOWN)$/;

/** The first row that fits decides. What fits no row is ours: it says nothing about the host. */
const ROWS: readonly Row[] = [
  {
    code: /^(?:EMFILE|ENFILE|EADDRNOTAVAIL|EADDRINUSE|ENETDOWN|ENOBUFS|ENOMEM|EACCES|EPERM|EAFNOSUPPORT|EINVAL)$/,
    outcome: 'error_ours',
  },
  { code: /^ECONNREFUSED$/, outcome: 'tcp_refused' },
  { code: /./, when: (context) => context.local, outcome: 'error_ours' },
  { code: /^(?:EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENONET|ENOPROTOOPT|EPROTONOSUPPORT)$/, outcome: 'tcp_unreachable' },
  { code: /^ETIMEDOUT$/, when: inPhase('connect'), outcome: 'tcp_timeout' },
  { code: /^ETIMEDOUT$/, when: inPhase('tls'), outcome: 'tls_timeout' },
  { code: /^ETIMEDOUT$/, outcome: 'http_timeout' },
  // A reset that comes with the SYN-ACK is seen while connecting; the port was open all the same.
  { code: RESET, when: (context) => inPhase('connect', 'tls')(context) && !plain(context), outcome: 'tls_reset' },
  { code: RESET, when: (context) => plain(context) && !context.answered, outcome: 'tcp_reset' },
  { code: RESET, outcome: 'http_incomplete' },
  // Before TLS was spoken these say that the first bytes were no TLS record; later they are a broken record.
  {
    code: /WRONG_VERSION_NUMBER|HTTP_REQUEST|HTTPS_PROXY_REQUEST|UNKNOWN_PROTOCOL|NOT_TLS/,
    when: inPhase('tls'),
    outcome: 'tls_not_tls',
  },
  { code: /EXCESSIVE_MESSAGE_SIZE|CERT(?:IFICATE)?_LENGTH_TOO_LONG/, outcome: 'tls_msg_too_large' },
  { code: /UNEXPECTED_EOF/, when: inPhase('tls'), outcome: 'tls_closed' },
  { code: /UNEXPECTED_EOF/, outcome: 'http_incomplete' },
  { code: /^(?:ERR_SSL_|ERR_TLS_|ERR_OSSL_|EPROTO$)/, outcome: 'tls_protocol' },
];

/** The property as text; a getter that throws, a number or an object is no text. */
function textOf(error: unknown, key: string): string {
  if (typeof error !== 'object' || error === null) return '';
  try {
    const value: unknown = Reflect.get(error, key);
    return typeof value === 'string' ? value : '';
  } catch {
    return '';
  }
}

/** The number of the TLS alert that an OpenSSL error speaks of, or null. Reads the number, the packed code or the name, in this order. */
export function alertOf(code: string, message: string): number | null {
  const stated = /\balert number (\d{1,3})\b/.exec(message);
  if (stated !== null && Number(stated[1]) <= 255) return Number(stated[1]);
  const packed = /\berror:([0-9A-Fa-f]{8}):SSL/.exec(message);
  const reason = packed === null ? 0 : Number.parseInt(packed[1] ?? '', 16) & REASON_MASK;
  if (reason >= ALERT_REASON_OFFSET && reason <= ALERT_REASON_OFFSET + 255) return reason - ALERT_REASON_OFFSET;
  const named = /^ERR_SSL_.*?ALERT_([A-Z_]+)$/.exec(code);
  return named === null ? null : (ALERTS[named[1] ?? ''] ?? null);
}

/** A code for people: visible ASCII, bounded. */
function detailOf(code: string): string {
  return code.replace(/[^\x21-\x7e]/g, '_').slice(0, MAX_DETAIL) || 'UNKNOWN';
}

/** Classifies anything a socket may emit or a call may throw. Total: never throws, always one outcome. */
export function failureOf(error: unknown, context: FailureContext): Failure {
  const code = textOf(error, 'code');
  const alert = alertOf(code, textOf(error, 'message'));
  const detail = detailOf(code);
  if (alert !== null && code.startsWith('ERR_SSL_')) {
    const wantsCertificate = context.phase === 'http' && !context.answered && CLIENT_CERTIFICATE_ALERTS.includes(alert);
    if (wantsCertificate) return { outcome: 'tls_client_cert_required', alert, detail };
    return { outcome: context.answered ? 'http_incomplete' : 'tls_alert', alert, detail };
  }
  const row = ROWS.find(
    (candidate) => candidate.code.test(code) && (candidate.when === undefined || candidate.when(context)),
  );
  return { outcome: row?.outcome ?? 'error_ours', alert: null, detail };
}

/** What a phase that took too long is called. */
export const TIMEOUTS: Readonly<Record<WirePhase, Outcome>> = {
  connect: 'tcp_timeout',
  tls: 'tls_timeout',
  http: 'http_timeout',
};

/** Ends that a connection may have come to because we kept the host waiting. */
const OF_WAITING: ReadonlySet<Outcome | null> = new Set<Outcome>([
  'tcp_timeout',
  'tcp_reset',
  'tls_timeout',
  'tls_closed',
  'tls_reset',
  'http_timeout',
  'http_incomplete',
]);

/** How a connection ended during which our own event loop stood still: what may be our doing is ours, what only the host can have said is its own. */
export const afterStall = (outcome: Outcome | null): Outcome | null =>
  OF_WAITING.has(outcome) ? 'error_ours' : outcome;
