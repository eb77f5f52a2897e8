// The queue in PostgreSQL, in a schema of its own beside our tables.
import {
  assertSchemaCompatibility,
  createPostgresBackend,
  LATEST_SCHEMA_VERSION,
  type PostgresQueueBackend,
  runMigrations,
} from 'bullmq';
import pg from 'pg';
import { KubecensusError } from '../errors.ts';
import { openBullQueue, type QueueOptions } from './bullmq.ts';
import { type JobQueue, QUEUE_SCHEMA } from './queue.ts';

const CONNECT_TIMEOUT_MS = 5_000;
/** A producer adds one chunk at a time. */
const PRODUCER_CONNECTIONS = 1;
/** A worker fetches, finishes and renews one after the other; more running jobs need a few more. Its LISTEN connection comes on top. */
const MAX_WORKER_CONNECTIONS = 4;

type Connection = Parameters<typeof createPostgresBackend>[1]['connection'];

/**
 * Makes or updates BullMQ's tables; for a login that does not own them, looks whether that has been done. Idempotent, also when several processes do it at
 * once (advisory locks, BullMQ's and ours). Throws KC_MIGRATION.
 */
export async function migrateQueue(url: string): Promise<void> {
  try {
    await withClient(url, async (client) => {
      if (await mayMigrate(client)) {
        await runMigrations(client, QUEUE_SCHEMA);
        // One message, so one transaction: the lock is held until the function is there.
        await client.query(`select pg_advisory_xact_lock(hashtext('kubecensus:queue')); ${MAKE_SEQUENCE}`);
      } else if ((await assertSchemaCompatibility(client, QUEUE_SCHEMA)) < LATEST_SCHEMA_VERSION)
        throw new Error('they are of an older release; run `kubecensus migrate` as the owner of the database');
    });
  } catch (cause) {
    throw new KubecensusError('KC_MIGRATION', `The queue's tables: ${(cause as Error).message}`, { cause });
  }
}

/**
 * BullMQ makes a sequence when the first job of a queue is added, and queues have names of our users' choice (vantages). With this function whoever
 * may add jobs gets it without the right to make anything else. The lock is BullMQ's own.
 */
const MAKE_SEQUENCE = `
  create or replace function ${QUEUE_SCHEMA}.kubecensus_make_sequence(queue text) returns void
  language plpgsql security definer set search_path = ${QUEUE_SCHEMA}, pg_temp as $$
  begin
    if to_regclass(job_id_seq_name(queue)) is not null then return; end if;
    perform pg_advisory_xact_lock(hashtext('bullmq:jidseq:' || queue));
    execute format('create sequence if not exists %I', job_id_seq_name(queue));
    execute format('grant usage on sequence %I to public', job_id_seq_name(queue));
  end $$`;

/**
 * BullMQ (6.7) takes connections out of its pool without listening to their errors, and an error that nobody listens to ends the process: one that breaks under a
 * statement then would. The statement rejects in any case.
 */
class ListeningClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'kubecensus queue',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function mayMigrate(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ may: boolean }>(
    `select coalesce((select pg_has_role(nspowner, 'usage') from pg_namespace where nspname = $1), true) as may`,
    [QUEUE_SCHEMA],
  );
  return rows[0]?.may === true;
}

/** Opens the queue in the database at `url`. Its tables must be there (migrateQueue). */
export function openPostgresQueue(url: string, options: QueueOptions): JobQueue {
  const connection = (max: number): Connection => ({
    connectionString: url,
    schema: QUEUE_SCHEMA,
    application_name: 'kubecensus queue',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    Client: ListeningClient,
    max,
  });
  return openBullQueue<PostgresQueueBackend, Connection>(
    {
      factory: createPostgresBackend,
      producer: () => connection(PRODUCER_CONNECTIONS),
      worker: (concurrency) => connection(Math.min(MAX_WORKER_CONNECTIONS, concurrency + 1)),
      prepare: (queue) =>
        withClient(url, async (client) => {
          await client.query(`select ${QUEUE_SCHEMA}.kubecensus_make_sequence($1)`, [queue]);
        }),
      // BullMQ makes its own pools and closes them.
      release: () => undefined,
      close: async () => undefined,
    },
    options,
  );
}
