// Which neighbourhood an address belongs to: the unit of politeness between addresses.

/** IPv6 neighbours share this many 16-bit groups: a /48 is one site (RFC 6177). */
const IPV6_SITE_GROUPS = 3;
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** The /24 of an IPv4 address or the /48 of an IPv6 address, as a key. Takes canonical literals; anything else is its own network. */
export function networkOf(address: string): string {
  const ipv4 = MAPPED.exec(address)?.[1] ?? address;
  if (!ipv4.includes(':')) {
    const end = ipv4.lastIndexOf('.');
    return end === -1 ? ipv4 : `${ipv4.slice(0, end)}.0/24`;
  }
  const [head = '', tail] = address.toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length - (tail.includes('.') ? 1 : 0));
  const groups = [...before, ...Array<string>(gap).fill('0'), ...after].slice(0, IPV6_SITE_GROUPS);
  return `${groups.join(':')}::/48`;
}
