// Rollups and counts equal a recount of the rows in plain JavaScript, whatever was observed.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as fc from 'fast-check';
import { sql } from 'kysely';
import { commitChunk } from '../../services/observations/observation.store.ts';
import type { Observation } from '../../services/observations/observation.ts';
import type { Database } from '../../services/platform/db/database.ts';
import { rollUp } from '../../services/rollups/rollup.job.ts';
import { count, recompute } from '../../services/rollups/rollup.store.ts';
import { DIMENSION_NAMES, type Dimension, ROLLUP_SETS, UNITS, type Unit } from '../../services/rollups/rollup.ts';
import { listSurveys } from '../../services/surveys/survey.store.ts';
import { withDatabase } from '../support/database.ts';
import { leaf, NOW, observation, runningSurvey, stopSurvey, surveyOf } from '../support/observations.ts';

/** Values of one observation in one dimension; several for feeds only, '' for none. */
const VALUES: Readonly<Record<Dimension, (o: Observation) => readonly (string | number | null | undefined)[]>> = {
  component: (o) => [o.verdict.component],
  grade: (o) => [o.verdict.grade],
  indicator: ({ verdict: { indicators } }) => {
    const names = [
      indicators.certificateName === true ? 'certificate-name' : '',
      indicators.versionEndpoint === true ? 'version-endpoint' : '',
    ].filter((name) => name !== '');
    return [names.length === 2 ? 'both' : (names[0] ?? 'neither')];
  },
  outcome: (o) => [o.outcome],
  distribution: (o) => [o.verdict.distribution?.slug],
  minor: ({ verdict: { version } }) => [version === null ? null : `${version.major}.${version.minor}`],
  version: (o) => [o.verdict.version?.gitVersion],
  support: (o) => [o.verdict.support],
  country: (o) => [o.country],
  asn: (o) => [o.asn],
  port: (o) => [o.port],
  feed: (o) => (o.feeds.length === 0 ? [null] : o.feeds),
  authentication: (o) => [o.verdict.authentication],
  honeypot: (o) => [o.verdict.honeypot.grade],
  method: (o) => [o.method],
};
const valuesOf = (dim: Dimension, o: Observation): string[] => VALUES[dim](o).map((value) => String(value ?? ''));

const UNIT_KEYS: Readonly<Record<Unit, (o: Observation) => string | null>> = {
  endpoint: (o) => `${o.host} ${o.port}`,
  host: (o) => o.address ?? o.host,
  certificate: (o) => o.certificate?.sha256 ?? null,
};

type Where = Partial<Record<Dimension, readonly string[]>>;

/** The plain recount: cells by their values, joined, with how many distinct keys of the unit they hold. */
function recountInJs(
  rows: readonly Observation[],
  by: readonly Dimension[],
  unit: Unit,
  where: Where = {},
): Record<string, number> {
  const cells = new Map<string, Set<string>>();
  for (const row of rows) {
    const kept = Object.entries(where).every(([dim, wanted]) =>
      valuesOf(dim as Dimension, row).some((value) => wanted?.includes(value)),
    );
    if (!kept) continue;
    let keys = [[]] as string[][];
    for (const dim of by) {
      const values = valuesOf(dim, row).filter((value) => where[dim]?.includes(value) ?? true);
      keys = keys.flatMap((key) => values.map((value) => [...key, value]));
    }
    for (const key of keys) {
      const cell = cells.get(JSON.stringify(key)) ?? new Set();
      const counted = UNIT_KEYS[unit](row);
      if (counted !== null) cell.add(counted);
      cells.set(JSON.stringify(key), cell);
    }
  }
  return Object.fromEntries([...cells].map(([key, set]) => [key, set.size]));
}

const version = (minor: number) =>
  ({
    gitVersion: `v1.${minor}.0`,
    major: 1,
    minor,
    patch: 0,
    source: 'version-endpoint',
    atLeast: null,
    below: null,
  }) as const;

