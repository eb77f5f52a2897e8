// A survey from two vantages in counts, in the report on quality and in the API: each endpoint once, and what each vantage saw for those with a key.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commitChunk } from '../../services/observations/observation.store.ts';
import { qualityReport } from '../../services/reports/quality-report.ts';
import { readHeadlineData } from '../../services/reports/report.store.ts';
import { tablesOf } from '../../services/reports/section.ts';
import { rollUp } from '../../services/rollups/rollup.job.ts';
import { count, recount } from '../../services/rollups/rollup.store.ts';
import { UNITS } from '../../services/rollups/rollup.ts';
import { openTurn, storeChunks } from '../../services/surveys/chunk.store.ts';
import { startApi } from '../support/api.ts';
import { type Changes, NOW, observation, plannedSurvey, silence } from '../support/observations.ts';

/** What near and far see of each endpoint, and how many endpoints are so. */
const PAIRS: readonly (readonly [near: Changes, far: Changes, endpoints: number])[] = [
  [{}, {}, 8],
  [{}, silence, 3],
  [silence, {}, 2],
  [silence, silence, 4],
  // Our own fault at one of them says nothing of vantages; the endpoint is counted.
  [{}, { ...silence, outcome: 'error_ours' }, 1],
];

test('two vantages: one count of each endpoint, and who saw what', async (t) => {
  const api = await startApi(t, { settings: { publicAggregates: true } });
  const { db } = api.database;
  await plannedSurvey({ db }, 's', NOW, { vantages: ['near', 'far'], vantage: 'near,far' });
  const endpoints = PAIRS.flatMap(([near, far, number], kind) =>
    Array.from({ length: number }, (_, n) => ({ near, far, host: `8.0.${kind}.${n}` })),
  );
  const targets = endpoints.map(({ host }) => ({
    ...{ candidateId: null, host, address: host, port: 6443, serverName: null },
    ...{ feeds: ['f'], flags: [], outcome: null, evidenceFeed: null, wasUp: false },
  }));
  await storeChunks(db, 's', [targets], {}, NOW);
  for (const chunk of [0, 1]) {
    const visit = (await openTurn(db, 's', chunk))!;
    const seen = endpoints.map(({ host, ...by }) =>
      observation({ host, address: host, ...by[visit.vantage as 'near' | 'far'] }),
    );
    assert.ok(await commitChunk(api.database, { surveyId: 's', chunk, ...visit }, seen, NOW));
    const soFar = await count(db, { surveyId: 's', by: [], where: {}, unit: 'endpoint' });
    assert.equal(soFar[0]?.count, endpoints.length, 'also while the survey runs');
  }
  assert.ok(await rollUp('s', { db, now: () => NOW }));

  for (const unit of UNITS)
    for (const by of [['outcome'], ['component'], ['feed']] as const)
      assert.deepEqual(
        (await count(db, { surveyId: 's', by, where: {}, unit })).map((cell) => cell.count),
        (await recount(db, { surveyId: 's', by, where: {}, unit })).map((cell) => cell.count),
        `${unit} by ${by}`,
      );
  const outcomes = await count(db, { surveyId: 's', by: ['outcome'], where: {}, unit: 'endpoint' });
  assert.deepEqual(
    outcomes.map(({ values, count: number }) => [values.outcome, number]),
    [
      ['k8s_version_open', 14],
      ['tcp_timeout', 4],
    ],
  );

  const key = await api.key();
  const answer = (await (await api.get('/v1/surveys/s', key)).json()) as Record<string, Record<string, unknown>>;
  const compared = answer['vantages']!;
  assert.deepEqual(
    [compared['unit'], compared['asked'], compared['seen'], compared['seenByAll']],
    ['endpoint', 17, 13, 8],
  );
  const round = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value), (_, one: unknown) => (typeof one === 'number' ? Number(one.toFixed(4)) : one));
  // Wilson's of 2 of 13 and of 3 of 13; Chapman's of 11 and 10 with 8 in common, all by hand.
  assert.deepEqual(round(compared['views']), [
    { vantage: 'near', seen: 11, onlyHere: 3, missed: { share: 0.1538, low: 0.0433, high: 0.4223 } },
    { vantage: 'far', seen: 10, onlyHere: 2, missed: { share: 0.2308, low: 0.0818, high: 0.5026 } },
  ]);
  assert.deepEqual(round(compared['gains']), [
    {
      ...{ vantage: 'far', before: ['near'], seenBefore: 11, added: 2 },
      gain: { ratio: 0.1818, low: 0.0452, high: 0.7311 },
    },
  ]);
  assert.equal((compared['estimate'] as { endpoints: number }).endpoints.toFixed(4), '13.6667');
  const open = (await (await api.get('/v1/surveys/s')).json()) as Record<string, unknown>;
  assert.equal(open['vantages'], null, 'not without a key');

  const data = await readHeadlineData(db, {
    ...{ surveyId: 's', compareId: null, owner: null, generatedAt: NOW.toISOString(), codeVersion: 'test', geo: [] },
    networkName: () => null,
  });
  const tables = tablesOf(qualityReport(data));
  const rows = (id: string) => tables.find((table) => table.id === id)?.rows.map((row) => row.slice(0, 4));
  assert.deepEqual(rows('vantages'), [
    ['near', 11, 11 / 13, 3],
    ['far', 10, 10 / 13, 2],
  ]);
  assert.deepEqual(rows('vantage-gains'), [['far', 'near', 11, 2]]);
  assert.equal(
    tablesOf(qualityReport({ ...data, vantages: null })).some(({ id }) => id === 'vantages'),
    false,
  );
});
