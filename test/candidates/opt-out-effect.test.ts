// An opt-out holds for a pull that began before it: the door of candidates reads the list anew while feeds are being read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { addOptOut } from '../../services/candidates/opt-out.store.ts';
import { loadConfig } from '../../services/config.ts';
import { createMetrics } from '../../services/platform/metrics.ts';
import { createPolicies } from '../../services/policies.ts';
import { withDatabase } from '../support/database.ts';
import { NOW } from '../support/observations.ts';

const nowhere = { sources: [], lookup: () => ({ country: null, asn: null, organisation: null }) };

test('the door that a feed was given closes while it is being read', async (t) => {
  const { database, onEnd } = await withDatabase(t);
  const { db } = database;
  const metrics = createMetrics({ version: 'x', commit: null });
  onEnd(async () => metrics.close());
  const policies = createPolicies(
    { config: loadConfig({}, null), db, geo: async () => nowhere, now: () => NOW, metrics },
    0,
  );
  const door = await policies.door({});
  const address = { kind: 'address', key: '8.1.2.3 443', host: '8.1.2.3', port: 443 } as const;
  const name = { kind: 'name', key: 'api.example.org 443', host: 'api.example.org', port: 443 } as const;
  assert.deepEqual([door(address), door(name)], [null, null]);
  await addOptOut(db, { kind: 'address', value: '8.1.2.3' }, '', NOW);
  await addOptOut(db, { kind: 'dns-suffix', value: 'example.org' }, '', NOW);
  // However long the reading takes: the test's own end is the limit.
  while (door(address) === null || door(name) === null) await sleep(1);
  assert.deepEqual([door(address), door(name)], ['opted_out', 'opted_out']);

  await db.schema.dropTable('opt_out').execute();
  const fails = async (): Promise<unknown> => {
    for (;;) {
      door(address);
      await sleep(1);
    }
  };
  await assert.rejects(fails(), /opt_out/, 'who cannot read the list lets nobody in');
});
