// Servers that mean harm or are broken: each a short script of what happens on the wire, and the outcome that it must lead to.
import type { Outcome } from '../../probes/outcome.ts';

export type HostileStep =
  /** Waits for the first byte of the client, so that connecting has certainly succeeded. */
  | { readonly do: 'await' }
  | { readonly do: 'write'; readonly bytes: string }
  /** One byte at once and one every `everyMs`, for ever. */
  | { readonly do: 'drip'; readonly bytes: string; readonly everyMs: number }
  /** The bytes again and again, as fast as the client reads, up to `times`. */
  | { readonly do: 'repeat'; readonly bytes: string; readonly times: number }
  | { readonly do: 'end' }
  | { readonly do: 'reset' }
  | { readonly do: 'hold' };

export interface HostileScript {
  /** 'tls': the script begins after the handshake, when the request has come. */
  readonly layer: 'tcp' | 'tls';
  readonly steps: readonly HostileStep[];
  readonly outcome: Outcome;
  /** True where a whole head comes, so that /version is known not to answer with a version. */
  readonly headSeen: boolean;
  readonly weight: number;
}

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';

/** By name: what feeds bring a survey to, in small numbers. */
export const HOSTILE: Readonly<Record<string, HostileScript>> = {
  closes: { layer: 'tcp', steps: [{ do: 'end' }], outcome: 'tls_closed', headSeen: false, weight: 4 },
  'resets-hello': {
    layer: 'tcp',
    steps: [{ do: 'await' }, { do: 'reset' }],
    outcome: 'tls_reset',
    headSeen: false,
    weight: 4,
  },
  silence: { layer: 'tcp', steps: [{ do: 'hold' }], outcome: 'tls_timeout', headSeen: false, weight: 4 },
  garbage: {
    layer: 'tcp',
    steps: [
      { do: 'await' },
      { do: 'write', bytes: '\x7f\x00\xfe\x81\xaa\x03lab\x99\x12\xd4\xd4\xd4\xd4\xd4\xd4\xd4\xd4' },
      { do: 'end' },
    ],
    outcome: 'tls_not_tls',
    headSeen: false,
    weight: 3,
  },
  banner: {
    layer: 'tcp',
    steps: [{ do: 'write', bytes: 'SSH-2.0-OpenSSH_9.6\r\n' }, { do: 'hold' }],
    outcome: 'tls_not_tls',
    headSeen: false,
    weight: 4,
  },
  // handshake_failure, fatal, in a TLS 1.2 record.
  alert: {
    layer: 'tcp',
    steps: [{ do: 'await' }, { do: 'write', bytes: '\x15\x03\x03\x00\x02\x02\x28' }, { do: 'end' }],
    outcome: 'tls_alert',
    headSeen: false,
    weight: 3,
  },
  'plain-http': {
    layer: 'tcp',
    steps: [
      { do: 'await' },
      {
        do: 'write',
        bytes: 'HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
      },
      { do: 'end' },
    ],
    outcome: 'tls_not_tls',
    headSeen: false,
    weight: 4,
  },
  'header-flood': {
    layer: 'tls',
    steps: [
      { do: 'write', bytes: HEAD },
      { do: 'repeat', bytes: `X-Flood: ${'a'.repeat(1000)}\r\n`, times: 1000 },
      { do: 'hold' },
    ],
    outcome: 'http_header_overflow',
    headSeen: false,
    weight: 2,
  },
  'header-drip': {
    layer: 'tls',
    // So slow that no probe sees a whole status line before it gives up.
    steps: [{ do: 'drip', bytes: `${HEAD}X-Slow: ${'s'.repeat(900)}`, everyMs: 1000 }],
    outcome: 'http_timeout',
    headSeen: false,
    weight: 1,
  },
  'silent-http': { layer: 'tls', steps: [{ do: 'hold' }], outcome: 'http_timeout', headSeen: false, weight: 1 },
  'body-flood': {
    layer: 'tls',
    steps: [
      { do: 'write', bytes: `${HEAD}Content-Length: 999999999\r\n\r\n` },
      { do: 'repeat', bytes: 'b'.repeat(4096), times: 4096 },
      { do: 'hold' },
    ],
    outcome: 'http_body_cap',
    headSeen: true,
    weight: 2,
  },
  'interim-flood': {
    layer: 'tls',
    steps: [{ do: 'repeat', bytes: 'HTTP/1.1 102 Processing\r\n\r\n', times: 5000 }, { do: 'hold' }],
    outcome: 'http_interim_flood',
    headSeen: false,
    weight: 1,
  },
  'short-body': {
    layer: 'tls',
    steps: [{ do: 'write', bytes: `${HEAD}Content-Length: 400\r\n\r\n{"major":` }, { do: 'end' }],
    outcome: 'http_incomplete',
    headSeen: true,
    weight: 2,
  },
  'no-answer': { layer: 'tls', steps: [{ do: 'end' }], outcome: 'http_incomplete', headSeen: false, weight: 2 },
  'not-http': {
    layer: 'tls',
    steps: [{ do: 'write', bytes: '220 mail.example ESMTP ready\r\n' }, { do: 'end' }],
    outcome: 'http_malformed',
    headSeen: false,
    weight: 2,
  },
  upgrade: {
    layer: 'tls',
    steps: [
      { do: 'write', bytes: 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n' },
      { do: 'hold' },
    ],
    outcome: 'http_upgrade',
    headSeen: true,
    weight: 1,
  },
  redirect: {
    layer: 'tls',
    steps: [
      {
        do: 'write',
        bytes:
          'HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/meta-data/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
      },
      { do: 'end' },
    ],
    outcome: 'not_kubernetes',
    headSeen: true,
    weight: 3,
  },
};
