// The addresses that are never probed, as dated data: both IANA special-purpose registries in full, multicast, retired and metadata addresses.

export type NeverProbeReason = 'special_purpose' | 'multicast' | 'metadata' | 'retired';

export interface NeverProbeRow {
  readonly prefix: string;
  readonly reason: NeverProbeReason;
  /** The registry's own name of the block, or whose the address is. */
  readonly name: string;
  readonly source: string;
}

/**
 * The day on which both registries (www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry) were read. What
 * has been assigned since is unknown here: half a year later it is time to read them again.
 */
export const SNAPSHOT_DATE = '2026-07-18';

/** Of IPv6 only this is ever probed (RFC 4291 2.4; IANA has allocated unicast from nothing else), and of it not the rows below. */
export const IPV6_ALLOWED = '2000::/3';

/** Mapped addresses never reach the policy as IPv6: the parser turns them into IPv4, which is then judged as IPv4. */
export const MAPPED_ROW: NeverProbeRow = special('::ffff:0:0/96', 'IPv4-mapped Address', 'RFC 4291');

/** IPv4 special-purpose registry. Rows that are globally reachable (anycast infrastructure) are denied too: nobody runs a Kubernetes API there. */
const IPV4_SPECIAL: readonly NeverProbeRow[] = [
  special('0.0.0.0/8', 'This network', 'RFC 791'),
  special('0.0.0.0/32', 'This host on this network', 'RFC 1122'),
  special('10.0.0.0/8', 'Private-Use', 'RFC 1918'),
  special('100.64.0.0/10', 'Shared Address Space', 'RFC 6598'),
  special('127.0.0.0/8', 'Loopback', 'RFC 1122'),
  special('169.254.0.0/16', 'Link Local', 'RFC 3927'),
  special('172.16.0.0/12', 'Private-Use', 'RFC 1918'),
  special('192.0.0.0/24', 'IETF Protocol Assignments', 'RFC 6890'),
  special('192.0.0.0/29', 'IPv4 Service Continuity Prefix', 'RFC 7335'),
  special('192.0.0.8/32', 'IPv4 dummy address', 'RFC 7600'),
  special('192.0.0.9/32', 'Port Control Protocol Anycast', 'RFC 7723'),
  special('192.0.0.10/32', 'Traversal Using Relays around NAT Anycast', 'RFC 8155'),
  special('192.0.0.170/32', 'NAT64/DNS64 Discovery', 'RFC 8880'),
  special('192.0.0.171/32', 'NAT64/DNS64 Discovery', 'RFC 8880'),
  special('192.0.2.0/24', 'Documentation (TEST-NET-1)', 'RFC 5737'),
  special('192.31.196.0/24', 'AS112-v4', 'RFC 7535'),
  special('192.52.193.0/24', 'AMT', 'RFC 7450'),
  special('192.88.99.0/24', 'Deprecated (6to4 Relay Anycast)', 'RFC 7526'),
  special('192.88.99.2/32', '6a44-relay anycast address', 'RFC 6751'),
  special('192.168.0.0/16', 'Private-Use', 'RFC 1918'),
  special('192.175.48.0/24', 'Direct Delegation AS112 Service', 'RFC 7534'),
  special('198.18.0.0/15', 'Benchmarking', 'RFC 2544'),
  special('198.51.100.0/24', 'Documentation (TEST-NET-2)', 'RFC 5737'),
  special('203.0.113.0/24', 'Documentation (TEST-NET-3)', 'RFC 5737'),
  special('240.0.0.0/4', 'Reserved', 'RFC 1112'),
  special('255.255.255.255/32', 'Limited Broadcast', 'RFC 919'),
];

