// Validators and lifetimes of answers: what never changes again may be kept, everything else is asked about each time.
import { createHash } from 'node:crypto';

/** An answer of a finished survey stays what it is; a day bounds what a recount with a newer release could change. */
const KEPT_SECONDS = 86_400;

/** Answers with a key are for its holder alone. */
export function cacheControl(immutable: boolean, isPublic: boolean): string {
  const whose = isPublic ? 'public' : 'private';
  return immutable ? `${whose}, max-age=${KEPT_SECONDS}, immutable` : `${whose}, no-cache`;
}

/** A weak validator over what an answer is made of: the same content in another coding is the same answer. */
export function weakTag(...parts: readonly string[]): string {
  return `W/"${createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22)}"`;
}

/** Whether an If-None-Match header names this validator (RFC 9110 13.1.2: compared weakly; * is any). */
export function matchesTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  const bare = (one: string): string => one.trim().replace(/^W\//, '');
  return header.trim() === '*' || header.split(',').some((one) => bare(one) === bare(tag));
}
