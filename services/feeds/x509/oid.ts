// Object identifiers as dotted text, and the names of those that certificates carry.

/** Content octets looked at for one OID; real ones have at most about 20. */
const MAX_OID_OCTETS = 64;

/** Attribute types with a short name. RFC 4514 3 and RFC 5280 4.1.2.4; every other type keeps its dotted form. */
export const ATTRIBUTE_TYPES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '1.2.840.113549.1.9.1': 'emailAddress',
};

/** Signature algorithms by the names of their own standards (RFC 3279, 4055, 5758, 8410). */
export const SIGNATURE_ALGORITHMS: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.4': 'md5WithRSAEncryption',
  '1.2.840.113549.1.1.5': 'sha1WithRSAEncryption',
  '1.2.840.113549.1.1.10': 'rsassaPss',
  '1.2.840.113549.1.1.11': 'sha256WithRSAEncryption',
  '1.2.840.113549.1.1.12': 'sha384WithRSAEncryption',
  '1.2.840.113549.1.1.13': 'sha512WithRSAEncryption',
  '1.2.840.10040.4.3': 'dsa-with-sha1',
  '2.16.840.1.101.3.4.3.2': 'dsa-with-sha256',
  '1.2.840.10045.4.1': 'ecdsa-with-SHA1',
  '1.2.840.10045.4.3.2': 'ecdsa-with-SHA256',
  '1.2.840.10045.4.3.3': 'ecdsa-with-SHA384',
  '1.2.840.10045.4.3.4': 'ecdsa-with-SHA512',
  '1.3.101.112': 'ed25519',
  '1.3.101.113': 'ed448',
};

export type KeyAlgorithm = 'rsa' | 'ec' | 'ed25519' | 'ed448' | 'dsa' | 'other';

/** Key algorithms (RFC 3279 2.3, 4055 1.2, 5480 2.1, 8410 3); X25519 and the post-quantum ones are 'other'. */
export const KEY_ALGORITHMS: Readonly<Record<string, KeyAlgorithm>> = {
  '1.2.840.113549.1.1.1': 'rsa',
  '1.2.840.113549.1.1.10': 'rsa',
  '1.2.840.10045.2.1': 'ec',
  '1.2.840.10040.4.1': 'dsa',
  '1.3.101.112': 'ed25519',
  '1.3.101.113': 'ed448',
};

/** Field size in bits of the named curves (RFC 5480 2.1.1.1, RFC 5639 for brainpool, SEC 2 for secp256k1). */
export const CURVE_BITS: Readonly<Record<string, number>> = {
  '1.2.840.10045.3.1.1': 192,
  '1.3.132.0.33': 224,
  '1.2.840.10045.3.1.7': 256,
  '1.3.132.0.10': 256,
  '1.3.36.3.3.2.8.1.1.7': 256,
  '1.3.132.0.34': 384,
  '1.3.36.3.3.2.8.1.1.11': 384,
  '1.3.132.0.35': 521,
  '1.3.36.3.3.2.8.1.1.13': 512,
};

/** Octets of one arc that a double holds exactly: 7 times 7 bits. */
const MAX_EXACT_OCTETS = 7;

/** The dotted form of an OID's content octets (X.690 8.19), or null when they are no OID or longer than any real one. */
export function oidText(bytes: Uint8Array, start: number, end: number): string | null {
  if (end <= start || end - start > MAX_OID_OCTETS || bytes[end - 1]! >= 0x80) return null;
  let text = '';
  let value = 0;
  for (let i = start, arcStart = start; i < end; i++) {
    const octet = bytes[i]!;
    value = value * 128 + (octet & 0x7f);
    if (octet >= 0x80) continue;
    if (i - arcStart >= MAX_EXACT_OCTETS) return longOidText(bytes, start, end);
    if (text === '') {
      const root = value < 80 ? Math.floor(value / 40) : 2;
      text = `${root}.${value - root * 40}`;
    } else text += `.${value}`;
    value = 0;
    arcStart = i + 1;
  }
  return text;
}

/** The same for OIDs with an arc beyond 2^49, such as those made of UUIDs. */
function longOidText(bytes: Uint8Array, start: number, end: number): string {
  const arcs: string[] = [];
  let value = 0n;
  for (let i = start; i < end; i++) {
    const octet = bytes[i]!;
    value = value * 128n + BigInt(octet & 0x7f);
    if (octet >= 0x80) continue;
    if (arcs.length === 0) {
      const root = value < 80n ? value / 40n : 2n;
      arcs.push(String(root), String(value - root * 40n));
    } else arcs.push(String(value));
    value = 0n;
  }
  return arcs.join('.');
}
