// The table from error to outcome: known errors of every Node release we know, and total over anything that may be thrown.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FailureContext } from '../../services/probes/failure.ts';
import { alertOf, failureOf } from '../../services/probes/failure.ts';
import type { Outcome } from '../../services/probes/outcome.ts';
import { OUTCOME_NAMES, OUTCOMES } from '../../services/probes/outcome.ts';

const CONNECT: FailureContext = { phase: 'connect', transport: 'tls', local: false, answered: false };
const TLS: FailureContext = { ...CONNECT, phase: 'tls' };
const HTTP: FailureContext = { ...CONNECT, phase: 'http' };
const PLAIN: FailureContext = { ...HTTP, transport: 'plain' };

const ROWS: readonly (readonly [code: string, FailureContext, Outcome])[] = [
  ['ECONNREFUSED', CONNECT, 'tcp_refused'],
  ['ETIMEDOUT', CONNECT, 'tcp_timeout'],
  ['EHOSTUNREACH', CONNECT, 'tcp_unreachable'],
  ['ENETUNREACH', CONNECT, 'tcp_unreachable'],
  ['ENETUNREACH', { ...CONNECT, local: true }, 'error_ours'],
  ['EHOSTUNREACH', { ...CONNECT, local: true }, 'error_ours'],
  ['ECONNREFUSED', { ...CONNECT, local: true }, 'tcp_refused'],
  ['ECONNRESET', CONNECT, 'tls_reset'],
  ['ECONNRESET', { ...CONNECT, transport: 'plain' }, 'tcp_reset'],
  ...['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENETDOWN', 'ENOBUFS', 'EACCES', 'EPERM'].map(
    (code) => [code, CONNECT, 'error_ours'] as const,
  ),
  ['EMFILE', TLS, 'error_ours'],
  ['ECONNRESET', TLS, 'tls_reset'],
  ['EPIPE', TLS, 'tls_reset'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', TLS, 'tls_not_tls'],
  ['ERR_SSL_HTTP_REQUEST', TLS, 'tls_not_tls'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', HTTP, 'tls_protocol'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', TLS, 'tls_protocol'],
  ['ERR_SSL_DATA_LENGTH_TOO_LONG', TLS, 'tls_protocol'],
  ['ERR_SSL_TOO_MANY_WARN_ALERTS', TLS, 'tls_protocol'],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', TLS, 'tls_protocol'],
  ['ERR_SSL_EXCESSIVE_MESSAGE_SIZE', TLS, 'tls_msg_too_large'],
  ['ERR_SSL_UNEXPECTED_EOF_WHILE_READING', TLS, 'tls_closed'],
  ['EPROTO', TLS, 'tls_protocol'],
  ['ECONNRESET', HTTP, 'http_incomplete'],
  ['ECONNRESET', PLAIN, 'tcp_reset'],
  ['ECONNRESET', { ...PLAIN, answered: true }, 'http_incomplete'],
  ['ETIMEDOUT', HTTP, 'http_timeout'],
  ['SOMETHING_NEW', HTTP, 'error_ours'],
];

test('known errors', () => {
  for (const [code, context, outcome] of ROWS)
    assert.deepEqual(
      failureOf({ code, message: code }, context),
      { outcome, alert: null, detail: code },
      `${code} ${context.phase}`,
    );
});

/** The same alert as three OpenSSL generations say it. */
const SAID = [
  [
    'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE',
    'C0:error:0A000412:SSL routines:ssl3_read_bytes:sslv3 alert bad certificate:rec_layer_s3.c:1605:SSL alert number 42\n',
  ],
  [
    'ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE',
    'C0:error:0A000412:SSL routines:ssl3_read_bytes:ssl/tls alert bad certificate:rec_layer_s3.c:916:SSL alert number 42\n',
  ],
  ['ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE', 'error:0A000412:SSL routines::ssl/tls alert bad certificate'],
  ['ERR_SSL_TLSV1_ALERT_BAD_CERTIFICATE', ''],
] as const;

test('an alert has the same number whatever OpenSSL calls it', () => {
  for (const [code, message] of SAID) assert.equal(alertOf(code, message), 42, code);
  assert.equal(alertOf('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', ''), 116);
  assert.equal(alertOf('ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL', ''), 120);
  assert.equal(
    alertOf(
      'ERR_SSL_TLSV1_UNRECOGNIZED_NAME',
      'error:0A000458:SSL routines:x:tlsv1 unrecognized name:f.c:1:SSL alert number 112',
    ),
    112,
  );
  assert.equal(
    alertOf(
      'ERR_SSL_WRONG_VERSION_NUMBER',
      'error:0A00010B:SSL routines:tls_validate_record_header:wrong version number',
    ),
    null,
  );
  assert.equal(alertOf('ERR_SSL_TOO_MANY_WARN_ALERTS', ''), null);
});

test('a missing client certificate is told from a refused handshake by the phase', () => {
  for (const [code, message] of SAID) {
    const error = { code, message };
    assert.equal(failureOf(error, TLS).outcome, 'tls_alert');
    assert.equal(failureOf(error, HTTP).outcome, 'tls_client_cert_required');
    assert.equal(failureOf(error, { ...HTTP, answered: true }).outcome, 'http_incomplete');
  }
  assert.deepEqual(failureOf({ code: 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR', message: '' }, HTTP), {
    outcome: 'tls_alert',
    alert: 80,
    detail: 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR',
  });
});

test('anything thrown has exactly one outcome and a storable detail', () => {
  const context = fc.record({
    phase: fc.constantFrom('connect' as const, 'tls' as const, 'http' as const),
    transport: fc.constantFrom('tls' as const, 'plain' as const),
    local: fc.boolean(),
    answered: fc.boolean(),
  });
  const code = fc.oneof(fc.constantFrom(...ROWS.map(([known]) => known)), fc.string({ unit: 'binary' }), fc.anything());
  const thrown = fc.oneof(
    fc.anything(),
    fc.record({ code, message: fc.oneof(fc.string(), fc.anything()) }),
    fc.constant(HOSTILE),
  );
  fc.assert(
    fc.property(thrown, context, (error, where) => {
      const { outcome, alert, detail } = failureOf(error, where);
      assert.ok(OUTCOME_NAMES.includes(outcome));
      assert.ok(!['positive', 'not_probed'].includes(OUTCOMES[outcome].class) || alert !== null);
      assert.ok(alert === null || (alert >= 0 && alert <= 255));
      assert.match(detail, /^[\x21-\x7e]{1,64}$/);
    }),
    { numRuns: 1000 },
  );
});

const HOSTILE = {
  get code(): string {
    throw new Error('no code');
  },
};
