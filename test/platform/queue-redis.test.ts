// The queue's contract on Redis, and what is asked of the server.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { judgeServer, openRedisQueue } from '../../services/platform/queue/redis.ts';
import { redisMissing, startRedis } from '../support/redis.ts';
import { silentLog } from '../support/run.ts';
import { CONTRACT_JOBS, queueContract } from './queue.contract.ts';
import { until } from './until.ts';

const missing = redisMissing();
const options = { jobs: CONTRACT_JOBS, log: silentLog };

queueContract('Redis', missing, async () => {
  const redis = await startRedis();
  return {
    close: () => redis.stop(),
    open: () => openRedisQueue(redis.url, options),
    cut: async () => {
      const client = new Redis(redis.url);
      try {
        return Number(await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'));
      } finally {
        client.disconnect();
      }
    },
    child: { kind: 'redis', url: redis.url },
  };
});

it('goes on after the server was away longer than a worker waits, with what is added anew', {
  skip: missing ?? false,
}, async (t) => {
  const redis = await startRedis();
  const queue = await openRedisQueue(redis.url, options);
  t.after(async () => {
    await queue.close(0);
    await redis.stop();
  });
  const seen: unknown[] = [];
  await queue.work('observe', async (payload) => void seen.push(payload), { concurrency: 1 });
  await queue.add([{ name: 'observe', id: 'a', payload: 1 }]);
  await until('the first job', () => seen.length === 1);
  await redis.restart();
  // The new server is empty, as after a loss without persistence: the truth is elsewhere and is issued again.
  await until('the second job to be added', () =>
    queue.add([{ name: 'observe', id: 'a', payload: 2 }]).then(
      () => true,
      () => false,
    ),
  );
  await until('the second job', () => seen.length === 2);
});

it('fails at once when the server is away, and closes nevertheless', { skip: missing ?? false }, async (t) => {
  const redis = await startRedis();
  t.after(() => redis.stop());
  const queue = await openRedisQueue(redis.url, options);
  await queue.work('observe', async () => undefined, { concurrency: 1 });
  await queue.add([{ name: 'observe', id: 'a', payload: 1 }]);
  await redis.stop();
  await assert.rejects(
    until('a refusal', async () => {
      await queue.add([{ name: 'observe', id: 'b', payload: 1 }]);
      return false;
    }),
    { code: 'KC_QUEUE_UNREACHABLE' },
  );
  await queue.close(0);
  await assert.rejects(openRedisQueue(redis.url, options), { code: 'KC_QUEUE_UNREACHABLE' });
});

it('hides the password when it cannot connect', async () => {
  await assert.rejects(
    openRedisQueue('redis://user:hunter2@127.0.0.1:1', options),
    (error: Error) => !error.message.includes('hunter2'),
  );
});

it('refuses an old server and warns when jobs may be evicted', () => {
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  const info = (version: string, policy: string): string =>
    `# Server\r\nredis_version:${version}\r\n# Memory\r\nmaxmemory_policy:${policy}\r\n`;
  for (const version of ['5.0.14', '6.0.16'])
    assert.throws(() => judgeServer(info(version, 'noeviction'), log), { code: 'KC_QUEUE_VERSION' });
  for (const version of ['6.2.0', '7.0.15', '10.0.0']) judgeServer(info(version, 'noeviction'), log);
  assert.deepEqual(lines, []);
  judgeServer(info('7.2.4', 'allkeys-lru'), log);
  assert.equal(lines.length, 1);
  assert.throws(() => judgeServer('', log), { code: 'KC_QUEUE_VERSION' });
});
