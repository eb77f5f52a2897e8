// The census of the lab equals the lab's truth, endpoint by endpoint and count by count.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ExpectedEndpoint, expectedCounts, expectedEndpoints } from '../../services/lab/truth.ts';
import { count } from '../../services/rollups/rollup.store.ts';
import { PORTS } from '../../services/surveys/ports.ts';
import { type ObservedEndpoint, observedEndpoints, startLabCensus } from '../support/lab-census.ts';

const GRADES = ['not', 'possible', 'probable', 'confirmed'];
const ports = PORTS.map((plan) => plan.port);

/** Every way in which an observed endpoint differs from the truth, as lines. */
function differences(expected: readonly ExpectedEndpoint[], observed: readonly ObservedEndpoint[]): string[] {
  const key = (address: string | null, name: string | null, port: number | null) => (address === null ? `name ${name}` : `${address}:${port}`);
  const left = new Map(observed.map((row) => [key(row.address, row.host, row.port), row]));
  const lines = expected.flatMap(({ address, port, serverName, truth }) => {
    const id = key(address, serverName, port);
    const row = left.get(id);
    left.delete(id);
    if (row === undefined) return [`${id}: not observed`];
    const words = (['outcome', 'component', 'certificateName', 'versionEndpoint', 'gitVersion', 'distribution', 'authentication'] as const).flatMap((field) =>
      row[field] === truth[field] ? [] : [`${field} is ${row[field]}, not ${truth[field]}`],
    );
    const grade = truth.gradeAtLeast === 'not' ? row.grade === 'not' : GRADES.indexOf(row.grade) >= GRADES.indexOf(truth.gradeAtLeast);
    return [...words, ...(grade ? [] : [`grade is ${row.grade}, not ${truth.gradeAtLeast}`])].map((word) => `${id} (${truth.component}): ${word}`);
  });
  return [...lines, ...[...left.keys()].map((id) => `${id}: observed, but not expected`)];
}

test('a census of the lab equals its truth', async (t) => {
  const census = await startLabCensus(t, { hosts: 400, seed: 'census-test' });
  const runs = await census.pullFeeds();
  for (const run of runs) {
    assert.equal(run.accepted + run.duplicate + run.rejected, run.read, run.feed);
    assert.equal(run.state, 'complete', `${run.feed}: ${run.partialReason}`);
  }

  const active = await census.survey('s-active', 'active');
  assert.equal(active.state, 'complete');
  const observed = await observedEndpoints(census.parts, active.id);
  assert.deepEqual(differences(expectedEndpoints(census.lab.world, { ports }), observed), []);

  const counts = expectedCounts(census.lab.world, { ports });
  const cells = await count(census.parts.db, { surveyId: active.id, by: ['outcome'], where: {}, unit: 'endpoint' });
  assert.deepEqual(Object.fromEntries(cells.map((cell) => [cell.values.outcome, cell.count])), counts.outcome);

  const passive = await census.survey('s-passive', 'passive');
  const seen = await observedEndpoints(census.parts, passive.id);
  assert.deepEqual(differences(expectedEndpoints(census.lab.world, { ports, method: 'passive' }), seen), []);
});
