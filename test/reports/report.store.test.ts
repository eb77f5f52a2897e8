// What the store reads from Postgres is what was put there, whatever else lies beside it.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { Database } from '../../services/platform/db/database.ts';
import { headline } from '../../services/reports/headline.ts';
import type { HeadlineData, Rollup } from '../../services/reports/headline-data.ts';
import { makeReport } from '../../services/reports/report.job.ts';
import { type HeadlineRequest, readFeedsData, readHeadlineData } from '../../services/reports/report.store.ts';
import { readReport } from '../../services/reports/report-files.ts';
import { recompute } from '../../services/rollups/rollup.store.ts';
import { withDatabase } from '../support/database.ts';
import { type SampleEndpoint, sampleEndpoints, sampleHeadline, sampleRollups } from './sample-data.ts';

const AT = new Date('2026-11-23T04:00:00Z');

const REQUEST: HeadlineRequest = {
  surveyId: 'now',
  compareId: null,
  owner: null,
  generatedAt: '2026-11-23T06:00:00.000Z',
  codeVersion: '0.1.0',
  geo: [],
  networkName: (address) => `network of ${address}`,
};

/** Endpoints of distinct ports, so that none is observed twice, on addresses instead of sample names. */
function distinct(count: number, seed: number): SampleEndpoint[] {
  return sampleEndpoints(count, seed).map((endpoint, at) => {
    const host = Number(endpoint.host.split('-')[1]);
    return {
      ...endpoint,
      host: `198.18.${host >> 8}.${host & 255}`,
      values: { ...endpoint.values, port: String(20_000 + at) },
    };
  });
}

async function storeSurvey({ db }: Database, id: string, endpoints: readonly SampleEndpoint[]): Promise<void> {
  await db
    .insertInto('survey')
    .values({
      id,
      method: 'active',
      state: 'complete',
      seed: 's',
      sample: null,
      ports: [6443],
      feeds: ['censys'],
      scope: ['198.18.0.0/15'],
      vantage: 'lab',
      rate: 500,
      manifest: '{"policy":{"snapshot":"2026-07-18"}}',
      target_count: endpoints.length,
      excluded_by: '{"opt_out":3}',
      created_at: AT,
      started_at: AT,
      finished_at: AT,
    })
    .execute();
  await db
    .insertInto('survey_chunk')
    .values([
      { survey_id: id, chunk: 0, target_count: 1, committed_at: AT },
      { survey_id: id, chunk: 1, target_count: 1 },
    ])
    .execute();
  for (const [at, { host, certificate, values }] of endpoints.entries()) {
    const named = values.indicator === 'both' || values.indicator === 'certificate-name';
    const versioned = values.indicator === 'both' || values.indicator === 'version-endpoint';
    const certificateId =
      certificate === null
        ? null
        : await idOf(
            db,
            sql`certificate (sha256, subject, issuer, dns_names, ip_addresses) values (${certificate}, '', '', '{}', '{}')`,
            'sha256',
          );
    const versionId =
      values.version === null
        ? null
        : await idOf(db, sql`k8s_version (git_version) values (${values.version})`, 'git_version');
    await db
      .insertInto('observation')
      .values({
        survey_id: id,
        recorded_at: AT,
        observed_at: AT,
        host,
        address: host,
        port: Number(values.port),
        method: values.method!,
        vantage: 'lab',
        feeds: [...values.feed],
        outcome: values.outcome!,
        phase: 'http',
        bytes_in: 0,
        component: values.component,
        grade: values.grade!,
        certificate_name: named,
        version_endpoint: at % 7 === 0 && !versioned ? null : versioned,
        authentication: values.authentication,
        version_id: versionId,
        certificate_id: certificateId,
        distribution: values.distribution,
        minor: values.minor,
        support: values.support,
        honeypot: values.honeypot!,
        country: values.country,
        asn: values.asn === null ? null : Number(values.asn),
        evidence_digest: String(at),
        flags: [],
        verdict: '{}',
      })
      .execute();
  }
  await recompute(db, id, AT);
}

