// What a whole survey shows and no single observation does: keys copied over networks, and clusters.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sql } from 'kysely';
import type { Observation } from '../../services/observations/observation.ts';
import type { Database } from '../../services/platform/db/database.ts';
import { readHeadlineData } from '../../services/reports/report.store.ts';
import { clusterInterval, clusters } from '../../services/rollups/cluster.store.ts';
import { count, recompute } from '../../services/rollups/rollup.store.ts';
import type { Dimension } from '../../services/rollups/rollup.ts';
import { IDENTICAL_ADDRESSES, IDENTICAL_NETWORKS, IDENTICAL_OVER_NETWORKS } from '../../services/rollups/suspect.ts';
import { withDatabase } from '../support/database.ts';
import { type Changes, leaf, NOW, observation, surveyOf } from '../support/observations.ts';

/** One key, one answer, at many addresses of many networks. */
function family(addresses: number, networks: number, changes: Changes = {}, net = 1): Observation[] {
  return Array.from({ length: addresses }, (_, n) => {
    const address = `8.${net}.${n >> 8}.${n & 255}`;
    return observation({
      host: address,
      address,
      asn: 64_000 + (n % networks),
      certificate: leaf({ sha256: n.toString(16).padStart(64, '0') }),
      ...changes,
    });
  });
}

const OVER: readonly [number, number] = [IDENTICAL_ADDRESSES + 1, IDENTICAL_NETWORKS + 1];

async function suspects(database: Database, observations: readonly Observation[], id = 's') {
  await surveyOf(database, id, observations);
  await recompute(database.db, id, NOW);
  const { rows } = await sql<{ address: string; grade: string; reasons: string[] }>`
    select host(address) as address, grade, reasons from survey_suspect where survey_id = ${id} order by survey_suspect.address`.execute(
    database.db,
  );
  return rows;
}

it('suspects one key with one answer at many addresses in many networks', async (t) => {
  const { database } = await withDatabase(t);
  const rows = await suspects(database, [...family(...OVER), observation({ host: '9.0.0.1', address: '9.0.0.1' })]);
  assert.equal(rows.length, OVER[0]);
  assert.deepEqual(rows[0], { address: '8.1.0.0', grade: 'medium', reasons: [IDENTICAL_OVER_NETWORKS] });
});

it('suspects nothing at the thresholds, or when key or answer differ, or when nothing was recognised', async (t) => {
  const { database } = await withDatabase(t);
  const many = IDENTICAL_ADDRESSES + 1;
  const other = (change: (one: Observation, n: number) => Observation): Observation[] => family(...OVER).map(change);
  const cases: readonly (readonly [string, Observation[]])[] = [
    ['addresses', family(IDENTICAL_ADDRESSES, IDENTICAL_NETWORKS + 1)],
    ['networks', family(many, IDENTICAL_NETWORKS)],
    ['bodies', other((one, n) => ({ ...one, bodyDigest: n === 0 ? 'f'.repeat(64) : one.bodyDigest }))],
    [
      'keys',
      other((one, n) =>
        n === 0 ? { ...one, certificate: leaf({ sha256: 'e'.repeat(64), spkiSha256: 'f'.repeat(64) }) } : one,
      ),
    ],
    ['no answer', other((one) => ({ ...one, bodyDigest: null }))],
    ['no certificate', other((one) => ({ ...one, certificate: null }))],
    ['nothing', other((one) => ({ ...one, verdict: { ...one.verdict, grade: 'not' } }))],
    [
      'another service',
      other((one) => ({ ...one, verdict: { ...one.verdict, component: 'other', grade: 'possible' } })),
    ],
    ['ports', other((one, n) => ({ ...one, host: '8.1.0.0', address: '8.1.0.0', port: 1000 + n }))],
  ];
  for (const [id, observations] of cases) assert.deepEqual(await suspects(database, observations, id), [], id);
});

it('takes prefixes for networks where no AS is known, and the certificate for the key where no key is known', async (t) => {
  const { database } = await withDatabase(t);
  const certificate = leaf({ spkiSha256: null });
  const spread = Array.from({ length: OVER[0] }, (_, n) => `${11 + (n % OVER[1])}.7.${n}.1`);
  const of = (addresses: readonly string[]): Observation[] =>
    addresses.map((address) => observation({ host: address, address, asn: null, certificate }));
  assert.equal((await suspects(database, of(spread), 'v4')).length, OVER[0]);
  assert.deepEqual(await suspects(database, of(spread.map((_, n) => `11.7.${n}.1`)), 'one'), []);
  assert.equal(
    (await suspects(database, of(spread.map((_, n) => `2001:${(n % OVER[1]) + 100}::${n + 1}`)), 'v6')).length,
    OVER[0],
  );
});

it('raises by one contradiction that is hard to explain, and keeps the reasons that were there', async (t) => {
  const { database } = await withDatabase(t);
  const graded = (grade: 'none' | 'low' | 'medium' | 'high', n: number): Partial<Observation['verdict']> => ({
    honeypot: { grade, reasons: grade === 'none' ? [] : [`reason_${n}`] },
  });
  const grades = ['none', 'low', 'medium', 'high'] as const;
  const observations = family(...OVER).map((one, n) => ({
    ...one,
    verdict: { ...one.verdict, ...graded(grades[n % 4] ?? 'none', n) },
  }));
  const rows = await suspects(database, observations);
  assert.deepEqual(
    rows.slice(0, 4).map(({ grade, reasons }) => [grade, reasons]),
    [
      ['medium', [IDENTICAL_OVER_NETWORKS]],
      ['medium', ['reason_1', IDENTICAL_OVER_NETWORKS]],
      ['high', ['reason_2', IDENTICAL_OVER_NETWORKS]],
      ['high', ['reason_3', IDENTICAL_OVER_NETWORKS]],
    ],
  );
  assert.deepEqual(await suspects(database, [observation()], 'other'), [], 'another survey');
  await recompute(database.db, 's', NOW);
  const again = await sql`select 1 from survey_suspect`.execute(database.db);
  assert.equal(again.rows.length, OVER[0], 'found anew, not twice');
});

