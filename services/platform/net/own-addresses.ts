// Addresses of our own, which are never probed: interfaces, resolvers, database, queue, and what the operator adds.
import { getServers } from 'node:dns';
import { networkInterfaces } from 'node:os';
import { parseAddress } from './address.ts';

export interface OwnAddressSources {
  /** Addresses or prefixes that the operator names. */
  readonly further: readonly string[];
  /** Resolvers as "192.0.2.53", "192.0.2.53:53" or "[2001:db8::53]:53"; those of the system come on top. */
  readonly resolvers: readonly string[];
  /** Connection strings whose host may be an address; null where there is none. */
  readonly urls: readonly (string | null)[];
}

/** All of them as text. Loopback is left out: the never-probe table denies it anyway, and the lab lives there. */
export function ownAddresses({ further, resolvers, urls }: OwnAddressSources): string[] {
  const interfaces = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => !address.internal)
    .map((address) => address.address.split('%')[0] ?? '');
  const found = [...interfaces, ...[...resolvers, ...getServers()].map(hostOfServer), ...urls.map(hostOfUrl)];
  return [...further, ...found.filter((text) => parseAddress(text) !== null)];
}

function hostOfServer(server: string): string {
  const bracketed = /^\[(.+)\](?::\d+)?$/.exec(server)?.[1];
  return bracketed ?? (server.split(':').length === 2 ? (server.split(':')[0] ?? '') : server);
}

function hostOfUrl(url: string | null): string {
  return url === null ? '' : new URL(url).hostname.replace(/^\[|\]$/g, '');
}
