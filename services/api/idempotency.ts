// What makes two requests one and the same: who sends them, the Idempotency-Key, and what they say.
import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { keyOf } from './access.ts';

export interface RepeatableRequest {
  readonly apiKeyId: number;
  /** The header Idempotency-Key. */
  readonly key: string;
  /** Of method, path and body, lower-case hex. */
  readonly sha256: string;
  readonly at: Date;
}

/** The identity of a request whose headers were checked. */
export function repeatable(request: FastifyRequest, at: Date): RepeatableRequest {
  const says = JSON.stringify([request.method, request.url, request.body]);
  return {
    apiKeyId: keyOf(request.access).id,
    key: String(request.headers['idempotency-key']),
    sha256: createHash('sha256').update(says).digest('hex'),
    at,
  };
}
