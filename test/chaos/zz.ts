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

const OUTAGES_MS = [300_000];
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

});

/** Resident memory of a process, from /proc. */
function residentBytes(pid: number | undefined): number {
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
