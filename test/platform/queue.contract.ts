// What every queue backend must do: one suite, run on PostgreSQL and on Redis.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { JobDefinition, JobQueue, QueuedJob } from '../../services/platform/queue/queue.ts';
import { until } from './until.ts';

/** Fast retries; `once` is tried once only. */
export const CONTRACT_JOBS: Readonly<Record<string, JobDefinition>> = {
  observe: { attempts: 3, backoffMs: 10 },
  once: { attempts: 1, backoffMs: 10 },
};

/** Short, so that the job of a killed worker comes back soon; a living worker renews it four times as often as it must. */
const SHORT_LOCK_MS = 1_000;

/** What a backend brings to the suite, fresh for each test. */
export interface QueueBench {
  /** Another client of the same queue, as another process would have one. */
  open(): Promise<JobQueue>;
  /** Cuts every connection that the queue's clients have now, and says how many there were. */
  cut(): Promise<number>;
  /** Takes the server away, after the suite has closed its clients. */
  close(): Promise<void>;
  /** How test/platform/queue-worker.ts reaches the same queue. */
  readonly child: { readonly kind: 'postgres' | 'redis'; readonly url: string };
}

const WORKER = fileURLToPath(new URL('./queue-worker.ts', import.meta.url));

const job = (id: string, payload: unknown = { id }, name = 'observe'): QueuedJob => ({ name, id, payload });

