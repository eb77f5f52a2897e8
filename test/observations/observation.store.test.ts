// Committing chunks: facts exactly once however often a chunk is delivered, and the state of endpoints that follows from them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sql } from 'kysely';
import { commitChunk } from '../../services/observations/observation.store.ts';
import type { Observation } from '../../services/observations/observation.ts';
import { makePartitions } from '../../services/observations/partition.store.ts';
import type { Database } from '../../services/platform/db/database.ts';
import { openChunks, openTargets, storeChunks } from '../../services/surveys/chunk.store.ts';
import { withDatabase } from '../support/database.ts';
import {
  leaf,
  NOW,
  observation,
  plannedSurvey,
  runningSurvey,
  silence,
  stopSurvey,
  surveyOf,
} from '../support/observations.ts';

const chunkOf = (surveyId: string, chunk = 0) => ({ surveyId, chunk, vantage: 'v' });
const later = (minutes: number): Date => new Date(NOW.getTime() + minutes * 60_000);

async function rows({ db }: Database): Promise<Record<string, unknown>[]> {
  const result = await sql<Record<string, unknown>>`
    select o.*, host(address) as address, v.git_version, c.sha256, o.tableoid::regclass::text as partition from observation o
    left join k8s_version v on v.id = version_id left join certificate c on c.id = certificate_id order by o.host, o.port, o.recorded_at`.execute(
    db,
  );
  return result.rows;
}

async function stateOf({ db }: Database, address = '8.0.0.1'): Promise<Record<string, unknown> | undefined> {
  const result = await sql<Record<string, unknown>>`
    select s.*, host(address) as address, v.git_version from endpoint_state s left join k8s_version v on v.id = version_id where address = ${address}::inet`.execute(
    db,
  );
  return result.rows[0];
}

describe('a chunk', () => {
  it('is stored once when it is delivered twice, one after the other', async (t) => {
    const { database } = await withDatabase(t);
    await runningSurvey(database, 's', 2);
    const observations = [observation(), observation({ host: '8.0.0.2', address: '8.0.0.2', ...silence })];
    assert.equal(await commitChunk(database, chunkOf('s'), observations, NOW), true);
    assert.equal(await commitChunk(database, chunkOf('s'), observations, later(1)), false);
    assert.equal((await rows(database)).length, 2);
    assert.equal((await stateOf(database, '8.0.0.2'))?.['misses'], 1);
  });

  it('is stored once when it is delivered many times at once', async (t) => {
    const { database } = await withDatabase(t);
    await runningSurvey(database, 's', 1);
    const observations = Array.from({ length: 200 }, (_, i) =>
      observation({ host: `8.0.1.${i}`, address: `8.0.1.${i}`, ...silence }),
    );
    const done = await Promise.all(
      Array.from({ length: 6 }, () => commitChunk(database, chunkOf('s'), observations, NOW)),
    );
    assert.equal(done.filter((mine) => mine).length, 1);
    assert.equal((await rows(database)).length, 200);
    assert.equal((await stateOf(database, '8.0.1.7'))?.['misses'], 1);
  });

  it('is cut in two when work is halted: what was observed is committed, the rest stays open in its order', async (t) => {
    const { database } = await withDatabase(t);
    await plannedSurvey(database, 's');
    const target = (n: number) => ({
      ...{ candidateId: null, host: `8.0.2.${n}`, address: `8.0.2.${n}`, port: 6443, serverName: null },
      ...{ feeds: ['list'], flags: [], outcome: null, evidenceFeed: null },
    });
    await storeChunks(database.db, 's', [[0, 1, 2, 3, 4].map(target), [5].map(target)], {}, NOW);
    const seen = (n: number) => observation({ host: `8.0.2.${n}`, address: `8.0.2.${n}` });
    assert.equal(await commitChunk(database, chunkOf('s'), [seen(0), null, seen(2), null, null], NOW), true);
    assert.deepEqual(await openChunks(database.db, 10), [
      { surveyId: 's', chunk: 1, vantage: 'v' },
      { surveyId: 's', chunk: 2, vantage: 'v' },
    ]);
    assert.deepEqual(
      (await openTargets(database.db, 's', 2))?.map(({ host }) => host),
      ['8.0.2.1', '8.0.2.3', '8.0.2.4'],
    );
    // Halted again, and then finished: positions of a cut chunk have gaps.
    assert.equal(await commitChunk(database, chunkOf('s', 2), [null, seen(3), null], later(1)), true);
    assert.deepEqual(
      (await openTargets(database.db, 's', 3))?.map(({ host }) => host),
      ['8.0.2.1', '8.0.2.4'],
    );
    assert.equal(await commitChunk(database, chunkOf('s', 3), [seen(1), seen(4)], later(2)), true);
    assert.equal(await commitChunk(database, chunkOf('s', 1), [null], later(2)), false);
    assert.equal(await commitChunk(database, chunkOf('s', 1), [seen(5)], later(3)), true);
    assert.deepEqual(
      (await rows(database)).map(({ host }) => host),
      [0, 1, 2, 3, 4, 5].map((n) => `8.0.2.${n}`),
    );
    const counts = await sql<{ chunks: number; targets: number }>`
      select count(*) as chunks, sum(target_count) as targets from survey_chunk where survey_id = 's'`.execute(
      database.db,
    );
    assert.deepEqual([Number(counts.rows[0]?.chunks), Number(counts.rows[0]?.targets)], [4, 6]);
  });

  it('is rolled back whole when its commit fails, and may be committed again', async (t) => {
    const { database } = await withDatabase(t);
    await runningSurvey(database, 's', 1);
    await sql`alter table endpoint_state add constraint forbidden check (port <> 2379)`.execute(database.db);
    const observations = [observation({ certificate: leaf() }), observation({ port: 2379 })];
    await assert.rejects(commitChunk(database, chunkOf('s'), observations, NOW), /forbidden/);
    for (const table of ['observation', 'endpoint_state', 'certificate', 'k8s_version'])
      assert.deepEqual((await sql`select 1 from ${sql.table(table)}`.execute(database.db)).rows, [], table);
    await sql`alter table endpoint_state drop constraint forbidden`.execute(database.db);
    assert.equal(await commitChunk(database, chunkOf('s'), observations, NOW), true);
    assert.equal((await rows(database)).length, 2);
  });

  it('of a survey that was stopped, or that nobody knows, is not stored', async (t) => {
    const { database } = await withDatabase(t);
    await runningSurvey(database, 's', 1);
    await stopSurvey(database.db, 's', NOW);
    assert.equal(await commitChunk(database, chunkOf('s'), [observation()], NOW), false);
    assert.equal(await commitChunk(database, chunkOf('unknown'), [observation()], NOW), false);
    assert.deepEqual([await rows(database), await stateOf(database)], [[], undefined]);
  });

  it('does not count the misses of a chunk that was committed in the same millisecond', async (t) => {
    const { database } = await withDatabase(t);
    await runningSurvey(database, 's', 2);
    await commitChunk(database, chunkOf('s', 0), [observation(silence)], NOW);
    await commitChunk(
      database,
      chunkOf('s', 1),
      [observation({ ...silence, host: '8.0.0.2', address: '8.0.0.2' })],
      NOW,
    );
    assert.equal((await stateOf(database))?.['misses'], 1);
  });
});

