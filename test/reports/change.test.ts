// The report on change: every endpoint of the two surveys is counted once, for the right reason, and cohorts are followed by endpoint.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observation } from '../../services/observations/observation.ts';
import type { ChangeData } from '../../services/reports/change-data.ts';
import { changeReport } from '../../services/reports/change-report.ts';
import { type HeadlineRequest, readChangeData } from '../../services/reports/report.store.ts';
import { type Report, tablesOf } from '../../services/reports/section.ts';
import { recompute } from '../../services/rollups/rollup.store.ts';
import { type TestDatabase, withDatabase } from '../support/database.ts';
import { type Changes, leaf, observation, silence, surveyOf } from '../support/observations.ts';

const DAY = 24 * 3600 * 1000;
const FIRST = Date.parse('2026-11-20T04:00:00Z');

const REQUEST: HeadlineRequest = {
  surveyId: 'third',
  compareId: null,
  owner: null,
  generatedAt: '2026-11-23T06:00:00.000Z',
  codeVersion: '0.1.0',
  geo: [],
  networkName: () => null,
};

function at(last: number, changes: Changes = {}): Observation {
  return observation({ ...changes, host: `8.0.0.${last}`, address: `8.0.0.${last}` });
}

function printing(gitVersion: string): Changes {
  const [, minor = 0, patch = 0] = gitVersion.replace(/^v/, '').split('.').map(Number.parseInt);
  return {
    verdict: {
      version: { gitVersion, major: 1, minor, patch, source: 'version-endpoint', atLeast: null, below: null },
    },
  };
}

const KUBELET: Changes = { outcome: 'k8s_component', verdict: { component: 'kubelet', version: null } };
const NOT: Changes = { ...silence, outcome: 'not_kubernetes' };

/** Three surveys, a day apart. */
async function threeSurveys({ database }: TestDatabase): Promise<void> {
  const surveys: [string, Observation[]][] = [
    ['first', [at(1), at(2), at(3), at(4)]],
    [
      'second',
      [at(1), at(2, silence), at(3, { certificate: leaf() }), at(5), at(6, KUBELET), at(7, printing('v1.30.1-eks-1'))],
    ],
    [
      'third',
      [
        at(1, printing('v1.30.4')),
        at(2),
        at(3, { certificate: leaf({ sha256: 'ef'.repeat(32) }) }),
        at(5, NOT),
        at(6, silence),
        at(7, printing('v1.29.0')),
        at(8),
        at(9, silence),
      ],
    ],
  ];
  for (const [index, [id, observations]] of surveys.entries()) {
    const day = new Date(FIRST + index * DAY);
    await surveyOf(database, id, observations, day);
    await recompute(database.db, id, day);
  }
}

function rows(report: Report, id: string): readonly (readonly unknown[])[] {
  const table = tablesOf(report).find((one) => one.id === id);
  assert.ok(table, id);
  return table.rows;
}

async function readThird(t: Parameters<typeof withDatabase>[0]): Promise<{ base: TestDatabase; data: ChangeData }> {
  const base = await withDatabase(t);
  await threeSurveys(base);
  return { base, data: await readChangeData(base.database.db, REQUEST) };
}

test('flows count every Kubernetes endpoint of the two surveys once, and say what the other survey saw', async (t) => {
  const { data } = await readThird(t);
  assert.equal(data.compare.survey.id, 'second', 'the survey before is taken when none is named');
  const report = changeReport(data);
  assert.deepEqual(rows(report, 'flows'), [
    ['kube-apiserver', 3, 2, 1],
    ['kubelet', 0, 0, 1],
  ]);
  assert.deepEqual(rows(report, 'flow-reasons'), [
    ['was no target there', 1, 0.5, 0, 0],
    ['answered, and not as Kubernetes', 0, 0, 1, 0.5],
    ['was not reached', 1, 0.5, 1, 0.5],
  ]);
});

test('upgrades are told by the pair of versions, and other differences are counted among those that stayed', async (t) => {
  const { data } = await readThird(t);
  assert.deepEqual(data.differences, { component: 0, distribution: 0, certificate: 1, authentication: 0 });
  const report = changeReport(data);
  assert.deepEqual(rows(report, 'upgrades'), [
    ['the same version string', 1, 1 / 3],
    ['a later patch of the same minor', 1, 1 / 3],
    ['an earlier version', 1, 1 / 3],
  ]);
  assert.deepEqual(rows(report, 'version-pairs'), [
    ['v1.30.1', 'v1.30.4', 1],
    ['v1.30.1-eks-1', 'v1.29.0', 1],
  ]);
});

test('the cohort of the first survey is followed by endpoint; one that was missed once comes back', async (t) => {
  const { data } = await readThird(t);
  assert.deepEqual(
    data.survival.map((one) => [one.surveyId, one.endpoints]),
    [
      ['first', 4],
      ['second', 2],
      ['third', 3],
    ],
  );
});

test('another earlier survey may be named; the first of all has none', async (t) => {
  const { base, data } = await readThird(t);
  const named = await readChangeData(base.database.db, { ...REQUEST, compareId: 'first' });
  assert.equal(named.compare.survey.id, 'first');
  assert.notDeepEqual(named.flows, data.flows);
  await assert.rejects(readChangeData(base.database.db, { ...REQUEST, surveyId: 'first' }), { code: 'KC_NO_SURVEY' });
});
