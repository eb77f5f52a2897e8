// Signing in: a key, sealed into a cookie that only these pages read. It opens nothing that the key does not open by itself, and ends by itself.
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';

const NAME = 'kubecensus_session';
/** A working day; whoever needs longer signs in again. */
const SECONDS = 12 * 3600;
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
export const IV_BYTES = 12;
const TAG_BYTES = 16;
const EXPIRY_BYTES = 6;

/** Over TLS a name that browsers take from this very host only, so that a neighbour below the same domain cannot plant a session. */
const nameOf = (isTls: boolean): string => (isTls ? `__Host-${NAME}` : NAME);

export const isOverTls = (publicUrl: string | null): boolean => publicUrl?.startsWith('https:') === true;

const sealingKey = (secret: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret, '', 'kubecensus session', KEY_BYTES));

/** The key of a signed-in request, or null: without a session, with one that has ended, or with one that was not made here. */
export function keyInCookie(header: string | undefined, secret: string, isTls: boolean, at: Date): string | null {
  const pairs = (header ?? '').split(';').map((part) => part.trim().split('='));
  const sealed = Buffer.from(pairs.find(([name]) => name === nameOf(isTls))?.[1] ?? '', 'base64url');
  if (sealed.length <= IV_BYTES + TAG_BYTES + EXPIRY_BYTES) return null;
  const [iv, tag, text] = [
    sealed.subarray(0, IV_BYTES),
    sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES),
    sealed.subarray(IV_BYTES + TAG_BYTES),
  ];
  const opener = createDecipheriv(CIPHER, sealingKey(secret), iv, { authTagLength: TAG_BYTES }).setAuthTag(tag);
  try {
    const plain = Buffer.concat([opener.update(text), opener.final()]);
    return plain.readUIntBE(0, EXPIRY_BYTES) > at.getTime() ? plain.toString('utf8', EXPIRY_BYTES) : null;
  } catch {
    return null;
  }
}

/** The cookie that signs in. Not readable by scripts, not sent from other sites, over TLS only where the site has it. `iv`: IV_BYTES random bytes. */
export function signInCookie(key: string, secret: string, isTls: boolean, at: Date, iv: Uint8Array): string {
  const plain = Buffer.alloc(EXPIRY_BYTES);
  plain.writeUIntBE(at.getTime() + SECONDS * 1000, 0, EXPIRY_BYTES);
  const sealer = createCipheriv(CIPHER, sealingKey(secret), iv, { authTagLength: TAG_BYTES });
  const text = Buffer.concat([sealer.update(plain), sealer.update(key, 'utf8'), sealer.final()]);
  return cookieOf(Buffer.concat([iv, sealer.getAuthTag(), text]).toString('base64url'), SECONDS, isTls);
}

export const signOutCookie = (isTls: boolean): string => cookieOf('', 0, isTls);

const cookieOf = (value: string, seconds: number, isTls: boolean): string =>
  `${nameOf(isTls)}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${isTls ? '; Secure' : ''}`;

/** Whether a form comes from these pages: browsers say so themselves, older ones by the origin. What is no browser says nothing, and has no cookies to be misused. */
export function isOwnForm(
  headers: {
    readonly host?: string | undefined;
    readonly origin?: string | undefined;
    readonly 'sec-fetch-site'?: string | string[] | undefined;
  },
  publicUrl: string | null,
): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  if (headers.origin === undefined) return true;
  const host = URL.parse(headers.origin)?.host;
  return host !== undefined && (host === headers.host || host === URL.parse(publicUrl ?? '')?.host);
}
