// The census of the lab equals the lab's truth, endpoint by endpoint and count by count.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differences } from '../../services/lab/compare.ts';
import { expectedCounts, expectedEndpoints } from '../../services/lab/truth.ts';
import { observedEndpoints } from '../../services/observations/observation.store.ts';
import { count } from '../../services/rollups/rollup.store.ts';
import { PORTS } from '../../services/surveys/ports.ts';
import { startLabCensus } from '../support/lab-census.ts';

const ports = PORTS.map((plan) => plan.port);

test('a census of the lab equals its truth', async (t) => {
  const census = await startLabCensus(t, { hosts: 400, seed: 'census-test' });
  const runs = await census.pullFeeds();
  for (const run of runs) {
    assert.equal(run.accepted + run.duplicate + run.rejected, run.read, run.feed);
    assert.equal(run.state, 'complete', `${run.feed}: ${run.partialReason}`);
  }

  const active = await census.survey('s-active', 'active');
  assert.equal(active.state, 'complete');
  const observed = await observedEndpoints(census.parts.db, active.id);
  assert.deepEqual(differences(expectedEndpoints(census.lab.world, { ports }), observed), []);

  const counts = expectedCounts(census.lab.world, { ports });
  const cells = await count(census.parts.db, { surveyId: active.id, by: ['outcome'], where: {}, unit: 'endpoint' });
  assert.deepEqual(Object.fromEntries(cells.map((cell) => [cell.values.outcome, cell.count])), counts.outcome);

  const passive = await census.survey('s-passive', 'passive');
  const seen = await observedEndpoints(census.parts.db, passive.id);
  assert.deepEqual(differences(expectedEndpoints(census.lab.world, { ports, method: 'passive' }), seen), []);
});
