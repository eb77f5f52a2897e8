// The names a certificate speaks for: subject CNs, dNSNames and iPAddresses. The hot path of the Certificate Transparency feed.
import { DerCursor, sameOctets, TAG } from './der.ts';
import { addressText, isPlain, latin1, octetText, stringText } from './text.ts';
import { emptyLayout, type TbsLayout, walkCertificate } from './walk.ts';

/** Names kept of one certificate. Public CAs issue up to a few hundred; what has more is counted and cut. */
export const MAX_NAMES = 512;
/** Common names kept of one subject; more than a few are abuse. */
export const MAX_COMMON_NAMES = 16;

export interface CertificateNames {
  /** Every CN of the subject, in certificate order. */
  readonly commonNames: readonly string[];
  /** dNSNames as written: case, wildcards and trailing dots are the reader's business. */
  readonly dnsNames: readonly string[];
  /** RFC 5952 text. iPAddresses of other than 4 or 16 octets are counted and left out. */
  readonly ipAddresses: readonly string[];
  /** How many dNSName and iPAddress entries the certificate holds. */
  readonly nameCount: number;
  /** True when more than MAX_NAMES entries stood there. */
  readonly truncated: boolean;
}

const NONE: readonly string[] = Object.freeze([]);
const OID_COMMON_NAME = [0x55, 0x04, 0x03]; // 2.5.4.3
const OID_SUBJECT_ALT_NAME = [0x55, 0x1d, 0x11]; // 2.5.29.17
const GENERAL_DNS = 0x82; // [2] IMPLICIT IA5String
const GENERAL_IP = 0x87; // [7] IMPLICIT OCTET STRING

// One walk runs at a time and leaves nothing behind, so that its two scratch objects can serve every certificate.
const cursor = new DerCursor();
const layout: TbsLayout = emptyLayout();

/** The subject alternative names of one extension value. */
export interface AlternativeNames {
  dnsNames: string[];
  ipAddresses: string[];
  nameCount: number;
}

/**
 * The names in the certificate (or bare TBSCertificate) that fills `start..end` of `bytes`. Null when the bytes are no certificate or
 * its subject, extensions or names are malformed. Never throws; text is well-formed, without NUL and at most MAX_TEXT_LENGTH long.
 */
export function readNames(
  bytes: Uint8Array,
  start: number,
  end: number,
  form: 'certificate' | 'tbs',
): CertificateNames | null {
  if (!walkCertificate(bytes, start, end, form, cursor, layout)) return null;
  const commonNames = readCommonNames(bytes, layout.subjectStart, layout.subjectEnd);
  if (commonNames === null) return null;
  let names: AlternativeNames | null = null;
  const limit = layout.extensionsEnd;
  for (let at = layout.extensionsStart; at < limit; ) {
    if (!cursor.readTag(bytes, at, limit, TAG.sequence)) return null;
    at = cursor.end;
    if (!cursor.readTag(bytes, cursor.content, at, TAG.oid)) return null;
    if (!sameOctets(bytes, cursor.content, cursor.end, OID_SUBJECT_ALT_NAME)) continue;
    cursor.readTag(bytes, cursor.end, at, TAG.boolean); // critical, when it stands there
    if (!cursor.readTag(bytes, cursor.end, at, TAG.octetString)) return null;
    names ??= { dnsNames: [], ipAddresses: [], nameCount: 0 };
    if (!readAlternativeNames(bytes, cursor.content, cursor.end, cursor, names)) return null;
  }
  if (names === null) return { commonNames, dnsNames: NONE, ipAddresses: NONE, nameCount: 0, truncated: false };
  return {
    commonNames,
    dnsNames: names.dnsNames,
    ipAddresses: names.ipAddresses,
    nameCount: names.nameCount,
    truncated: names.nameCount > MAX_NAMES,
  };
}

/** Adds the GeneralNames in `start..end` (an extension value) to `into`; false when they are malformed. */
export function readAlternativeNames(
  bytes: Uint8Array,
  start: number,
  end: number,
  cursor: DerCursor,
  into: AlternativeNames,
): boolean {
  if (!cursor.readTag(bytes, start, end, TAG.sequence) || cursor.end !== end) return false;
  // Turned into text once, for all names: a slice of text is cheaper than a call out of JavaScript for each.
  let text: string | null = null;
  for (let at = cursor.content; at < end; at = cursor.end) {
    if (!cursor.read(bytes, at, end)) return false;
    if (cursor.tag === GENERAL_DNS) {
      if (into.nameCount++ >= MAX_NAMES) continue;
      if (isPlain(bytes, cursor.content, cursor.end)) {
        text ??= latin1(bytes, start, end);
        into.dnsNames.push(text.slice(cursor.content - start, cursor.end - start));
      } else into.dnsNames.push(octetText(bytes, cursor.content, cursor.end));
    } else if (cursor.tag === GENERAL_IP) {
      const address = addressText(bytes, cursor.content, cursor.end);
      if (into.nameCount++ < MAX_NAMES && address !== null) into.ipAddresses.push(address);
    }
  }
  return true;
}

/** The CNs of the RDNSequence content in `start..end`; null when it is malformed. */
function readCommonNames(bytes: Uint8Array, start: number, end: number): readonly string[] | null {
  let found: string[] | null = null;
  for (let at = start; at < end; ) {
    if (!cursor.readTag(bytes, at, end, TAG.set)) return null;
    const rdnEnd = cursor.end;
    for (at = cursor.content; at < rdnEnd; ) {
      if (!cursor.readTag(bytes, at, rdnEnd, TAG.sequence)) return null;
      at = cursor.end;
      if (!cursor.readTag(bytes, cursor.content, at, TAG.oid)) return null;
      if (!sameOctets(bytes, cursor.content, cursor.end, OID_COMMON_NAME)) continue;
      if (!cursor.read(bytes, cursor.end, at)) return null;
      const text = stringText(bytes, cursor.tag, cursor.content, cursor.end);
      if (text === null) continue;
      found ??= [];
      if (found.length < MAX_COMMON_NAMES) found.push(text);
    }
  }
  return found ?? NONE;
}
