// The pace: no dial too early, too close or too many, whatever the order of calls; and nothing is kept for ever.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { networkOf } from '../../services/platform/net/address.ts';
import type { PaceOptions } from '../../services/probes/pace.ts';
import { createPace } from '../../services/probes/pace.ts';

/** A clock that moves only when told, and wakes sleepers in order of time. */
class FakeClock {
  time = 0;
  #sleepers: { at: number; wake: () => void }[] = [];

  readonly now = (): number => this.time;
  readonly sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const sleeper = { at: this.time + ms, wake: resolve };
      this.#sleepers.push(sleeper);
      signal.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal.reason);
      });
    });

  get sleeping(): number {
    return this.#sleepers.length;
  }

  /** Runs until nothing sleeps or `until` is reached. */
  async run(until = Number.POSITIVE_INFINITY): Promise<void> {
    for (;;) {
      await new Promise(setImmediate);
      const next = this.#sleepers.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > until) break;
      this.#sleepers = this.#sleepers.filter((other) => other !== next);
      this.time = Math.max(this.time, next.at);
      next.wake();
    }
    if (until !== Number.POSITIVE_INFINITY) this.time = until;
  }
}

interface Dial {
  readonly address: string;
  readonly network: string;
  readonly start: number;
  readonly end: number;
}

function paced(options: Partial<PaceOptions> = {}) {
  const clock = new FakeClock();
  const pace = createPace({
    perAddressMs: 1000,
    perNetworkMs: 100,
    perNetworkInFlight: 2,
    globalPerSecond: 1000,
    maxInFlight: 100,
    now: clock.now,
    sleep: clock.sleep,
    ...options,
  });
  const dials: Dial[] = [];
  const never = new AbortController().signal;
  const dial = (address: string, ms: number, signal = never): Promise<void> =>
    pace.run(
      address,
      async () => {
        const start = clock.time;
        await clock.sleep(ms, never);
        dials.push({ address, network: networkOf(address), start, end: clock.time });
      },
      signal,
    );
  return { clock, pace, dials, dial };
}

test('a network is a /24 or a /48, in every spelling of a canonical literal', () => {
  assert.equal(networkOf('192.0.2.77'), '192.0.2.0/24');
  assert.equal(networkOf('::ffff:192.0.2.77'), '192.0.2.0/24');
  assert.equal(networkOf('2001:db8:7:8::1'), '2001:db8:7::/48');
  assert.equal(networkOf('2001:db8:7::'), networkOf('2001:db8:7:ffff:1:2:3:4'));
  assert.equal(networkOf('2001:db8::1'), '2001:db8::/48');
  assert.equal(networkOf('::1'), '::/48');
  assert.notEqual(networkOf('2001:db8:7::1'), networkOf('2001:db8:8::1'));
});

