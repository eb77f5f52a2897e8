// Adverse and good servers beside each other for minutes, asked by one process: the good ones stay whole, and its memory stays flat.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Target } from '../services/probes/probe.ts';
import { DEFAULT_LIMITS } from '../services/probes/tls.probe.ts';
import { shortProbe } from '../test/hostile/adverse-case.ts';
import type { MixtureServers } from './mixture-servers.ts';

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
  const place = new URL('./mixture-servers.ts', import.meta.url);
  const servers = fork(place, [String(options.adverse), String(options.good)], { execArgv: [] });
  try {
    const [targets] = (await once(servers, 'message')) as [MixtureServers];
    const counts = { good: 0, adverse: 0, rejected: 0, failed: [] as string[] };
    const patient = shortProbe({ limits: DEFAULT_LIMITS });
    const hasty = shortProbe();
    const run = async (ms: number): Promise<void> => {
      const end = performance.now() + ms;
      const each = (side: readonly Target[], step: (target: Target) => Promise<void>) =>
        Array.from({ length: AT_ONCE }, async (_, first) => {
          // Each goes at least once, however slow the machine is.
          for (let turn = first; turn === first || performance.now() < end; turn += AT_ONCE)
            await step(side[turn % side.length] as Target);
        });
      await Promise.all([
        ...each(targets.good, async (target) => {
          const { outcome, detail, evidence } = await patient(target);
          counts.good++;
          if (outcome !== null || evidence.requests?.some((request) => 'error' in request) !== false)
            counts.failed.push(`${outcome} ${detail}`);
        }),
        ...each(targets.adverse, async (target) => {
          await hasty(target).catch(() => counts.rejected++);
          counts.adverse++;
        }),
      ]);
      // Sockets close in the next turns.
      await pause(0);
      collect();
    };
    await run(options.ms * WARM_UP_SHARE);
    const before = process.memoryUsage();
    await run(options.ms * (1 - WARM_UP_SHARE));
    const after = process.memoryUsage();
    return { ...counts, heap: [before.heapUsed, after.heapUsed], rss: [before.rss, after.rss] };
  } finally {
    const isGone = servers.exitCode !== null || servers.signalCode !== null;
    if (!isGone) {
      servers.kill();
      await once(servers, 'exit');
    }
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
