// The handshake messages of a server's first flight: ServerHello, Certificate and CertificateRequest of TLS 1.0 to 1.2. Any bytes in, a value out.
import { DerCursor, TAG } from '../feeds/x509/der.ts';
import { readDistinguishedName } from '../feeds/x509/distinguished-name.ts';
import { hexText } from '../feeds/x509/text.ts';
import { OFFERED_ALPN, OFFERED_SUITES } from './client-hello.ts';

/** Why a message is refused, as a stable word for people. */
export interface Fault {
  readonly fault: string;
}

export interface ServerHello {
  /** As OpenSSL spells it. */
  readonly version: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2';
  readonly cipher: string;
  readonly alpn: string | false;
}

export interface ServerChain {
  /** Base64 DER, leaf first: the leaf and up to three issuers. */
  readonly chain: readonly string[];
  /** Certificates sent, kept or not; counting stops at COUNTED_CERTIFICATES. */
  readonly sent: number;
}

/** The fault of a server that answers a TLS 1.2 client in TLS 1.3 or asks for it. */
export const TLS13_ONLY = 'TLS13_ONLY';

/** The leaf and up to three issuers are kept, as the full probe keeps them. */
const KEPT_CERTIFICATES = 4;
const COUNTED_CERTIFICATES = 256;
/** Authorities read of a CertificateRequest. Kubernetes names two or three; a server that names every public root, 150. */
export const MAX_AUTHORITIES = 64;
/** Octets shown of an authority's name that is no name. */
const MAX_HEX_OCTETS = 64;

const VERSIONS: ReadonlyMap<number, ServerHello['version']> = new Map([
  [0x0301, 'TLSv1'],
  [0x0302, 'TLSv1.1'],
  [0x0303, 'TLSv1.2'],
]);
const TLS13 = 0x0304;
const TLS12 = 0x0303;
const RANDOM_BYTES = 32;
const MAX_SESSION_BYTES = 32;
const EXTENSION_ALPN = 16;
const EXTENSION_SUPPORTED_VERSIONS = 43;

const truncated: Fault = { fault: 'TRUNCATED_MESSAGE' };
const u16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
const u24 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 16) | u16(bytes, at + 1);

/** The body of a ServerHello in `start..end` (RFC 5246 7.4.1.3, RFC 7301). */
export function readServerHello(bytes: Buffer, start: number, end: number): ServerHello | Fault {
  const sessionAt = start + 2 + RANDOM_BYTES;
  if (sessionAt >= end) return truncated;
  const code = u16(bytes, start);
  const version = VERSIONS.get(code);
  if (version === undefined) return { fault: code === TLS13 ? TLS13_ONLY : 'VERSION' };
  const sessionBytes = bytes[sessionAt] ?? 0;
  const suiteAt = sessionAt + 1 + sessionBytes;
  if (sessionBytes > MAX_SESSION_BYTES || suiteAt + 3 > end) return truncated;
  const extensions = readExtensions(bytes, suiteAt + 3, end);
  if ('fault' in extensions) return extensions;
  const cipher = OFFERED_SUITES.get(u16(bytes, suiteAt));
  if (cipher === undefined) return { fault: 'CIPHER_NOT_OFFERED' };
  if (bytes[suiteAt + 2] !== 0) return { fault: 'COMPRESSION' };
  return { version, cipher, alpn: extensions.alpn };
}

/** The extensions of a ServerHello, which may be missing altogether. Those that say nothing here are passed over. */
function readExtensions(bytes: Buffer, start: number, end: number): { alpn: string | false } | Fault {
  if (start === end) return { alpn: false };
  if (start + 2 > end || u16(bytes, start) !== end - start - 2) return truncated;
  let alpn: string | false = false;
  for (let at = start + 2; at < end; ) {
    if (at + 4 > end) return truncated;
    const type = u16(bytes, at);
    const from = at + 4;
    at = from + u16(bytes, at + 2);
    if (at > end) return truncated;
    if (type === EXTENSION_SUPPORTED_VERSIONS) return { fault: TLS13_ONLY };
    if (type !== EXTENSION_ALPN) continue;
    // ProtocolNameList with exactly one name: list length, name length, name.
    const name = bytes.toString('latin1', Math.min(from + 3, at), at);
    if (name !== OFFERED_ALPN || bytes[from + 2] !== name.length || u16(bytes, from) !== name.length + 1)
      return { fault: 'ALPN_NOT_OFFERED' };
    alpn = name;
  }
  return { alpn };
}

/** The body of a Certificate message (RFC 5246 7.4.2). The certificates themselves are not looked into: an odd one is a finding. */
export function readChain(bytes: Buffer, start: number, end: number): ServerChain | Fault {
  if (start + 3 > end || u24(bytes, start) !== end - start - 3) return truncated;
  const chain: string[] = [];
  let sent = 0;
  for (let at = start + 3; at < end; ) {
    if (at + 3 > end) return truncated;
    const from = at + 3;
    at = from + u24(bytes, at);
    if (at > end || at === from) return truncated;
    if (chain.length < KEPT_CERTIFICATES) chain.push(bytes.toString('base64', from, at));
    if (sent < COUNTED_CERTIFICATES) sent++;
  }
  return sent === 0 ? { fault: 'NO_CERTIFICATE' } : { chain, sent };
}

/** The body of a CertificateRequest: the acceptable authorities as "CN=kubernetes" (RFC 5246 7.4.4; before TLS 1.2 without signature algorithms). */
export function readAuthorities(
  bytes: Buffer,
  start: number,
  end: number,
  version: ServerHello['version'],
): readonly string[] | Fault {
  let at = start + 1 + (bytes[start] ?? 0);
  if (start >= end || at > end) return truncated;
  if (version === VERSIONS.get(TLS12)) {
    if (at + 2 > end) return truncated;
    at += 2 + u16(bytes, at);
  }
  if (at + 2 > end || u16(bytes, at) !== end - at - 2) return truncated;
  const names: string[] = [];
  for (at += 2; at < end; ) {
    if (at + 2 > end) return truncated;
    const from = at + 2;
    at = from + u16(bytes, at);
    if (at > end) return truncated;
    if (names.length < MAX_AUTHORITIES) names.push(authorityText(bytes, from, at));
  }
  return names;
}

/** One DER Name as text; what is no name as '#' and the hex of its first octets (as RFC 4514 2.4 writes values that are no text). */
function authorityText(bytes: Buffer, start: number, end: number): string {
  const cursor = new DerCursor();
  const name =
    cursor.readTag(bytes, start, end, TAG.sequence) && cursor.end === end
      ? readDistinguishedName(bytes, cursor.content, end)
      : null;
  return name?.text ?? `#${hexText(bytes, start, Math.min(end, start + MAX_HEX_OCTETS))}`;
}
