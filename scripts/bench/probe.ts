// CPU per probe against a minimal node:tls loop that makes the same handshake and the same two requests, in the same run.
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import tls from 'node:tls';
import { issueCertificate } from '../../services/lab/server-certificates.ts';
import { createProbe, DEFAULT_LIMITS } from '../../services/probes/tls.probe.ts';
import { benchAgainstZgrab2 } from './against-zgrab2.ts';
import { runProgram } from './other-program.ts';
import { cpuPerCall, interleave, median } from './rounds.ts';

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

async function startServer(pair: { key: string; cert: string }): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(new URL('./answering-server.ts', import.meta.url), { execArgv: [] });
  child.send({ key: pair.key, cert: pair.cert });
  const [port] = await once(child, 'message');
  return { child, port: Number(port) };
}

const FLOOR_SECONDS = 1;

/** Microseconds of CPU per connection of OpenSSL's own client in C: a handshake and one GET, nothing read but the answer. */
async function opensslFloor(port: number): Promise<number> {
  const { cpuUs, stdout } = await runProgram('openssl', [
    's_time',
    '-connect',
    `127.0.0.1:${port}`,
    '-new',
    '-time',
    String(FLOOR_SECONDS),
    '-www',
    '/version',
  ]);
  const connections = Number(/^(\d+) connections in \d+ real seconds/m.exec(stdout)?.[1]);
  return cpuUs / connections;
}

const LEAVES = { 'EC P-256': 'ec', 'RSA 2048': 'rsa' } as const;

/**
 * Prints CPU per probe, per minimal loop and per connection of `openssl s_time`, medians of interleaved rounds, for an EC and an RSA leaf; then the comparison
 * with the zgrab2 whose path is given.
 */
export async function benchProbe(print: (line: string) => void, zgrab2: string | null): Promise<void> {
  const ways = { minimal: minimalLoop(), probe: probeWay() };
  for (const [name, key] of Object.entries(LEAVES)) {
    const { child, port } = await startServer(await issueCertificate({ key }));
    const rounds: Record<keyof typeof ways, number[]> = { minimal: [], probe: [] };
    const floor: number[] = [];
    const measured = (way: keyof typeof ways) => async () =>
      void rounds[way].push(await cpuPerCall(ways[way], port, { calls: PER_ROUND, atOnce: AT_ONCE }));
    for (const way of Object.values(ways)) await cpuPerCall(way, port, { calls: WARM_UP, atOnce: AT_ONCE });
    await interleave(ROUNDS, [
      measured('minimal'),
      measured('probe'),
      async () => floor.push(await opensslFloor(port)),
    ]);
    child.disconnect();
    await once(child, 'exit');
    const [reference, ours] = [median(rounds.minimal), median(rounds.probe)];
    const ratio = ours / reference;
    const verdict = ratio <= PROBE_GOAL ? 'met' : 'missed';
    print(
      `probe, ${name} leaf, ${AT_ONCE} at once: ${ours.toFixed(0)} us CPU per probe, minimal node:tls loop ${reference.toFixed(0)} us, ` +
        `ratio ${ratio.toFixed(2)} (goal <= ${PROBE_GOAL}: ${verdict}; medians of ${ROUNDS} rounds of ${PER_ROUND}); ` +
        `openssl s_time with one request, one at a time, ${median(floor).toFixed(0)} us, ratio ${(ours / median(floor)).toFixed(2)}`,
    );
  }
  if (zgrab2 === null) print('zgrab2: skipped, no binary was named (--zgrab2 PATH)');
  else await benchAgainstZgrab2(print, zgrab2);
}
