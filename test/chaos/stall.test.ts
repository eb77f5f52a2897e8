// C20 in one process: our event loop stands still while healthy hosts are asked, and no host is said to be down for it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLab } from '../../services/lab/process.ts';
import { createFirstFlightProbe } from '../../services/probes/first-flight.probe.ts';
import { STALL_MS } from '../../services/probes/watch.probe.ts';
import { SHORT_LIMITS, shortProbe } from '../hostile/adverse-case.ts';

/** Later than every deadline of the probes. */
const STANDSTILL_MS = STALL_MS + 500;
const HOSTS = 40;

/** The event loop turns no more for so long: nothing here is asynchronous. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

test('C20: a timeout during which we stood still ourselves is ours', async (t) => {
  const lab = await startLab({ seed: 'stall', hosts: HOSTS, now: new Date() });
  t.after(() => lab.close());
  const targets = lab.world.hosts.flatMap(({ address, services }) =>
    services
      .filter(
        ({ kind, transport, truth }) => kind === 'kube-apiserver' && transport === 'tls' && truth.component !== null,
      )
      .map(({ port }) => ({
        address,
        port,
        serverName: null,
        transport: 'tls' as const,
        paths: ['/version'] as const,
      })),
  );
  assert.ok(targets.length > 5, `${targets.length} targets`);
  const { connectMs, tlsMs } = SHORT_LIMITS;
  const firstFlight = createFirstFlightProbe({ connectMs, flightMs: tlsMs, allow: () => true, now: () => new Date() });
  for (const [name, probe] of Object.entries({ full: shortProbe(), firstFlight })) {
    const outcomes = async (standstillMs: number): Promise<string[]> => {
      const asking = Promise.all(targets.map((target) => probe(target)));
      // Some have connected by then, and all wait for us.
      await sleep(1);
      standStill(standstillMs);
      return (await asking).map(({ outcome }) => outcome ?? 'answer');
    };
    const disturbed = await outcomes(STANDSTILL_MS);
    assert.deepEqual(
      disturbed.filter((outcome) => outcome !== 'answer' && outcome !== 'error_ours'),
      [],
      name,
    );
    // A first flight lies in the kernel by then and is read all the same; a handshake needs us in the middle.
    if (name === 'full') assert.ok(disturbed.includes('error_ours'), `nobody was kept waiting: ${disturbed}`);
    const patient = name === 'full' ? shortProbe({ limits: { ...SHORT_LIMITS, tlsMs: 5_000, totalMs: 9_000 } }) : probe;
    const after = await Promise.all(targets.map((target) => patient(target)));
    assert.deepEqual(new Set(after.map(({ outcome }) => outcome)), new Set([null]), `${name} afterwards`);
  }
});
