// Signing in and out. Forms are read here only; other sites cannot send them on somebody's behalf, for the cookie does not go along.
import { Type } from 'typebox';
import { accessOfKey } from '../access.store.ts';
import type { ApiContext, Resource } from '../context.ts';
import { sendSignIn } from './sent-page.ts';
import { sessionCookie } from './session.ts';
import { viewerOf } from './viewer.store.ts';

const LONGEST_KEY = 200;
const Form = Type.Object({ key: Type.String({ maxLength: LONGEST_KEY }) });

export function addSession(pages: Parameters<Resource>[0], context: ApiContext): void {
  const isTls = context.settings.publicUrl?.startsWith('https:') === true;
  pages.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );
  pages.get('/session', { schema: { hide: true } }, async (request, reply) =>
    sendSignIn(
      reply,
      await viewerOf(request, context),
      'Whoever has an API key of this installation sees all that it covers.',
    ),
  );
  pages.post('/session', { schema: { hide: true, body: Form } }, async (request, reply) => {
    const access = await accessOfKey(request.body.key.trim(), context);
    if (access.kind === 'key')
      return reply.header('set-cookie', sessionCookie(request.body.key.trim(), isTls)).redirect('/', 303);
    return sendSignIn(
      reply,
      { access: { kind: 'public' }, sees: 'nothing' },
      'This key opens nothing: it is unknown, expired or revoked.',
    );
  });
  pages.post('/session/end', { schema: { hide: true } }, async (_request, reply) =>
    reply.header('set-cookie', sessionCookie(null, isTls)).redirect('/', 303),
  );
}
