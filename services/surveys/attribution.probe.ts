// Can those whom a survey asks find out who asks? The probe description file and the reverse names of RFC 9511, looked up as its readers do.
import { promises as dns } from 'node:dns';
import type { HttpClient } from '../feeds/http.ts';
import { type Finding, fail, ok, warn, worst } from '../platform/finding.ts';
import { type Address, parseAddress } from '../platform/net/address.ts';

const DNS_TIMEOUT_MS = 3000;
const PROBING_PATH = '/.well-known/probing.txt';
/** The file is a few lines. */
const FILE_BYTES = 64 * 1024;
const FILE_TIMEOUT_MS = 9000;

/** What is asked of the network; tests ask servers of their own. */
export interface Network {
  readonly http: HttpClient;
  /** Resolvers as in dns.servers. Empty: those of this system. */
  readonly servers: readonly string[];
}

/** Who asks, as in the configuration. */
export interface Contact {
  readonly 'contact.url': string | null;
  readonly 'contact.email': string | null;
}

/** What a survey of the internet records of how it can be looked up. */
export interface Attribution {
  /** Whether the site of the contact, or every address that probes, serves a file that names the contact. */
  readonly probingFile: Finding;
  /** Whether every address that probes has a name that leads back to it and to the file. */
  readonly reverseNames: Finding;
}

/** Looks both up. `addresses`: the public ones that probes leave from, as far as they are known. */
export async function attributionOf(
  contact: Contact,
  addresses: readonly Address[],
  network: Network,
  now: Date,
): Promise<Attribution> {
  const [site, reverseNames, own] = await Promise.all([
    checkProbingFile(contact, network, now),
    checkReverse(contact, addresses, network, now),
    Promise.all(addresses.map((address) => fileOfAddress(address, contact, network, now))),
  ]);
  const everywhere = own.length === 0 ? site : worst(own);
  const probingFile = isServed(site) || !isServed(everywhere) ? site : everywhere;
  return { probingFile, reverseNames };
}

/** A file without a description says who asks all the same. */
export const isServed = ({ status }: Finding): boolean => status === 'ok' || status === 'warn';

/** The probe description file of the contact's site: there, in date, and naming the contact (RFC 9511 2.1, fields of RFC 9116). */
export async function checkProbingFile(contact: Contact, network: Network, now: Date): Promise<Finding> {
  const url = contact['contact.url'];
  if (url === null) return { status: 'not checked', found: 'contact.url is unset', todo: null };
  return probingFinding(new URL(PROBING_PATH, url).href, contact, network.http, now);
}

/** Of each address: a PTR name that leads back to it, and serves the probe description file (RFC 9511 2.2). */
export async function checkReverse(
  contact: Contact,
  addresses: readonly Address[],
  network: Network,
  now: Date,
): Promise<Finding> {
  if (addresses.length === 0)
    return warn(
      'ownAddresses names no single address',
      "Name the vantage's public addresses there, so that their reverse names can be checked.",
    );
  return worst(await Promise.all(addresses.map((address) => reverseFinding(address, contact, network, now))));
}

/** A resolver that gives up soon: nobody waits for a check. */
export function resolverOf(servers: readonly string[]): dns.Resolver {
  const resolver = new dns.Resolver({ timeout: DNS_TIMEOUT_MS, tries: 1, maxTimeout: DNS_TIMEOUT_MS });
  if (servers.length > 0) resolver.setServers([...servers]);
  return resolver;
}

/** The file as whoever sees the address looks for it: under its name where it has one, else under the address. */
async function fileOfAddress(address: Address, contact: Contact, network: Network, now: Date): Promise<Finding> {
  const [name] = await namesOf(address, resolverOf(network.servers));
  const host = name ?? (address.family === 6 ? `[${address.text}]` : address.text);
  return probingFinding(`https://${host}${PROBING_PATH}`, contact, network.http, now);
}

async function probingFinding(url: string, contact: Contact, http: HttpClient, now: Date): Promise<Finding> {
  const todo = `Serve the file that kubecensus probing writes at ${url} (RFC 9511).`;
  const reply = await http({ url, maxBytes: FILE_BYTES, signal: AbortSignal.timeout(FILE_TIMEOUT_MS) }).catch(
    (error: unknown) => (error as Error).message,
  );
  if (typeof reply === 'string') return fail(`${url}: ${reply}`, todo);
  if (reply.status !== 200) return fail(`${url} answers with ${reply.status}`, todo);
  return readProbingFile(url, new TextDecoder().decode(reply.body), contact, now);
}

/** What the text of a probe description file says of us. */
export function readProbingFile(url: string, text: string, contact: Contact, now: Date): Finding {
  const fields = text.split(/\r?\n/).flatMap((line) => {
    const [, name, value] = /^([A-Za-z-]+):\s*(.+?)\s*$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [{ name: name.toLowerCase(), value }];
  });
  const all = (wanted: string): string[] => fields.flatMap(({ name, value }) => (name === wanted ? [value] : []));
  const ours = [contact['contact.url'], contact['contact.email']].filter((own) => own !== null);
  if (!all('contact').some((named) => ours.some((own) => named === own || named === `mailto:${own}`)))
    return fail(
      `${url} does not name our contact`,
      `Add the line "Contact: mailto:${contact['contact.email']}" to it.`,
    );
  const expires = all('expires').map((value) => Date.parse(value));
  if (expires.length !== 1 || !((expires[0] ?? Number.NaN) > now.getTime()))
    return fail(`${url} has expired, or does not say when it does`, 'Give it one Expires line with a date to come.');
  if (all('description').length !== 1)
    return warn(`${url} has no single Description`, 'Say in one line "Description: …" what is probed and why.');
  return ok(`${url} names our contact and holds until ${new Date(expires[0] ?? 0).toISOString().slice(0, 10)}`);
}

async function reverseFinding(address: Address, contact: Contact, network: Network, now: Date): Promise<Finding> {
  const { text } = address;
  const resolver = resolverOf(network.servers);
  const [name] = await namesOf(address, resolver);
  if (name === undefined) return fail(`${text} has no reverse name`, `Ask whoever routes ${text} for a PTR record.`);
  const forward = await Promise.all([resolver.resolve4(name).catch(() => []), resolver.resolve6(name).catch(() => [])]);
  if (!forward.flat().some((found) => parseAddress(found)?.text === text))
    return fail(
      `${text} is called ${name}, which does not lead back to it`,
      `Give ${name} an address record of ${text}.`,
    );
  const file = await probingFinding(`https://${name}${PROBING_PATH}`, contact, network.http, now);
  return { ...file, found: `${text} is called ${name}; ${file.found}` };
}

const namesOf = ({ bytes }: Address, resolver: dns.Resolver): Promise<string[]> =>
  resolver.resolvePtr(reverseName(bytes)).catch(() => []);

/** The name under which the DNS itself is asked: Node's own reverse() reads this machine's hosts file first. */
function reverseName(bytes: Uint8Array): string {
  const digits = [...bytes].flatMap((byte) =>
    bytes.length === 4 ? [String(byte)] : [...byte.toString(16).padStart(2, '0')],
  );
  return `${digits.reverse().join('.')}.${bytes.length === 4 ? 'in-addr' : 'ip6'}.arpa`;
}
