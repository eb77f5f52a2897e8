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
  const cursor = new DerCursor();
  const attributes: NameAttribute[] = [];
  let text = '';
  for (let at = start; at < end; ) {
    if (!cursor.readTag(bytes, at, end, TAG.set)) return null;
    const rdnEnd = cursor.end;
    let join = text === '' ? '' : ',';
    for (at = cursor.content; at < rdnEnd; ) {
      if (!cursor.readTag(bytes, at, rdnEnd, TAG.sequence)) return null;
      at = cursor.end;
      const attribute = readAttribute(bytes, cursor.content, at, cursor);
      if (attribute === null) return null;
      if (attributes.length >= MAX_ATTRIBUTES) continue;
      attributes.push(attribute.parsed);
      text += `${join}${attribute.parsed.type}=${attribute.text}`;
      join = '+';
    }
  }
  return { text: text.length > MAX_NAME_LENGTH ? text.slice(0, MAX_NAME_LENGTH).toWellFormed() : text, attributes };
}

/** One AttributeTypeAndValue's content. */
function readAttribute(
  bytes: Uint8Array,
  start: number,
  end: number,
  cursor: DerCursor,
): { parsed: NameAttribute; text: string } | null {
  if (!cursor.readTag(bytes, start, end, TAG.oid)) return null;
  const dotted = oidText(bytes, cursor.content, cursor.end);
  if (dotted === null || !cursor.read(bytes, cursor.end, end)) return null;
  const type = ATTRIBUTE_TYPES[dotted] ?? dotted;
  const value = stringText(bytes, cursor.tag, cursor.content, cursor.end);
  if (value !== null) return { parsed: { type, value }, text: escapeValue(value) };
  const hex = `#${hexText(bytes, cursor.header, Math.min(cursor.end, cursor.header + MAX_TEXT_LENGTH / 2))}`;
  return { parsed: { type, value: hex }, text: hex };
}

/** RFC 4514 2.4: the special characters, a leading '#' or space, a trailing space. */
export function escapeValue(value: string): string {
  return value.replace(/[,+"\\<>;]|^[# ]| $/g, '\\$&');
}
