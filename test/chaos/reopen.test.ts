// C5 for the watch over workers: the queue is away for longer than one try to connect anew takes, and the worker is there soon after it is back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobQueue } from '../../services/platform/queue/queue.ts';
import { openRedisQueue } from '../../services/platform/queue/redis.ts';
import { workSupervised } from '../../services/platform/queue/supervised.ts';
import { CONTRACT_JOBS } from '../platform/queue.contract.ts';
import { until } from '../platform/until.ts';
import { redisMissing, startRedis } from '../support/redis.ts';
import { silentLog } from '../support/run.ts';

/** Long against the time between two looks: whoever tries but once in it is found out. */
const STUCK_AFTER_MS = 5_000;
const LOOK_MS = 50;
/** Tries that fail before the queue is back. */
const FAILURES = 3;

test('C5: a worker that was given up is opened again at every look until the queue is back', {
  skip: redisMissing() ?? false,
}, async (t) => {
  const redis = await startRedis();
  const queue = await openRedisQueue(redis.url, { jobs: CONTRACT_JOBS, log: silentLog });
  let opened = 0;
  const work: JobQueue['work'] = (...job) => {
    opened++;
    const isAway = opened > 1 && opened <= 1 + FAILURES;
    return isAway ? Promise.reject(new Error('away')) : queue.work(...job);
  };
  const done: unknown[] = [];
  let reopened = 0;
  const watched = { work, waiting: async () => 1 };
  const worker = await workSupervised(watched, 'observe', async (payload) => void done.push(payload), {
    concurrency: 1,
    isWorkOpen: async () => true,
    onStuck: () => undefined,
    onReopen: () => void reopened++,
    log: silentLog,
    stuckAfterMs: STUCK_AFTER_MS,
    lookMs: LOOK_MS,
  });
  t.after(async () => {
    await worker.close(0);
    await queue.close(0);
    await redis.stop();
  });
  await until('a worker after the failures', () => opened === 2 + FAILURES);
  assert.equal(reopened, 1);
  await queue.add([{ name: 'observe', id: 'a', payload: 'a' }]);
  await until('the job', () => done.length === 1);
});
