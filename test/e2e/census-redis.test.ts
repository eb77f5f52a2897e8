// The same census with the queue in Redis, which forgets everything in the middle: Postgres holds the truth, so nothing is lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differences } from '../../services/lab/compare.ts';
import { expectedEndpoints } from '../../services/lab/truth.ts';
import { observedEndpoints } from '../../services/observations/observation.store.ts';
import { PORTS } from '../../services/surveys/ports.ts';
import { listSurveys } from '../../services/surveys/survey.store.ts';
import { until } from '../platform/until.ts';
import { startLabCensus } from '../support/lab-census.ts';
import { redisMissing, startRedis } from '../support/redis.ts';

const missing = redisMissing();

test('a census over Redis that is restarted empty in the middle equals the truth', {
  skip: missing ?? false,
}, async (t) => {
  const redis = await startRedis();
  t.after(() => redis.stop());
  const census = await startLabCensus(t, { hosts: 150, seed: 'redis-test', environment: { REDIS_URL: redis.url } });
  await census.pullFeeds();
  const surveying = census.survey('s-redis', 'active');
  await until('some chunks to be committed', async () => {
    const [survey] = await listSurveys(census.parts.db, 's-redis');
    return survey !== undefined && survey.committed > 0;
  });
  await redis.restart();
  assert.equal((await surveying).state, 'complete');
  const expected = expectedEndpoints(census.lab.world, { ports: PORTS.map((plan) => plan.port) });
  assert.deepEqual(differences(expected, await observedEndpoints(census.parts.db, 's-redis')), []);
});
