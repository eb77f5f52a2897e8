// A worker whose connections hang while the server lives: found by what it does not do, made anew, and the job that waited is done. On Redis and on PostgreSQL.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { openPostgresQueue } from '../../services/platform/queue/postgres.ts';
import type { JobHandler, JobQueue } from '../../services/platform/queue/queue.ts';
import { openRedisQueue } from '../../services/platform/queue/redis.ts';
import { workSupervised } from '../../services/platform/queue/supervised.ts';
import { markCommitted, openChunks, storeChunks } from '../../services/surveys/chunk.store.ts';
import { silentLog, withDatabase } from '../support/database.ts';
import { NOW, plannedSurvey } from '../support/observations.ts';
import { redisMissing, startRedis } from '../support/redis.ts';
import { CONTRACT_JOBS } from './queue.contract.ts';
import { until } from './until.ts';

interface Freezer {
  through(url: string): string;
  /** Connections that are open now, and new ones until `thaw`, carry nothing for ever, and nobody is told. Gives how many were open. */
  freeze(): number;
  /** Connections that are made from now on work. */
  thaw(): void;
}

/** A TCP proxy on loopback in front of the server at `url`. */
async function startFreezer(url: string, onEnd: (close: () => Promise<unknown>) => void): Promise<Freezer> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let isFrozen = false;
  const proxy = createServer((client) => {
    if (isFrozen) {
      sockets.add(client.on('error', () => undefined));
      return;
    }
    const server = connect(Number(port), hostname);
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(one);
      one.on('data', (chunk) => other.write(chunk));
      one
        .on('error', () => undefined)
        .on('close', () => {
          sockets.delete(one);
          other.destroy();
        });
    }
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onEnd(async () => {
    proxy.close();
    for (const socket of sockets) socket.destroy();
  });
  return {
    through: (text) => {
      const changed = new URL(text);
      changed.hostname = '127.0.0.1';
      changed.port = String((proxy.address() as AddressInfo).port);
      return changed.href;
    },
    thaw: () => {
      isFrozen = false;
    },
    freeze: () => {
      isFrozen = true;
      for (const socket of sockets) {
        socket.removeAllListeners('data');
        socket.pause();
      }
      return sockets.size;
    },
  };
}

const options = { jobs: CONTRACT_JOBS, log: silentLog };
/** A lock's life, two looks for locks that ran out, and a slow machine. */
const LOST_JOB_MS = 120_000;

interface Backend {
  readonly name: string;
  readonly missing: string | null;
  /** Where the queue's server is, apart from the truth's. */
  readonly server: (t: TestContext, onEnd: (close: () => Promise<unknown>) => void) => Promise<string>;
  readonly open: (url: string) => JobQueue | Promise<JobQueue>;
}

const BACKENDS: readonly Backend[] = [
  {
    name: 'Redis',
    missing: redisMissing(),
    server: async (_t, onEnd) => {
      const redis = await startRedis();
      onEnd(() => redis.stop());
      return redis.url;
    },
    open: (url) => openRedisQueue(url, options),
  },
  {
    name: 'PostgreSQL',
    missing: null,
    server: async (t) => (await withDatabase(t)).url,
    open: (url) => openPostgresQueue(url, options),
  },
];

/** A worker behind a freezer, the truth in a database of its own, and somebody who adds jobs past the freezer. */
async function bench(t: TestContext, backend: Backend, handler: JobHandler, steps?: () => number) {
  const { database, onEnd } = await withDatabase(t);
  const { db } = database;
  const url = await backend.server(t, onEnd);
  const freezer = await startFreezer(url, onEnd);
  const issuer = await backend.open(url);
  onEnd(() => issuer.close(0));
  const queue = await backend.open(freezer.through(url));
  onEnd(() => queue.close(0));
  await plannedSurvey(database, 's');
  await storeChunks(db, 's', [[], []], {}, NOW);
  const said: boolean[] = [];
  let reopened = 0;
  const watched = {
    work: queue.work.bind(queue),
    // What waits is asked past the freezer: that the queue does not answer at all is not the case here.
    waiting: issuer.waiting.bind(issuer),
  };
  const worker = await workSupervised(watched, 'observe', handler, {
    concurrency: 2,
    isWorkOpen: async () => (await openChunks(db, 1)).length > 0,
    ...(steps === undefined ? {} : { steps }),
    onStuck: (isStuck) => {
      said.push(isStuck);
      freezer.thaw();
    },
    onReopen: () => void reopened++,
    log: silentLog,
    stuckAfterMs: 1_000,
    lookMs: 100,
  });
  onEnd(() => worker.close(0));
  return {
    freezer,
    db,
    said,
    reopened: () => reopened,
    issue: (chunk: number) => issuer.add([{ name: 'observe', id: `observe-${chunk}`, payload: chunk }]),
    commit: (chunk: number) => markCommitted(db, 's', chunk, NOW),
  };
}

for (const backend of BACKENDS)
  describe(`a worker on ${backend.name}`, { skip: backend.missing ?? false }, () => {
    it('whose connections hang is found stuck, connects anew, and does what waited', async (t) => {
      const done: unknown[] = [];
      const { freezer, issue, commit, said, reopened } = await bench(
        t,
        backend,
        async (payload) => void done.push(payload),
      );
      await issue(0);
      await until('the first job', () => done.length === 1);
      await commit(0);
      assert.ok(freezer.freeze() > 0, 'there are connections to hang');
      // Two: what the worker asked just before may still take one, whose answer is lost; that one comes again when its lock has run out.
      await issue(1);
      await issue(2);
      await until('the worker to be stuck', () => said[0] === true);
      await until('the other jobs', () => done.includes(1) && done.includes(2), LOST_JOB_MS);
      await until('the worker to get on', () => said[1] === false);
      assert.ok(reopened() >= 1);
      await commit(1);
      assert.deepEqual(said, [true, false]);
    });

    it('that holds a job which makes no step is found stuck, and its job is halted', async (t) => {
      const halted = Promise.withResolvers<void>();
      const { issue, said, reopened } = await bench(
        t,
        backend,
        (_payload, signal) =>
          new Promise((resolve) => {
            signal.addEventListener('abort', () => {
              halted.resolve();
              resolve();
            });
          }),
        () => 7,
      );
      await issue(0);
      await halted.promise;
      assert.equal(said[0], true);
      assert.equal(reopened(), 1);
    });
  });
