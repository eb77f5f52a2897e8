// Cron expressions against dates that were worked out by hand, against node-cron's own judgement, and a tick that really ticks.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { createTask } from 'node-cron';
import { nextFire, startTick, validate } from '../../services/platform/cron.ts';
import { silentLog } from '../support/run.ts';
import { until } from './until.ts';

const next = (expression: string, after: string): string => nextFire(expression, new Date(after)).toISOString();

describe('nextFire', () => {
  for (const [expression, after, expected] of [
    ['0 6 * * 1', '2026-11-24T20:00:00Z', '2026-11-30T06:00:00.000Z'],
    ['*/5 * * * *', '2026-11-24T20:00:00Z', '2026-11-24T20:05:00.000Z'],
    ['0 20 * * *', '2026-11-24T19:59:59.999Z', '2026-11-24T20:00:00.000Z'],
    ['0 20 * * *', '2026-11-24T20:00:00Z', '2026-11-25T20:00:00.000Z'],
    ['30 * * * * *', '2026-11-24T20:00:31Z', '2026-11-24T20:01:30.000Z'],
    ['59 59 23 31 12 *', '2026-12-31T23:59:59Z', '2027-12-31T23:59:59.000Z'],
    ['0 0 29 2 *', '2026-11-24T20:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['0 0 29 2 *', '2096-03-01T00:00:00Z', '2104-02-29T00:00:00.000Z'],
    ['0 0 L * *', '2027-02-01T00:00:00Z', '2027-02-28T00:00:00.000Z'],
    ['0 9 * jan-mar mon-fri', '2026-11-24T20:00:00Z', '2027-01-01T09:00:00.000Z'],
    // Both day fields must match: the next Friday the 13th.
    ['0 0 13 * 5', '2026-11-24T20:00:00Z', '2027-08-13T00:00:00.000Z'],
    // Europe's clocks change at 01:00 UTC on 2027-03-28; UTC's do not.
    ['30 1 28 3 *', '2027-03-28T00:00:00Z', '2027-03-28T01:30:00.000Z'],
  ] as const) {
    it(`${expression} after ${after}`, () => assert.equal(next(expression, after), expected));
  }

  it('agrees with node-cron, which misses nothing in between', () => {
    const field = (low: number, high: number): fc.Arbitrary<string> =>
      fc.oneof(
        fc.constant('*'),
        fc.integer({ min: low, max: high }).map(String),
        fc.integer({ min: 2, max: 9 }).map((step) => `*/${step}`),
      );
    const expression = fc
      .tuple(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6))
      .map((fields) => fields.join(' '));
    const from = Date.UTC(2026, 0, 1);
    fc.assert(
      fc.property(expression, fc.integer({ min: 0, max: 5_000_000 }), (text, minutes) => {
        const after = new Date(from + minutes * 60_000);
        const fire = nextFire(text, after);
        const task = createTask(text, () => undefined, { timezone: 'Etc/UTC' });
        try {
          assert.ok(fire > after);
          assert.ok(task.match(fire), text);
          const step = Math.max(60_000, Math.floor((fire.getTime() - after.getTime()) / 40 / 60_000) * 60_000);
          for (let at = after.getTime() + 60_000; at < fire.getTime(); at += step)
            assert.ok(!task.match(new Date(at)), `${text} matches ${new Date(at).toISOString()}`);
        } finally {
          void task.destroy();
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('validate', () => {
  it('accepts what can fire', () => {
    for (const expression of ['* * * * *', '0 6 * * mon', '0 0 1 1 *', '0 0 29 2 1', '15 0 6 * * 1', ' 0  6 * * * '])
      validate(expression);
  });

  it('refuses the rest, and says which field', () => {
    for (const [expression, reason] of [
      ['', /fields/],
      ['* * * *', /4 fields/],
      ['* * * * * * *', /7 fields/],
      ['61 * * * *', /minute/],
      ['* 24 * * *', /hour/],
      ['0 0 * 13 *', /month/],
      ['0 0 * * 8', /dayOfWeek|week/],
      ['0 0 31 2 *', /31/],
      ['@daily', /fields/],
    ] as const) {
      assert.throws(() => validate(expression), { code: 'KC_CRON', message: reason }, expression);
    }
  });
});

describe('startTick', () => {
  it('ticks with the time of the clock that it was given, survives a failing tick, and stops', async () => {
    const seen: Date[] = [];
    const at = new Date('2030-01-01T00:00:00Z');
    const tick = startTick(
      '* * * * * *',
      async (now) => {
        seen.push(now);
        throw new Error('a bad tick');
      },
      () => at,
      silentLog,
    );
    await until('two ticks', () => seen.length >= 2);
    await tick.stop();
    const count = seen.length;
    assert.ok(seen.every((time) => time === at));
    await sleep(1_100);
    assert.equal(seen.length, count);
  });

  it('never runs two ticks at a time, and stop waits for the running one', async () => {
    const release = Promise.withResolvers<void>();
    let runs = 0;
    let ended = false;
    const tick = startTick('* * * * * *', async () => {
      runs += 1;
      await release.promise;
      ended = true;
    });
    await until('a tick', () => runs === 1);
    await sleep(1_200);
    assert.equal(runs, 1);
    const stopping = tick.stop();
    release.resolve();
    await stopping;
    assert.ok(ended);
  });

  it('refuses a wrong expression at once', () => {
    assert.throws(() => startTick('often', async () => undefined), { code: 'KC_CRON' });
  });
});
