// The ClientHello of one connection: the template of its server name with 32 fresh random bytes.
import { randomFillSync } from 'node:crypto';
import net from 'node:net';
import { clientHelloTemplate, RANDOM_BYTES, withRandom } from './client-hello.ts';

const NO_NAME = clientHelloTemplate(null);
/** Randoms are drawn for this many connections at once: a call into OpenSSL for each would cost more than the bytes. */
const RANDOMS_AT_ONCE = 128;
const randoms = Buffer.allocUnsafeSlow(RANDOMS_AT_ONCE * RANDOM_BYTES);
let nextRandom = randoms.length;

/** Where the next unused random stands in `randoms`. */
function freshRandom(): number {
  if (nextRandom === randoms.length) {
    randomFillSync(randoms);
    nextRandom = 0;
  }
  nextRandom += RANDOM_BYTES;
  return nextRandom - RANDOM_BYTES;
}

/** The record to send; an address is no server name (RFC 6066 section 3). */
export function helloFor(serverName: string | null): Buffer {
  const named = serverName !== null && net.isIP(serverName) === 0;
  return withRandom(named ? clientHelloTemplate(serverName.replace(/\.$/, '')) : NO_NAME, randoms, freshRandom());
}
