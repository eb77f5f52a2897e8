// Fuzzes the readers of strangers' bytes for some time, seeded: prints the seed, and for a failure how to see it again.
import { parseArgs } from 'node:util';
import { type Random, seededRandom } from '../services/lab/random.ts';
import { mutated } from './fuzz/mutation.ts';
import { type FuzzTarget, fuzzTargets, transcriptTargets } from './fuzz/targets.ts';

const USAGE = `node scripts/fuzz.ts [--seconds N] [--runs N] [--seed TEXT] [--target NAME]

  --seconds  how long, in all (default 60)
  --runs     inputs per target, however long they take; with it --seconds is not looked at
  --seed     the same seed gives the same inputs (default: the time)
  --target   only this one
`;
const DEFAULT_SECONDS = 60;
/** Inputs of one target in a row, before the next has its turn and the clock is looked at. */
const BATCH = 50;

export interface FuzzFailure {
  readonly target: string;
  /** Counted from 0 within the target; with the seed it makes the input again. */
  readonly run: number;
  readonly input: Buffer;
  readonly error: unknown;
}

export interface FuzzResult {
  readonly runs: ReadonlyMap<string, number>;
  readonly failure: FuzzFailure | null;
}

/** The input of one run: a function of seed, target and run alone. */
export function inputOf(target: Pick<FuzzTarget, 'name' | 'seeds'>, run: number, seeds: Random): Buffer {
  const random = seeds.fork(`${target.name} ${run}`);
  return mutated(random.pick(target.seeds), random.pick(target.seeds), random);
}

/** Gives every target its turns until `isOver` says so (it is told the number of runs per target) or the first failure. */
export async function fuzz(
  targets: readonly FuzzTarget[],
  seed: string,
  isOver: (runs: number) => boolean,
): Promise<FuzzResult> {
  const seeds = seededRandom(seed);
  const runs = new Map(targets.map(({ name }) => [name, 0]));
  for (let done = 0; !isOver(done); done += BATCH) {
    for (const target of targets) {
      for (let run = done; run < done + BATCH && !isOver(run); run++) {
        const input = inputOf(target, run, seeds);
        try {
          await target.check(Buffer.from(input));
        } catch (error) {
          return { runs, failure: { target: target.name, run, input, error } };
        }
        runs.set(target.name, run + 1);
      }
    }
  }
  return { runs, failure: null };
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string' },
      runs: { type: 'string' },
      seed: { type: 'string' },
      target: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const seconds = Number(values.seconds ?? DEFAULT_SECONDS);
  const most = values.runs === undefined ? null : Number(values.runs);
  const targets = [...fuzzTargets(), ...transcriptTargets()].filter(
    ({ name }) => values.target === undefined || name === values.target,
  );
  if (values.help === true || !(seconds > 0) || (most !== null && !(most > 0)) || targets.length === 0) {
    process.stderr.write(USAGE);
    return values.help === true ? 0 : 2;
  }
  const seed = values.seed ?? new Date().toISOString();
  process.stdout.write(`seed: ${seed}\n`);
  const end = performance.now() + seconds * 1000;
  const { runs, failure } = await fuzz(targets, seed, (run) =>
    most === null ? performance.now() >= end : run >= most,
  );
  for (const [name, count] of runs) process.stdout.write(`${name}: ${count} inputs\n`);
  if (failure === null) return 0;
  process.stdout.write(
    `${failure.target}: input ${failure.run} fails\n${failure.input.toString('base64')}\n${failure.error instanceof Error ? failure.error.stack : String(failure.error)}\nAgain: node scripts/fuzz.ts --seed '${seed}' --target '${failure.target}' --runs ${failure.run + 1}\n`,
  );
  return 1;
}

if (import.meta.main) process.exitCode = await main();
