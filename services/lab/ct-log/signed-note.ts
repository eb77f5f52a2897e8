// The lab log's checkpoint: a signed note with an RFC 6962 tree head signature. C2SP static-ct-api.md.
import { createHash, sign } from 'node:crypto';
import type { LabLogKey } from './key.ts';

/** The body of `checkpoint`. `extraSignatures` are put before the log's own line, as a witness's would be. */
export function signedCheckpoint(
  origin: string,
  key: LabLogKey,
  size: number,
  root: Buffer,
  timestamp: number,
  extraSignatures: readonly string[] = [],
): string {
  const logId = createHash('sha256').update(key.publicKeyDer).digest();
  const keyId = createHash('sha256').update(`${origin}\n\x05`).update(logId).digest().subarray(0, 4);
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(timestamp));
  const blob = Buffer.concat([keyId, time, signedTreeHead(key, size, root, timestamp)]);
  const lines = [...extraSignatures, `\u2014 ${origin} ${blob.toString('base64')}`];
  return `${origin}\n${size}\n${root.toString('base64')}\n\n${lines.join('\n')}\n`;
}

/** The DigitallySigned of a tree head: SHA-256, ECDSA, u16 length, signature over the 50 octets of RFC 6962 3.5. */
export function signedTreeHead(key: LabLogKey, size: number, root: Buffer, timestamp: number): Buffer {
  const head = Buffer.alloc(18);
  head[1] = 1;
  head.writeBigUInt64BE(BigInt(timestamp), 2);
  head.writeBigUInt64BE(BigInt(size), 10);
  const signature = sign('sha256', Buffer.concat([head, root]), key.privateKey);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(signature.length);
  return Buffer.concat([Buffer.from([4, 3]), length, signature]);
}