/** IPv6 special-purpose registry. Rows outside 2000::/3 are denied without it; they stand here so that every row can be tested. */
const IPV6_SPECIAL: readonly NeverProbeRow[] = [
  special('::1/128', 'Loopback Address', 'RFC 4291'),
  special('::/128', 'Unspecified Address', 'RFC 4291'),
  special('64:ff9b::/96', 'IPv4-IPv6 Translation', 'RFC 6052'),
  special('64:ff9b:1::/48', 'IPv4-IPv6 Translation', 'RFC 8215'),
  special('100::/64', 'Discard-Only Address Block', 'RFC 6666'),
  special('100:0:0:1::/64', 'Dummy IPv6 Prefix', 'RFC 9780'),
  special('2001::/23', 'IETF Protocol Assignments', 'RFC 2928'),
  special('2001::/32', 'TEREDO', 'RFC 4380'),
  special('2001:1::1/128', 'Port Control Protocol Anycast', 'RFC 7723'),
  special('2001:1::2/128', 'Traversal Using Relays around NAT Anycast', 'RFC 8155'),
  special('2001:1::3/128', 'DNS-SD Service Registration Protocol Anycast', 'RFC 9665'),
  special('2001:2::/48', 'Benchmarking', 'RFC 5180'),
  special('2001:3::/32', 'AMT', 'RFC 7450'),
  special('2001:4:112::/48', 'AS112-v6', 'RFC 7535'),
  special('2001:10::/28', 'Deprecated (previously ORCHID)', 'RFC 4843'),
  special('2001:20::/28', 'ORCHIDv2', 'RFC 7343'),
  special('2001:30::/28', 'Drone Remote ID Protocol Entity Tags', 'RFC 9374'),
  special('2001:db8::/32', 'Documentation', 'RFC 3849'),
  special('2002::/16', '6to4', 'RFC 3056'),
  special('2620:4f:8000::/48', 'Direct Delegation AS112 Service', 'RFC 7534'),
  special('3fff::/20', 'Documentation', 'RFC 9637'),
  special('5f00::/16', 'Segment Routing (SRv6) SIDs', 'RFC 9602'),
  special('fc00::/7', 'Unique-Local', 'RFC 4193'),
  special('fe80::/10', 'Link-Local Unicast', 'RFC 4291'),
];

/** Blocks outside the two registries. */
const OTHER: readonly NeverProbeRow[] = [
  { prefix: '224.0.0.0/4', reason: 'multicast', name: 'Multicast', source: 'RFC 5771' },
  { prefix: 'ff00::/8', reason: 'multicast', name: 'Multicast', source: 'RFC 4291' },
  { prefix: 'fec0::/10', reason: 'retired', name: 'Site-local, deprecated', source: 'RFC 3879' },
  { prefix: '3ffe::/16', reason: 'retired', name: '6bone, returned', source: 'RFC 3701' },
];

/** Cloud metadata and agent addresses. All but 168.63.129.16 lie in blocks above; they are named so that the reason says what was refused. */
const METADATA: readonly NeverProbeRow[] = [
  {
    prefix: '169.254.169.254/32',
    reason: 'metadata',
    name: 'Instance metadata of most clouds',
    source: 'AWS, Azure, GCP, OCI documentation',
  },
  { prefix: '169.254.170.2/32', reason: 'metadata', name: 'ECS task metadata', source: 'AWS documentation' },
  {
    prefix: '100.100.100.200/32',
    reason: 'metadata',
    name: 'Alibaba Cloud metadata',
    source: 'Alibaba Cloud documentation',
  },
  {
    prefix: '192.0.0.192/32',
    reason: 'metadata',
    name: 'Oracle Cloud classic metadata',
    source: 'Oracle documentation',
  },
  {
    prefix: '168.63.129.16/32',
    reason: 'metadata',
    name: 'Azure WireServer, in ordinary public space',
    source: 'Azure documentation',
  },
  { prefix: 'fd00:ec2::254/128', reason: 'metadata', name: 'EC2 metadata', source: 'AWS documentation' },
  { prefix: 'fd20:ce::254/128', reason: 'metadata', name: 'GCP metadata', source: 'GCP documentation' },
];

/** Every row that the policy denies, by longest prefix. */
export const NEVER_PROBE: readonly NeverProbeRow[] = [...IPV4_SPECIAL, ...IPV6_SPECIAL, ...OTHER, ...METADATA];

function special(prefix: string, name: string, source: string): NeverProbeRow {
  return { prefix, reason: 'special_purpose', name, source };
}
