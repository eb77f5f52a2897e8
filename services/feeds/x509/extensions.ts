// The extensions of a certificate that become facts: its names, its key ids, whether it is a CA.
import { type DerCursor, TAG } from './der.ts';
import { type AlternativeNames, readAlternativeNames } from './names.ts';
import type { TbsLayout } from './walk.ts';

/** What the extensions said. Key ids stay octets of the certificate: `…Start..…End`, both 0 when there is none. */
export interface Extensions extends AlternativeNames {
  isCa: boolean;
  authorityKeyStart: number;
  authorityKeyEnd: number;
  subjectKeyStart: number;
  subjectKeyEnd: number;
}

/** id-ce, 2.5.29: every extension that is read here is one octet below it. */
const ID_CE = [0x55, 0x1d] as const;
const AUTHORITY_KEY_ID = 0x80; // [0] IMPLICIT KeyIdentifier

type ExtensionReader = (der: Uint8Array, start: number, end: number, cursor: DerCursor, into: Extensions) => void;

/** The extension values that are read, by their last arc below id-ce; `start..end` is the content of extnValue. RFC 5280 4.2.1. */
const READERS: readonly (ExtensionReader | undefined)[] = Object.assign([], {
  17: readAlternativeNames,
  19: readBasicConstraints,
  14: readSubjectKeyId,
  35: readAuthorityKeyId,
});

/** Reads them all. Never throws; an extension that is malformed inside counts as far as it could be read. `cursor` is left anywhere. */
export function readExtensions(der: Uint8Array, layout: TbsLayout, cursor: DerCursor): Extensions {
  const into: Extensions = {
    dnsNames: [],
    ipAddresses: [],
    nameCount: 0,
    isCa: false,
    authorityKeyStart: 0,
    authorityKeyEnd: 0,
    subjectKeyStart: 0,
    subjectKeyEnd: 0,
  };
  const limit = layout.extensionsEnd;
  for (let at = layout.extensionsStart; cursor.readTag(der, at, limit, TAG.sequence); ) {
    at = cursor.end;
    if (!cursor.readTag(der, cursor.content, at, TAG.oid)) continue;
    const id = cursor.content;
    if (cursor.end !== id + 3 || der[id] !== ID_CE[0] || der[id + 1] !== ID_CE[1]) continue;
    const read = READERS[der[id + 2]!];
    if (read === undefined) continue;
    cursor.readTag(der, cursor.end, at, TAG.boolean); // critical, when it stands there
    if (cursor.readTag(der, cursor.end, at, TAG.octetString)) read(der, cursor.content, cursor.end, cursor, into);
  }
  return into;
}

function readBasicConstraints(der: Uint8Array, start: number, end: number, cursor: DerCursor, into: Extensions): void {
  if (!cursor.readTag(der, start, end, TAG.sequence)) return;
  if (!cursor.readTag(der, cursor.content, cursor.end, TAG.boolean)) return;
  // DER writes TRUE as 0xff; BER, and the TLS libraries, take every octet but zero.
  into.isCa = cursor.end === cursor.content + 1 && der[cursor.content] !== 0;
}

function readSubjectKeyId(der: Uint8Array, start: number, end: number, cursor: DerCursor, into: Extensions): void {
  if (!cursor.readTag(der, start, end, TAG.octetString)) return;
  into.subjectKeyStart = cursor.content;
  into.subjectKeyEnd = cursor.end;
}

function readAuthorityKeyId(der: Uint8Array, start: number, end: number, cursor: DerCursor, into: Extensions): void {
  if (!cursor.readTag(der, start, end, TAG.sequence)) return;
  if (!cursor.readTag(der, cursor.content, cursor.end, AUTHORITY_KEY_ID)) return;
  into.authorityKeyStart = cursor.content;
  into.authorityKeyEnd = cursor.end;
}
