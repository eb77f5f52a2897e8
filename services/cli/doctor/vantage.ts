// Whether the resolvers answer, and whether those whom we ask can find out who we are (RFC 9511).
import type { Config } from '../../config.ts';
import { type Finding, fail, notChecked, ok, worst } from '../../platform/finding.ts';
import { parseAddress } from '../../platform/net/address.ts';
import { checkReverse, type Network, resolverOf } from '../../surveys/attribution.probe.ts';

/** Answers that prove that a resolver is there and does its work, also when there is no such name. */
const ANSWERED = new Set(['ENOTFOUND', 'ENODATA']);
/** A name that a resolver answers by itself (RFC 6761 6.3): the question goes no further. */
const QUESTION = 'localhost';

/** Whether every configured resolver answers. */
export async function checkResolvers(servers: readonly string[]): Promise<Finding> {
  if (servers.length === 0)
    return notChecked(
      "dns.servers is unset: names are asked of this system's resolvers",
      'Name resolvers of your own in dns.servers before a large survey.',
    );
  return worst(
    await Promise.all(
      servers.map(async (server) => {
        try {
          await resolverOf([server]).resolve4(QUESTION);
          return ok(`${server} answers`);
        } catch (error) {
          const code = (error as NodeJS.ErrnoException).code ?? '';
          return ANSWERED.has(code)
            ? ok(`${server} answers`)
            : fail(`${server} does not answer (${code})`, 'Correct dns.servers, or let this machine ask there.');
        }
      }),
    ),
  );
}

/** The reverse names of the addresses that the configuration calls our own. */
export async function checkOwnAddresses(config: Config, network: Network, now: Date): Promise<Finding> {
  return checkReverse(
    config,
    config.ownAddresses.flatMap((text) => parseAddress(text) ?? []),
    network,
    now,
  );
}
