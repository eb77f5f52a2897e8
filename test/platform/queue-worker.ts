// A worker process for the queue's contract: says `started` when it has a job, and holds it until it is killed.
import { openPostgresQueue } from '../../services/platform/queue/postgres.ts';
import { openRedisQueue } from '../../services/platform/queue/redis.ts';
import { silentLog } from '../support/run.ts';
import { CONTRACT_JOBS } from './queue.contract.ts';

const [kind, url = '', lockDurationMs] = process.argv.slice(2);
const options = { jobs: CONTRACT_JOBS, log: silentLog };
const queue = kind === 'redis' ? await openRedisQueue(url, options) : openPostgresQueue(url, options);
const forever = async (): Promise<never> => {
  process.stdout.write('started\n');
  return await new Promise<never>(() => undefined);
};
await queue.work('observe', forever, { concurrency: 1, lockDurationMs: Number(lockDurationMs) });
