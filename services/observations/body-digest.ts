// What an endpoint answered, whoever asked and when: a digest over the bodies alone.
import { createHash } from 'node:crypto';
import type { Evidence, EvidenceRequest } from '../feeds/evidence.ts';
import { readAnswer } from '../fingerprints/answer.ts';

/**
 * SHA-256 (lower-case hex) over path, status and body of every answer that has a body, in the order of paths. Heads are left out: they hold
 * dates and request ids. null when nothing answered with a body. Never throws.
 */
export function bodyDigestOf(evidence: Evidence): string | null {
  const requests: unknown = evidence.requests;
  if (!Array.isArray(requests)) return null;
  const answers = requests
    .filter((request): request is EvidenceRequest => typeof request === 'object' && request !== null)
    .map(readAnswer)
    .filter(({ body }) => body !== null && body !== '')
    .map(({ path, status, body }) => JSON.stringify([path, status, body]))
    .sort();
  if (answers.length === 0) return null;
  return createHash('sha256').update(answers.join('\n')).digest('hex');
}