async function idOf(db: Database['db'], insert: ReturnType<typeof sql>, key: string): Promise<number> {
  const { rows } = await sql<{
    id: number;
  }>`insert into ${insert} on conflict (${sql.ref(key)}) do update set ${sql.ref(key)} = excluded.${sql.ref(key)} returning id`.execute(
    db,
  );
  return rows[0]!.id;
}

/** Rollups as a map that ignores order. */
function comparable(rollups: readonly Rollup[]): Map<string, number> {
  return new Map(
    rollups.flatMap((rollup) =>
      rollup.cells
        .filter((cell) => cell.count > 0)
        .map(
          (cell) =>
            [
              JSON.stringify([rollup.unit, rollup.dims, rollup.dims.map((dim) => cell.values[dim] ?? null)]),
              cell.count,
            ] as const,
        ),
    ),
  );
}

test('headline and rollups are those of a recount, in every unit, beside another survey', async (t) => {
  const { database } = await withDatabase(t);
  const [endpoints, others] = [distinct(220, 5), distinct(60, 6)];
  await storeSurvey(database, 'before', others);
  await storeSurvey(database, 'now', endpoints);
  const data = await readHeadlineData(database.db, { ...REQUEST, compareId: 'before' });
  assert.deepEqual(data.headline, sampleHeadline(endpoints, 1));
  assert.deepEqual(data.compare?.headline, sampleHeadline(others, 1));
  assert.notDeepEqual(data.headline.host.all, data.headline.host.withoutSuspects, 'the sample has suspects');
  assert.deepEqual(comparable(data.rollups), comparable(sampleRollups(endpoints, 1)));
  assert.ok(Object.keys(data.networkNames).length > 5);
  for (const [asn, name] of Object.entries(data.networkNames))
    assert.ok(
      endpoints.some((one) => one.values.asn === asn && name === `network of ${one.host}`),
      `${asn} is named by one of its own addresses`,
    );
  assert.deepEqual(
    [data.survey.chunks, data.survey.excludedBy, data.survey.targetCount],
    [{ total: 2, committed: 1 }, { opt_out: 3 }, 220],
  );
  assert.deepEqual(data.survey.manifest, { policy: { snapshot: '2026-07-18' } });
  const report = headline(data);
  assert.equal(report.sections[0]!.numbers[0]!.value, sampleHeadline(endpoints, 1).endpoint.all.certificateName);
});

