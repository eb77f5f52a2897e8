// Adverse and good servers beside each other in one process for minutes: the good ones stay whole, and memory stays flat.
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { issueCertificate } from '../services/lab/server-certificates.ts';
import { DEFAULT_LIMITS } from '../services/probes/tls.probe.ts';
import { shortProbe, targetOf } from '../test/hostile/adverse-case.ts';
import { adverseCases } from '../test/hostile/adverse-cases.ts';
import type { AdverseServer } from '../test/hostile/servers/listener.ts';
import { serveTls } from '../test/hostile/servers/listener.ts';

const USAGE = `node scripts/mixture.ts [--minutes N] [--seconds N] [--adverse N] [--good N]

  --minutes  how long (default 10)
  --seconds  how long, instead of --minutes
  --adverse  adverse servers (default 1000)
  --good     good servers (default 1000)
`;
const DEFAULT_MINUTES = 10;
const DEFAULT_SERVERS = 1000;
/** Probes under way on each side. */
const AT_ONCE = 50;
/** Before memory is measured, this share of the time: what is compiled, pooled and cached is there then. */
const WARM_UP_SHARE = 0.4;
/** Growth that is none: resident memory is never still, and one leaked TLS socket for every probe of a minute would be more. */
export const FLAT_BYTES = 128 * 1024 * 1024;
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
/** Cases whose servers are processes of their own, or cost the process itself seconds of work. */
const LEFT_OUT = /^A(?:02|07|09|26|27|28|43)/;

export interface MixtureResult {
  readonly good: number;
  /** Good probes that did not bring both answers, with their outcome. */
  readonly failed: readonly string[];
  readonly adverse: number;
  /** Adverse probes without exactly one outcome of the list are impossible by type; those that rejected are here. */
  readonly rejected: number;
  /** Bytes of the JavaScript heap after the warm-up and at the end, collected both times. */
  readonly heap: readonly [before: number, after: number];
  readonly rss: readonly [before: number, after: number];
}

/** Runs the mixture; counts of servers, time in milliseconds. The good ones have the default limits, as in a survey. */
export async function mixture(options: { ms: number; adverse: number; good: number }): Promise<MixtureResult> {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const cases = (await adverseCases()).filter(({ id }) => !LEFT_OUT.test(id));
  const { key, cert } = await issueCertificate();
  const opened: AdverseServer[] = [];
  const open = async (server: Promise<AdverseServer>): Promise<AdverseServer> => {
    opened.push(await server);
    return server;
  };
  try {
    const hostile: { server: AdverseServer; case: (typeof cases)[number] }[] = [];
    for (let at = 0; at < options.adverse; at++) {
      const one = cases[at % cases.length];
      if (one !== undefined) hostile.push({ server: await open(one.serve()), case: one });
    }
    const good: AdverseServer[] = [];
    for (let at = 0; at < options.good; at++)
      good.push(await open(serveTls({ key, cert }, (socket) => void socket.on('data', () => socket.write(ANSWER)))));
    const counts = { good: 0, adverse: 0, rejected: 0, failed: [] as string[] };
    const patient = shortProbe({ limits: DEFAULT_LIMITS });
    const hasty = shortProbe();
    const run = async (ms: number): Promise<void> => {
      const end = performance.now() + ms;
      const workers = (step: (turn: number) => Promise<void>) =>
        Array.from({ length: AT_ONCE }, async (_, first) => {
          // Each goes at least once, however slow the machine is.
          for (let turn = first; turn === first || performance.now() < end; turn += AT_ONCE) await step(turn);
        });
      await Promise.all([
        ...workers(async (turn) => {
          const server = good[turn % good.length];
          if (server === undefined) return;
          const { outcome, detail, evidence } = await patient(targetOf(server));
          counts.good++;
          if (outcome !== null || evidence.requests?.some((request) => 'error' in request) !== false)
            counts.failed.push(`${outcome} ${detail}`);
        }),
        ...workers(async (turn) => {
          const one = hostile[turn % hostile.length];
          if (one === undefined) return;
          await hasty(targetOf(one.server, one.case.target)).catch(() => counts.rejected++);
          counts.adverse++;
        }),
      ]);
      // The servers' own ends of the connections close in the next turns.
      await pause(0);
      collect();
    };
    await run(options.ms * WARM_UP_SHARE);
    const before = process.memoryUsage();
    await run(options.ms * (1 - WARM_UP_SHARE));
    const after = process.memoryUsage();
    return { ...counts, heap: [before.heapUsed, after.heapUsed], rss: [before.rss, after.rss] };
  } finally {
    await Promise.all(opened.map((server) => server.close()));
  }
}

async function main(): Promise<number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { minutes: text, seconds: text, adverse: text, good: text, help: { type: 'boolean' } },
  });
  const seconds =
    values.seconds === undefined ? Number(values.minutes ?? DEFAULT_MINUTES) * 60 : Number(values.seconds);
  const adverse = Number(values.adverse ?? DEFAULT_SERVERS);
  const good = Number(values.good ?? DEFAULT_SERVERS);
  if (values.help === true || !(seconds > 0) || !(adverse >= 1) || !(good >= 1)) {
    process.stderr.write(USAGE);
    return values.help === true ? 0 : 2;
  }
  const result = await mixture({ ms: seconds * 1000, adverse, good });
  process.stdout.write(
    `${JSON.stringify({ ...result, failed: result.failed.slice(0, 10), failures: result.failed.length })}\n`,
  );
  const flat = result.heap[1] - result.heap[0] < FLAT_BYTES && result.rss[1] - result.rss[0] < FLAT_BYTES;
  return result.failed.length === 0 && result.rejected === 0 && flat ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main();
