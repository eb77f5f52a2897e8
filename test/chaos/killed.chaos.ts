// Workers that are killed, stopped or stand still with a chunk in hand: longer than their lock, so that others take it. Minutes, by `npm run test:chaos`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { until } from '../platform/until.ts';
import { redisMissing } from '../support/redis.ts';
import { startFleet } from './fleet.ts';

/** A killed worker's chunks are in other hands by then. */
const REISSUED_MS = 60_000;
/** What a busy machine may add. */
const SLACK_MS = 10_000;
const PATIENCE_MS = 240_000;
/** Longer than a lock lives. */
const BLOCK_MS = 40_000;
/** Dials that may be under way when a worker stands still. */
const IN_FLIGHT = 100;
const BLOCK_ON_SIGNAL = fileURLToPath(new URL('./block-on-signal.ts', import.meta.url));

test('a fleet whose workers die or stand still', { skip: redisMissing() ?? false }, async (t) => {
  const fleet = await startFleet(t, {
    seed: 'chaos',
    hosts: 60,
    settings: { KUBECENSUS_RATE: '100', KUBECENSUS_IN_FLIGHT: String(IN_FLIGHT) },
  });
  await fleet.start('scheduler');
  const begun = async (id: string): Promise<void> => {
    await fleet.begin(id);
    await until('some dials', async () => (await fleet.dialled()) > 20);
  };
  /** Waits until every chunk that is open was given out after `since`; milliseconds that took. */
  const reissued = async (id: string, since: Date): Promise<number> => {
    await until(
      'the chunks to be given out again',
      async () => {
        const { rows } = await sql<{ n: number }>`
          select count(*) as n from survey_chunk where survey_id = ${id} and committed_at is null and issued_at <= ${since}`.execute(
          fleet.parts.db,
        );
        return rows[0]?.n === 0;
      },
      PATIENCE_MS,
    );
    return Date.now() - since.getTime();
  };

  await t.test('C1: a worker is killed with chunks in hand; they are given out again within a minute', async () => {
    const worker = await fleet.start('worker');
    await begun('c1');
    const other = await fleet.start('worker');
    const killed = new Date();
    await fleet.end(worker);
    const took = await reissued('c1', killed);
    assert.ok(took < REISSUED_MS + SLACK_MS, `${took} ms`);
    await fleet.counted('c1', PATIENCE_MS);
    assert.deepEqual(await fleet.findings('c1', { again: 1 }), []);
    await fleet.end(other, 'SIGTERM');
  });

  await t.test('C2: two workers are killed over the same chunks, and the third does them', async () => {
    const first = await fleet.start('worker');
    await begun('c2');
    for (const worker of [first, await fleet.start('worker')]) {
      const killed = new Date();
      await fleet.end(worker);
      if (worker !== first) break;
      await reissued('c2', killed);
    }
    const third = await fleet.start('worker');
    await fleet.counted('c2', PATIENCE_MS);
    assert.deepEqual(await fleet.findings('c2', { again: 2 }), []);
    await fleet.end(third, 'SIGTERM');
  });

  await t.test(
    'C14: a worker is stopped, its chunks go to another, and it wakes up while that is at them',
    async () => {
      const sleeper = await fleet.start('worker');
      await begun('c14');
      sleeper.process.kill('SIGSTOP');
      const stopped = new Date();
      const other = await fleet.start('worker', { KUBECENSUS_RATE: '40' });
      await reissued('c14', stopped);
      sleeper.process.kill('SIGCONT');
      await fleet.counted('c14', PATIENCE_MS);
      assert.deepEqual(
        await fleet.findings('c14', { again: 2, unseen: { outcome: 'error_ours', most: IN_FLIGHT } }),
        [],
      );
      await fleet.end(sleeper, 'SIGTERM');
      await fleet.end(other, 'SIGTERM');
    },
  );

  await t.test('C20: the event loop of the only worker stands still for 40 seconds', async () => {
    const worker = await fleet.start('worker', {
      NODE_OPTIONS: `--import=${BLOCK_ON_SIGNAL}`,
      BLOCK_MS: String(BLOCK_MS),
    });
    await begun('c20');
    worker.process.kill('SIGUSR2');
    await sleep(BLOCK_MS);
    await fleet.counted('c20', PATIENCE_MS);
    assert.deepEqual(await fleet.findings('c20', { again: 2, unseen: { outcome: 'error_ours', most: IN_FLIGHT } }), []);
    assert.equal(await fleet.end(worker, 'SIGTERM'), 0);
  });
});
