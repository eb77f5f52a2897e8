// X.509 certificates from plans: the bytes of RFC 5280, signed with node's own crypto.
import { createHash, type KeyObject, sign } from 'node:crypto';
import { isIP } from 'node:net';
import type { CertificatePlan, DistinguishedName } from './certificate-plan.ts';
import {
  bits,
  explicit,
  implicit,
  none,
  octets,
  oid,
  printable,
  sequence,
  setOf,
  time,
  tlv,
  truth,
  unsigned,
  utf8,
} from './der.ts';

/** A key pair in the forms that issuing needs. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly spki: Buffer;
  /** SHA-1 of the key bits, as key identifiers are usually made (RFC 5280 4.2.1.2). */
  readonly id: Buffer;
  readonly pem: string;
  readonly type: 'ec' | 'rsa';
}

const ATTRIBUTES = { CN: '2.5.4.3', C: '2.5.4.6', O: '2.5.4.10', OU: '2.5.4.11' } as const;
const SIGNATURES = {
  ec: () => sequence(oid('1.2.840.10045.4.3.2')),
  rsa: () => sequence(oid('1.2.840.113549.1.1.11'), none()),
} as const;
const USAGES = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const;

function nameDer(name: DistinguishedName): Buffer {
  return sequence(
    ...name.map(([attribute, value]) =>
      setOf(sequence(oid(ATTRIBUTES[attribute]), attribute === 'C' ? printable(value) : utf8(value))),
    ),
  );
}

/** Four or sixteen bytes of an IP literal without a zone. */
export function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const front = groups(head);
  const back = groups(tail);
  const all = address.includes('::')
    ? [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back]
    : front;
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

const extension = (id: string, critical: boolean, value: Buffer) =>
  critical ? sequence(oid(id), truth(true), octets(value)) : sequence(oid(id), octets(value));

function alternativeNames(plan: CertificatePlan): Buffer | null {
  if (plan.dnsNames.length + plan.ipAddresses.length === 0) return null;
  const dns = plan.dnsNames.map((name) => implicit(2, Buffer.from(name, 'latin1')));
  const ip = plan.ipAddresses.map((address) => implicit(7, addressBytes(address)));
  return extension('2.5.29.17', false, sequence(...dns, ...ip));
}

/** A certificate before it is signed. */
export interface CertificateBody {
  readonly subject: DistinguishedName;
  readonly issuer: DistinguishedName;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly key: SigningKey;
  readonly signer: SigningKey;
  readonly extensions: readonly Buffer[];
}

/** Serial numbers are taken from names, dates and key, so that a certificate and its precertificate share one. Positive and 8 bytes, as kubeadm's are. */
export function tbsDer(body: CertificateBody): Buffer {
  const algorithm = SIGNATURES[body.signer.type]();
  const middle = [
    algorithm,
    nameDer(body.issuer),
    sequence(time(body.notBefore), time(body.notAfter)),
    nameDer(body.subject),
    body.key.spki,
  ];
  const serial = createHash('sha256').update(Buffer.concat(middle)).digest().subarray(0, 8);
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  return sequence(
    explicit(0, unsigned(Buffer.from([2]))),
    unsigned(serial),
    ...middle,
    explicit(3, sequence(...body.extensions)),
  );
}

function signedDer(toBeSigned: Buffer, signer: SigningKey): Buffer {
  return sequence(toBeSigned, SIGNATURES[signer.type](), bits(sign('sha256', toBeSigned, signer.privateKey)));
}

/** The whole certificate. */
export const certificateDer = (body: CertificateBody) => signedDer(tbsDer(body), body.signer);

const AUTHORITY_KEY_USAGE = Buffer.from([0x02, 0xa4]);
/** Marks a precertificate: critical, with NULL inside. */
export const POISON = extension('1.3.6.1.4.1.11129.2.4.3', true, none());
const LEAF_KEY_USAGE = Buffer.from([0x05, 0xa0]);

/** Extensions of a CA that signs leaves. */
export function authorityExtensions(key: SigningKey): Buffer[] {
  return [
    extension('2.5.29.15', true, tlv(0x03, AUTHORITY_KEY_USAGE)),
    extension('2.5.29.19', true, sequence(truth(true))),
    extension('2.5.29.14', false, octets(key.id)),
  ];
}

/** Extensions of a serving certificate, as Go's installers write them. */
export function leafExtensions(plan: CertificatePlan, signer: SigningKey): Buffer[] {
  const names = alternativeNames(plan);
  return [
    extension('2.5.29.15', true, tlv(0x03, LEAF_KEY_USAGE)),
    extension('2.5.29.37', false, sequence(...plan.usages.map((usage) => oid(USAGES[usage])))),
    extension('2.5.29.19', true, sequence()),
    extension('2.5.29.35', false, sequence(implicit(0, signer.id))),
    ...(names === null ? [] : [names]),
  ];
}