it('leaves what was observed as it was, and counts with the raised grade in rollups, recounts and the headline', async (t) => {
  const { database } = await withDatabase(t);
  const { db } = database;
  await suspects(database, [...family(...OVER), observation({ host: '9.0.0.1', address: '9.0.0.1' })]);
  const stored = await sql<{ honeypot: string }>`select distinct honeypot from observation`.execute(db);
  assert.deepEqual(stored.rows, [{ honeypot: 'none' }]);
  const cells = async (by: Dimension[]) =>
    (await count(db, { surveyId: 's', by, where: {}, unit: 'endpoint' })).map(({ values, count }) => [
      ...Object.values(values),
      count,
    ]);
  assert.deepEqual(await cells(['honeypot']), [
    ['medium', OVER[0]],
    ['none', 1],
  ]);
  assert.deepEqual(
    await cells(['honeypot', 'method']),
    [
      ['medium', 'active', OVER[0]],
      ['none', 'active', 1],
    ],
    'not a kept set',
  );
  const clean = await count(db, { surveyId: 's', by: [], where: { honeypot: ['none', 'low'] }, unit: 'host' });
  assert.deepEqual(
    clean.map((cell) => cell.count),
    [1],
  );
  const { headline, clusters: estimate } = await readHeadlineData(db, {
    surveyId: 's',
    compareId: null,
    owner: null,
    generatedAt: NOW.toISOString(),
    codeVersion: 'x',
    geo: [],
    networkName: () => null,
  });
  assert.deepEqual(estimate, { low: OVER[0] + 1, high: OVER[0] + 1 }, 'no keys');
  assert.deepEqual([headline.endpoint.all.both, headline.endpoint.withoutSuspects.both], [OVER[0] + 1, 1]);
});

it('estimates clusters over recognised endpoints, by any dimension, with any condition', async (t) => {
  const { database } = await withDatabase(t);
  const { db } = database;
  const at = (n: number, keys: readonly string[], changes: Changes = {}): Observation =>
    observation({
      host: `8.0.0.${n}`,
      address: `8.0.0.${n}`,
      port: 6443,
      ...changes,
      verdict: { cluster: { keys }, ...changes.verdict },
    });
  await surveyOf(database, 's', [
    at(1, ['a'], { country: 'DE', feeds: ['f', 'g'] }),
    at(2, ['a', 'b'], { country: 'US' }),
    at(3, ['b'], { country: 'US', verdict: { component: 'etcd-client' } }),
    at(4, [], { country: 'US' }),
    at(5, ['b', 'z'], { country: null, verdict: { grade: 'possible' } }),
    at(7, ['z'], { country: 'FR' }),
    at(6, [], { country: null, verdict: { grade: 'not', component: null } }),
  ]);
  assert.deepEqual(await clusterInterval(db, 's'), { low: 3, high: 5 });
  assert.deepEqual(await clusters(db, { surveyId: 's', by: ['country'], where: {} }), [
    { values: { country: 'US' }, low: 2, high: 3 },
    { values: { country: 'DE' }, low: 1, high: 1 },
    { values: { country: 'FR' }, low: 1, high: 1 },
  ]);
  assert.deepEqual(
    await clusters(db, { surveyId: 's', by: [], where: { component: ['kube-apiserver'], country: ['US', 'DE'] } }),
    [{ values: {}, low: 2, high: 3 }],
  );
  assert.deepEqual(await clusters(db, { surveyId: 's', by: ['feed'], where: { feed: ['g'] } }), [
    { values: { feed: 'g' }, low: 1, high: 1 },
  ]);
  assert.deepEqual(await clusters(db, { surveyId: 's', by: [], where: { country: ['nowhere'] } }), []);
  assert.deepEqual(await clusterInterval(db, 's'), { low: 3, high: 5 });
  await assert.rejects(clusters(db, { surveyId: 'nobody', by: [], where: {} }), { code: 'KC_NO_SURVEY' });
});

it('estimates over more endpoints than are held at once', async (t) => {
  const { database } = await withDatabase(t);
  await surveyOf(database, 's', [observation({ verdict: { cluster: { keys: ['a'] } } })]);
  // Copies of the one row at as many ports, in pairs of a key.
  const columns = sql.join(
    (
      await sql<{
        name: string;
      }>`select column_name as name from information_schema.columns where table_name = 'observation'`.execute(
        database.db,
      )
    ).rows
      .map(({ name }) => name)
      .filter((name) => name !== 'port' && name !== 'verdict')
      .map((name) => sql.ref(name)),
  );
  await sql`
    insert into observation (port, verdict, ${columns})
    select n, jsonb_build_object('cluster', jsonb_build_object('keys', jsonb_build_array('k' || n / 2))), ${columns}
    from observation cross join generate_series(10000, 10000 + 45000) n where port = 6443
  `.execute(database.db);
  assert.deepEqual(await clusterInterval(database.db, 's'), { low: 22_502, high: 22_502 });
});
