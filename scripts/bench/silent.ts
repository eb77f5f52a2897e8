// Memory of many probes that wait at once: hosts that accept and never say a word, spread over 127.0.0.0/8.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProbeResult } from '../../services/probes/probe.ts';
import { createProbe, DEFAULT_LIMITS } from '../../services/probes/tls.probe.ts';
import { hostAddress, hostsAtOnce } from './many-hosts.ts';

export const SILENT_HOSTS = 10_000;
/** Resident memory may grow by this much with all of them waiting. */
export const SILENT_GOAL_MB = 650;

/** Dials in one burst: below the server's accept queue, so that no SYN is dropped. */
const BURST = 1000;
const BURST_PAUSE_MS = 100;
const LOOK_EVERY_MS = 100;
/** Long enough for all to wait at the same time, short enough for a benchmark. */
const LIMITS = { ...DEFAULT_LIMITS, connectMs: 20_000, tlsMs: 20_000, totalMs: 20_000 };

const MB = 1024 * 1024;

/** Prints by how much resident memory grew with all hosts waiting, and that every probe ended as tls_timeout. */
export async function benchSilent(print: (line: string) => void): Promise<void> {
  const hosts = hostsAtOnce(SILENT_HOSTS);
  if (hosts < SILENT_HOSTS)
    print(`silent: open files are limited here to ${hosts} hosts instead of ${SILENT_HOSTS}; ulimit -n raises that`);
  const child = fork(new URL('./silent-server.ts', import.meta.url), { execArgv: [] });
  const [port] = await once(child, 'message');
  const probe = createProbe({
    limits: LIMITS,
    userAgent: 'kubecensus-bench/1 (+http://127.0.0.1/)',
    from: null,
    allow: () => true,
    now: () => new Date(),
  });
  await probe({ address: '127.0.0.1', port: 1, serverName: null, transport: 'tls', paths: ['/version'] });

  const before = process.memoryUsage().rss;
  let highest = before;
  const look = setInterval(() => {
    highest = Math.max(highest, process.memoryUsage().rss);
  }, LOOK_EVERY_MS);
  const pending: Promise<ProbeResult>[] = [];
  for (let index = 0; index < hosts; index++) {
    pending.push(
      probe({
        address: hostAddress(index),
        port: Number(port),
        serverName: null,
        transport: 'tls',
        paths: ['/version', '/healthz'],
      }),
    );
    if (index % BURST === BURST - 1) await sleep(BURST_PAUSE_MS);
  }
  const cpu = process.cpuUsage();
  const results = await Promise.all(pending);
  const waited = process.cpuUsage(cpu);
  clearInterval(look);
  child.disconnect();
  await once(child, 'exit');

  const timedOut = results.filter((result) => result.outcome === 'tls_timeout').length;
  const grown = (highest - before) / MB;
  const scaled = (grown * SILENT_HOSTS) / hosts;
  print(
    `silent, ${hosts} hosts at once: resident memory grew by ${grown.toFixed(0)} MB, ${((grown * 1024) / hosts).toFixed(1)} KB per host ` +
      `(goal <= ${SILENT_GOAL_MB} MB for ${SILENT_HOSTS}: ${scaled <= SILENT_GOAL_MB ? 'met' : 'missed'}); ` +
      `${timedOut} ended as tls_timeout; ${((waited.user + waited.system) / 1000).toFixed(0)} ms CPU while they waited`,
  );
}
