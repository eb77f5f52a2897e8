// Signing in and out. Forms are read here only, and only from these pages: other sites can sign nobody in or out.
import { randomBytes } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { KubecensusError } from '../../platform/errors.ts';
import { accessOfKey } from '../access.store.ts';
import type { ApiContext, Resource } from '../context.ts';
import { sendSignIn } from './sent-page.ts';
import { IV_BYTES, isOverTls, isOwnForm, signInCookie, signOutCookie } from './session.ts';
import { viewerOf } from './viewer.store.ts';

const LONGEST_KEY = 200;
const Form = Type.Object({ key: Type.String({ maxLength: LONGEST_KEY }) });

export function addSession(pages: Parameters<Resource>[0], context: ApiContext): void {
  const isTls = isOverTls(context.settings.publicUrl);
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
  const preValidation = async ({ headers }: FastifyRequest): Promise<void> => {
    if (!isOwnForm(headers, context.settings.publicUrl))
      throw new KubecensusError('KC_API_FORBIDDEN', 'This form is taken from the pages of this installation only.');
  };
  pages.post('/session', { schema: { hide: true, body: Form }, preValidation }, async (request, reply) => {
    const key = request.body.key.trim();
    const access = await accessOfKey(key, context);
    if (access.kind === 'key')
      return reply
        .header('set-cookie', signInCookie(key, context.secret, isTls, context.now(), randomBytes(IV_BYTES)))
        .redirect('/', 303);
    return sendSignIn(
      reply,
      { access: { kind: 'public' }, sees: 'nothing' },
      'This key opens nothing: it is unknown, expired or revoked.',
    );
  });
  pages.post('/session/end', { schema: { hide: true }, preValidation }, async (_request, reply) =>
    reply.header('set-cookie', signOutCookie(isTls)).redirect('/', 303),
  );
}
