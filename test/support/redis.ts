// A real Redis for tests that need one, each on a port of its own.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';

const PROGRAMS = ['redis-server', 'valkey-server'];
const START_TIMEOUT_MS = 20_000;

export interface TestRedis {
  readonly url: string;
  /** Stops the server without giving it time, and starts an empty one on the same port. */
  restart(): Promise<void>;
  /** Ends the server without giving it time; `restart` starts another. */
  kill(): Promise<void>;
  /** Ends it without giving it time, for good. Idempotent. */
  stop(): Promise<void>;
}

const program = PROGRAMS.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);

/**
 * Null where a Redis can be started, else why the tests that need one are skipped. On a build server (CI=true) a missing Redis is a failure instead.
 */
export function redisMissing(): string | null {
  if (program !== undefined) return null;
  if (process.env['CI'] === 'true')
    throw new Error(`none of ${PROGRAMS.join(', ')} is installed, and CI=true skips nothing`);
  return `none of ${PROGRAMS.join(', ')} is installed`;
}

/** Starts a server that keeps nothing, on loopback, with extra settings as on its command line. The caller stops it. */
export async function startRedis(settings: readonly string[] = []): Promise<TestRedis> {
  const directory = await mkdtemp(join(tmpdir(), 'kubecensus-redis-'));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}/0`;
  const start = async (): Promise<ChildProcess> => {
    const args = [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      directory,
      ...settings,
    ];
    const child = spawn(program ?? 'redis-server', args, { stdio: 'ignore' });
    await answers(url, child);
    return child;
  };
  const end = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  let child = await start();
  return {
    url,
    async restart() {
      await end(child);
      child = await start();
    },
    kill: () => end(child),
    async stop() {
      await end(child);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.ping();
      return;
    } catch (error) {
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error('the test Redis does not start', { cause: error });
    } finally {
      client.disconnect();
    }
    await sleep(20);
  }
}

/** A port of loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