it('stores what was observed, column by column', async (t) => {
  const { database } = await withDatabase(t);
  const wire = {
    phase: 'tls',
    alert: 42,
    detail: 'ECONNRESET',
    ms: { connect: 1.4, tls: 2.6, http: null, total: 7 },
    bytesIn: 12,
  } as const;
  const changes = {
    serverName: 'api.example.org',
    feeds: ['a', 'b'],
    evidenceFeed: 'a',
    wire,
    certificate: leaf(),
    flags: ['many_names'],
  };
  await surveyOf(database, 's', [observation(changes)]);
  const [row] = await rows(database);
  const { verdict, version_id, certificate_id, partition, ...plain } = row ?? {};
  assert.ok(version_id !== null && certificate_id !== null && partition !== undefined);
  assert.deepEqual(verdict, observation().verdict);
  assert.deepEqual(plain, {
    survey_id: 's',
    recorded_at: NOW,
    observed_at: NOW,
    host: '8.0.0.1',
    address: '8.0.0.1',
    port: 6443,
    server_name: 'api.example.org',
    method: 'active',
    vantage: 'v',
    feeds: ['a', 'b'],
    evidence_feed: 'a',
    outcome: 'k8s_version_open',
    phase: 'tls',
    alert: 42,
    detail: 'ECONNRESET',
    ms_connect: 1,
    ms_tls: 3,
    ms_http: null,
    ms_total: 7,
    bytes_in: 12,
    component: 'kube-apiserver',
    grade: 'confirmed',
    certificate_name: true,
    version_endpoint: true,
    authentication: 'anonymous-public',
    distribution: 'vanilla',
    minor: '1.30',
    support: 'end-of-life',
    honeypot: 'none',
    country: 'DE',
    asn: 64512,
    evidence_digest: 'd'.repeat(64),
    body_digest: 'b'.repeat(64),
    superseded: false,
    flags: ['many_names'],
    git_version: 'v1.30.1',
    sha256: 'ab'.repeat(32),
  });
});

