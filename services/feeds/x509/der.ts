// A bounds-checked walk over DER: one cursor, no copies, no exceptions on any bytes.

/** ASN.1 tags of X.509 (X.690 8.1.2), as the one identifier octet that DER writes. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Lengths beyond 2^32 - 1 have no place in a certificate; 4 octets also keep the arithmetic exact. */
const MAX_LENGTH_OCTETS = 4;
/** In the identifier octet: the tag number follows in further octets. X.509 has none of those. */
const HIGH_TAG = 0x1f;

/**
 * The element last read. `header <= content <= end`, all offsets into the array given to `read`. A cursor is reused for every
 * element of a walk: copy the offsets that outlive the next read.
 */
export class DerCursor {
  tag = 0;
  /** Offset of the identifier octet. */
  header = 0;
  /** Offset of the first content octet. */
  content = 0;
  /** Offset behind the last content octet: where the next sibling starts. */
  end = 0;

  /**
   * Reads the element at `position`, which must end at or before `limit` (at most bytes.length). False, with the cursor unchanged, when
   * it is cut off, has a multi-octet tag or an indefinite length. Long-form lengths need not be minimal: logs hold such certificates.
   */
  read(bytes: Uint8Array, position: number, limit: number): boolean {
    if (position + 2 > limit) return false;
    const tag = bytes[position]!;
    if ((tag & HIGH_TAG) === HIGH_TAG) return false;
    let content = position + 2;
    let length = bytes[position + 1]!;
    if (length >= 0x80) {
      const octets = length & 0x7f;
      if (octets === 0 || octets > MAX_LENGTH_OCTETS || content + octets > limit) return false;
      length = 0;
      // Multiplied, not shifted: a shift would turn lengths above 2^31 negative and past the check below.
      for (let i = 0; i < octets; i++) length = length * 256 + bytes[content + i]!;
      content += octets;
    }
    if (length > limit - content) return false;
    this.tag = tag;
    this.header = position;
    this.content = content;
    this.end = content + length;
    return true;
  }

  /** `read`, and the element must have this tag; the cursor is unchanged when another tag stands there. */
  readTag(bytes: Uint8Array, position: number, limit: number, tag: number): boolean {
    return position < limit && bytes[position] === tag && this.read(bytes, position, limit);
  }
}

/** True when the octets of `start..end` are exactly `expected` (an OID's content octets, for example). */
export function sameOctets(bytes: Uint8Array, start: number, end: number, expected: readonly number[]): boolean {
  if (end - start !== expected.length) return false;
  for (let i = 0; i < expected.length; i++) if (bytes[start + i] !== expected[i]) return false;
  return true;
}
