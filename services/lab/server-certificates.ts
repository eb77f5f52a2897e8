// Certificates for single servers of tests and benchmarks, made when they start: EC P-256 by default, RSA-2048 where asked.
import { webcrypto } from 'node:crypto';
import 'reflect-metadata';
import type { X509Certificate } from '@peculiar/x509';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

cryptoProvider.set(webcrypto);

const ALGORITHMS = {
  ec: { generate: { name: 'ECDSA', namedCurve: 'P-256' }, sign: { name: 'ECDSA', hash: 'SHA-256' } },
  rsa: {
    generate: {
      name: 'RSASSA-PKCS1-v1_5',
      modulusLength: 2048,
      publicExponent: new Uint8Array([1, 0, 1]),
      hash: 'SHA-256',
    },
    sign: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  },
} as const;

export interface CertificateRequest {
  readonly key?: keyof typeof ALGORITHMS;
  /** RFC 4514 text. */
  readonly subject?: string;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly authority?: boolean;
  /** Signs; must have an EC key. Without it the certificate signs itself. */
  readonly issuer?: Issued;
}

/** A certificate with its private key. */
export interface Issued {
  readonly certificate: X509Certificate;
  readonly keys: CryptoKeyPair;
  readonly cert: string;
  readonly key: string;
  readonly der: Buffer;
}

type CryptoKeyPair = webcrypto.CryptoKeyPair;

const KUBERNETES_NAMES = [
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  'localhost',
];

/** Makes one certificate; the defaults are those of a kube-apiserver. */
export async function issueCertificate(request: CertificateRequest = {}): Promise<Issued> {
  const algorithm = ALGORITHMS[request.key ?? 'ec'];
  const keys = await webcrypto.subtle.generateKey(algorithm.generate, true, ['sign', 'verify']);
  const subject = request.subject ?? 'CN=kube-apiserver';
  const names = [
    ...(request.dnsNames ?? KUBERNETES_NAMES).map((value) => ({ type: 'dns' as const, value })),
    ...(request.ipAddresses ?? ['127.0.0.1']).map((value) => ({ type: 'ip' as const, value })),
  ];
  const signer = request.issuer?.keys ?? keys;
  const certificate = await X509CertificateGenerator.create({
    subject,
    issuer: request.issuer?.certificate.subject ?? subject,
    notBefore: request.notBefore ?? new Date('2026-01-01T00:00:00Z'),
    notAfter: request.notAfter ?? new Date('2036-01-01T00:00:00Z'),
    publicKey: keys.publicKey,
    signingKey: signer.privateKey,
    signingAlgorithm: ALGORITHMS[request.issuer === undefined ? (request.key ?? 'ec') : 'ec'].sign,
    extensions: [
      new BasicConstraintsExtension(request.authority ?? false, undefined, true),
      ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)]),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(signer.publicKey),
    ],
  });
  return {
    certificate,
    keys,
    cert: certificate.toString('pem'),
    key: PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY'),
    der: Buffer.from(certificate.rawData),
  };
}
