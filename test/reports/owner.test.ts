// The report for an owner: only a verified owner has one, it names what lies in the owner's prefixes and nothing else, and says what to do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADVICE } from '../../services/fingerprints/advice.ts';
import type { Observation } from '../../services/observations/observation.ts';
import { listOwners, putOwner, removeOwner } from '../../services/reports/owner.store.ts';
import { ownerReport } from '../../services/reports/owner-report.ts';
import { type HeadlineRequest, readOwnerData } from '../../services/reports/report.store.ts';
import { tablesOf } from '../../services/reports/section.ts';
import { contentsOf } from '../../services/reports/write.ts';
import { recompute } from '../../services/rollups/rollup.store.ts';
import { withDatabase } from '../support/database.ts';
import { type Changes, NOW, observation, silence, surveyOf } from '../support/observations.ts';

const OWNER = {
  name: 'Example AG',
  prefixes: ['8.0.0.0/24', '2600:1::/32'],
  verifiedBy: 'mail to the RIR contact',
  verifiedAt: NOW.toISOString(),
};

const REQUEST: HeadlineRequest = {
  surveyId: 's',
  compareId: null,
  owner: OWNER.name,
  generatedAt: NOW.toISOString(),
  codeVersion: '0.1.0',
  geo: [],
  networkName: () => null,
};

function at(address: string, changes: Changes = {}): Observation {
  return observation({ ...changes, host: address, address });
}

const ETCD: Changes = {
  port: 2379,
  verdict: { component: 'etcd-client', version: null, advice: ['never-public-etcd', 'require-client-certificates'] },
};

test("an owner's endpoints are those inside its prefixes, each with what it means and what to do", async (t) => {
  const { database } = await withDatabase(t);
  await surveyOf(database, 's', [
    at('8.0.0.1', { verdict: { advice: ['restrict-api-server', 'upgrade-minor'] } }),
    at('8.0.0.1', ETCD),
    at('8.0.0.9', silence),
    at('8.0.1.1'),
    at('2600:1::5', { verdict: { advice: ['restrict-api-server'] } }),
    at('2600:2::5'),
  ]);
  await recompute(database.db, 's', NOW);
  await putOwner(database.db, OWNER);
  const data = await readOwnerData(database.db, REQUEST);
  assert.deepEqual(
    data.endpoints.map((one) => `${one.address} ${one.port}`),
    ['8.0.0.1 2379', '8.0.0.1 6443', '2600:1::5 6443'],
  );
  assert.equal(data.observed, 4, 'the silent one was looked at too');
  assert.equal(data.endpoints[0]?.firstSeen, NOW.toISOString());
  const report = ownerReport(data);
  const todo = tablesOf(report).find((one) => one.id === 'todo')!;
  assert.deepEqual(todo.rows.find(([advice]) => advice === ADVICE['restrict-api-server'].text)?.slice(1), [
    2,
    '8.0.0.1:6443 [2600:1::5]:6443',
  ]);
  assert.equal(todo.rows.length, 4);
  const written = [...contentsOf(report, ['html', 'markdown', 'json']).values()].join('\n');
  assert.doesNotMatch(written, /8\.0\.1\.1|2600:2::5/, 'nobody else is in it');
  assert.doesNotMatch(written, /vulnerable/i);
});

test('without a verified owner of that name there is no report', async (t) => {
  const { database } = await withDatabase(t);
  await surveyOf(database, 's', [at('8.0.0.1')]);
  await assert.rejects(readOwnerData(database.db, REQUEST), { code: 'KC_OWNER' });
  await assert.rejects(readOwnerData(database.db, { ...REQUEST, owner: null }), { code: 'KC_OWNER' });
  for (const bad of [
    { ...OWNER, prefixes: [] },
    { ...OWNER, prefixes: ['8.0.0.1/24'] },
    { ...OWNER, prefixes: ['example.org'] },
    { ...OWNER, verifiedBy: ' ' },
  ])
    await assert.rejects(putOwner(database.db, bad), { code: 'KC_OWNER' });
  assert.deepEqual(await listOwners(database.db), []);
  await putOwner(database.db, OWNER);
  await putOwner(database.db, { ...OWNER, prefixes: ['8.0.0.0/25'] });
  assert.deepEqual(await listOwners(database.db), [{ ...OWNER, prefixes: ['8.0.0.0/25'] }]);
  assert.equal(await removeOwner(database.db, OWNER.name), true);
  assert.equal(await removeOwner(database.db, OWNER.name), false);
});
