// The Redis of a fleet has no memory left, or takes no writes because it became a replica: nothing is issued for a while, nothing is lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { until } from '../platform/until.ts';
import { redisMissing } from '../support/redis.ts';
import { startFleet } from './fleet.ts';

const MEMORY = '8mb';
const LESS_MEMORY = '6mb';
const BALLAST_BYTES = 64 * 1024;
const FAULT_MS = 5_000;
/** Nobody listens there. */
const NO_MASTER = ['127.0.0.1', '1'] as const;

test('a fleet whose Redis takes nothing', { skip: redisMissing() ?? false }, async (t) => {
  const fleet = await startFleet(t, { seed: 'chaos', hosts: 60, settings: { KUBECENSUS_RATE: '80' } });
  // The server goes before it does.
  const eye = new Redis(fleet.redis?.url ?? '', { retryStrategy: () => null }).on('error', () => undefined);
  t.after(() => eye.disconnect());
  // The scheduler adds what is open twice a second, so that one of them meets the fault whatever the worker is at.
  const members = [await fleet.start('scheduler'), await fleet.start('worker')];
  const disturbed = async (
    id: string,
    words: string,
    fault: () => Promise<void>,
    end: () => Promise<void>,
  ): Promise<void> => {
    await fleet.begin(id);
    await until('some dials', async () => (await fleet.dialled()) > 20);
    const before = members.map((member) => member.said().length);
    await fault();
    await sleep(FAULT_MS);
    await end();
    await fleet.counted(id);
    const news = members.map((member, at) => member.said().slice(before[at]));
    assert.ok(
      news.some((text) => text.includes(words)),
      'nobody met the fault',
    );
    assert.deepEqual(await fleet.findings(id, { again: 1 }), []);
  };

  await t.test('C6: eight megabytes are full, and noeviction refuses what is added', async () => {
    const fill = async (): Promise<void> => {
      await eye.config('SET', 'maxmemory-policy', 'noeviction');
      await eye.config('SET', 'maxmemory', MEMORY);
      for (let nth = 0; ; nth++) {
        const added = await eye.set(`ballast-${nth}`, Buffer.alloc(BALLAST_BYTES)).catch((error: Error) => error);
        if (!(added instanceof Error)) continue;
        assert.match(added.message, /OOM/);
        // Freed buffers of connections would let small writes through again.
        await eye.config('SET', 'maxmemory', LESS_MEMORY);
        return;
      }
    };
    const empty = async (): Promise<void> => {
      await eye.unlink(await eye.keys('ballast-*'));
      await eye.config('SET', 'maxmemory', '0');
    };
    await disturbed('c6', 'OOM', fill, empty);
  });

  await t.test('C7: it is a replica for a while, as in a failover', async () => {
    await disturbed(
      'c7',
      'READONLY',
      async () => void (await eye.replicaof(...NO_MASTER)),
      async () => void (await eye.replicaof('NO', 'ONE')),
    );
  });
});
