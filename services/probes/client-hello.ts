// The one message that the first-flight reader sends: a TLS 1.2 ClientHello, so that certificate and CertificateRequest come in the clear.

/** Cipher suites in the order offered, by OpenSSL's names. Ephemeral ones first; RSA key exchange last, for servers that know nothing else (IANA TLS parameters). */
export const OFFERED_SUITES: ReadonlyMap<number, string> = new Map([
  [0xc02b, 'ECDHE-ECDSA-AES128-GCM-SHA256'],
  [0xc02f, 'ECDHE-RSA-AES128-GCM-SHA256'],
  [0xc02c, 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  [0xc030, 'ECDHE-RSA-AES256-GCM-SHA384'],
  [0xcca9, 'ECDHE-ECDSA-CHACHA20-POLY1305'],
  [0xcca8, 'ECDHE-RSA-CHACHA20-POLY1305'],
  [0xc009, 'ECDHE-ECDSA-AES128-SHA'],
  [0xc013, 'ECDHE-RSA-AES128-SHA'],
  [0xc00a, 'ECDHE-ECDSA-AES256-SHA'],
  [0xc014, 'ECDHE-RSA-AES256-SHA'],
  [0xc023, 'ECDHE-ECDSA-AES128-SHA256'],
  [0xc027, 'ECDHE-RSA-AES128-SHA256'],
  [0x009e, 'DHE-RSA-AES128-GCM-SHA256'],
  [0x009f, 'DHE-RSA-AES256-GCM-SHA384'],
  [0x009c, 'AES128-GCM-SHA256'],
  [0x009d, 'AES256-GCM-SHA384'],
  [0x003c, 'AES128-SHA256'],
  [0x002f, 'AES128-SHA'],
  [0x0035, 'AES256-SHA'],
]);

/** The only protocol that the probes speak. */
export const OFFERED_ALPN = 'http/1.1';

/** x25519, P-256, P-384, P-521 (RFC 8422, RFC 7748). */
const GROUPS = [0x001d, 0x0017, 0x0018, 0x0019];
/** ECDSA, Ed25519, RSA-PSS and RSA-PKCS1 with SHA-2; SHA-1 last: servers that sign with nothing better are findings, too (RFC 8446 4.2.3). */
const SIGNATURES = [0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201];

/** Extension numbers (IANA TLS ExtensionType values). */
const SERVER_NAME = 0;
const SUPPORTED_GROUPS = 10;
const EC_POINT_FORMATS = 11;
const SIGNATURE_ALGORITHMS = 13;
const ALPN = 16;
const EXTENDED_MASTER_SECRET = 23;
const RENEGOTIATION_INFO = 0xff01;

const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
/** The record says TLS 1.0, as all clients' first record does; the message says TLS 1.2 (RFC 5246 appendix E.1). */
const RECORD_VERSION = 0x0301;
const CLIENT_VERSION = 0x0303;
const HOST_NAME = 0;

/** Where the 32 bytes of the random stand: behind record header (5), message header (4) and version (2). */
const RANDOM_AT = 11;
export const RANDOM_BYTES = 32;

const u8 = (value: number): Buffer => Buffer.of(value);
const u16 = (value: number): Buffer => Buffer.of(value >> 8, value & 0xff);
const sized8 = (...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([u8(body.length), body]);
};
const sized16 = (...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([u16(body.length), body]);
};
const extension = (type: number, ...parts: readonly Buffer[]): Buffer => Buffer.concat([u16(type), sized16(...parts)]);

/** Everything that is the same for every name. supported_versions is left out on purpose: without it no server answers in TLS 1.3. */
const COMMON_EXTENSIONS = Buffer.concat([
  extension(EXTENDED_MASTER_SECRET),
  extension(RENEGOTIATION_INFO, u8(0)),
  extension(SUPPORTED_GROUPS, sized16(...GROUPS.map(u16))),
  extension(EC_POINT_FORMATS, sized8(u8(0))),
  extension(ALPN, sized16(sized8(Buffer.from(OFFERED_ALPN, 'latin1')))),
  extension(SIGNATURE_ALGORITHMS, sized16(...SIGNATURES.map(u16))),
]);
const SUITES = sized16(...[...OFFERED_SUITES.keys()].map(u16));
const NO_SESSION = u8(0);
const NO_COMPRESSION = sized8(u8(0));

/**
 * The record of a ClientHello for one server name, with zeros for the random. `serverName` is ASCII of at most 253 characters without a
 * trailing dot; null sends no SNI, as for addresses (RFC 6066 section 3).
 */
export function clientHelloTemplate(serverName: string | null): Buffer {
  const sni =
    serverName === null
      ? Buffer.alloc(0)
      : extension(SERVER_NAME, sized16(u8(HOST_NAME), sized16(Buffer.from(serverName, 'latin1'))));
  const body = Buffer.concat([
    u16(CLIENT_VERSION),
    Buffer.alloc(RANDOM_BYTES),
    NO_SESSION,
    SUITES,
    NO_COMPRESSION,
    sized16(sni, COMMON_EXTENSIONS),
  ]);
  const message = Buffer.concat([u8(CLIENT_HELLO), u8(0), u16(body.length), body]);
  return Buffer.concat([u8(HANDSHAKE_RECORD), u16(RECORD_VERSION), sized16(message)]);
}

/** A copy of the template with the 32 bytes that stand at `at` of `randoms` as its random. */
export function withRandom(template: Buffer, randoms: Buffer, at = 0): Buffer {
  const hello = Buffer.allocUnsafe(template.length);
  template.copy(hello);
  randoms.copy(hello, RANDOM_AT, at, at + RANDOM_BYTES);
  return hello;
}
