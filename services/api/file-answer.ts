// A file as an answer: with its digest as validator, resumable by ranges, and never opened as a page of ours.
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { KubecensusError } from '../platform/errors.ts';
import { cacheControl, matchesTag } from './cache.ts';
import { PROBLEM_TYPE, problem } from './errors.ts';
import { readRange } from './range.ts';

export interface ServedFile {
  /** Word characters, dots and hyphens. */
  readonly fileName: string;
  readonly mediaType: string;
  readonly bytes: number;
  /** Of the bytes. */
  readonly sha256: string;
  readonly open: (range?: { readonly start: number; readonly end: number }) => Readable;
}

/** Sends the file, the range that was asked for, or word that the asker has it. */
export function sendFile(request: FastifyRequest, reply: FastifyReply, file: ServedFile): FastifyReply {
  const tag = `"${file.sha256}"`;
  void reply.headers({
    etag: tag,
    'cache-control': cacheControl(true, false),
    'accept-ranges': 'bytes',
    'content-disposition': `attachment; filename="${file.fileName}"`,
    vary: 'authorization',
  });
  if (matchesTag(request.headers['if-none-match'], tag)) return reply.code(304).send();
  // A range of another version would be spliced into this one.
  const { range, 'if-range': ifRange } = request.headers;
  const asked = readRange(ifRange === undefined || ifRange === tag ? range : undefined, file.bytes);
  if (asked === 'unsatisfiable') {
    const detail = `The file has ${file.bytes} bytes.`;
    void reply
      .removeHeader('content-disposition')
      .removeHeader('etag')
      .header('content-range', `bytes */${file.bytes}`);
    return reply
      .code(416)
      .type(PROBLEM_TYPE)
      .send(problem('KC_API_REQUEST', detail, { status: 416 }));
  }
  void reply.type(file.mediaType);
  const part = asked ?? { start: 0, end: file.bytes - 1 };
  if (asked !== null) void reply.code(206).header('content-range', `bytes ${part.start}-${part.end}/${file.bytes}`);
  void reply.header('content-length', part.end - part.start + 1);
  // An empty stream: the framework would write a length of its own for no payload.
  if (request.method === 'HEAD') return reply.send(Readable.from([]));
  return reply.send(asked === null ? file.open() : file.open(part));
}

/** Throws KC_API_NOT_FOUND for null. */
export function found<T>(thing: T | null | undefined, what: string): T {
  if (thing === null || thing === undefined) throw new KubecensusError('KC_API_NOT_FOUND', `There is no ${what}.`);
  return thing;
}
