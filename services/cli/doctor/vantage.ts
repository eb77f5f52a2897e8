// Checks that leave this machine: resolvers, and whether those whom we ask can find out who we are (RFC 9511).
import { promises as dns } from 'node:dns';
import type { Config } from '../../config.ts';
import type { HttpClient } from '../../feeds/http.ts';
import { type Address, parseAddress } from '../../platform/net/address.ts';
import { type Finding, fail, notChecked, ok, warn, worst } from './finding.ts';

const DNS_TIMEOUT_MS = 3000;
/** Answers that prove that a resolver is there and does its work, also when there is no such name. */
const ANSWERED = new Set(['ENOTFOUND', 'ENODATA']);
/** A name that a resolver answers by itself (RFC 6761 6.3): the question goes no further. */
const QUESTION = 'localhost';
const PROBING_PATH = '/.well-known/probing.txt';
/** The file is a few lines. */
const FILE_BYTES = 64 * 1024;

/** What is asked of the network; tests ask servers of their own. */
export interface Network {
  readonly http: HttpClient;
  /** Resolvers as in dns.servers. Empty: those of this system. */
  readonly servers: readonly string[];
}

function resolverOf(servers: readonly string[]): dns.Resolver {
  const resolver = new dns.Resolver({ timeout: DNS_TIMEOUT_MS, tries: 1, maxTimeout: DNS_TIMEOUT_MS });
  if (servers.length > 0) resolver.setServers([...servers]);
  return resolver;
}

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

/** The probe description file of the contact's site: there, in date, and naming the contact (RFC 9511 2.1, fields of RFC 9116). */
export async function checkProbingFile(config: Config, { http }: Network, now: Date): Promise<Finding> {
  const url = config['contact.url'];
  if (url === null) return notChecked('contact.url is unset');
  return probingFinding(new URL(PROBING_PATH, url).href, config, http, now);
}

async function probingFinding(url: string, config: Config, http: HttpClient, now: Date): Promise<Finding> {
  const todo = `Serve the file that kubecensus probing writes at ${url} (RFC 9511).`;
  const reply = await http({ url, maxBytes: FILE_BYTES, signal: AbortSignal.timeout(DNS_TIMEOUT_MS * 3) }).catch(
    (error: unknown) => (error as Error).message,
  );
  if (typeof reply === 'string') return fail(`${url}: ${reply}`, todo);
  if (reply.status !== 200) return fail(`${url} answers with ${reply.status}`, todo);
  return readProbingFile(url, new TextDecoder().decode(reply.body), config, now);
}

/** What the text of a probe description file says of us. */
export function readProbingFile(
  url: string,
  text: string,
  config: Pick<Config, 'contact.url' | 'contact.email'>,
  now: Date,
): Finding {
  const fields = text.split(/\r?\n/).flatMap((line) => {
    const [, name, value] = /^([A-Za-z-]+):\s*(.+?)\s*$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [{ name: name.toLowerCase(), value }];
  });
  const all = (wanted: string): string[] => fields.flatMap(({ name, value }) => (name === wanted ? [value] : []));
  const ours = [config['contact.url'], config['contact.email']].filter((contact) => contact !== null);
  if (!all('contact').some((contact) => ours.some((own) => contact === own || contact === `mailto:${own}`)))
    return fail(`${url} does not name our contact`, `Add the line "Contact: mailto:${config['contact.email']}" to it.`);
  const expires = all('expires').map((value) => Date.parse(value));
  if (expires.length !== 1 || !((expires[0] ?? Number.NaN) > now.getTime()))
    return fail(`${url} has expired, or does not say when it does`, 'Give it one Expires line with a date to come.');
  if (all('description').length !== 1)
    return warn(`${url} has no single Description`, 'Say in one line "Description: …" what is probed and why.');
  return ok(`${url} names our contact and holds until ${new Date(expires[0] ?? 0).toISOString().slice(0, 10)}`);
}

/** Of each public address of the vantage: a PTR name that leads back to it, and serves the probe description file (RFC 9511 2.2). */
export async function checkReverse(config: Config, network: Network, now: Date): Promise<Finding> {
  const addresses = config.ownAddresses.flatMap((text) => parseAddress(text) ?? []);
  if (addresses.length === 0)
    return warn(
      'ownAddresses names no single address',
      "Name the vantage's public addresses there, so that their reverse names can be checked.",
    );
  return worst(await Promise.all(addresses.map((address) => reverseFinding(address, config, network, now))));
}

async function reverseFinding(
  { text: address, bytes }: Address,
  config: Config,
  network: Network,
  now: Date,
): Promise<Finding> {
  const resolver = resolverOf(network.servers);
  const names = await resolver.resolvePtr(reverseName(bytes)).catch(() => []);
  const [name] = names;
  if (name === undefined)
    return fail(`${address} has no reverse name`, `Ask whoever routes ${address} for a PTR record.`);
  const forward = await Promise.all([resolver.resolve4(name).catch(() => []), resolver.resolve6(name).catch(() => [])]);
  if (!forward.flat().some((found) => parseAddress(found)?.text === address))
    return fail(
      `${address} is called ${name}, which does not lead back to it`,
      `Give ${name} an address record of ${address}.`,
    );
  const file = await probingFinding(`https://${name}${PROBING_PATH}`, config, network.http, now);
  return { ...file, found: `${address} is called ${name}; ${file.found}` };
}

/** The name under which the DNS itself is asked: Node's own reverse() reads this machine's hosts file first. */
function reverseName(bytes: Uint8Array): string {
  const digits = [...bytes].flatMap((byte) =>
    bytes.length === 4 ? [String(byte)] : [...byte.toString(16).padStart(2, '0')],
  );
  return `${digits.reverse().join('.')}.${bytes.length === 4 ? 'in-addr' : 'ip6'}.arpa`;
}
