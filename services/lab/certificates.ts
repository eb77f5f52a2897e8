// Issues the lab's certificates from their plans, with a small pool of keys so that thousands take a second or two.
import { createHash, createPrivateKey, generateKeyPair, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { promisify } from 'node:util';
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

const newKeyPair = promisify(generateKeyPair);

/** Keys per type. Making an RSA key costs about 100 ms, so there are few; an EC key costs nothing. */
const RSA_KEYS = 3;
const EC_KEYS = 16;

/** A context costs 66 kB and a third of a millisecond, and a survey comes once: so contexts are made when first dialled, and few are kept. */
const KEPT_CONTEXTS = 64;

interface SigningKey {
  readonly privateKey: KeyObject;
  readonly spki: Buffer;
  /** SHA-1 of the key bits, as key identifiers are usually made (RFC 5280 4.2.1.2). */
  readonly id: Buffer;
  readonly pem: string;
  readonly type: 'ec' | 'rsa';
}

export interface IssuedCertificate {
  /** Leaf first, then the CA where the plan says that the server sends it. */
  readonly chain: readonly Buffer[];
  readonly sha256: string;
  readonly keyPem: string;
  readonly chainPem: string;
  /** The CA that signed, DER; for a log entry's chain. The leaf itself when self-signed. */
  readonly authority: Buffer;
}

/** One certificate as final certificate and as precertificate (RFC 6962 3.1). */
export interface LogForms {
  readonly certificate: { readonly certificateDer: Buffer };
  readonly precertificate: {
    readonly precertTbs: Buffer;
    readonly issuerKeyHash: Buffer;
    readonly precertificate: Buffer;
  };
}

export interface Certificates {
  /** The same plan always gives the same certificate within one lab. */
  issue(plan: CertificatePlan): IssuedCertificate;
  /** The plan's certificate as a log holds it, in both forms; needs a plan that a CA signs. */
  logEntry(plan: CertificatePlan): LogForms;
  /** A context that serves the plan's certificate and asks for client certificates of these CNs; contexts are shared. */
  context(plan: CertificatePlan, acceptableCAs: readonly string[]): SecureContext;
  /** How many different certificates and contexts exist. */
  counts(): { certificates: number; contexts: number };
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

interface Body {
  readonly subject: DistinguishedName;
  readonly issuer: DistinguishedName;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly key: SigningKey;
  readonly signer: SigningKey;
  readonly extensions: readonly Buffer[];
}

/** Serial numbers are taken from names, dates and key, so that a certificate and its precertificate share one. Positive and 8 bytes, as kubeadm's are. */
function tbsDer(body: Body): Buffer {
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

const certificateDer = (body: Body) => signedDer(tbsDer(body), body.signer);

const pem = (der: Buffer) =>
  `-----BEGIN CERTIFICATE-----\n${der
    .toString('base64')
    .replace(/(.{64})/g, '$1\n')
    .trimEnd()}\n-----END CERTIFICATE-----\n`;

async function makeKeys(type: 'ec' | 'rsa', count: number): Promise<SigningKey[]> {
  const keys: SigningKey[] = [];
  for (let i = 0; i < count; i += 1) {
    const { privateKey, publicKey } =
      type === 'ec'
        ? await newKeyPair('ec', { namedCurve: 'P-256' })
        : await newKeyPair('rsa', { modulusLength: 2048 });
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    const text = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    keys.push({
      privateKey: createPrivateKey(text),
      spki,
      id: createHash('sha1').update(spki).digest(),
      pem: text,
      type,
    });
  }
  return keys;
}

/** Which key of the pool serves a label: stable within a lab. */
function keyFor(pool: readonly SigningKey[], label: string): SigningKey {
  return pool[createHash('sha256').update(label).digest().readUInt32BE(0) % pool.length]!;
}

const AUTHORITY_KEY_USAGE = Buffer.from([0x02, 0xa4]);
/** Marks a precertificate: critical, with NULL inside. */
const POISON = extension('1.3.6.1.4.1.11129.2.4.3', true, none());
const LEAF_KEY_USAGE = Buffer.from([0x05, 0xa0]);

/** Makes the key pool (a fraction of a second) and returns the issuer. Keys are random; everything else comes from the plans. */
export async function makeCertificates(): Promise<Certificates> {
  const pools = { ec: await makeKeys('ec', EC_KEYS), rsa: await makeKeys('rsa', RSA_KEYS) };
  const authorities = new Map<string, { der: Buffer; key: SigningKey }>();
  const issued = new Map<string, IssuedCertificate>();
  const contexts = new Map<string, SecureContext>();
  const acceptable = new Map<string, string>();

  const authority = (label: string, name: DistinguishedName, type: 'ec' | 'rsa', notBefore: Date, notAfter: Date) => {
    const known = authorities.get(label);
    if (known !== undefined) return known;
    const key = keyFor(pools[type], `authority ${label}`);
    const der = certificateDer({
      subject: name,
      issuer: name,
      notBefore,
      notAfter,
      key,
      signer: key,
      extensions: [
        extension('2.5.29.15', true, tlv(0x03, AUTHORITY_KEY_USAGE)),
        extension('2.5.29.19', true, sequence(truth(true))),
        extension('2.5.29.14', false, octets(key.id)),
      ],
    });
    const made = { der, key };
    authorities.set(label, made);
    return made;
  };

  const leafBody = (
    plan: CertificatePlan,
    planKey: string,
  ): Body & { readonly ca: { der: Buffer; key: SigningKey } | null } => {
    const key = keyFor(pools[plan.key], planKey);
    // kubeadm's default: a CA lives ten years from the cluster's first day.
    const end = new Date(plan.notBefore.getTime() + 10 * 365 * 86_400_000);
    const ca = plan.authority === 'self' ? null : authority(plan.authority, plan.issuer, plan.key, plan.notBefore, end);
    const signer = ca?.key ?? key;
    const names = alternativeNames(plan);
    return {
      subject: plan.subject,
      issuer: plan.issuer,
      notBefore: plan.notBefore,
      notAfter: plan.notAfter,
      key,
      signer,
      ca,
      extensions: [
        extension('2.5.29.15', true, tlv(0x03, LEAF_KEY_USAGE)),
        extension('2.5.29.37', false, sequence(...plan.usages.map((usage) => oid(USAGES[usage])))),
        extension('2.5.29.19', true, sequence()),
        extension('2.5.29.35', false, sequence(implicit(0, signer.id))),
        ...(names === null ? [] : [names]),
      ],
    };
  };

  const logEntry = (plan: CertificatePlan): LogForms => {
    const body = leafBody(plan, JSON.stringify(plan));
    const tbs = tbsDer(body);
    return {
      certificate: { certificateDer: issue(plan).chain[0]! },
      precertificate: {
        precertTbs: tbs,
        issuerKeyHash: createHash('sha256').update(body.signer.spki).digest(),
        precertificate: certificateDer({ ...body, extensions: [...body.extensions, POISON] }),
      },
    };
  };

  const issue = (plan: CertificatePlan): IssuedCertificate => {
    const planKey = JSON.stringify(plan);
    const known = issued.get(planKey);
    if (known !== undefined) return known;
    const body = leafBody(plan, planKey);
    const { key, ca } = body;
    const der = certificateDer(body);
    const chain = plan.sendsAuthority && ca !== null ? [der, ca.der] : [der];
    const made: IssuedCertificate = {
      chain,
      sha256: createHash('sha256').update(der).digest('hex'),
      keyPem: key.pem,
      chainPem: chain.map(pem).join(''),
      authority: ca?.der ?? der,
    };
    issued.set(planKey, made);
    return made;
  };

  // Only the subject of these is ever sent, so one certificate per name serves every cluster.
  const acceptablePem = (name: string): string => {
    const known = acceptable.get(name);
    if (known !== undefined) return known;
    const made = pem(
      authority(`client/${name}`, [['CN', name]], 'ec', new Date(0), new Date('2049-01-01T00:00:00Z')).der,
    );
    acceptable.set(name, made);
    return made;
  };

  return {
    issue,
    logEntry,
    context: (plan, acceptableCAs) => {
      const certificate = issue(plan);
      const label = `${certificate.sha256} ${acceptableCAs.join(' ')}`;
      const known = contexts.get(label);
      if (known !== undefined) return known;
      const made = createSecureContext({
        key: certificate.keyPem,
        cert: certificate.chainPem,
        ...(acceptableCAs.length === 0 ? {} : { ca: acceptableCAs.map(acceptablePem) }),
      });
      contexts.set(label, made);
      const [oldest] = contexts.keys();
      if (contexts.size > KEPT_CONTEXTS && oldest !== undefined) contexts.delete(oldest);
      return made;
    },
    counts: () => ({ certificates: issued.size, contexts: contexts.size }),
  };
}

/** For tests: reads a DER certificate back with the platform's own parser. */
export function readCertificate(der: Buffer): X509Certificate {
  return new X509Certificate(der);
}
