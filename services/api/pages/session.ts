// Signing in: a key in a cookie that only these pages read. It opens nothing that the key does not open by itself.

const COOKIE = 'kubecensus_key';
/** A working day; whoever needs longer signs in again. */
const SECONDS = 12 * 3600;

/** The key in a Cookie header, or null. */
export function keyInCookie(header: string | undefined): string | null {
  const found = (header ?? '').split(';').map((part) => part.trim().split('='));
  return found.find(([name]) => name === COOKIE)?.[1] || null;
}

/** The cookie that signs in, or out for null. Not readable by scripts, not sent from other sites, over TLS only where the site has it. */
export function sessionCookie(key: string | null, isTls: boolean): string {
  const age = key === null ? 0 : SECONDS;
  return `${COOKIE}=${key ?? ''}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${age}${isTls ? '; Secure' : ''}`;
}
