// The lab's name server, asked through node's own resolver and by hand.
import assert from 'node:assert/strict';
import { Resolver } from 'node:dns/promises';
import { after, before, describe, it } from 'node:test';
import { type LabDns, startDns } from '../../services/lab/dns.ts';
import type { DeadName, LabHost } from '../../services/lab/host.ts';
import { planWorld } from '../../services/lab/world.ts';

const world = planWorld({ seed: 'names', hosts: 1500, now: new Date() });
const named = (dns: LabHost['dns']) => {
  const host = world.hosts.find((candidate) => candidate.names.length > 0 && candidate.dns === dns);
  assert.ok(host, dns);
  return { address: host.address, name: host.names[0] ?? '' };
};
const dead = (answer: DeadName['answer']) =>
  world.deadNames.find((candidate) => candidate.answer === answer)?.name ?? '';

describe('the name server', () => {
  let server: LabDns;
  let resolver: Resolver;
  before(async () => {
    server = await startDns(world);
    resolver = new Resolver({ timeout: 200, tries: 1 });
    resolver.setServers([server.server]);
  });
  after(() => server.close());

  it('knows every name of the world, in any case of letters', async () => {
    for (const host of world.hosts.filter(({ dns }) => dns === 'plain').slice(0, 100)) {
      for (const name of host.names) assert.deepEqual(await resolver.resolve4(name.toUpperCase()), [host.address]);
    }
  });

  it('answers what does not fit into UDP over TCP', async () => {
    const { name, address } = named('truncated');
    const before = server.questions();
    assert.deepEqual(await resolver.resolve4(name), [address]);
    assert.equal(server.questions() - before, 2);
  });

  it('mixes in a private address where the plan says so', async () => {
    const { name, address } = named('mixed');
    assert.deepEqual((await resolver.resolve4(name)).sort(), ['10.0.0.1', address].sort());
    assert.deepEqual(await resolver.resolve4(dead('private')), ['10.0.0.1']);
  });

  it('has no IPv6 and no names but its own', async () => {
    await assert.rejects(resolver.resolve6(named('plain').name), { code: 'ENODATA' });
    await assert.rejects(resolver.resolve4(dead('empty')), { code: 'ENODATA' });
    await assert.rejects(resolver.resolve4(dead('nxdomain')), { code: 'ENOTFOUND' });
    await assert.rejects(resolver.resolve4(`absent.${world.zone}`), { code: 'ENOTFOUND' });
    await assert.rejects(resolver.resolve4('example.org'), { code: 'EREFUSED' });
  });

  it('fails and keeps silent where the plan says so', async () => {
    await assert.rejects(resolver.resolve4(dead('servfail')), { code: 'ESERVFAIL' });
    await assert.rejects(resolver.resolve4(dead('timeout')), { code: 'ETIMEOUT' });
  });
});
