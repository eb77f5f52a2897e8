// A certificate authority for the lab log: leaf certificates and precertificates with the names they are asked for.
import 'reflect-metadata';
import { createHash, type webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { DerCursor } from '../../feeds/x509/der.ts';
import type { LabEntry } from './entry.ts';

/** One certificate to issue. */
export interface LabLeaf {
  /** null: a certificate without CN. */
  readonly commonName: string | null;
  readonly dnsNames: readonly string[];
  readonly addresses?: readonly string[];
  /** As a precertificate entry instead of a final certificate. */
  readonly precertificate?: boolean;
}

export type LabIssuer = (leaf: LabLeaf) => Promise<LabEntry>;

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } satisfies webcrypto.EcKeyGenParams &
  webcrypto.EcdsaParams;
/** RFC 6962 3.1: critical, content NULL. */
const POISON = new x509.Extension('1.3.6.1.4.1.11129.2.4.3', true, new Uint8Array([5, 0]));
/** What Let's Encrypt issued until 2026. */
const LIFETIME_MS = 90 * 86_400_000;

/** A CA with a new key. Serial numbers count up from 1; every certificate is valid from `now`. */
export async function labIssuer(now: Date): Promise<LabIssuer> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const leafKeys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const spki = Buffer.from(await crypto.subtle.exportKey('spki', keys.publicKey));
  const issuerKeyHash = createHash('sha256').update(spki).digest();
  const authorityKeyId = await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey);
  const subjectKeyId = await x509.SubjectKeyIdentifierExtension.create(leafKeys.publicKey);
  let serial = 0;

  const issue = async (leaf: LabLeaf, serialNumber: string, extra: x509.Extension[]): Promise<Buffer> => {
    const names = [
      ...leaf.dnsNames.map((value) => ({ type: 'dns' as const, value })),
      ...(leaf.addresses ?? []).map((value) => ({ type: 'ip' as const, value })),
    ];
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber,
      issuer: new x509.Name([{ C: ['ZZ'] }, { O: ['kubecensus lab'] }, { CN: ['Lab Issuing CA 1'] }]),
      subject: new x509.Name(leaf.commonName === null ? [] : [{ CN: [leaf.commonName] }]),
      notBefore: now,
      notAfter: new Date(now.getTime() + LIFETIME_MS),
      publicKey: leafKeys.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.BasicConstraintsExtension(false, undefined, true),
        authorityKeyId,
        subjectKeyId,
        ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
        ...extra,
      ],
    });
    return Buffer.from(certificate.rawData);
  };

  return async (leaf) => {
    serial++;
    const serialNumber = serial.toString(16).padStart(16, '0');
    const certificate = await issue(leaf, serialNumber, []);
    if (leaf.precertificate !== true) return { certificateDer: certificate };
    return {
      precertTbs: tbsCertificate(certificate),
      issuerKeyHash,
      precertificate: await issue(leaf, serialNumber, [POISON]),
    };
  };
}

/** The TBSCertificate inside a certificate: what the log signs when it is given the precertificate. */
function tbsCertificate(certificate: Buffer): Buffer {
  const cursor = new DerCursor();
  cursor.read(certificate, 0, certificate.length);
  cursor.read(certificate, cursor.content, cursor.end);
  return certificate.subarray(cursor.header, cursor.end);
}
