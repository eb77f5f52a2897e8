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
  const clients = new Clients(url);
  return openBullQueue<RedisQueueBackend, ConnectionOptions>(
    {
      factory: createRedisBackend,
      // A command that cannot be sent now fails now: what to add is in the database and is added later.
      producer: () => clients.make({ enableOfflineQueue: false, maxRetriesPerRequest: 1 }),
      // A worker waits for its server for ever.
      worker: () => clients.make({ maxRetriesPerRequest: null }),
      release: (client) => (client as Redis).disconnect(),
      close: async () => clients.disconnect(),
    },
    options,
  );
}

/** All connections of a queue. BullMQ leaves behind those that are reconnecting when it closes, and they would go on for ever. */
class Clients {
  readonly #url: string;
  readonly #open = new Set<Redis>();

  constructor(url: string) {
    this.#url = url;
  }

  make(options: RedisOptions): Redis {
    const clients = this;
    /** BullMQ duplicates a worker's connection for its blocking commands. */
    class Tracked extends Redis {
      override duplicate(override?: Partial<RedisOptions>): Redis {
        return clients.#track(super.duplicate(override));
      }
    }
    const settings = {
      connectTimeout: CONNECT_TIMEOUT_MS,
      keepAlive: KEEPALIVE_MS,
      retryStrategy: (times: number) => Math.min(times * RECONNECT_STEP_MS, RECONNECT_MAX_MS),
    };
    return this.#track(new Tracked(this.#url, { ...settings, ...options }));
  }

  disconnect(): void {
    for (const client of this.#open) client.disconnect();
  }

  #track(client: Redis): Redis {
    this.#open.add(client);
    client.on('end', () => this.#open.delete(client));
    // BullMQ reports errors as long as it listens; afterwards nobody wants to know.
    client.on('error', () => undefined);
    return client;
  }
}

async function inspect(url: string, log: Log): Promise<void> {
  const client = new Redis(url, { lazyConnect: true, connectTimeout: CONNECT_TIMEOUT_MS, maxRetriesPerRequest: 0, retryStrategy: () => null });
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
    throw new KubecensusError('KC_QUEUE_VERSION', `The server at REDIS_URL is Redis ${version || 'of an unknown version'}.`);
  }
  const policy = field('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction') {
    log.warn({ policy }, 'Redis may evict jobs when its memory is full; set maxmemory-policy to noeviction');
  }
}
