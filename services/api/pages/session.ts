// Signing in: a key in a cookie that only these pages read. It opens nothing that the key does not open by itself.
import type { FastifyRequest } from 'fastify';
import { accessOfKey } from '../access.store.ts';
import type { Access } from '../access.ts';
import type { ApiContext } from '../context.ts';

const COOKIE = 'kubecensus_key';
/** A working day; whoever needs longer signs in again. */
const SECONDS = 12 * 3600;

/** Who looks at a page: the key of the Authorization header, else that of the cookie, else nobody known. */
export async function viewerOf(request: FastifyRequest, context: Pick<ApiContext, 'db' | 'now'>): Promise<Access> {
  if (request.access.kind !== 'public') return request.access;
  const text = cookieOf(request.headers.cookie);
  return text === null ? request.access : accessOfKey(text, context);
}

function cookieOf(header: string | undefined): string | null {
  const found = (header ?? '').split(';').map((part) => part.trim().split('='));
  return found.find(([name]) => name === COOKIE)?.[1] || null;
}

/** The cookie that signs in, or out for null. Not readable by scripts, not sent from other sites, over TLS only where the site has it. */
export function sessionCookie(key: string | null, isTls: boolean): string {
  const age = key === null ? 0 : SECONDS;
  return `${COOKIE}=${key ?? ''}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${age}${isTls ? '; Secure' : ''}`;
}
