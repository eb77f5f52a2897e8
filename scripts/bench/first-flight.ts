// The first-flight reader: CPU per host against a bare TCP connect and against the full probe in the same run, and memory while hosts are silent.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { issueCertificate } from '../../services/lab/server-certificates.ts';
import type { FirstFlightProbe, FirstFlightResult } from '../../services/probes/first-flight.probe.ts';
import { createFirstFlightProbe } from '../../services/probes/first-flight.probe.ts';
import { createProbe, DEFAULT_LIMITS } from '../../services/probes/tls.probe.ts';
import { hostAddress, hostsAtOnce } from './many-hosts.ts';
import { cpuPerCall, interleave, median } from './rounds.ts';

/** The first flight may cost this many bare TCP connects, and this part of a full probe. */
export const CONNECT_GOAL = 2;
export const PROBE_GOAL = 1 / 4;
export const SILENT_HOSTS = 10_000;
/** Resident memory may grow by this much with all of them waiting. */
export const SILENT_GOAL_MB = 150;

const AT_ONCE = 200;
const PER_ROUND = 2000;
/** Odd, so that the median is a measured round. */
const ROUNDS = 9;
const WARM_UP = 2000;
/** Dials in one burst: below the server's accept queue, so that no SYN is dropped. */
const BURST = 1000;
const BURST_PAUSE_MS = 100;
const LOOK_EVERY_MS = 100;
/** Long enough for all to wait at the same time, short enough for a benchmark. */
const SILENCE_MS = 10_000;
const MB = 1024 * 1024;

type Way = (port: number) => Promise<void>;

const bareConnect: Way = (port) =>
  new Promise((resolve, reject) => {
    const socket = net.connect({ host: '127.0.0.1', port });
    socket.on('connect', () => socket.destroy());
    socket.on('error', reject);
    socket.on('close', () => resolve());
  });

const common = { allow: () => true, now: () => new Date() };

function flightWay(probe: FirstFlightProbe): Way {
  return async (port) => {
    const { outcome, detail, evidence } = await probe({ address: '127.0.0.1', port, serverName: null });
    if (outcome !== null || evidence.tls?.chain?.length !== 1)
      throw new Error(`A first flight of the benchmark failed: ${outcome} ${detail}`);
  };
}

function probeWay(): Way {
  const probe = createProbe({ ...common, limits: DEFAULT_LIMITS, userAgent: 'kubecensus-bench/1', from: null });
  return async (port) => {
    const { outcome, detail } = await probe({
      address: '127.0.0.1',
      port,
      serverName: null,
      transport: 'tls',
      paths: ['/version', '/healthz'],
    });
    if (outcome !== null) throw new Error(`A probe of the benchmark failed: ${outcome} ${detail}`);
  };
}

async function portOf(child: ChildProcess): Promise<number> {
  const [port] = await once(child, 'message');
  return Number(port);
}

async function end(child: ChildProcess): Promise<void> {
  child.disconnect();
  await once(child, 'exit');
}

async function benchCpu(name: string, key: 'ec' | 'rsa', print: (line: string) => void): Promise<void> {
  const pair = await issueCertificate({ key });
  const child = fork(new URL('./answering-server.ts', import.meta.url), { execArgv: [] });
  child.send({ key: pair.key, cert: pair.cert });
  const port = await portOf(child);
  const ways = [
    { name: 'connect', way: bareConnect, rounds: [] as number[] },
    {
      name: 'flight',
      way: flightWay(createFirstFlightProbe({ ...common, connectMs: 5000, flightMs: 7000 })),
      rounds: [] as number[],
    },
    { name: 'probe', way: probeWay(), rounds: [] as number[] },
  ] as const;
  for (const { way } of ways) await cpuPerCall(way, port, { calls: WARM_UP, atOnce: AT_ONCE });
  await interleave(
    ROUNDS,
    ways.map(
      ({ way, rounds }) =>
        async () =>
          rounds.push(await cpuPerCall(way, port, { calls: PER_ROUND, atOnce: AT_ONCE })),
    ),
  );
  await end(child);
  const [connect, flight, probe] = ways.map(({ rounds }) => median(rounds)) as [number, number, number];
  const judged = (ratio: number, goal: number): string =>
    `${ratio.toFixed(2)} (goal <= ${goal}: ${ratio <= goal ? 'met' : 'missed'})`;
  print(
    `first flight, ${name} leaf, ${AT_ONCE} at once: ${flight.toFixed(0)} us CPU per host; bare TCP connect ${connect.toFixed(0)} us, ` +
      `ratio ${judged(flight / connect, CONNECT_GOAL)}; full probe ${probe.toFixed(0)} us, ratio ${judged(flight / probe, PROBE_GOAL)}; ` +
      `medians of ${ROUNDS} rounds of ${PER_ROUND}`,
  );
}

async function benchSilence(print: (line: string) => void): Promise<void> {
  const hosts = hostsAtOnce(SILENT_HOSTS);
  if (hosts < SILENT_HOSTS) print(`silent: open files are limited here to ${hosts} hosts`);
  const child = fork(new URL('./silent-server.ts', import.meta.url), { execArgv: [] });
  const port = await portOf(child);
  const probe = createFirstFlightProbe({ ...common, connectMs: SILENCE_MS, flightMs: SILENCE_MS });
  await probe({ address: '127.0.0.1', port: 1, serverName: null });
  const before = process.memoryUsage().rss;
  let highest = before;
  const look = setInterval(() => {
    highest = Math.max(highest, process.memoryUsage().rss);
  }, LOOK_EVERY_MS);
  const pending: Promise<FirstFlightResult>[] = [];
  for (let index = 0; index < hosts; index++) {
    pending.push(probe({ address: hostAddress(index), port, serverName: null }));
    if (index % BURST === BURST - 1) await sleep(BURST_PAUSE_MS);
  }
  const results = await Promise.all(pending);
  clearInterval(look);
  await end(child);
  const timedOut = results.filter(({ outcome }) => outcome === 'tls_timeout').length;
  const grown = (highest - before) / MB;
  const met = (grown * SILENT_HOSTS) / hosts <= SILENT_GOAL_MB;
  print(
    `first flight, ${hosts} silent hosts at once: resident memory grew by ${grown.toFixed(0)} MB, ${((grown * 1024) / hosts).toFixed(1)} KB per host ` +
      `(goal <= ${SILENT_GOAL_MB} MB for ${SILENT_HOSTS}: ${met ? 'met' : 'missed'}); ${timedOut} ended as tls_timeout`,
  );
}

/** Prints both. Memory first: it is measured as growth, and a process that has worked hides some of it. */
export async function benchFirstFlight(print: (line: string) => void): Promise<void> {
  await benchSilence(print);
  await benchCpu('EC P-256', 'ec', print);
  await benchCpu('RSA 2048', 'rsa', print);
}