describe('the state of an endpoint', () => {
  /** Commits one observation a survey, each in its own. */
  async function after(database: Database, ...observations: Observation[]): Promise<Record<string, unknown>> {
    for (const [i, one] of observations.entries()) await surveyOf(database, `s${i}`, [one]);
    return (await stateOf(database)) ?? {};
  }

  it('says when a component was first and last seen there, and how often it was missed since', async (t) => {
    const { database } = await withDatabase(t);
    const state = await after(
      database,
      observation({ ...silence, observedAt: later(0) }),
      observation({ observedAt: later(10) }),
      observation({ observedAt: later(20) }),
      observation({ ...silence, observedAt: later(30) }),
      observation({ ...silence, observedAt: later(40) }),
    );
    assert.deepEqual(
      [state['first_seen'], state['last_seen'], state['last_probed'], state['misses']],
      [later(10), later(20), later(40), 2],
    );
    assert.deepEqual([state['outcome'], state['component'], state['last_changed']], ['tcp_timeout', null, later(30)]);
  });

  it('keeps the time of its last change while nothing changes, and moves it with the version', async (t) => {
    const { database } = await withDatabase(t);
    const upgraded = {
      gitVersion: 'v1.30.2',
      major: 1,
      minor: 30,
      patch: 2,
      source: 'version-endpoint',
      atLeast: null,
      below: null,
    } as const;
    const same = [
      observation({ observedAt: later(0) }),
      observation({ observedAt: later(10) }),
      observation({ observedAt: later(20) }),
    ];
    const unchanged = await after(database, ...same);
    assert.deepEqual([unchanged['last_changed'], unchanged['last_probed']], [later(0), later(20)]);
    await surveyOf(database, 'upgrade', [observation({ observedAt: later(30), verdict: { version: upgraded } })]);
    const changed = await stateOf(database);
    assert.deepEqual(
      [changed?.['last_changed'], changed?.['git_version'], changed?.['misses']],
      [later(30), 'v1.30.2', 0],
    );
  });

  for (const outcome of ['error_ours', 'blocked_policy', 'invalid_target'] as const) {
    it(`is left alone by ${outcome}, which says nothing about the host`, async (t) => {
      const { database } = await withDatabase(t);
      const state = await after(database, observation(), observation({ ...silence, outcome, observedAt: later(10) }));
      assert.deepEqual([state['outcome'], state['misses'], state['last_probed']], ['k8s_version_open', 0, NOW]);
    });
  }

  it('is not moved back by an older observation that is committed later', async (t) => {
    const { database } = await withDatabase(t);
    const newer = await after(database, observation({ observedAt: later(10) }));
    await surveyOf(database, 'older', [observation({ ...silence, observedAt: later(5) })]);
    assert.deepEqual(await stateOf(database), newer);
  });

  it('is moved by our own probes only', async (t) => {
    const { database } = await withDatabase(t);
    const state = await after(
      database,
      observation({ method: 'passive', evidenceFeed: 'f' }),
      observation({ address: null, ...silence, outcome: 'dns_nxdomain' }),
    );
    assert.deepEqual(state, {});
    assert.equal((await rows(database)).length, 2);
  });
});

