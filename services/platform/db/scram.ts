// A password as Postgres keeps it (SCRAM-SHA-256, RFC 5803): made here, so that the password itself stands in no statement and no server log.
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

/** Postgres' own choice (scram_iterations). */
const ITERATIONS = 4096;
const KEY_BYTES = 32;

/** The verifier of a password of printable ASCII, to which preparing it as RFC 4013 says changes nothing; null for any other. `salt`: 16 random bytes. */
export function scramVerifier(password: string, salt: Uint8Array): string | null {
  if (!/^[\x21-\x7e]+$/.test(password)) return null;
  const salted = pbkdf2Sync(password, salt, ITERATIONS, KEY_BYTES, 'sha256');
  const keyOf = (name: string): Buffer => createHmac('sha256', salted).update(name).digest();
  const stored = createHash('sha256').update(keyOf('Client Key')).digest('base64');
  const server = keyOf('Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${Buffer.from(salt).toString('base64')}$${stored}:${server}`;
}
