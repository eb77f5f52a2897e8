// The queue in PostgreSQL, in a schema of its own beside our tables.
import { createPostgresBackend, type PostgresQueueBackend, runMigrations } from 'bullmq';
import pg from 'pg';
import { KubecensusError } from '../errors.ts';
import { openBullQueue, type QueueOptions } from './bullmq.ts';
import type { JobQueue } from './queue.ts';

/** BullMQ's default; schema.ts leaves it out. */
export const QUEUE_SCHEMA = 'bullmq';

const CONNECT_TIMEOUT_MS = 5_000;
/** A producer adds one chunk at a time. */
const PRODUCER_CONNECTIONS = 1;
/** A worker fetches, finishes and renews one after the other; more running jobs need a few more. Its LISTEN connection comes on top. */
const MAX_WORKER_CONNECTIONS = 4;

type Connection = Parameters<typeof createPostgresBackend>[1]['connection'];

/** Makes or updates BullMQ's tables. Idempotent, also when several processes do it at once (BullMQ takes an advisory lock). Throws KC_MIGRATION. */
export async function migrateQueue(url: string): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'kubecensus queue',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await runMigrations(client, QUEUE_SCHEMA);
  } catch (cause) {
    throw new KubecensusError('KC_MIGRATION', `The queue's tables: ${(cause as Error).message}`, { cause });
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Opens the queue in the database at `url`. Its tables must be there (migrateQueue). */
export function openPostgresQueue(url: string, options: QueueOptions): JobQueue {
  const connection = (max: number): Connection => ({
    connectionString: url,
    schema: QUEUE_SCHEMA,
    application_name: 'kubecensus queue',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    max,
  });
  return openBullQueue<PostgresQueueBackend, Connection>(
    {
      factory: createPostgresBackend,
      producer: () => connection(PRODUCER_CONNECTIONS),
      worker: (concurrency) => connection(Math.min(MAX_WORKER_CONNECTIONS, concurrency + 1)),
      // BullMQ makes its own pools and closes them.
      release: () => undefined,
      close: async () => undefined,
    },
    options,
  );
}
