// A log's checkpoint: a signed note whose signature is an RFC 6962 tree head. C2SP tlog-checkpoint.md, signed-note.md, static-ct-api.md.
import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import { KubecensusError } from '../../platform/errors.ts';
import { HASH_BYTES } from './tile.ts';

/** Text and signatures of a handful of witnesses fit many times over. */
export const MAX_CHECKPOINT_BYTES = 65_536;
/** Signature lines looked at; more is abuse. */
const MAX_SIGNATURES = 64;

/** signed-note signature type of an RFC 6962 TreeHeadSignature. */
const RFC6962_SIGNATURE_TYPE = 0x05;
const KEY_ID_BYTES = 4;
const TIMESTAMP_BYTES = 8;
/** DigitallySigned of RFC 5246 4.7: hash algorithm 4 is SHA-256, signature algorithm 1 is RSA, 3 is ECDSA. */
const HASH_SHA256 = 4;
const SIGNATURE_RSA = 1;
const SIGNATURE_ECDSA = 3;
/** Two algorithms and the u16 length of the signature. */
const DIGITALLY_SIGNED_HEAD = 4;

/** The key of one log under its origin. */
export interface LogKey {
  /** First line of the note and name of its signature: the submission prefix without scheme. */
  readonly origin: string;
  /** First four octets of SHA-256(origin || "\n" || 0x05 || log id), where the log id is SHA-256(SPKI). */
  readonly keyId: Buffer;
  readonly key: KeyObject;
  readonly signatureAlgorithm: number;
}

export interface TreeHead {
  /** Leaves in the tree. */
  readonly size: number;
  readonly root: Buffer;
  /** Milliseconds since 1970, as signed. */
  readonly timestamp: number;
}

/** The verifying key of a log. Throws KC_CT_SIGNATURE when `spki` is no RSA or EC public key in DER. */
export function logKey(origin: string, spki: Uint8Array): LogKey {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch (cause) {
    throw new KubecensusError('KC_CT_SIGNATURE', `The public key of ${origin} is not a DER SubjectPublicKeyInfo.`, {
      cause,
    });
  }
  const kind = key.asymmetricKeyType;
  if (kind !== 'ec' && kind !== 'rsa') {
    throw new KubecensusError('KC_CT_SIGNATURE', `The public key of ${origin} is ${kind ?? 'unknown'}, not EC or RSA.`);
  }
  const logId = hash('sha256', spki, 'buffer');
  const name = Buffer.concat([Buffer.from(`${origin}\n`), Buffer.from([RFC6962_SIGNATURE_TYPE]), logId]);
  return {
    origin,
    keyId: hash('sha256', name, 'buffer').subarray(0, KEY_ID_BYTES),
    key,
    signatureAlgorithm: kind === 'ec' ? SIGNATURE_ECDSA : SIGNATURE_RSA,
  };
}

/** The 50 octets that a tree head's signature covers. RFC 6962 3.5. */
export function treeHeadInput(head: TreeHead): Buffer {
  const input = Buffer.alloc(18 + HASH_BYTES);
  input[1] = 1; // version 0 (v1), signature_type 1 (tree_hash)
  input.writeBigUInt64BE(BigInt(head.timestamp), 2);
  input.writeBigUInt64BE(BigInt(head.size), 10);
  head.root.copy(input, 18);
  return input;
}

/**
 * The tree head of a checkpoint that carries a valid signature of `log`. Other signature lines (witnesses, other types) are ignored.
 * Throws KC_CT_MALFORMED when the note has another form, KC_CT_SIGNATURE when origin, key id or signature are not the log's.
 */
export function readCheckpoint(body: Uint8Array, log: LogKey): TreeHead {
  const note = splitNote(body);
  if (note.origin !== log.origin) {
    throw new KubecensusError('KC_CT_SIGNATURE', `The checkpoint is of ${quote(note.origin)}, not of ${log.origin}.`);
  }
  const prefix = `\u2014 ${log.origin} `;
  for (const line of note.signatures) {
    if (!line.startsWith(prefix)) continue;
    const blob = decodeBase64(line.slice(prefix.length));
    if (blob === null || !blob.subarray(0, KEY_ID_BYTES).equals(log.keyId)) continue;
    const head = verifiedHead(blob.subarray(KEY_ID_BYTES), note, log);
    if (head !== null) return head;
  }
  throw new KubecensusError(
    'KC_CT_SIGNATURE',
    `The checkpoint of ${log.origin} has no valid signature of the log's key.`,
  );
}

interface Note {
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
  readonly signatures: readonly string[];
}

function splitNote(body: Uint8Array): Note {
  const text = Buffer.from(body).toString('utf8');
  const blank = text.indexOf('\n\n');
  const [origin = '', sizeText = '', rootText = '', ...extensions] = text.slice(0, Math.max(blank, 0)).split('\n');
  const root = decodeBase64(rootText);
  const size = Number(sizeText);
  const sizeIsDecimal = /^(?:0|[1-9]\d{0,15})$/.test(sizeText) && Number.isSafeInteger(size);
  // An RFC 6962 signature does not cover extension lines, so the format forbids them.
  if (body.length > MAX_CHECKPOINT_BYTES || !sizeIsDecimal || root?.length !== HASH_BYTES || extensions.length > 0) {
    throw new KubecensusError('KC_CT_MALFORMED', `The checkpoint is not of the static-ct-api form: ${quote(text)}.`);
  }
  return { origin, size, root, signatures: text.slice(blank + 2).split('\n', MAX_SIGNATURES) };
}

/** timestamp || DigitallySigned, checked against the note's tree. */
function verifiedHead(signature: Buffer, note: Note, log: LogKey): TreeHead | null {
  if (signature.length < TIMESTAMP_BYTES) return null;
  const timestamp = Number(signature.readBigUInt64BE(0));
  if (!Number.isSafeInteger(timestamp)) return null;
  const head = { size: note.size, root: note.root, timestamp };
  return signsTreeHead(signature.subarray(TIMESTAMP_BYTES), head, log) ? head : null;
}

/** True when `signed`, a DigitallySigned (RFC 5246 4.7), is the log's signature of the tree head. */
export function signsTreeHead(signed: Buffer, head: TreeHead, log: LogKey): boolean {
  if (signed.length < DIGITALLY_SIGNED_HEAD) return false;
  if (signed[0] !== HASH_SHA256 || signed[1] !== log.signatureAlgorithm) return false;
  if (signed.readUInt16BE(2) !== signed.length - DIGITALLY_SIGNED_HEAD) return false;
  return verify('sha256', treeHeadInput(head), log.key, signed.subarray(DIGITALLY_SIGNED_HEAD));
}

/** Strict standard base64, or null. */
export function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
