// What kind of key a SubjectPublicKeyInfo holds, and how large it is.
import { DerCursor, TAG } from './der.ts';
import { CURVE_BITS, KEY_ALGORITHMS, type KeyAlgorithm, oidText } from './oid.ts';

export interface PublicKeyFacts {
  readonly algorithm: KeyAlgorithm;
  /** RSA and DSA: length of the modulus; EC: of the curve's field; Ed25519 and Ed448: 256 and 456 (RFC 8032). Null when unreadable. */
  readonly bits: number | null;
}

/** Reads the SubjectPublicKeyInfo (with header) in `start..end`. RFC 5280 4.1.2.7. */
export function readPublicKey(bytes: Uint8Array, start: number, end: number): PublicKeyFacts {
  const cursor = new DerCursor();
  const unknown: PublicKeyFacts = { algorithm: 'other', bits: null };
  if (!cursor.readTag(bytes, start, end, TAG.sequence)) return unknown;
  if (!cursor.readTag(bytes, cursor.content, end, TAG.sequence)) return unknown;
  const keyAt = cursor.end;
  if (!cursor.readTag(bytes, cursor.content, keyAt, TAG.oid)) return unknown;
  const algorithm = KEY_ALGORITHMS[oidText(bytes, cursor.content, cursor.end) ?? ''] ?? 'other';
  const parametersAt = cursor.end;
  switch (algorithm) {
    case 'ed25519':
      return { algorithm, bits: 256 };
    case 'ed448':
      return { algorithm, bits: 456 };
    case 'ec': {
      const named = cursor.readTag(bytes, parametersAt, keyAt, TAG.oid);
      const curve = named ? oidText(bytes, cursor.content, cursor.end) : null;
      return { algorithm, bits: CURVE_BITS[curve ?? ''] ?? null };
    }
    case 'dsa':
      // Dss-Parms ::= SEQUENCE { p, q, g }: the length of p.
      return { algorithm, bits: firstIntegerBits(bytes, parametersAt, keyAt, cursor) };
    case 'rsa':
      // RSAPublicKey ::= SEQUENCE { modulus, publicExponent }, inside a BIT STRING whose first octet counts unused bits.
      if (!cursor.readTag(bytes, keyAt, end, TAG.bitString)) return { algorithm, bits: null };
      return { algorithm, bits: firstIntegerBits(bytes, cursor.content + 1, cursor.end, cursor) };
    default:
      return unknown;
  }
}

/** Bit length of the first INTEGER of the SEQUENCE at `at`. */
function firstIntegerBits(bytes: Uint8Array, at: number, end: number, cursor: DerCursor): number | null {
  if (!cursor.readTag(bytes, at, end, TAG.sequence)) return null;
  if (!cursor.readTag(bytes, cursor.content, cursor.end, TAG.integer)) return null;
  let first = cursor.content;
  while (first < cursor.end && bytes[first] === 0) first++;
  return first === cursor.end ? null : (cursor.end - first) * 8 - (Math.clz32(bytes[first]!) - 24);
}
