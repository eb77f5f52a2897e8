// The lab log's signing key: P-256, the same for the same seed.
import { createECDH, createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

export interface LabLogKey {
  readonly privateKey: KeyObject;
  /** DER SubjectPublicKeyInfo. */
  readonly publicKeyDer: Buffer;
}

/** The private scalar is SHA-256 of the seed; for a lab that is key enough. */
export function labLogKey(seed: string): LabLogKey {
  const ecdh = createECDH('prime256v1');
  const scalar = createHash('sha256').update(`ct-log/${seed}`).digest();
  ecdh.setPrivateKey(scalar);
  const point = ecdh.getPublicKey();
  const privateKey = createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'P-256',
      d: scalar.toString('base64url'),
      x: point.subarray(1, 33).toString('base64url'),
      y: point.subarray(33).toString('base64url'),
    },
  });
  return { privateKey, publicKeyDer: createPublicKey(privateKey).export({ type: 'spki', format: 'der' }) };
}
