// CPU per probe against a minimal node:tls loop that makes the same handshake and the same two requests, in the same run.
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import tls from 'node:tls';
import { issueCertificate } from '../../services/lab/server-certificates.ts';
import { createProbe, DEFAULT_LIMITS } from '../../services/probes/tls.probe.ts';

/** The probe may cost this many times the minimal loop. */
export const PROBE_GOAL = 1.3;

const AT_ONCE = 200;
const PER_ROUND = 1000;
/** Odd, so that the median is a measured round. */
const ROUNDS = 9;
const WARM_UP = 600;
const PATHS = ['/version', '/healthz'] as const;

type Way = (port: number) => Promise<void>;

/** The reference: one shared secure context, one handshake, two GETs, nothing kept and nothing checked. */
function minimalLoop(): Way {
  const secureContext = tls.createSecureContext({ ecdhCurve: 'X25519:P-256', minVersion: 'TLSv1.2' });
  const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\n\r\n`;
  return (port) =>
    new Promise((resolve, reject) => {
      const socket = tls.connect({
        host: '127.0.0.1',
        port,
        secureContext,
        rejectUnauthorized: false,
        ALPNProtocols: ['http/1.1'],
      });
      let answers = 0;
      socket.on('secureConnect', () => socket.write(request(PATHS[0])));
      socket.on('data', () => {
        answers++;
        if (answers === PATHS.length) socket.destroy();
        else socket.write(request(PATHS[1]));
      });
      socket.on('error', reject);
      socket.on('close', () => resolve());
    });
}

function probeWay(): Way {
  const probe = createProbe({
    limits: DEFAULT_LIMITS,
    userAgent: 'kubecensus-bench/1 (+http://127.0.0.1/)',
    from: null,
    allow: () => true,
    now: () => new Date(),
  });
  return async (port) => {
    const { outcome, detail, evidence } = await probe({
      address: '127.0.0.1',
      port,
      serverName: null,
      transport: 'tls',
      paths: PATHS,
    });
    const whole = evidence.requests?.every((request) => 'end' in request && request.end === 'complete');
    if (outcome !== null || whole !== true) throw new Error(`A probe of the benchmark failed: ${outcome} ${detail}`);
  };
}

/** Microseconds of this process's CPU per call. */
async function cpuPerCall(way: Way, port: number, calls: number): Promise<number> {
  let left = calls;
  const before = process.cpuUsage();
  const worker = async (): Promise<void> => {
    while (left-- > 0) await way(port);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

async function startServer(pair: { key: string; cert: string }): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(new URL('./answering-server.ts', import.meta.url), { execArgv: [] });
  child.send({ key: pair.key, cert: pair.cert });
  const [port] = await once(child, 'message');
  return { child, port: Number(port) };
}

const LEAVES = { 'EC P-256': 'ec', 'RSA 2048': 'rsa' } as const;

/** Prints CPU per probe and per minimal loop, medians of interleaved rounds, for an EC and an RSA leaf. */
export async function benchProbe(print: (line: string) => void): Promise<void> {
  const ways = { minimal: minimalLoop(), probe: probeWay() };
  for (const [name, key] of Object.entries(LEAVES)) {
    const { child, port } = await startServer(await issueCertificate({ key }));
    const rounds: Record<keyof typeof ways, number[]> = { minimal: [], probe: [] };
    await cpuPerCall(ways.minimal, port, WARM_UP);
    await cpuPerCall(ways.probe, port, WARM_UP);
    for (let round = 0; round < ROUNDS; round++) {
      // Each round starts with the other one, so that neither always meets the warmer machine.
      const order = round % 2 === 0 ? (['minimal', 'probe'] as const) : (['probe', 'minimal'] as const);
      for (const way of order) rounds[way].push(await cpuPerCall(ways[way], port, PER_ROUND));
    }
    child.disconnect();
    await once(child, 'exit');
    const [reference, measured] = [median(rounds.minimal), median(rounds.probe)];
    const ratio = measured / reference;
    const verdict = ratio <= PROBE_GOAL ? 'met' : 'missed';
    print(
      `probe, ${name} leaf, ${AT_ONCE} at once: ${measured.toFixed(0)} us CPU per probe, minimal node:tls loop ${reference.toFixed(0)} us, ` +
        `ratio ${ratio.toFixed(2)} (goal <= ${PROBE_GOAL}: ${verdict}; medians of ${ROUNDS} rounds of ${PER_ROUND})`,
    );
  }
}
