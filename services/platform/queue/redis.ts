// The queue in Redis or Valkey.
import { type ConnectionOptions, createRedisBackend, type RedisQueueBackend } from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import { KubecensusError } from '../errors.ts';
import { hidePasswords, type Log } from '../log.ts';
import { openBullQueue, type QueueOptions } from './bullmq.ts';
import type { JobQueue } from './queue.ts';

/** BullMQ uses commands of 6.2 where it can, and only that and newer is tested. */
const OLDEST_VERSION = [6, 2] as const;
const CONNECT_TIMEOUT_MS = 5_000;
const RECONNECT_STEP_MS = 100;
const RECONNECT_MAX_MS = 2_000;
const KEEPALIVE_MS = 10_000;

/**
 * Opens the queue on the server at `url` (redis:// or rediss://), after looking at the server. Throws KC_QUEUE_UNREACHABLE or KC_QUEUE_VERSION;
 * warns when the server may evict jobs.
 */
export async function openRedisQueue(url: string, options: QueueOptions): Promise<JobQueue> {
  await inspect(url, options.log);
  const clients = new Set<QueueClient>();
  const make = (settings: RedisOptions): QueueClient =>
    new QueueClient(url, { connectTimeout: CONNECT_TIMEOUT_MS, keepAlive: KEEPALIVE_MS, ...settings }, clients);
  return openBullQueue<RedisQueueBackend, ConnectionOptions>(
    {
      factory: createRedisBackend,
      // A command that cannot be sent now fails now: what to add is in the database and is added later.
      producer: () => make({ enableOfflineQueue: false, maxRetriesPerRequest: 1 }),
      // A worker waits for its server for ever.
      worker: () => make({ maxRetriesPerRequest: null }),
      prepare: async () => undefined,
      release: (client) => (client as QueueClient).disconnect(),
      close: async () => {
        for (const client of clients) client.disconnect();
      },
    },
    options,
  );
}

/**
 * A connection that can be ended while its server is away. ioredis (6.0) says nothing when it is told to disconnect between two attempts: no `end`
 * comes and its waiting commands wait on, and with them BullMQ's close. Here one last attempt is made, whose failure ends it in the usual way.
 */
class QueueClient extends Redis {
  #ended = false;

  constructor(url: string, options: RedisOptions, clients: Set<QueueClient>) {
    super(url, {
      ...options,
      replyMapping: 'legacy',
      lazyConnect: true,
      retryStrategy: (times: number) => (this.#ended ? null : Math.min(times * RECONNECT_STEP_MS, RECONNECT_MAX_MS)),
    });
    clients.add(this);
    this.on('end', () => clients.delete(this));
    this.on('ready', () => {
      if (this.#ended) super.disconnect();
    });
    // BullMQ reports errors as long as it listens; afterwards nobody wants to know.
    this.on('error', () => undefined);
    // BullMQ copies a worker's connection for its blocking commands.
    this.duplicate = ((override: Partial<RedisOptions> = {}) =>
      new QueueClient(url, { ...options, ...override }, clients)) as typeof this.duplicate;
    this.connect().catch(() => undefined);
  }

  override connect(): Promise<void> {
    this.#ended = false;
    return super.connect();
  }

  override disconnect(reconnect = false): void {
    const waiting = this.status === 'reconnecting';
    if (!reconnect) this.#ended = true;
    super.disconnect(reconnect);
    if (waiting && !reconnect) super.connect().catch(() => undefined);
  }
}

async function inspect(url: string, log: Log): Promise<void> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  client.on('error', () => undefined);
  let info: string;
  try {
    await client.connect();
    info = await client.info();
  } catch (cause) {
    throw new KubecensusError('KC_QUEUE_UNREACHABLE', `${hidePasswords(url)}: ${(cause as Error).message}`, { cause });
  } finally {
    client.disconnect();
  }
  judgeServer(info, log);
}

/** Judges the text of INFO: version (Valkey also states the Redis version that it is compatible with) and eviction policy. Throws KC_QUEUE_VERSION. */
export function judgeServer(info: string, log: Log): void {
  const field = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  const version = field('redis_version') ?? '';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < OLDEST_VERSION[0] || (major === OLDEST_VERSION[0] && minor < OLDEST_VERSION[1])) {
    throw new KubecensusError(
      'KC_QUEUE_VERSION',
      `The server at REDIS_URL is Redis ${version || 'of an unknown version'}.`,
    );
  }
  const policy = field('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction') {
    log.warn({ policy }, 'Redis may evict jobs when its memory is full; set maxmemory-policy to noeviction');
  }
}