const someObservation: fc.Arbitrary<Observation> = fc
  .record({
    verdict: fc.record({
      component: fc.constantFrom('kube-apiserver', 'kubelet', 'other', null),
      grade: fc.constantFrom('confirmed', 'probable', 'not'),
      indicators: fc.record({
        certificateName: fc.constantFrom(true, false, null),
        versionEndpoint: fc.constantFrom(true, false, null),
      }),
      authentication: fc.constantFrom('required', 'anonymous-public', null),
      version: fc.constantFrom(version(27), version(30), null),
      distribution: fc.constantFrom(
        { slug: 'gke', name: 'GKE', by: 'version' },
        { slug: 'vanilla', name: 'vanilla', by: 'version' },
        null,
      ),
      support: fc.constantFrom('supported', 'end-of-life', null),
      honeypot: fc.constantFrom({ grade: 'none', reasons: [] }, { grade: 'high', reasons: ['r'] }),
      cluster: fc.constantFrom({ keys: [] }, { keys: ['k1', 'k2'] }, { keys: ['k2'] }),
    }),
    address: fc.constantFrom('8.0.0.1', '8.0.0.2', '2606:4700::1', null),
    host: fc.constantFrom('a.example.org', 'b.example.org'),
    port: fc.constantFrom(6443, 443, 10250),
    feeds: fc.subarray(['a', 'b', 'c']),
    outcome: fc.constantFrom('k8s_version_open', 'k8s_auth_required', 'tcp_timeout', 'dns_nxdomain'),
    certificate: fc.constantFrom(leaf(), leaf({ sha256: 'cd'.repeat(32) }), null),
    country: fc.constantFrom('DE', 'US', null),
    asn: fc.constantFrom(1, 4_294_967_295, null),
    method: fc.constantFrom('active', 'passive'),
    evidenceDigest: fc.constantFrom('e'.repeat(64), 'f'.repeat(64)),
  })
  .map(({ verdict, ...rest }) =>
    observation({ ...rest, host: rest.address ?? rest.host, verdict } as Parameters<typeof observation>[0]),
  );

/** As a survey has them: endpoints occur once. */
const someObservations = fc.uniqueArray(someObservation, { maxLength: 12, selector: (o) => `${o.host} ${o.port}` });

async function store(database: Database, rows: readonly Observation[]): Promise<void> {
  await sql`truncate survey, survey_chunk, survey_target, observation, endpoint_state, rollup, k8s_version, certificate cascade`.execute(
    database.db,
  );
  await surveyOf(database, 's', rows);
}

const asCells = (cells: Awaited<ReturnType<typeof count>>, by: readonly Dimension[]): Record<string, number> =>
  Object.fromEntries(cells.map((cell) => [JSON.stringify(by.map((dim) => cell.values[dim] ?? '')), cell.count]));

it('every kept set in every unit equals a recount of the rows, and so does a second recomputation', async (t) => {
  const { database } = await withDatabase(t);
  const kept = async () =>
    (await sql<Record<string, unknown>>`select * from rollup order by unit, dims, values`.execute(database.db)).rows;
  await fc.assert(
    fc.asyncProperty(someObservations, async (rows) => {
      await store(database, rows);
      await recompute(database.db, 's', NOW);
      const first = await kept();
      const expected = ROLLUP_SETS.flatMap((dims) =>
        UNITS.flatMap((unit) =>
          Object.entries(recountInJs(rows, dims, unit)).map(([key, n]) => [unit, dims.join(), key, n].join(' ')),
        ),
      );
      const actual = first.map((row) =>
        [row['unit'], (row['dims'] as string[]).join(), JSON.stringify(row['values']), row['count']].join(' '),
      );
      assert.deepEqual(actual.sort(), expected.sort());
      await recompute(database.db, 's', NOW);
      assert.deepEqual(await kept(), first);
    }),
    { numRuns: 6 },
  );
});

it('counts by any dimensions, with any conditions, in any unit, equal a filter in JavaScript, before and after the rollup', async (t) => {
  const { database } = await withDatabase(t);
  const someDims = fc.uniqueArray(fc.constantFrom(...DIMENSION_NAMES), { maxLength: 3 });
  const someQuery = someObservations.chain((rows) => {
    // Values that occur, so that conditions let something through, and one that does not.
    const someValues = (dim: Dimension) =>
      fc.uniqueArray(fc.constantFrom(...new Set(['nothing', '', ...rows.flatMap((row) => valuesOf(dim, row))])), {
        minLength: 1,
        maxLength: 2,
      });
    const whereOf = (dims: readonly Dimension[]) =>
      fc.record(Object.fromEntries(dims.map((dim) => [dim, someValues(dim)]))) as fc.Arbitrary<Where>;
    const anything = fc.record({ by: someDims, where: someDims.chain((dims) => whereOf(dims.slice(0, 2))) });
    // Questions about a kept set: some of its dimensions are counted by, some asked for, some both.
    const kept = fc.constantFrom(...ROLLUP_SETS.filter((set) => set.length > 0)).chain((set) =>
      fc.tuple(fc.shuffledSubarray([...set]), fc.subarray([...set])).chain(([by, asked]) =>
        fc.record({
          by: fc.constant(by),
          where: whereOf([...new Set([...set.filter((dim) => !by.includes(dim)), ...asked])]),
        }),
      ),
    );
    return fc
      .oneof(anything, kept)
      .chain((query) =>
        fc.record({ rows: fc.constant(rows), unit: fc.constantFrom(...UNITS), query: fc.constant(query) }),
      )
      .map(({ query, ...rest }) => ({ ...rest, ...query }));
  });
  await fc.assert(
    fc.asyncProperty(someQuery, async ({ rows, by, where, unit }) => {
      await store(database, rows);
      const expected = recountInJs(rows, by, unit, where);
      assert.deepEqual(asCells(await count(database.db, { surveyId: 's', by, where, unit }), by), expected);
      await sql`update survey set state = 'complete'`.execute(database.db);
      assert.equal(await rollUp('s', { db: database.db, now: () => NOW }), true);
      assert.deepEqual(asCells(await count(database.db, { surveyId: 's', by, where, unit }), by), expected);
    }),
    { numRuns: 30 },
  );
});

