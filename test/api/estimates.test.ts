// Estimates of sampled surveys and states of endpoints as the API gives them.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sql } from 'kysely';
import { cellEstimate, widestEffect } from '../../services/rollups/sample-estimate.ts';
import { surveySummary } from '../../services/rollups/summary.store.ts';
import { countedSurvey, startApi } from '../support/api.ts';
import { NOW, observation, silence } from '../support/observations.ts';

const at = (address: string, changes = {}) => observation({ host: address, address, ...changes });

it('cells of a sampled survey have their estimate beside the count, and no others have', async (t) => {
  const api = await startApi(t);
  const key = await api.key();
  const some = ['8.0.0.1', '8.0.0.2', '8.1.0.1'].map((address) => at(address));
  await countedSurvey(api, 'full', some);
  await countedSurvey(api, 'sampled', some);
  await sql`update survey set sample = 0.25 where id = 'sampled'`.execute(api.database.db);
  const { sampling } = await surveySummary(api.database.db, 'sampled');
  const cellsOf = async (query: string) => {
    const answer = await api.get(`/v1/stats?${query}`, key);
    return ((await answer.json()) as { data: Record<string, unknown>[] }).data;
  };
  const [cell] = await cellsOf('survey=sampled&by=component');
  assert.equal(cell!['count'], 3);
  assert.deepEqual(cell!['estimate'], cellEstimate(3, 0.25, widestEffect(sampling!)));
  for (const query of ['survey=full&by=component', 'survey=sampled&unit=host', 'survey=sampled&unit=cluster'])
    for (const other of await cellsOf(query)) assert.ok(!('estimate' in other), query);
});

it('an endpoint has the state that its probes left', async (t) => {
  const api = await startApi(t);
  await countedSurvey(api, 's', [at('8.0.0.1'), at('8.0.0.2', silence)]);
  await countedSurvey(
    api,
    'later',
    [at('8.0.0.1', { ...silence, observedAt: new Date(NOW.getTime() + 3_600_000) })],
    new Date(NOW.getTime() + 3_600_000),
  );
  const answer = await api.get('/v1/endpoints?network=8.0.0.0/24', await api.key(['host:read'], ['8.0.0.0/24']));
  const { data } = (await answer.json()) as { data: { address: string; state: string }[] };
  assert.deepEqual(
    data.map(({ address, state }) => [address, state]),
    [
      ['8.0.0.1', 'suspect'],
      ['8.0.0.2', 'candidate'],
    ],
  );
});
