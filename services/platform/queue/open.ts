// Opens the queue where the configuration says that it is.
import type { Log } from '../log.ts';
import { migrateQueue, openPostgresQueue } from './postgres.ts';
import type { JobDefinition, JobQueue } from './queue.ts';
import { openRedisQueue } from './redis.ts';

export type QueuePlace = { readonly postgresUrl: string } | { readonly redisUrl: string };

/** Opens the queue, and makes its tables when it is in PostgreSQL. Throws KC_QUEUE_UNREACHABLE, KC_QUEUE_VERSION or KC_MIGRATION. */
export async function openQueue(
  place: QueuePlace,
  log: Log,
  jobs: Readonly<Record<string, JobDefinition>>,
): Promise<JobQueue> {
  if ('redisUrl' in place) return await openRedisQueue(place.redisUrl, { jobs, log });
  await migrateQueue(place.postgresUrl);
  return openPostgresQueue(place.postgresUrl, { jobs, log });
}
