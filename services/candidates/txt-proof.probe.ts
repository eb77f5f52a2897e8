// Asks the DNS whether the token of an opt-out request stands where only those who run the zone can put it.
import { promises as dns } from 'node:dns';
import type { TxtRecords } from './opt-out-verification.ts';

const TIMEOUT_MS = 3000;
const TRIES = 2;

/**
 * The names that do not hold the text, each with why; empty: the request is verified. `servers` as in dns.servers, empty: those of the system.
 */
export async function missingRecords({ names, text }: TxtRecords, servers: readonly string[]): Promise<string[]> {
  const missing = await Promise.all(
    names.map(async (name) => {
      const resolver = new dns.Resolver({ timeout: TIMEOUT_MS, tries: TRIES, maxTimeout: TIMEOUT_MS });
      if (servers.length > 0) resolver.setServers([...servers]);
      try {
        const records = await resolver.resolveTxt(`${name}.`);
        return records.some((parts) => parts.join('') === text) ? [] : [`${name} holds another text`];
      } catch (error) {
        return [`${name}: ${(error as NodeJS.ErrnoException).code ?? 'no answer'}`];
      }
    }),
  );
  return missing.flat();
}
