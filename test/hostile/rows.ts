// The list of hostile hosts as data: every row, the outcome it must have, and where a real server of it is met.

export interface HostileRow {
  /** The outcome of the full probe or of the resolver; "answer" is a whole answer, which the verdict then judges. */
  readonly outcome: string;
  /** Below test/. In hostile/hostile.test.ts a case whose id begins with the row, elsewhere a mention of the row or of `mention`. */
  readonly where: string;
  readonly mention?: string;
  /** Where the outcome is not what the row first had, or an invariant is asserted elsewhere: why. */
  readonly note?: string;
}

const CASES = 'hostile/hostile.test.ts';
const NAMESPACE = 'hostile/servers/unreachable-child.ts';
const RESOLVER = 'candidates/resolve.test.ts';
const row = (outcome: string, note?: string): HostileRow => ({
  outcome,
  where: CASES,
  ...(note === undefined ? {} : { note }),
});
const resolved = (outcome: string, mention: string, note?: string): HostileRow => ({
  outcome,
  where: RESOLVER,
  mention,
  ...(note === undefined ? {} : { note }),
});

/**
 * The invariants and where they are asserted. Per case: I1, I2, I3, I4, I6, I7 (two good targets beside each), I8, I9. Over all cases: I5, since
 * a walk of the heap takes longer than a case, and by memory over 5,000 probes in endurance.test.ts; I7 with 100 good targets there. I10 is kept
 * by running this suite on each Node release: one process has one version.
 */
export const INVARIANTS = ['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8', 'I9'] as const;

export const HOSTILE_ROWS: Readonly<Record<string, HostileRow>> = {
  A01: row('tcp_refused'),
  A02: row('tcp_timeout'),
  A03: { outcome: 'tcp_unreachable', where: NAMESPACE, note: 'needs a network namespace; I7 is not asked there' },
  A04: row('tls_reset'),
  A05: row('tls_closed'),
  A06: row('tls_timeout'),
  A07: row('answer'),
  A08: { outcome: 'tls_timeout', where: NAMESPACE, note: 'needs a network namespace; I7 is not asked there' },
  A09: row('tls_timeout'),
  A10: row('tls_reset'),
  A11: { ...row('tcp_timeout', 'one server with A02: a full accept queue drops the SYN'), mention: 'A02 A11' },
  A12: row('error_ours'),
  A13: row('tls_not_tls'),
  A14: row('tls_not_tls'),
  A15: row('tls_not_tls'),
  A16: row('tls_alert'),
  A17: row('tls_alert', 'no second connection with another name: one connection per target is the policy'),
  A18: row('tls_closed'),
  A19: row('tls_closed'),
  A20: row('tls_protocol'),
  A21: row('answer'),
  A22: row('tls_protocol', 'SSLv2 has no TLS records: tls_not_tls'),
  A23: row('tls_protocol'),
  A24: row('tls_protocol'),
  A25: row('tls_timeout'),
  A26: row('tls_msg_too_large'),
  A27: row('answer'),
  A28: row('answer'),
  A29: row('answer'),
  A30: row('answer', 'a name that is no UTF-8 is refused by OpenSSL: tls_protocol'),
  A31: row('answer', 'a date without a time is refused by OpenSSL: tls_protocol'),
  A32: row('tls_protocol', 'a key that cannot verify ends the handshake; Ed448 is an answer'),
  A33: row('answer'),
  A34: row('tls_protocol'),
  A35: row('answer'),
  A36: row('tls_client_cert_required'),
  A37: row('tls_alert'),
  A38: row('tls_alert'),
  A39: row('tls_protocol'),
  A40: row(
    'tls_protocol',
    'OpenSSL passes over HelloRequests before the handshake: the cap ends them, tls_msg_too_large',
  ),
  A41: row(
    'tls_protocol',
    'between two looks at the cap TLS swallows what the kernel holds: I4 is exceeded by up to some megabytes (floods.test.ts)',
  ),
  A42: row('http_incomplete'),
  A43: row('tls_protocol', 'oversized EncryptedExtensions: tls_msg_too_large'),
  A44: row('tls_protocol'),
  A45: row('http_timeout'),
  A46: row('http_timeout'),
  A47: row('http_timeout'),
  A48: row('http_header_overflow'),
  A49: row('http_header_overflow'),
  A50: row('http_interim_flood'),
  A51: row('http_upgrade'),
  A52: row('http_body_cap'),
  A53: row('http_timeout'),
  A54: row('http_incomplete'),
  A55: row('http_malformed'),
  A56: row('answer'),
  A57: row('answer'),
  A58: row('answer'),
  A59: row('answer'),
  A60: row('answer'),
  A61: row('answer'),
  A62: row('http_malformed'),
  A63: row('answer'),
  A64: { outcome: 'answer', where: 'hostile/mixture.test.ts' },
  D1: resolved('answer', 'rebind.example.org'),
  D2: resolved('answer', 'mixed.example.org', 'flag dns_mixed_private'),
  D3: resolved('answer', 'thousand.example.org', 'flag dns_many_addresses'),
  D4: resolved('dns_no_public_address', 'loop.example.org', '64 CNAMEs in a row lead to their address'),
  D5: resolved('answer', 'rebind.example.org', 'its TTL is 0; nothing is cached or asked again'),
  D6: resolved('dns_nxdomain', 'silent.example.org', 'dns_servfail and dns_timeout are told apart'),
  D7: resolved('dns_no_public_address', 'private.example.org'),
  D8: { outcome: 'error_ours', where: NAMESPACE, note: 'needs a network namespace; I7 is not asked there' },
  D9: resolved(
    'answer',
    'plain.example.org',
    'a zone that answers everything is an answer like any other; its names at one address are one endpoint with the flag many_names',
  ),
  D10: resolved('answer', 'falls back to TCP'),
};
