// Subject and issuer: the attributes of an RDNSequence, and one line of text for people and rules.
import { DerCursor, TAG } from './der.ts';
import { ATTRIBUTE_TYPES, oidText } from './oid.ts';
import { hexText, MAX_TEXT_LENGTH, stringText } from './text.ts';

/** Attributes kept of one name. Real names have fewer than ten. */
export const MAX_ATTRIBUTES = 64;
/** Length of the line of text; a longer one is cut (the attributes are not). */
export const MAX_NAME_LENGTH = 4096;

export interface NameAttribute {
  /** 'CN', 'O', 'OU', 'C', 'L', 'ST', 'serialNumber', 'emailAddress', else the dotted OID. */
  readonly type: string;
  /** Well-formed text; a value that is no character string as '#' and the hex of its element (RFC 4514 2.4). */
  readonly value: string;
}

export interface DistinguishedName {
  /**
   * "CN=k3s,O=k3s": the attributes in the order of the certificate (RFC 4514 would reverse them, openssl and Go's ToRDNSequence do not),
   * RDNs joined by ',', the attributes of one multi-valued RDN by '+'; values escaped as RFC 4514 2.4 says.
   */
  readonly text: string;
  readonly attributes: readonly NameAttribute[];
}

/** Reads the RDNSequence content in `start..end`; null when it is malformed. */
export function readDistinguishedName(bytes: Uint8Array, start: number, end: number): DistinguishedName | null {
  const text: string[] = [];
  const attributes = readNameAttributes(bytes, start, end, text);
  if (attributes === null) return null;
  const line = text.join('');
  return { text: line.length > MAX_NAME_LENGTH ? line.slice(0, MAX_NAME_LENGTH).toWellFormed() : line, attributes };
}

// One name is read at a time and nothing of it stays here.
const cursor = new DerCursor();

/** The attributes alone, in the order of the certificate; null when the RDNSequence is malformed. The pieces of the line of text go into `text`, when it is given. */
export function readNameAttributes(
  bytes: Uint8Array,
  start: number,
  end: number,
  text: string[] | null = null,
): readonly NameAttribute[] | null {
  const attributes: NameAttribute[] = [];
  for (let at = start; at < end; ) {
    if (!cursor.readTag(bytes, at, end, TAG.set)) return null;
    const rdnEnd = cursor.end;
    let join = attributes.length === 0 ? '' : ',';
    for (at = cursor.content; at < rdnEnd; ) {
      if (!cursor.readTag(bytes, at, rdnEnd, TAG.sequence)) return null;
      at = cursor.end;
      if (!cursor.readTag(bytes, cursor.content, at, TAG.oid)) return null;
      const type = attributeType(bytes, cursor.content, cursor.end);
      if (type === null || !cursor.read(bytes, cursor.end, at)) return null;
      if (attributes.length >= MAX_ATTRIBUTES) continue;
      const given = stringText(bytes, cursor.tag, cursor.content, cursor.end);
      const value = given ?? elementHex(bytes, cursor.header, cursor.end);
      attributes.push({ type, value });
      text?.push(join, type, '=', given === null ? value : escapeValue(value));
      join = '+';
    }
  }
  return attributes;
}

/** The name of a type, or its dotted OID; null when the octets are no OID. */
function attributeType(bytes: Uint8Array, start: number, end: number): string | null {
  // 2.5.4.x, of nearly every attribute: its last octet is its last arc.
  if (end === start + 3 && bytes[start] === 0x55 && bytes[start + 1] === 0x04) {
    const known = X520_TYPES[bytes[start + 2]!];
    if (known !== undefined) return known;
  }
  const dotted = oidText(bytes, start, end);
  return dotted === null ? null : (ATTRIBUTE_TYPES[dotted] ?? dotted);
}

const X520_TYPES: readonly (string | undefined)[] = Array.from(
  { length: 0x80 },
  (_, arc) => ATTRIBUTE_TYPES[`2.5.4.${arc}`],
);

function elementHex(bytes: Uint8Array, start: number, end: number): string {
  return `#${hexText(bytes, start, Math.min(end, start + MAX_TEXT_LENGTH / 2))}`;
}

/** RFC 4514 2.4: the special characters, a leading '#' or space, a trailing space. */
const SPECIAL = /[,+"\\<>;]|^[# ]| $/;

export function escapeValue(value: string): string {
  return SPECIAL.test(value) ? value.replace(/[,+"\\<>;]|^[# ]| $/g, '\\$&') : value;
}
