// How much of the address space opted out: published with every survey, because what is left out biases a count. The list itself is not.
import { NETWORK_LENGTH, type Prefix, parsePrefix, prefixOf } from '../platform/net/address.ts';
import { createPrefixSet, type PrefixSet } from '../platform/net/prefix-set.ts';
import { IPV6_ALLOWED, NEVER_PROBE } from './never-probe.ts';

export interface OptOutCoverage {
  /** IPv4 addresses that may be probed but for an opt-out, and their share of all that may be. */
  readonly ipv4Addresses: number;
  readonly ipv4Share: number;
  /** The /48 networks of IPv6 in which something opted out, and their share of all that may be probed. */
  readonly ipv6Networks: number;
  readonly ipv6Share: number;
}

const NEVER = NEVER_PROBE.flatMap(({ prefix }) => parsePrefix(prefix) ?? []);
const NEVER_IPV4 = createPrefixSet(NEVER).countIPv4();
const IPV4 = 2 ** 32 - NEVER_IPV4;
const ALLOWED = parsePrefix(IPV6_ALLOWED) as Prefix;
const IPV6 = createPrefixSet([ALLOWED]);
const IPV6_NETWORKS = networksIn(IPV6.prefixes);

/** The coverage of single addresses and networks. AS numbers, names and keys cannot be counted in addresses. */
export function coverageOf(networks: PrefixSet): OptOutCoverage {
  const ipv4Addresses = createPrefixSet([...NEVER, ...networks.prefixes]).countIPv4() - NEVER_IPV4;
  const six = networks.has(ALLOWED.address) ? networks.find(ALLOWED.address) : null;
  const isAll = six !== null && six.length <= ALLOWED.length;
  const ipv6Networks = isAll ? IPV6_NETWORKS : networksIn(networks.prefixes.filter(({ address }) => IPV6.has(address)));
  return {
    ipv4Addresses,
    ipv4Share: ipv4Addresses / IPV4,
    ipv6Networks,
    ipv6Share: ipv6Networks / IPV6_NETWORKS,
  };
}

/** Distinct /48 networks that these prefixes touch; sorted, so that what lies in a wider one follows it. */
function networksIn(sorted: readonly Prefix[]): number {
  let count = 0;
  let widest: PrefixSet = createPrefixSet([]);
  for (const { address, length } of sorted) {
    if (address.family === 4 || widest.has(address)) continue;
    const cut = Math.min(length, NETWORK_LENGTH[6]);
    widest = createPrefixSet([prefixOf(address, cut)]);
    count += 2 ** (NETWORK_LENGTH[6] - cut);
  }
  return count;
}
