// Issues the lab's certificates from their plans, with a small pool of keys so that thousands take a second or two.
import { createHash, createPrivateKey, generateKeyPair } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { promisify } from 'node:util';
import {
  authorityExtensions,
  type CertificateBody,
  certificateDer,
  leafExtensions,
  POISON,
  type SigningKey,
  tbsDer,
} from './certificate-der.ts';
import type { CertificatePlan, DistinguishedName } from './certificate-plan.ts';

const newKeyPair = promisify(generateKeyPair);

/** Keys per type. Making an RSA key costs about 100 ms, so there are few; an EC key costs nothing. */
const RSA_KEYS = 3;
const EC_KEYS = 16;

/** A context costs 66 kB and a third of a millisecond, and a survey comes once: so contexts are made when first dialled, and few are kept. */
const KEPT_CONTEXTS = 64;

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
}

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
      extensions: authorityExtensions(key),
    });
    const made = { der, key };
    authorities.set(label, made);
    return made;
  };

  const leafBody = (
    plan: CertificatePlan,
    planKey: string,
  ): CertificateBody & { readonly ca: { der: Buffer; key: SigningKey } | null } => {
    const key = keyFor(pools[plan.key], planKey);
    // kubeadm's default: a CA lives ten years from the cluster's first day.
    const end = new Date(plan.notBefore.getTime() + 10 * 365 * 86_400_000);
    const ca = plan.authority === 'self' ? null : authority(plan.authority, plan.issuer, plan.key, plan.notBefore, end);
    const signer = ca?.key ?? key;
    return {
      subject: plan.subject,
      issuer: plan.issuer,
      notBefore: plan.notBefore,
      notAfter: plan.notAfter,
      key,
      signer,
      ca,
      extensions: leafExtensions(plan, signer),
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
  };
}
