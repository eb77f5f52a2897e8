// Where the parts of a certificate stand: offsets of the TBSCertificate's fields, found without decoding any of them.
import { type DerCursor, TAG } from './der.ts';

/** Offsets into the walked bytes. `…Start..…End` are the content octets unless the comment says otherwise. */
export interface TbsLayout {
  serialStart: number;
  serialEnd: number;
  signatureStart: number;
  signatureEnd: number;
  issuerStart: number;
  issuerEnd: number;
  validityStart: number;
  validityEnd: number;
  subjectStart: number;
  subjectEnd: number;
  /** With header: the SubjectPublicKeyInfo as it is hashed for key pins. */
  spkiStart: number;
  spkiEnd: number;
  /** Content of the SEQUENCE OF Extension; start === end when there are none. */
  extensionsStart: number;
  extensionsEnd: number;
}

export function emptyLayout(): TbsLayout {
  return {
    serialStart: 0,
    serialEnd: 0,
    signatureStart: 0,
    signatureEnd: 0,
    issuerStart: 0,
    issuerEnd: 0,
    validityStart: 0,
    validityEnd: 0,
    subjectStart: 0,
    subjectEnd: 0,
    spkiStart: 0,
    spkiEnd: 0,
    extensionsStart: 0,
    extensionsEnd: 0,
  };
}

const EXPLICIT_VERSION = 0xa0;
const EXPLICIT_EXTENSIONS = 0xa3;
/** issuerUniqueID and subjectUniqueID, IMPLICIT BIT STRING, primitive or (in BER) constructed. */
const UNIQUE_IDS: readonly number[] = [0x81, 0x82, 0xa1, 0xa2];

/**
 * Fills `into` from the Certificate (or bare TBSCertificate, as precertificate leaves hold it) that fills `start..end` exactly.
 * False when the bytes are not that; `into` then holds leftovers. Field order: RFC 5280 4.1.
 */
export function walkCertificate(
  bytes: Uint8Array,
  start: number,
  end: number,
  form: 'certificate' | 'tbs',
  cursor: DerCursor,
  into: TbsLayout,
): boolean {
  if (end > bytes.length || !cursor.readTag(bytes, start, end, TAG.sequence) || cursor.end !== end) return false;
  if (form === 'certificate' && !cursor.readTag(bytes, cursor.content, end, TAG.sequence)) return false;
  const limit = cursor.end;
  let at = cursor.content;
  if (cursor.readTag(bytes, at, limit, EXPLICIT_VERSION)) at = cursor.end;
  if (!cursor.readTag(bytes, at, limit, TAG.integer)) return false;
  into.serialStart = cursor.content;
  into.serialEnd = cursor.end;
  if (!cursor.readTag(bytes, cursor.end, limit, TAG.sequence)) return false;
  into.signatureStart = cursor.content;
  into.signatureEnd = cursor.end;
  if (!cursor.readTag(bytes, cursor.end, limit, TAG.sequence)) return false;
  into.issuerStart = cursor.content;
  into.issuerEnd = cursor.end;
  if (!cursor.readTag(bytes, cursor.end, limit, TAG.sequence)) return false;
  into.validityStart = cursor.content;
  into.validityEnd = cursor.end;
  if (!cursor.readTag(bytes, cursor.end, limit, TAG.sequence)) return false;
  into.subjectStart = cursor.content;
  into.subjectEnd = cursor.end;
  if (!cursor.readTag(bytes, cursor.end, limit, TAG.sequence)) return false;
  into.spkiStart = cursor.header;
  into.spkiEnd = cursor.end;
  if (!walkExtensions(bytes, cursor.end, limit, cursor, into)) return false;
  // Behind the TBSCertificate: signatureAlgorithm and signature, and nothing else.
  if (form === 'tbs') return true;
  if (!cursor.readTag(bytes, limit, end, TAG.sequence)) return false;
  return cursor.readTag(bytes, cursor.end, end, TAG.bitString) && cursor.end === end;
}

/** The optional tail of a TBSCertificate: unique ids, then extensions. */
function walkExtensions(bytes: Uint8Array, from: number, limit: number, cursor: DerCursor, into: TbsLayout): boolean {
  let at = from;
  into.extensionsStart = at;
  into.extensionsEnd = at;
  while (at < limit) {
    if (!cursor.read(bytes, at, limit)) return false;
    at = cursor.end;
    if (UNIQUE_IDS.includes(cursor.tag)) continue;
    if (cursor.tag !== EXPLICIT_EXTENSIONS || at !== limit) return false;
    if (!cursor.readTag(bytes, cursor.content, at, TAG.sequence) || cursor.end !== at) return false;
    into.extensionsStart = cursor.content;
    into.extensionsEnd = cursor.end;
  }
  return true;
}
