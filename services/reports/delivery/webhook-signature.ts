// Signatures of Standard Webhooks: HMAC-SHA256 over id, time and body, once for every secret, so that secrets can be changed without a gap.
import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';
/** What the specification lets a secret be, in bytes. */
const SECRET_BYTES = [24, 64] as const;

/** Reads secrets separated by white space or commas, newest first. null when there is none or one is no base64 of 24 to 64 bytes. */
export function readSecrets(text: string): Buffer[] | null {
  const secrets = text
    .split(/[\s,]+/)
    .filter((word) => word !== '')
    .map(readSecret);
  return secrets.length > 0 && secrets.every((secret) => secret !== null) ? secrets : null;
}

function readSecret(word: string): Buffer | null {
  const text = word.startsWith(PREFIX) ? word.slice(PREFIX.length) : word;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length >= SECRET_BYTES[0] && bytes.length <= SECRET_BYTES[1] ? bytes : null;
}

/** The three headers of a message. `at` is the moment of the attempt: receivers refuse what is older than five minutes. */
export function signedHeaders(
  message: { readonly id: string; readonly body: string; readonly at: Date },
  secrets: readonly Buffer[],
): Record<string, string> {
  const timestamp = String(Math.floor(message.at.getTime() / 1000));
  const content = `${message.id}.${timestamp}.${message.body}`;
  const signatures = secrets.map((secret) => `v1,${createHmac('sha256', secret).update(content).digest('base64')}`);
  return {
    'webhook-id': message.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}