test('of feeds, the last run of each query that the survey drew from is read, and every tally with its breakdowns', async (t) => {
  const { database } = await withDatabase(t);
  const { db } = database;
  await storeSurvey(database, 'now', []);
  const run = (feed: string, over: Record<string, unknown>): Promise<{ id: number }> =>
    db
      .insertInto('feed_run')
      .values({
        feed,
        kind: 'sightings',
        query: 'q',
        state: 'complete',
        code_version: '0',
        started_at: new Date('2026-11-22T00:00:00Z'),
        ...over,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
  await run('censys', { read: 9, accepted: 9 });
  await run('censys', {
    read: 12,
    accepted: 10,
    duplicate: 1,
    rejected: 1,
    rejected_by: '{"no_host":1}',
    state: 'partial',
    partial_reason: 'credits',
    claimed_total: 40,
    cap_hit: true,
  });
  await run('censys', { query: 'other' });
  await run('censys', { started_at: new Date('2026-11-24T00:00:00Z') });
  await run('shodan', {});
  const counts = await run('census', { kind: 'counts', started_at: new Date('2026-11-24T00:00:00Z') });
  const tally = await db
    .insertInto('tally')
    .values({
      feed: 'census',
      run_id: counts.id,
      observed_at: new Date('2023-01-14T00:00:00Z'),
      query: 'v',
      field: 'f',
      unit: 'hosts',
      total: 100,
      omitted: 5,
      deviation: null,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await db
    .insertInto('tally_bucket')
    .values([
      { tally_id: tally.id, key: 'v1.24.1', count: 50, distribution: 'vanilla', minor: '1.24', support: 'supported' },
      { tally_id: tally.id, key: 'v1.24.2', count: 20, distribution: 'vanilla', minor: '1.24', support: 'supported' },
      { tally_id: tally.id, key: 'x', count: 3, distribution: 'unknown', minor: null, support: 'unknown' },
    ])
    .execute();
  const data = await readHeadlineData(db, REQUEST);
  assert.deepEqual(
    data.feedRuns.map((one) => [one.feed, one.query, one.read, one.state]),
    [
      ['census', 'q', 0, 'complete'],
      ['censys', 'other', 0, 'complete'],
      ['censys', 'q', 12, 'partial'],
    ],
  );
  const partial = data.feedRuns[2]!;
  assert.deepEqual(
    [
      partial.claimedTotal,
      partial.accepted,
      partial.duplicate,
      partial.rejected,
      partial.rejectedBy,
      partial.capHit,
      partial.partialReason,
    ],
    [40, 10, 1, 1, { no_host: 1 }, true, 'credits'],
  );
  const expected: HeadlineData['tallies'] = [
    {
      feed: 'census',
      observedAt: '2023-01-14T00:00:00.000Z',
      query: 'v',
      field: 'f',
      unit: 'hosts',
      total: 100,
      omitted: 5,
      deviation: null,
      byDistribution: { unknown: 3, vanilla: 70 },
      byMinor: { '': 3, '1.24': 70 },
      bySupport: { supported: 70, unknown: 3 },
    },
  ];
  assert.deepEqual(data.tallies, expected);
});

test('a survey that does not exist is an error with a code, also as the one to compare with', async (t) => {
  const { database } = await withDatabase(t);
  await assert.rejects(readHeadlineData(database.db, REQUEST), { code: 'KC_NO_SURVEY' });
  await storeSurvey(database, 'now', []);
  await assert.rejects(readHeadlineData(database.db, { ...REQUEST, compareId: 'never' }), { code: 'KC_NO_SURVEY' });
});

test('the report on feeds reads the same as the headline report and the overlaps of its survey, and is written by its name', async (t) => {
  const { database } = await withDatabase(t);
  await storeSurvey(database, 'now', distinct(40, 6));
  await recompute(database.db, 'now', AT);
  const { overlaps, window, sightings, ...rest } = await readFeedsData(database.db, REQUEST);
  assert.deepEqual(rest, await readHeadlineData(database.db, REQUEST));
  assert.equal(overlaps.endpoints.seen, rest.headline.endpoint.observed);
  assert.deepEqual(window, { from: new Date('2026-11-20T04:00:00Z'), to: AT });
  assert.equal(sightings.endpoints.seen, 0);
  await assert.rejects(readFeedsData(database.db, { ...REQUEST, surveyId: 'none' }), { code: 'KC_NO_SURVEY' });
  const home = await mkdtemp(join(tmpdir(), 'feeds-report-'));
  t.after(() => rm(home, { recursive: true }));
  const made = await makeReport(
    { id: 'r', name: 'feeds', surveyId: null, compareId: null, owner: null, out: join(home, 'out'), formats: ['json'] },
    {
      db: database.db,
      now: () => AT,
      codeVersion: '0.1.0',
      dataDir: home,
      geo: async () => ({ sources: [], lookup: () => ({ country: null, asn: null, organisation: null }) }),
    },
  );
  assert.deepEqual([made.report.name, made.surveyId], ['feeds', 'now']);
  assert.equal((await readReport(join(home, 'out')))?.name, 'feeds');
  const combinations = made.report.sections[0]?.tables[0]?.rows ?? [];
  assert.equal(
    combinations.reduce((sum, row) => sum + Number(row[3]), 0),
    overlaps.endpoints.seen,
  );
});
