// A certificate as the facts that fingerprints, exports and reports use. Never throws: hostile servers choose these bytes.
import { hash } from 'node:crypto';
import { DerCursor, TAG } from './der.ts';
import { type NameAttribute, readDistinguishedName } from './distinguished-name.ts';
import { readExtensions } from './extensions.ts';
import { MAX_NAMES } from './names.ts';
import { oidText, SIGNATURE_ALGORITHMS } from './oid.ts';
import { type PublicKeyFacts, readPublicKey } from './public-key.ts';
import { hexText } from './text.ts';
import { readValidity } from './validity.ts';
import { emptyLayout, walkCertificate } from './walk.ts';

export type { NameAttribute } from './distinguished-name.ts';

export interface CertificateFacts {
  /** "CN=kube-apiserver", "CN=k3s,O=k3s": see DistinguishedName.text. */
  readonly subject: string;
  readonly issuer: string;
  readonly subjectAttributes: readonly NameAttribute[];
  readonly issuerAttributes: readonly NameAttribute[];
  /** dNSNames as written, at most MAX_NAMES names in all. */
  readonly dnsNames: readonly string[];
  /** RFC 5952 text. */
  readonly ipAddresses: readonly string[];
  /** dNSName and iPAddress entries the certificate holds, kept or not. */
  readonly nameCount: number;
  readonly namesTruncated: boolean;
  /** RFC 3339, clamped to the years 1 to 9999; null when it is no date. */
  readonly notBefore: string | null;
  readonly notAfter: string | null;
  /** Lower-case hex without the sign octet, "00" for zero; at most MAX_HEX_OCTETS octets, as are the key ids. */
  readonly serialHex: string;
  readonly isCa: boolean;
  readonly authorityKeyId: string | null;
  readonly subjectKeyId: string | null;
  readonly publicKey: PublicKeyFacts;
  /** By name ("ecdsa-with-SHA256"), else the dotted OID, else "". */
  readonly signatureAlgorithm: string;
  /** SHA-256 of the SubjectPublicKeyInfo, lower-case hex. */
  readonly spkiSha256: string;
  /** SHA-256 of the whole DER, lower-case hex. */
  readonly sha256: string;
}

/** RFC 5280 allows 20 octets of serial number and uses 20 for key ids; old CAs used up to 64. */
export const MAX_HEX_OCTETS = 64;

/**
 * The facts of one DER certificate that fills `der` exactly; null when it is none. An extension that is malformed inside counts as
 * far as it could be read, since TLS libraries accept such certificates, too.
 */
export function readCertificate(der: Uint8Array): CertificateFacts | null {
  const at = emptyLayout();
  const cursor = new DerCursor();
  if (!walkCertificate(der, 0, der.length, 'certificate', cursor, at)) return null;
  const subject = readDistinguishedName(der, at.subjectStart, at.subjectEnd);
  const issuer = readDistinguishedName(der, at.issuerStart, at.issuerEnd);
  if (subject === null || issuer === null) return null;
  const extensions = readExtensions(der, at, cursor);
  return {
    subject: subject.text,
    issuer: issuer.text,
    subjectAttributes: subject.attributes,
    issuerAttributes: issuer.attributes,
    dnsNames: extensions.dnsNames,
    ipAddresses: extensions.ipAddresses,
    nameCount: extensions.nameCount,
    namesTruncated: extensions.nameCount > MAX_NAMES,
    ...readValidity(der, at.validityStart, at.validityEnd),
    serialHex: serialText(der, at.serialStart, at.serialEnd),
    isCa: extensions.isCa,
    authorityKeyId: keyIdText(der, extensions.authorityKeyStart, extensions.authorityKeyEnd),
    subjectKeyId: keyIdText(der, extensions.subjectKeyStart, extensions.subjectKeyEnd),
    publicKey: readPublicKey(der, at.spkiStart, at.spkiEnd),
    signatureAlgorithm: algorithmText(der, at.signatureStart, at.signatureEnd),
    spkiSha256: hash('sha256', der.subarray(at.spkiStart, at.spkiEnd), 'hex'),
    sha256: hash('sha256', der, 'hex'),
  };
}

/** The key id in `start..end`, at most MAX_HEX_OCTETS of it; null when there is none. */
export function keyIdText(der: Uint8Array, start: number, end: number): string | null {
  return start === 0 ? null : hexText(der, start, Math.min(end, start + MAX_HEX_OCTETS));
}

function serialText(der: Uint8Array, start: number, end: number): string {
  let from = start;
  while (from < end - 1 && der[from] === 0) from++;
  return hexText(der, from, Math.min(end, from + MAX_HEX_OCTETS));
}

function algorithmText(der: Uint8Array, start: number, end: number): string {
  const cursor = new DerCursor();
  if (!cursor.readTag(der, start, end, TAG.oid)) return '';
  const dotted = oidText(der, cursor.content, cursor.end) ?? '';
  return SIGNATURE_ALGORITHMS[dotted] ?? dotted;
}
