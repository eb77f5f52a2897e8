// The link by which a recipient ends a subscription: signed, for one schedule and one destination, good for ever and for nothing else.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** Bytes of signature and of digest that are kept: 128 bits each, beyond guessing. */
const KEPT_BYTES = 16;
/** What else the same secret signs never begins like this. */
const PURPOSE = 'unsubscribe\0';
/** Path of the link below the address of the API; the token follows. */
export const UNSUBSCRIBE_PATH = '/unsubscribe/';
/** Longer than any token: the longest name of a schedule is 63 letters. */
export const LONGEST_TOKEN = 200;

/** What a token stands for. The destination is only to be recognised: links end up in logs, which nobody's address should. */
export interface Unsubscription {
  /** Name of the schedule: one that is made anew under its name can be left by the old link. */
  readonly schedule: string;
  readonly isDestination: (destination: string) => boolean;
}

/** The token of one schedule and destination; letters of base64url. `secret` is the installation's own. */
export function writeToken(schedule: string, destination: string, secret: string): string {
  const body = Buffer.concat([digestOf(destination), Buffer.from(schedule)]);
  return Buffer.concat([sign(body, secret), body]).toString('base64url');
}

/** What the token stands for, or null for one that this installation did not write. */
export function readToken(token: string, secret: string): Unsubscription | null {
  const bytes = Buffer.from(token, 'base64url');
  const [signature, body] = [bytes.subarray(0, KEPT_BYTES), bytes.subarray(KEPT_BYTES)];
  const isOurs = signature.length === KEPT_BYTES && timingSafeEqual(signature, sign(body, secret));
  // Other spellings of the same bytes are not ours either.
  if (!isOurs || bytes.toString('base64url') !== token) return null;
  const digest = body.subarray(0, KEPT_BYTES);
  return {
    schedule: body.subarray(KEPT_BYTES).toString(),
    isDestination: (destination) => digestOf(destination).equals(digest),
  };
}

const digestOf = (destination: string): Buffer =>
  createHash('sha256').update(destination).digest().subarray(0, KEPT_BYTES);

const sign = (body: Uint8Array, secret: string): Buffer =>
  createHmac('sha256', secret).update(PURPOSE).update(body).digest().subarray(0, KEPT_BYTES);