/** Runs the suite. `skip` is null, or why it cannot be run here. */
export function queueContract(
  backend: string,
  skip: string | null,
  bench: (t: TestContext) => Promise<QueueBench>,
): void {
  describe(`the queue on ${backend}`, { skip: skip ?? false }, () => {
    /** One bench, and clients of it that are closed before it. */
    const setUp = async (t: TestContext): Promise<QueueBench> => {
      const made = await bench(t);
      const clients: JobQueue[] = [];
      t.after(async () => {
        await Promise.all(clients.map((client) => client.close(0)));
        await made.close();
      });
      const open = async (): Promise<JobQueue> => {
        const client = await made.open();
        clients.push(client);
        return client;
      };
      return { ...made, open };
    };

    it('delivers what was added, payload and all', async (t) => {
      const queue = await (await setUp(t)).open();
      const seen: unknown[] = [];
      await queue.add([job('a-1', { survey: 's', chunk: 1 }), job('a-2', { survey: 's', chunk: 2 })]);
      assert.deepEqual(await queue.counts(), { waiting: 2, active: 0, delayed: 0 });
      await queue.work('observe', async (payload) => void seen.push(payload), { concurrency: 1 });
      await until('both jobs', () => seen.length === 2);
      assert.deepEqual(seen, [
        { survey: 's', chunk: 1 },
        { survey: 's', chunk: 2 },
      ]);
      await until('an empty queue', async () =>
        Object.values(await queue.counts('observe')).every((count) => count === 0),
      );
    });

    it('gives the jobs of a lane to workers of that lane only, and counts them all', async (t) => {
      const queue = await (await setUp(t)).open();
      const seen: string[] = [];
      await queue.add([job('a-1'), { ...job('a-1'), lane: 'far' }, { ...job('a-2'), lane: 'near' }]);
      await queue.add([{ ...job('a-1'), lane: 'far' }]);
      assert.equal((await queue.counts('observe'))['waiting'], 3, 'an id is one of its lane');
      const taking = (lane: string) => async (payload: unknown) =>
        void seen.push(`${lane} ${(payload as { id: string }).id}`);
      await queue.work('observe', taking('far'), { concurrency: 1, lane: 'far' });
      await queue.work('observe', taking('none'), { concurrency: 1 });
      await until('both jobs', () => seen.length === 2);
      assert.deepEqual(seen.toSorted(), ['far a-1', 'none a-1']);
      await until('one job left', async () => (await queue.counts('observe'))['active'] === 0);
      assert.equal((await queue.counts('observe'))['waiting'], 1, 'nobody works for near');
      assert.notEqual(await queue.oldestWaiting('observe'), null);
      await assert.rejects(queue.add([{ ...job('a-3'), lane: 'a@b' }]), { code: 'KC_QUEUE_JOB' });
      await queue.forget();
      assert.equal((await queue.counts())['waiting'], 0);
    });

    it('adds more than one round trip takes, each once', async (t) => {
      const queue = await (await setUp(t)).open();
      const jobs = Array.from({ length: 1_203 }, (_, index) => job(`bulk-${index}`));
      await queue.add(jobs);
      assert.equal((await queue.counts('observe'))['waiting'], 1_203);
      await queue.add(jobs);
      assert.equal((await queue.counts('observe'))['waiting'], 1_203);
    });

    it('says since when the oldest job waits', async (t) => {
      const queue = await (await setUp(t)).open();
      assert.equal(await queue.oldestWaiting('observe'), null);
      const before = Date.now();
      await queue.add([job('first')]);
      const between = await queue.oldestWaiting('observe');
      await queue.add(Array.from({ length: 20 }, (_, index) => job(`later-${index}`)));
      assert.deepEqual(await queue.oldestWaiting('observe'), between);
      assert.ok(between !== null && between.getTime() >= before - 1000 && between.getTime() <= Date.now() + 1000);
      assert.equal(await queue.oldestWaiting('once'), null);
    });

    it('does not add what is waiting or running, and accepts it again after completion', async (t) => {
      const queue = await (await setUp(t)).open();
      const release = Promise.withResolvers<void>();
      let runs = 0;
      await queue.add([job('same')]);
      await queue.add([job('same'), job('same')]);
      assert.equal((await queue.counts('observe'))['waiting'], 1);
      const work = async (): Promise<void> => {
        runs += 1;
        await release.promise;
      };
      await queue.work('observe', work, { concurrency: 2 });
      await until('the job to run', () => runs === 1);
      await queue.add([job('same')]);
      assert.deepEqual(await queue.counts('observe'), { waiting: 0, active: 1, delayed: 0 });
      release.resolve();
      await until('completion', async () => (await queue.counts('observe'))['active'] === 0);
      await queue.add([job('same')]);
      await until('the second run', () => runs === 2);
    });

    it('tries a rejected job again, as often as its definition says and no more', async (t) => {
      const queue = await (await setUp(t)).open();
      const runs: Record<string, number> = { recovers: 0, hopeless: 0 };
      const work = async (payload: unknown): Promise<void> => {
        const { id } = payload as { id: string };
        runs[id] = (runs[id] ?? 0) + 1;
        if (id === 'hopeless' || runs[id] === 1) throw new Error('not yet');
      };
      await queue.work('observe', work, { concurrency: 1 });
      await queue.add([job('recovers'), job('hopeless')]);
      await until(
        'an empty queue',
        async () => runs['hopeless'] === 3 && Object.values(await queue.counts()).every((count) => count === 0),
      );
      assert.deepEqual(runs, { recovers: 2, hopeless: 3 });
      // Dropped, not buried: whoever holds the truth may issue it again.
      await queue.add([job('hopeless')]);
      await until('three more tries', () => runs['hopeless'] === 6);
    });

    it('tries a job with one attempt once', async (t) => {
      const queue = await (await setUp(t)).open();
      let runs = 0;
      const work = async (): Promise<void> => {
        runs += 1;
        throw new Error('no');
      };
      await queue.work('once', work, { concurrency: 1 });
      await queue.add([job('only', null, 'once')]);
      await until('the run', () => runs === 1);
      await until('an empty queue', async () => Object.values(await queue.counts()).every((count) => count === 0));
      assert.equal(runs, 1);
    });

    it('shares the work between two clients without doing any twice', async (t) => {
      const shared = await setUp(t);
      const [first, second] = [await shared.open(), await shared.open()];
      const seen: Record<'first' | 'second', string[]> = { first: [], second: [] };
      const both = Promise.withResolvers<void>();
      const taking = (who: 'first' | 'second') => async (payload: unknown) => {
        seen[who].push((payload as { id: string }).id);
        // Nobody finishes a job before both have one: sharing is then certain, whatever the machine's speed.
        if (seen.first.length > 0 && seen.second.length > 0) both.resolve();
        await both.promise;
      };
      await first.work('observe', taking('first'), { concurrency: 2 });
      await second.work('observe', taking('second'), { concurrency: 2 });
      await first.add(Array.from({ length: 40 }, (_, index) => job(`share-${index}`)));
      await until('all jobs', () => seen.first.length + seen.second.length >= 40);
      assert.equal(new Set([...seen.first, ...seen.second]).size, 40);
      assert.equal(seen.first.length + seen.second.length, 40);
    });

    it('waits for the running job when it is closed, and takes no other', async (t) => {
      const shared = await setUp(t);
      const queue = await shared.open();
      const release = Promise.withResolvers<void>();
      const ran: unknown[] = [];
      const worker = await queue.work(
        'observe',
        async (payload) => {
          ran.push(payload);
          await release.promise;
          ran.push('done');
        },
        { concurrency: 1 },
      );
      await queue.add([job('first'), job('second')]);
      await until('the first job', () => ran.length === 1);
      let closed = false;
      const closing = worker.close().then(() => {
        closed = true;
      });
      // A round trip to the server is time enough for a close that does not wait.
      assert.equal((await queue.counts('observe'))['active'], 1);
      assert.equal(closed, false);
      release.resolve();
      await closing;
      assert.deepEqual(ran, [{ id: 'first' }, 'done']);
      assert.deepEqual(await queue.counts('observe'), { waiting: 1, active: 0, delayed: 0 });
    });

    it('aborts the running job when the grace is over, and keeps the job', async (t) => {
      const queue = await (await setUp(t)).open();
      const started = Promise.withResolvers<void>();
      const worker = await queue.work(
        'observe',
        async (_payload, signal) => {
          started.resolve();
          await once(signal, 'abort');
          throw new Error('stopped');
        },
        { concurrency: 1 },
      );
      await queue.add([job('long')]);
      await started.promise;
      await worker.close(0);
      const counts = await queue.counts('observe');
      assert.equal((counts['waiting'] ?? 0) + (counts['delayed'] ?? 0), 1);
      assert.equal(counts['active'], 0);
    });

    it('delivers the job of a killed worker again', async (t) => {
      const shared = await setUp(t);
      const queue = await shared.open();
      await queue.add([job('survivor', { id: 'survivor' })]);
      const child = startWorkerProcess(t, shared.child);
      await until('the child to have the job', () => child.said.includes('started'));
      child.process.kill('SIGKILL');
      await once(child.process, 'exit');
      assert.equal((await queue.counts('observe'))['active'], 1);
      const seen: unknown[] = [];
      await queue.work('observe', async (payload) => void seen.push(payload), {
        concurrency: 1,
        lockDurationMs: SHORT_LOCK_MS,
      });
      await until('the second delivery', () => seen.length === 1);
      assert.deepEqual(seen, [{ id: 'survivor' }]);
    });

    it('goes on after every connection was cut', async (t) => {
      const shared = await setUp(t);
      const queue = await shared.open();
      const seen: string[] = [];
      await queue.work('observe', async (payload) => void seen.push((payload as { id: string }).id), {
        concurrency: 1,
        lockDurationMs: SHORT_LOCK_MS,
      });
      await queue.add([job('before')]);
      await until('the job before', () => seen.includes('before'));
      assert.ok((await shared.cut()) > 0);
      // Adding may fail while the producer reconnects: it is added again until it is in, as the planner does.
      await until('the job to be added', () =>
        queue.add([job('after')]).then(
          () => true,
          () => false,
        ),
      );
      await until('the job after', () => seen.includes('after'));
      // Once more, now that the worker waits on the connection that it made anew.
      assert.ok((await shared.cut()) > 0);
      await until('the job to be added', () =>
        queue.add([job('again')]).then(
          () => true,
          () => false,
        ),
      );
      await until('the last job', () => seen.includes('again'));
    });

    it('forgets everything when told', async (t) => {
      const queue = await (await setUp(t)).open();
      await queue.add([job('x'), job('y', {}, 'once')]);
      await queue.forget();
      assert.deepEqual(await queue.counts(), { waiting: 0, active: 0, delayed: 0 });
      await queue.add([job('x')]);
      assert.equal((await queue.counts())['waiting'], 1);
    });

    it('refuses names that it does not know and ids that a backend would misread', async (t) => {
      const queue = await (await setUp(t)).open();
      for (const id of ['', '12345', 'a:b', 'x'.repeat(201)])
        await assert.rejects(queue.add([job(id)]), { code: 'KC_QUEUE_JOB' }, id);
      for (const name of ['nobody', 'toString']) {
        await assert.rejects(queue.add([job('a', {}, name)]), { code: 'KC_QUEUE_JOB' });
        await assert.rejects(
          queue.work(name, async () => undefined, { concurrency: 1 }),
          { code: 'KC_QUEUE_JOB' },
        );
      }
      assert.deepEqual(await queue.counts(), { waiting: 0, active: 0, delayed: 0 });
    });
  });
}

/** A worker in a process of its own, which takes one job and never ends it. */
function startWorkerProcess(
  t: TestContext,
  { kind, url }: QueueBench['child'],
): { process: ChildProcess; said: string } {
  const child = {
    process: spawn(process.execPath, [WORKER, kind, url, String(SHORT_LOCK_MS)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
    said: '',
  };
  child.process.stdout?.setEncoding('utf8').on('data', (text: string) => {
    child.said += text;
  });
  t.after(() => child.process.kill('SIGKILL'));
  return child;
}
