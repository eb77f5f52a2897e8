// The plan of a lab: the same for the same seed, of the asked size, and with a truth that holds together.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { engineFinds } from '../../services/lab/engine-view.ts';
import { listLines } from '../../services/lab/list.ts';
import { quotas } from '../../services/lab/quotas.ts';
import { seededRandom } from '../../services/lab/random.ts';
import { RECIPES } from '../../services/lab/recipes/recipes.ts';
import { expectedCounts, expectedEndpoints } from '../../services/lab/truth.ts';
import { planWorld } from '../../services/lab/world.ts';
import { OUTCOMES } from '../../services/probes/outcome.ts';
import { DEFAULT_PORTS, PORTS } from '../../services/surveys/ports.ts';

const now = new Date('2026-11-24T12:00:00Z');
const world = planWorld({ seed: 'plan', hosts: 1000, now });
const services = world.hosts.flatMap((host) => host.services);

describe('planWorld', () => {
  it('gives an equal world for equal options, and another for another seed', () => {
    const again = planWorld({ seed: 'plan', hosts: 1000, now: new Date(now) });
    assert.equal(JSON.stringify(again), JSON.stringify(world));
    assert.notEqual(JSON.stringify(planWorld({ seed: 'other', hosts: 1000, now })), JSON.stringify(world));
  });

  it('has the asked number of hosts on distinct loopback addresses in several /24s', () => {
    for (const hosts of [1, 7, 50, 1000, 5000]) {
      const addresses = planWorld({ seed: 'size', hosts, now }).hosts.map(({ address }) => address);
      assert.equal(new Set(addresses).size, hosts);
      assert.ok(
        addresses.every((address) =>
          /^127\.(1[6-9]|2\d|3[01])\.\d{1,3}\.([1-9]|[1-9]\d|1\d\d|2[0-4]\d|250)$/.test(address),
        ),
      );
      assert.ok(new Set(addresses.map((address) => address.replace(/\.\d+$/, ''))).size >= Math.ceil(hosts / 24));
    }
  });

  it('refuses sizes that it cannot have', () => {
    for (const hosts of [0, -1, 1.5, 1_000_001, Number.NaN])
      assert.throws(() => planWorld({ seed: 's', hosts, now }), RangeError);
  });

  it('moves 443 to 6443 for those who may not listen below 1024, and nothing collides', () => {
    const moved = planWorld({ seed: 'plan', hosts: 1000, now, lowPorts: false });
    for (const host of moved.hosts) {
      const ports = host.services.map(({ port }) => port);
      assert.ok(ports.every((port) => port >= 1024));
      assert.equal(new Set(ports).size, ports.length);
    }
    assert.equal(moved.hosts.flatMap((host) => host.services).length, services.length);
  });

  it('begins in the place that it is given', () => {
    const placed = planWorld({ seed: 'plan', hosts: 1000, now, place: 9 });
    assert.ok(placed.hosts.every(({ address }) => address.startsWith('127.25.')));
    assert.throws(() => planWorld({ seed: 'plan', hosts: 1, now, place: 16 }), RangeError);
  });

  it('has every recipe, every component and every port of the table when there is room', () => {
    assert.deepEqual(new Set(world.hosts.map(({ recipe }) => recipe)), new Set(RECIPES.map(({ name }) => name)));
    const planned = new Set(services.map(({ port }) => port));
    assert.deepEqual(
      PORTS.map(({ port }) => port).filter((port) => !planned.has(port)),
      [],
    );
    assert.ok(RECIPES.length < 100, 'a lab of 100 hosts has every kind');
  });

  it('lets endpoints share clusters', () => {
    const members = new Map<string, Set<string>>();
    for (const host of world.hosts) {
      for (const { cluster } of host.services) {
        if (cluster === null) continue;
        members.set(cluster.id, (members.get(cluster.id) ?? new Set()).add(host.address));
        assert.ok(cluster.members.includes(host.address));
      }
    }
    assert.ok([...members.values()].filter((addresses) => addresses.size > 1).length > 20);
  });

  it('states no truth that its own fields contradict', () => {
    for (const { truth, certificate, transport } of services) {
      if (transport === 'plain') assert.equal(certificate, null);
      if (truth.certificateName === true) assert.ok(certificate?.dnsNames.includes('kubernetes.default.svc'));
      if (truth.versionEndpoint === true) assert.notEqual(truth.gitVersion, null);
      if (truth.outcome === 'k8s_version_open') assert.equal(truth.versionEndpoint, true);
      if (truth.gradeAtLeast === 'not') assert.notEqual(OUTCOMES[truth.outcome].class, 'positive');
    }
  });

  it('puts every host into a feed, and into a certificate log only with a name', () => {
    for (const host of world.hosts) {
      assert.ok(host.feeds.length > 0);
      if (host.feeds.includes('ct')) assert.ok(host.names.length > 0);
      if (host.feeds.includes('censys')) assert.ok(host.services.some(engineFinds));
    }
    const several = world.hosts.filter(({ feeds }) => feeds.length > 1);
    assert.ok(several.length > 100, 'feeds overlap');
    assert.equal(new Set(listLines(world)).size, world.hosts.filter(({ feeds }) => feeds.includes('list')).length);
  });
});

