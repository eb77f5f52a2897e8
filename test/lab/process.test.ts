// The lab in its own process: side by side with another, seen through the feeds and the prober that a survey uses.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createCensysFeed } from '../../services/feeds/censys.feed.ts';
import { createStaticCtFeed } from '../../services/feeds/certificate-transparency/static-log.feed.ts';
import type { Feed, Sighting } from '../../services/feeds/feed.ts';
import { judge } from '../../services/fingerprints/match.ts';
import { GRADES } from '../../services/fingerprints/verdict.ts';
import { claimPlace } from '../../services/lab/place.ts';
import { type Lab, startLab } from '../../services/lab/process.ts';
import { expectedEndpoints } from '../../services/lab/truth.ts';
import { createClient } from '../../services/platform/net/client.ts';
import { createProbe, DEFAULT_LIMITS } from '../../services/probes/tls.probe.ts';
import { portPlan } from '../../services/surveys/ports.ts';

const options = { seed: 'process', hosts: 250, now: new Date(), place: 10 };
const client = createClient({ userAgent: 'kubecensus-test' });

async function sightings(feed: Feed): Promise<Sighting[]> {
  const found: Sighting[] = [];
  for await (const item of feed.pull(null, new AbortController().signal))
    if (item.type === 'sighting') found.push(item);
  return found;
}

const PROBES_AT_ONCE = 24;

async function eachOf<T>(items: readonly T[], atOnce: number, act: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await act(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

describe('startLab', () => {
  let lab: Lab;
  before(async () => {
    lab = await startLab(options);
  });
  after(async () => {
    await lab.close();
    await client.close();
  });

  it('runs beside another lab of the same seed', async () => {
    const other = await startLab(options);
    try {
      const mine = new Set(lab.world.hosts.map(({ address }) => address));
      assert.ok(other.world.hosts.every(({ address }) => !mine.has(address)));
      assert.deepEqual(
        other.world.hosts.map(({ recipe }) => recipe),
        lab.world.hosts.map(({ recipe }) => recipe),
      );
      assert.deepEqual(await other.dials(), {});
    } finally {
      await other.close();
    }
    await other.close(); // a second close finds nothing to do
    await assert.rejects(other.dials(), { code: 'KC_LAB' });
    // Its place is free again.
    const place = Number(other.world.hosts[0]?.address.split('.')[1]) - 16;
    const claimed = await claimPlace(place);
    await claimed.release();
    assert.equal(claimed.place, place);
  });

  it('is found in its certificate log, name by name', async () => {
    const { origin, url, publicKeyDer } = lab.ctLog;
    const feed = createStaticCtFeed({
      name: 'ct',
      origin,
      monitoringUrl: url,
      publicKeyDer: Buffer.from(publicKeyDer, 'base64'),
      http: client.request,
      port: null,
    });
    const names = (await sightings(feed)).map(({ host }) => host).sort();
    const expected = expectedEndpoints(lab.world, { ports: [443], feeds: ['ct'] }).map(
      ({ serverName }) => serverName ?? '',
    );
    assert.deepEqual(names, expected.sort());
  });

  it('is found in its search engine, with evidence that is judged as the truth says', async () => {
    const { url, token, organizationId, query } = lab.censys;
    const feed = createCensysFeed({
      baseUrl: url,
      token,
      organizationId,
      query,
      maxPages: 100,
      http: client.request,
      sleep: async () => undefined,
    });
    const found = await sightings(feed);
    const expected = new Map(
      expectedEndpoints(lab.world, { ports: [], method: 'passive' }).map((endpoint) => [
        `${endpoint.address}:${endpoint.port}`,
        endpoint.truth,
      ]),
    );
    assert.deepEqual(found.map(({ host, port }) => `${host}:${port}`).sort(), [...expected.keys()].sort());
    for (const { host, port, evidence } of found) {
      const truth = expected.get(`${host}:${port}`);
      assert.ok(evidence !== undefined && truth !== undefined);
      const verdict = judge(evidence, { now: options.now.toISOString() });
      const seen = [
        verdict.component,
        verdict.indicators.certificateName,
        verdict.version?.gitVersion || null,
        verdict.distribution?.slug ?? null,
        verdict.authentication,
      ];
      assert.deepEqual(
        seen,
        [truth.component, truth.certificateName, truth.gitVersion, truth.distribution, truth.authentication],
        `${host}:${port}`,
      );
    }
  });

  it('is as its truth says when it is probed', async () => {
    const probe = createProbe({
      limits: DEFAULT_LIMITS,
      userAgent: 'kubecensus-test',
      from: null,
      allow: () => true,
      now: () => new Date(),
    });
    const services = lab.world.hosts.flatMap((host) => host.services.map((service) => ({ host, service })));
    const before = await lab.dials();
    // A few at a time: deadlines are the real ones, and one busy machine plays both sides.
    await eachOf(services, PROBES_AT_ONCE, async ({ host, service }) => {
      const { transport, paths, plainFallback } = portPlan(service.port);
      const target = {
        address: host.address,
        port: service.port,
        serverName: host.names[0] ?? null,
        transport,
        paths,
        plainFallback,
      };
      const { evidence, outcome } = await probe(target);
      const { truth } = service;
      const what = `${host.recipe} ${host.address}:${service.port} ${service.script}`;
      // What is not on the wire is decided by the verdict, and there the outcome follows from it.
      assert.equal(outcome, /^(tls|http|tcp)_/.test(truth.outcome) ? truth.outcome : null, what);
      const { component, grade, indicators, distribution, authentication } = judge(evidence, {
        now: options.now.toISOString(),
      });
      assert.deepEqual(
        [component, indicators.certificateName, indicators.versionEndpoint, distribution?.slug ?? null, authentication],
        [truth.component, truth.certificateName, truth.versionEndpoint, truth.distribution, truth.authentication],
        what,
      );
      if (truth.gradeAtLeast === 'not') assert.equal(grade, 'not', what);
      else assert.ok(GRADES.indexOf(grade) <= GRADES.indexOf(truth.gradeAtLeast), `${what}: ${grade}`);
    });
    const dials = await lab.dials();
    for (const { host, service } of services) {
      const key = `${host.address}:${service.port}`;
      assert.equal((dials[key] ?? 0) - (before[key] ?? 0), 1, key);
    }
  });
});