test('whatever is asked, no limit is ever broken, everything is dialled once, and the memory is given back', async () => {
  const address = fc.oneof(
    fc.tuple(fc.nat(3), fc.nat(5)).map(([network, host]) => `198.51.${network}.${host}`),
    fc.tuple(fc.nat(2), fc.nat(5)).map(([network, host]) => `2001:db8:${network + 1}:${host + 1}::1`),
  );
  const options = fc.record({
    perAddressMs: fc.nat(500),
    perNetworkMs: fc.nat(200),
    perNetworkInFlight: fc.integer({ min: 1, max: 3 }),
    globalPerSecond: fc.integer({ min: 1, max: 500 }),
    maxInFlight: fc.integer({ min: 1, max: 8 }),
  });
  const calls = fc.array(fc.record({ address, ms: fc.nat(300), wait: fc.nat(50) }), { minLength: 1, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(options, calls, async (limits, asked) => {
      const { clock, pace, dials, dial } = paced(limits);
      const done: Promise<void>[] = [];
      for (const call of asked) {
        done.push(dial(call.address, call.ms));
        await clock.run(clock.time + call.wait);
      }
      await clock.run();
      await Promise.all(done);
      assert.equal(dials.length, asked.length);
      assertLimits(dials, limits);
      clock.time += 1000;
      assert.deepEqual(pace.counts(), { networks: 0, addresses: 0, waiting: 0, inFlight: 0 });
    }),
    { numRuns: 60 },
  );
});

/** Sums of fractions of milliseconds do not come out even. */
const ROUNDING_MS = 1e-6;

function assertLimits(dials: readonly Dial[], limits: Omit<PaceOptions, 'now' | 'sleep'>): void {
  const byStart = dials.toSorted((a, b) => a.start - b.start || a.end - b.end);
  for (const [index, dial] of byStart.entries()) {
    const earlier = byStart.slice(0, index);
    const running = earlier.filter((other) => other.end > dial.start);
    assert.ok(running.length < limits.maxInFlight, 'too many in flight');
    const neighbours = earlier.filter((other) => other.network === dial.network);
    assert.ok(
      neighbours.filter((other) => other.end > dial.start).length < limits.perNetworkInFlight,
      'too many in a network',
    );
    for (const other of neighbours)
      assert.ok(dial.start - other.start >= limits.perNetworkMs - ROUNDING_MS, 'network spacing');
    for (const other of neighbours.filter((one) => one.address === dial.address))
      assert.ok(dial.start - other.end >= limits.perAddressMs - ROUNDING_MS, 'address spacing');
    const second = earlier.filter((other) => other.start > dial.start - 1000).length + 1;
    assert.ok(second <= limits.globalPerSecond * 1.01 + 1, `global rate ${second}`);
  }
}

test('a busy address does not hold up its neighbours', async () => {
  const { clock, dials, dial } = paced({ perAddressMs: 10_000, perNetworkMs: 0 });
  const done = [dial('192.0.2.1', 5), dial('192.0.2.1', 5), dial('192.0.2.2', 5)];
  await clock.run(50);
  assert.deepEqual(
    dials.map((one) => one.address),
    ['192.0.2.1', '192.0.2.2'],
  );
  await clock.run();
  await Promise.all(done);
  assert.equal(dials.at(-1)?.start, 10_005);
});

test('a pause stops new dials at once, even those given their turn in the same tick', async () => {
  const { clock, pace, dial } = paced({ perNetworkMs: 0 });
  let started = 0;
  const signal = new AbortController().signal;
  const count = async (): Promise<void> => {
    started++;
    if (started === 3) pause();
  };
  const pause = (): void => pace.pause();
  const done = Array.from({ length: 10 }, (_, index) => pace.run(`192.0.${index}.1`, count, signal));
  done.push(dial('203.0.113.1', 1));
  await clock.run(5000);
  assert.equal(started, 3);
  pace.resume();
  await clock.run();
  await Promise.all(done);
  assert.equal(started, 10);
});

test('an abort takes back what waits and leaves what runs', async () => {
  const { clock, pace, dials, dial } = paced({ maxInFlight: 1 });
  const stop = new AbortController();
  const running = dial('192.0.2.1', 100, stop.signal);
  const waiting = [dial('192.0.2.1', 100, stop.signal), dial('198.51.100.1', 100, stop.signal)];
  const settled = Promise.allSettled(waiting);
  await clock.run(50);
  stop.abort(new Error('stopped'));
  assert.deepEqual(
    (await settled).map((one) => one.status),
    ['rejected', 'rejected'],
  );
  await assert.rejects(dial('192.0.2.9', 1, stop.signal), /stopped/);
  await clock.run();
  await running;
  assert.equal(dials.length, 1);
  clock.time += 5000;
  assert.deepEqual(pace.counts(), { networks: 0, addresses: 0, waiting: 0, inFlight: 0 });
});

test('a dial that throws or rejects frees its place', async () => {
  const { clock, pace } = paced({ maxInFlight: 1, perAddressMs: 0, perNetworkMs: 0 });
  const signal = new AbortController().signal;
  const failing = [
    pace.run('192.0.2.1', () => Promise.reject(new Error('late')), signal),
    pace.run(
      '192.0.2.1',
      () => {
        throw new Error('at once');
      },
      signal,
    ),
  ];
  const last = pace.run('192.0.2.1', async () => 'dialled', signal);
  const settled = await Promise.race([Promise.all([Promise.allSettled(failing), last]), clock.run().then(() => null)]);
  assert.ok(settled !== null);
  assert.deepEqual(
    settled[0].map((one) => one.status),
    ['rejected', 'rejected'],
  );
  assert.equal(settled[1], 'dialled');
});

test('one alarm is enough: thousands of waiters hold one sleep', async () => {
  const { clock, dial } = paced({ globalPerSecond: 1 });
  const stop = new AbortController();
  const done = Array.from({ length: 2000 }, (_, index) => dial(`10.${index >> 8}.${index & 255}.1`, 0, stop.signal));
  const settled = Promise.allSettled(done);
  await clock.run(100);
  assert.ok(clock.sleeping <= 2, `${clock.sleeping} sleeping`);
  stop.abort(new Error('enough'));
  await clock.run();
  assert.equal((await settled).filter((one) => one.status === 'rejected').length, 1999);
});