it('counts an endpoint once where a condition names two of its feeds, and in each feed where counts go by feed', async (t) => {
  const { database } = await withDatabase(t);
  const rows = [['a', 'b'], ['b'], ['c'], []].map((feeds, i) => observation({ port: i + 1, feeds }));
  await store(database, rows);
  const where = { feed: ['a', 'b'] };
  const total = async (query: { by: Dimension[]; where: Where }) =>
    asCells(await count(database.db, { surveyId: 's', unit: 'endpoint', ...query }), query.by);
  assert.deepEqual(await total({ by: [], where }), { '[]': 2 });
  assert.deepEqual(await total({ by: ['feed'], where: {} }), { '["a"]': 1, '["b"]': 2, '["c"]': 1, '[""]': 1 });
  assert.deepEqual(await total({ by: ['feed'], where: { feed: ['a'] } }), { '["a"]': 1 });
});

it('counts a host once where a condition names two components that it shows, from rollups too', async (t) => {
  const { database } = await withDatabase(t);
  await store(database, [observation({ port: 6443 }), observation({ port: 10250, verdict: { component: 'kubelet' } })]);
  await sql`update survey set state = 'complete'`.execute(database.db);
  await rollUp('s', { db: database.db, now: () => NOW });
  const total = async (unit: Unit) =>
    count(database.db, { surveyId: 's', by: [], where: { component: ['kube-apiserver', 'kubelet'] }, unit });
  assert.deepEqual(await total('host'), [{ values: {}, count: 1 }]);
  assert.deepEqual(await total('endpoint'), [{ values: {}, count: 2 }]);
});

it('gives cells largest first, the same from the rollup and from the rows', async (t) => {
  const { database } = await withDatabase(t);
  await store(
    database,
    [443, 6443, 10250, 8443].map((port, i) => observation({ port, country: ['DE', 'US', 'US', null][i] as string })),
  );
  const query = { surveyId: 's', by: ['country'], where: {}, unit: 'endpoint' } as const;
  const fromRows = await count(database.db, query);
  assert.deepEqual(
    fromRows.map((cell) => [cell.values.country, cell.count]),
    [
      ['US', 2],
      [null, 1],
      ['DE', 1],
    ],
  );
  await recompute(database.db, 's', NOW);
  assert.deepEqual(await count(database.db, query), fromRows);
});

it('ends a survey when its last chunk is committed, and counts it once', async (t) => {
  const { database } = await withDatabase(t);
  const context = { db: database.db, now: () => NOW };
  await runningSurvey(database, 's', 2);
  assert.equal(await rollUp('s', context), false);
  for (const chunk of [0, 1])
    await commitChunk(database, { surveyId: 's', chunk, vantage: 'v' }, [observation({ port: chunk + 1 })], NOW);
  assert.deepEqual((await Promise.all([rollUp('s', context), rollUp('s', context)])).includes(true), true);
  assert.equal(await rollUp('s', context), false);
  const [survey] = await listSurveys(database.db, 's');
  assert.deepEqual([survey?.state, survey?.rolledUpAt], ['complete', NOW]);
  assert.deepEqual(
    (await count(database.db, { surveyId: 's', by: [], where: {}, unit: 'endpoint' })).map((cell) => cell.count),
    [2],
  );
});

it('counts a survey that was stopped, with what it has', async (t) => {
  const { database } = await withDatabase(t);
  await runningSurvey(database, 's', 2);
  await commitChunk(database, { surveyId: 's', chunk: 0, vantage: 'v' }, [observation()], NOW);
  await stopSurvey(database.db, 's', NOW);
  assert.equal(await rollUp('s', { db: database.db, now: () => NOW }), true);
  assert.equal((await listSurveys(database.db, 's'))[0]?.state, 'stopped');
});

it('says that there is no survey instead of counting nothing', async (t) => {
  const { database } = await withDatabase(t);
  await assert.rejects(count(database.db, { surveyId: 'nobody', by: [], where: {}, unit: 'endpoint' }), {
    code: 'KC_NO_SURVEY',
  });
});
