// One process of the comparison with zgrab2: probes its share of the hosts, writes each evidence as a line to nowhere, and says what that took.
import { createWriteStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createFirstFlightProbe } from '../../services/probes/first-flight.probe.ts';
import { createProbe, DEFAULT_LIMITS } from '../../services/probes/tls.probe.ts';
import { hostAddress } from './many-hosts.ts';

/** What a client is told to do. */
export interface ClientTask {
  readonly way: 'probe' | 'flight';
  readonly port: number;
  /** Its hosts: `count` from number `first` on. */
  readonly first: number;
  readonly count: number;
  readonly atOnce: number;
  /** Milliseconds that a probe waits for hosts that say nothing. */
  readonly patienceMs: number;
  /** How every probe should end. */
  readonly outcome: string | null;
}

/** What it took: microseconds of CPU from its first probe on, milliseconds, the most memory that was resident, in bytes, and probes that ended otherwise. */
export interface ClientTook {
  readonly cpuUs: number;
  readonly wallMs: number;
  readonly rss: number;
  readonly others: number;
}

const LOOK_MS = 50;
/** Dials in one burst: below the server's accept queue, and short enough for the process to keep its own time. */
const BURST = 1000;
const BURST_PAUSE_MS = 100;

const common = { allow: () => true, now: () => new Date() };

function wayOf({ way, port, patienceMs }: ClientTask) {
  if (way === 'flight') {
    const flight = createFirstFlightProbe({ ...common, connectMs: patienceMs, flightMs: patienceMs });
    return (address: string) => flight({ address, port, serverName: null });
  }
  const limits = { ...DEFAULT_LIMITS, connectMs: patienceMs, tlsMs: patienceMs, totalMs: patienceMs };
  const probe = createProbe({ ...common, limits, userAgent: 'kubecensus-bench/1', from: null });
  return (address: string) => probe({ address, port, serverName: null, transport: 'tls', paths: ['/version'] });
}

process.on('message', async (task: ClientTask) => {
  const dial = wayOf(task);
  const sink = createWriteStream('/dev/null');
  let next = task.first;
  let rss = 0;
  let others = 0;
  const look = setInterval(() => {
    rss = Math.max(rss, process.memoryUsage.rss());
  }, LOOK_MS);
  const [cpu, started] = [process.cpuUsage(), performance.now()];
  const one = async (): Promise<void> => {
    while (next < task.first + task.count) {
      const { outcome, evidence } = await dial(hostAddress(next++));
      if (outcome !== task.outcome) others++;
      sink.write(`${JSON.stringify(evidence)}\n`);
    }
  };
  const running: Promise<void>[] = [];
  for (let index = 0; index < task.atOnce; index++) {
    running.push(one());
    if (index % BURST === BURST - 1) await sleep(BURST_PAUSE_MS);
  }
  await Promise.all(running);
  const wallMs = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  clearInterval(look);
  sink.end();
  process.send?.({ cpuUs: user + system, wallMs, rss, others } satisfies ClientTook);
});
process.once('disconnect', () => process.exit());
