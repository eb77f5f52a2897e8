// Outages of half a minute and of minutes, a database that takes two seconds for every statement, an opt-out in the middle. By `npm run test:chaos`.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { addOptOut } from '../../services/candidates/opt-out.store.ts';
import { JOBS } from '../../services/jobs.ts';
import { until } from '../platform/until.ts';
import { redisMissing } from '../support/redis.ts';
import { startFleet } from './fleet.ts';

const OUTAGES_MS = [30_000, 300_000];
const STATEMENT_MS = 2_000;
/** An opt-out holds for queued work within this time. */
const OPTED_OUT_MS = 30_000;
const PATIENCE_MS = 600_000;
/** A survey is done so soon after an outage: locks run out in a minute, and what is left takes less than that. */
const RECOVERED_MS = 150_000;
/** A process leaves within this time of SIGTERM, whatever hangs. */
const LEAVE_MS = 30_000;
const SLACK_MS = 5_000;
/** What reads the opt-outs. */
const OPT_OUTS = Buffer.from('from "opt_out"');
/** Growth of resident memory that is none: it is never still, and what a slow database could pile up grows by the second. */
const FLAT_BYTES = 96 * 1024 * 1024;
const LOOK_MS = 500;

test('a fleet in long outages', { skip: redisMissing() ?? false }, async (t) => {
  const fleet = await startFleet(t, { seed: 'chaos', hosts: 60, settings: { KUBECENSUS_RATE: '200' } });
  await fleet.start('scheduler');
  let worker = await fleet.start('worker');
  const begun = async (id: string): Promise<void> => {
    await fleet.begin(id);
    await until('some dials', async () => (await fleet.dialled()) > 20);
  };

  for (const ms of OUTAGES_MS)
    await t.test(`C5: Redis is away for ${ms / 1000} seconds`, async () => {
      const id = `c5-${ms / 1000}`;
      await begun(id);
      fleet.queue?.down();
      await sleep(ms);
      fleet.queue?.heal();
      await fleet.counted(id, RECOVERED_MS);
      assert.deepEqual(await fleet.findings(id, { again: 1 }), []);
    });

  await t.test(
    'C11: every statement takes two seconds more; what is in hand stays bounded, and memory flat',
    async () => {
      const queue = await fleet.parts.queue();
      const most = async (id: string): Promise<{ chunks: number; bytes: number }> => {
        const seen = { chunks: 0, bytes: 0 };
        const ended = new AbortController();
        const watching = (async () => {
          while (!ended.signal.aborted) {
            seen.chunks = Math.max(seen.chunks, (await queue.counts('observe'))['active'] ?? 0);
            seen.bytes = Math.max(seen.bytes, residentBytes(worker.process.pid));
            await sleep(LOOK_MS);
          }
        })();
        await fleet.begin(id);
        await fleet.counted(id, PATIENCE_MS);
        ended.abort();
        await watching;
        return seen;
      };
      const fast = await most('c11-fast');
      fleet.postgres.delay(STATEMENT_MS);
      const slow = await most('c11');
      fleet.postgres.delay(0);
      assert.ok(slow.chunks > 0 && slow.chunks <= JOBS.observe.concurrency, `${slow.chunks} chunks in hand`);
      assert.ok(slow.bytes - fast.bytes < FLAT_BYTES, `${fast.bytes} bytes became ${slow.bytes}`);
      assert.deepEqual(await fleet.findings('c11'), []);
    },
  );

  await t.test(
    'C8: connections break as opt-outs are read: whoever could not be asked is asked later, and nobody twice',
    async () => {
      await fleet.end(worker, 'SIGTERM');
      // So slow that opt-outs are read again in the middle.
      worker = await fleet.start('worker', { KUBECENSUS_RATE: '50' });
      await begun('c8-opt-outs');
      fleet.postgres.cut({ bytes: OPT_OUTS, isDelivered: false, times: 2 });
      await fleet.counted('c8-opt-outs', PATIENCE_MS);
      assert.ok(fleet.postgres.cuts > 0, 'opt-outs were not read');
      assert.deepEqual(await fleet.findings('c8-opt-outs'), []);
    },
  );

  await t.test(
    'C3: SIGTERM while the database does not answer: it leaves in time, and says that it could not close',
    async () => {
      await begun('c3-hang');
      fleet.postgres.hang();
      const before = performance.now();
      assert.equal(await fleet.end(worker, 'SIGTERM'), 1);
      assert.ok(performance.now() - before < LEAVE_MS + SLACK_MS);
      fleet.postgres.heal();
      worker = await fleet.start('worker');
      await fleet.counted('c3-hang', PATIENCE_MS);
      assert.deepEqual(await fleet.findings('c3-hang', { again: 1 }), []);
    },
  );

  await t.test('C16: opted out in the middle of a survey, not dialled after thirty seconds', async () => {
    await fleet.end(worker, 'SIGTERM');
    worker = await fleet.start('worker', { KUBECENSUS_RATE: '20' });
    await begun('c16');
    const out = fleet.world.hosts.filter((_, index) => index % 2 === 0).map(({ address }) => address);
    const dialsOut = async (): Promise<number> => {
      const dials = Object.entries(await fleet.dials());
      return dials.reduce((sum, [at, count]) => sum + (out.includes(at.split(':')[0] ?? '') ? count : 0), 0);
    };
    for (const address of out)
      await addOptOut(fleet.parts.db, { kind: 'prefix', value: `${address}/32` }, 'chaos', new Date());
    await sleep(OPTED_OUT_MS);
    const then = await dialsOut();
    await fleet.counted('c16', PATIENCE_MS);
    assert.equal(await dialsOut(), then, 'dials after thirty seconds');
    const most = out.length * fleet.parts.config.ports.length;
    assert.deepEqual(await fleet.findings('c16', { unseen: { outcome: 'blocked_policy', most } }), []);
    const { rows } = await fleet.parts.database.pool.query<{ n: string }>(
      "select count(*) as n from observation where survey_id = 'c16' and outcome = 'blocked_policy'",
    );
    assert.ok(Number(rows[0]?.n) > 0, 'all had been dialled before');
  });
});

/** Resident memory of a process, from /proc. */
function residentBytes(pid: number | undefined): number {
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