describe('expectedCounts', () => {
  const counts = expectedCounts(world, { ports: DEFAULT_PORTS });
  const sum = (record: Readonly<Record<string, number>>) => Object.values(record).reduce((a, b) => a + b, 0);

  it('counts every endpoint once in every dimension', () => {
    for (const record of [
      counts.outcome,
      counts.component,
      counts.gradeClass,
      counts.gitVersion,
      counts.distribution,
      counts.authentication,
    ]) {
      assert.equal(sum(record), counts.endpoints);
    }
    const { certificateName, versionEndpoint, both, onlyCertificateName, onlyVersionEndpoint } = counts.indicators;
    assert.equal(both + onlyCertificateName, certificateName);
    assert.equal(both + onlyVersionEndpoint, versionEndpoint);
    assert.ok(onlyCertificateName > 0 && onlyVersionEndpoint > 0 && both > 0);
    const keys = expectedEndpoints(world, { ports: DEFAULT_PORTS }).map(
      ({ address, port, serverName }) => `${address ?? serverName} ${port}`,
    );
    assert.equal(new Set(keys).size, counts.endpoints);
  });

  it('asks all ports of a bare address, the own ones of an engine hit, and one per dead name', () => {
    const list = expectedEndpoints(world, { ports: [6443, 443, 10250], feeds: ['list'] });
    assert.equal(list.length, 3 * world.hosts.filter(({ feeds }) => feeds.includes('list')).length);
    const engine = expectedEndpoints(world, { ports: [6443], feeds: ['censys'], portsOnly: true });
    assert.ok(engine.length > 0 && engine.every(({ port }) => port === 6443));
    assert.ok(expectedEndpoints(world, { ports: [6443], feeds: ['censys'] }).length > engine.length);
    const dead = expectedEndpoints(world, { ports: [443], feeds: ['ct'] }).filter(({ address }) => address === null);
    assert.equal(dead.length, world.deadNames.length);
  });

  it('differs between what is and what an engine remembers', () => {
    const passive = expectedEndpoints(world, { ports: DEFAULT_PORTS, method: 'passive' });
    const active = new Map(
      expectedEndpoints(world, { ports: [], feeds: ['censys'] }).map((endpoint) => [
        `${endpoint.address} ${endpoint.port}`,
        endpoint.truth.gitVersion,
      ]),
    );
    const changed = passive.filter(
      (endpoint) => active.get(`${endpoint.address} ${endpoint.port}`) !== endpoint.truth.gitVersion,
    );
    assert.equal(passive.length, active.size);
    assert.ok(changed.length > 0 && changed.length < passive.length / 4);
  });
});

describe('quotas', () => {
  it('sums to the total, gives everybody one when there is room, and keeps the order of weights', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 3000 }), (list, total) => {
        const counts = quotas(total, list);
        assert.equal(
          counts.reduce((a, b) => a + b, 0),
          total,
        );
        if (total >= list.length) assert.ok(counts.every((count) => count >= 1));
        for (const [i, weight] of list.entries()) {
          for (const [j, other] of list.entries())
            if (weight > other) assert.ok((counts[i] ?? 0) >= (counts[j] ?? 0) - 1);
        }
      }),
    );
  });
});

describe('seededRandom', () => {
  it('repeats itself, stays in range, and forks without regard to what was drawn', () => {
    const first = seededRandom('a');
    const second = seededRandom('a');
    second.next();
    assert.equal(first.fork('x').uuid(), second.fork('x').uuid());
    assert.notEqual(first.fork('x').uuid(), first.fork('y').uuid());
    for (let i = 0; i < 1000; i += 1) assert.ok(first.integer(7) < 7);
    assert.match(first.uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.deepEqual([...first.shuffle([1, 2, 3, 4, 5])].sort(), [1, 2, 3, 4, 5]);
  });
});
