// How answers are kept and validated: what belongs to a finished survey never changes, everything else is compared by its content.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CountedSurvey } from '../rollups/counted-survey.ts';
import { cacheControl, matchesTag, weakTag } from './cache.ts';

/** What an answer depends on beside its URL. */
const VARY = 'authorization, accept-encoding';

const isPublic = (request: FastifyRequest): boolean => request.access.kind === 'public';

/**
 * For a question that names this survey: marks the answer as immutable when the survey is finished and counted. True when the asker has it
 * already: then the answer was sent (304), and nothing needs to be read.
 */
export function hasCurrent(
  request: FastifyRequest,
  reply: FastifyReply,
  survey: CountedSurvey,
  codeVersion: string,
): boolean {
  const isFinished = survey.rolledUpAt !== null && !survey.flags.includes('unfinished');
  if (!isFinished) return false;
  const counted = survey.rolledUpAt?.toISOString() ?? '';
  const tag = weakTag(codeVersion, request.access.kind, request.url, survey.id, counted);
  void reply.headers({ etag: tag, 'cache-control': cacheControl(true, isPublic(request)), vary: VARY });
  if (!matchesTag(request.headers['if-none-match'], tag)) return false;
  void reply.code(304).send();
  return true;
}

/** The last step of every read: a validator over the content where the route gave none, and no content where the asker has it. */
export async function validateContent(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): Promise<unknown> {
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (!isRead || reply.statusCode !== 200 || typeof payload !== 'string') {
    if (reply.statusCode !== 304 && !reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store');
    return payload;
  }
  if (!reply.hasHeader('cache-control')) void reply.header('cache-control', cacheControl(false, isPublic(request)));
  if (!reply.hasHeader('etag')) void reply.header('etag', weakTag(payload));
  void reply.header('vary', VARY);
  if (!matchesTag(request.headers['if-none-match'], String(reply.getHeader('etag')))) return payload;
  void reply.code(304).removeHeader('content-type').removeHeader('content-length');
  // Not null: the framework's answer to HEAD measures what it is given.
  return '';
}
