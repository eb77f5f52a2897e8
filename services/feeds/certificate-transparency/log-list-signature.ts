// The detached signature of a log list: without it the list is as trustworthy as the way on which it came.
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { KubecensusError } from '../../platform/errors.ts';

/**
 * Verifies `signature` over the octets of a list by the publisher's key, PEM or DER SubjectPublicKeyInfo: RSA (PKCS #1 v1.5) or ECDSA (DER),
 * both with SHA-256, as for Google's log_list.sig. Throws KC_CT_LIST_SIGNATURE when the key is none or the signature is not the key's.
 */
export function verifyLogList(list: Buffer, signature: Buffer, key: Buffer, path: string): void {
  if (!verify('sha256', list, publicKey(key), signature))
    throw new KubecensusError('KC_CT_LIST_SIGNATURE', `The log list ${path} is not what its publisher signed.`);
}

function publicKey(file: Buffer): KeyObject {
  const isPem = file.includes('-----BEGIN');
  let key: KeyObject;
  try {
    key = createPublicKey(isPem ? { key: file, format: 'pem' } : { key: file, format: 'der', type: 'spki' });
  } catch (cause) {
    throw new KubecensusError('KC_CT_LIST_SIGNATURE', 'The key of the log list is no public key, PEM or DER.', {
      cause,
    });
  }
  const kind = key.asymmetricKeyType;
  if (kind === 'rsa' || kind === 'ec') return key;
  throw new KubecensusError('KC_CT_LIST_SIGNATURE', `The key of the log list is ${kind ?? 'unknown'}, not RSA or EC.`);
}
