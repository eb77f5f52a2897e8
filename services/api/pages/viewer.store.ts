// Who looks at a page, and what that shows.
import type { FastifyRequest } from 'fastify';
import { accessOfKey } from '../access.store.ts';
import type { ApiContext } from '../context.ts';
import { mayUse } from '../keys/api-key.ts';
import { isOverTls, keyInCookie } from './session.ts';
import type { Viewer } from './viewer.ts';

/** The key of the Authorization header, else that of the cookie, else nobody known. */
export async function viewerOf(request: FastifyRequest, context: ApiContext): Promise<Viewer> {
  const { secret, settings, now } = context;
  const inCookie = keyInCookie(request.headers.cookie, secret, isOverTls(settings.publicUrl), now());
  const access =
    request.access.kind === 'public' && inCookie !== null ? await accessOfKey(inCookie, context) : request.access;
  if (access.kind === 'key' && mayUse(access.key, 'aggregate:read')) return { access, sees: 'whole' };
  return { access, sees: settings.publicAggregates ? 'published' : 'nothing' };
}