describe('what hosts and engines write', () => {
  it('is stored with NUL and lone surrogates replaced, in values, names of members and versions', async (t) => {
    const { database } = await withDatabase(t);
    const bad = 'a\u0000b\ud800c';
    const good = 'a\ufffdb\ufffdc';
    const version = {
      gitVersion: bad,
      major: null,
      minor: null,
      patch: null,
      source: 'version-endpoint',
      atLeast: null,
      below: null,
    } as const;
    const hostile = observation({
      flags: [bad],
      wire: {
        phase: 'http',
        alert: null,
        detail: bad,
        ms: { connect: null, tls: null, http: null, total: 1 },
        bytesIn: 0,
      },
      certificate: leaf({ subject: bad, issuer: bad, dnsNames: [bad] }),
      verdict: { version, flags: [bad], indicators: { certificateName: null, versionEndpoint: null, [bad]: true } },
    });
    await surveyOf(database, 's', [hostile]);
    const [row] = await rows(database);
    assert.deepEqual(
      [row?.['flags'], row?.['detail'], row?.['git_version'], row?.['minor']],
      [[good], good, good, null],
    );
    const verdict = row?.['verdict'] as { indicators: Record<string, unknown> } | undefined;
    assert.equal(verdict?.indicators[good], true);
    const certificate = await database.db.selectFrom('certificate').selectAll().executeTakeFirstOrThrow();
    assert.deepEqual([certificate.subject, certificate.issuer, certificate.dns_names], [good, good, [good]]);
  });

  it('is capped: names, flags, and what an engine calls a digest or a time', async (t) => {
    const { database } = await withDatabase(t);
    const names = Array.from({ length: 5000 }, (_, i) => `${i}.${'x'.repeat(3000)}`);
    const noise = Array.from({ length: 1000 }, (_, i) => String.fromCodePoint(0x4e00 + ((i * 7919) % 20_000))).join('');
    const flags = Array.from({ length: 5000 }, (_, i) => `flag ${i}`);
    await surveyOf(database, 's', [
      observation({
        flags,
        certificate: leaf({
          dnsNames: names,
          ipAddresses: names,
          subject: names.join(),
          notBefore: 'never',
          notAfter: '+200000-01-01T00:00:00Z',
        }),
      }),
      observation({ port: 443, certificate: leaf({ sha256: noise }) }),
      observation({ port: 8443, certificate: leaf({ sha256: 'EF'.repeat(32), notBefore: '0000-01-01T00:00:00Z' }) }),
    ]);
    const certificates = await database.db.selectFrom('certificate').selectAll().orderBy('sha256').execute();
    assert.deepEqual(
      certificates.map((certificate) => certificate.sha256),
      ['ab'.repeat(32), 'ef'.repeat(32)],
    );
    const [huge, odd] = certificates;
    assert.deepEqual(
      [huge?.dns_names.length, huge?.ip_addresses.length, huge?.dns_names[0]?.length, huge?.subject.length],
      [100, 100, 1024, 1024],
    );
    assert.deepEqual([huge?.not_before, huge?.not_after, odd?.not_before], [null, null, null]);
    const stored = await rows(database);
    assert.deepEqual(
      stored.map((row) => [row['port'], row['sha256']]),
      [
        [443, null],
        [6443, 'ab'.repeat(32)],
        [8443, 'ef'.repeat(32)],
      ],
    );
    assert.deepEqual((stored[1]?.['flags'] as string[] | undefined)?.length, 50);
  });

  it('is kept once: certificates and versions that many endpoints and surveys share', async (t) => {
    const { database } = await withDatabase(t);
    for (const survey of ['a', 'b'])
      await surveyOf(
        database,
        survey,
        [1, 2, 3].map((i) => observation({ host: `8.0.0.${i}`, address: `8.0.0.${i}`, certificate: leaf() })),
      );
    assert.equal((await database.db.selectFrom('certificate').select('id').execute()).length, 1);
    assert.equal((await database.db.selectFrom('k8s_version').select('id').execute()).length, 1);
    const ids = new Set((await rows(database)).map((row) => `${row['certificate_id']} ${row['version_id']}`));
    assert.equal(ids.size, 1);
  });

  it('is stored by chunks that share certificates at the same moment', async (t) => {
    const { database } = await withDatabase(t);
    await runningSurvey(database, 's', 8);
    const shared = Array.from({ length: 50 }, (_, i) => leaf({ sha256: i.toString(16).padStart(64, '0') }));
    const commit = (chunk: number) => {
      const order = chunk % 2 === 0 ? shared : shared.toReversed();
      return commitChunk(
        database,
        chunkOf('s', chunk),
        order.map((certificate, i) => observation({ port: chunk * 100 + i + 1, certificate })),
        NOW,
      );
    };
    assert.deepEqual(new Set(await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(commit))), new Set([true]));
    const stored = await rows(database);
    assert.equal(stored.length, 400);
    assert.ok(stored.every((row) => row['sha256'] !== null));
  });
});

describe('partitions', () => {
  it('are made a week ahead, once, also by processes that start together, and hold the day that is recorded', async (t) => {
    const { database } = await withDatabase(t);
    await Promise.all([
      makePartitions(database.db, NOW),
      makePartitions(database.db, NOW),
      makePartitions(database.db, later(60)),
    ]);
    const { rows: made } = await sql<{ name: string }>`
      select inhrelid::regclass::text as name from pg_inherits where inhparent = 'observation'::regclass order by 1`.execute(
      database.db,
    );
    const days = ['24', '25', '26', '27', '28', '29', '30'].map((day) => `observation_202611${day}`);
    assert.deepEqual(
      made.map((row) => row.name),
      [...days, 'observation_20261201', 'observation_default'],
    );
    const midnight = new Date('2026-11-25T00:00:00.000Z');
    await surveyOf(database, 'today', [observation()], new Date(midnight.getTime() - 1));
    await surveyOf(database, 'tomorrow', [observation()], midnight);
    await runningSurvey(database, 'far', 1);
    await commitChunk(database, chunkOf('far'), [observation()], new Date('2027-06-01T00:00:00Z'));
    assert.deepEqual(
      (await rows(database)).map((row) => [row['survey_id'], row['partition']]),
      [
        ['today', 'observation_20261124'],
        ['tomorrow', 'observation_20261125'],
        ['far', 'observation_default'],
      ],
    );
  });
});
