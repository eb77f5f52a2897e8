// The share of the address space that opted out: counted once however it overlaps, against what may be probed at all.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createOptOuts } from '../../services/candidates/opt-out.ts';

const coverage = (...prefixes: string[]) =>
  createOptOuts(prefixes.map((value) => ({ kind: 'prefix', value }) as const)).coverage;

it('counts IPv4 addresses once, and none that are never probed anyway', () => {
  assert.equal(coverage('8.8.8.0/24', '8.8.8.0/25', '8.8.9.1/32').ipv4Addresses, 257);
  assert.equal(coverage('10.0.0.0/8', '192.0.2.0/24').ipv4Addresses, 0);
  assert.equal(coverage('192.0.0.0/16').ipv4Addresses, 65_536 - 256 - 256, 'but 192.0.0.0/24 and 192.0.2.0/24');
});

it('gives shares of what may be probed', () => {
  assert.equal(coverage('0.0.0.0/0').ipv4Share, 1);
  assert.equal(coverage('::/0').ipv6Share, 1);
  assert.equal(coverage('2000::/3').ipv6Share, 1);
  const { ipv4Addresses, ipv4Share } = coverage('0.0.0.0/0');
  assert.ok(ipv4Addresses > 3.6e9 && ipv4Addresses < 3.8e9, String(ipv4Addresses));
  assert.equal(coverage('8.0.0.0/8').ipv4Share, 2 ** 24 / ipv4Addresses);
  assert.equal(ipv4Share, 1);
  assert.deepEqual(coverage(), { ipv4Addresses: 0, ipv4Share: 0, ipv6Networks: 0, ipv6Share: 0 });
});

it('counts the /48 networks of IPv6 that it touches, each once', () => {
  assert.equal(coverage('2600::/32').ipv6Networks, 2 ** 16);
  assert.equal(coverage('2600::/32').ipv6Share, 2 ** 16 / 2 ** 45);
  assert.equal(coverage('2600::/32', '2600:0:1::/48', '2600:0:1:2::/64').ipv6Networks, 2 ** 16);
  assert.equal(coverage('2600::1/128', '2600::2/128', '2600:0:0:5::/64').ipv6Networks, 1);
  assert.equal(coverage('2600::1/128', '2600:0:1::/56').ipv6Networks, 2);
  assert.equal(coverage('fd00::/8', '2600::/48').ipv6Networks, 1, 'what is never probed anyway is not counted');
});
