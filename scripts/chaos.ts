// Runs the chaos suite, short and long, one file at a time, and says of every case whether it holds and how long that took.
import { globSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { openEmbedded } from '../services/platform/db/embedded.ts';
import { CHAOS_CASES, casesTable, type Shown } from '../test/chaos/cases.ts';
import { redisMissing } from '../test/support/redis.ts';
import { DATABASE_URL_VARIABLE } from '../test/support/run.ts';

const USAGE = `node scripts/chaos.ts [CASE ...] [--table]

  CASE     C1 to C25: only the files of these cases (default: all)
  --table  prints the matrix as docs/running.md has it, and runs nothing
`;
const TESTS = fileURLToPath(new URL('../test/', import.meta.url));
/** What a case is shown by may be a suite that others run: the queue's contract runs on Redis here. */
const RUN_BY: Readonly<Record<string, string>> = { 'platform/queue.contract.ts': 'platform/queue-redis.test.ts' };

interface Ended {
  readonly name: string;
  readonly file: string;
  readonly seconds: number;
  readonly result: 'holds' | 'FAILS' | 'skipped';
}

/** The files of the cases; of all, those that belong to none as well. */
function filesOf(ids: readonly string[]): string[] {
  const shown = ids.flatMap((id) => CHAOS_CASES[id]?.by ?? []).map(({ file }) => RUN_BY[file] ?? file);
  const all = ids.length === Object.keys(CHAOS_CASES).length;
  return [...new Set([...shown, ...(all ? globSync('chaos/*.{test,chaos}.ts', { cwd: TESTS }) : [])])].sort();
}

/** Runs the files and gives what became of every test. */
async function runFiles(files: readonly string[]): Promise<Ended[]> {
  const ended: Ended[] = [];
  const stream = run({ files: files.map((file) => join(TESTS, file)), concurrency: 1 });
  const note =
    (result: 'holds' | 'FAILS') =>
    (data: { name: string; file?: string; details: { duration_ms: number }; skip?: string | boolean }) =>
      void ended.push({
        name: data.name,
        file: (data.file ?? '').replace(TESTS, ''),
        seconds: data.details.duration_ms / 1000,
        result: data.skip === undefined || data.skip === false ? result : 'skipped',
      });
  stream.on('test:pass', note('holds')).on('test:fail', note('FAILS'));
  const report = stream.compose(spec);
  report.pipe(process.stdout, { end: false });
  for await (const _ of report) {
    // Until it has ended.
  }
  return ended;
}

/** The tests of a case that ran. A suite's parts bear the suite's own file. */
const testsOf = ({ file, test }: Shown, ended: readonly Ended[]): Ended[] =>
  ended.filter((one) => (one.file === file || one.file === RUN_BY[file]) && one.name.includes(test));

/** A line for every case; false when one does not hold. */
function report(ids: readonly string[], ended: readonly Ended[]): boolean {
  let holds = true;
  for (const id of ids) {
    const tests = CHAOS_CASES[id]?.by.map((shown) => testsOf(shown, ended)) ?? [];
    const all = tests.flat();
    const result = tests.some((some) => some.length === 0)
      ? 'not run'
      : ((['FAILS', 'skipped'] as const).find((bad) => all.some((one) => one.result === bad)) ?? 'holds');
    const seconds = all.reduce((sum, one) => sum + one.seconds, 0);
    process.stdout.write(
      `${id.padEnd(4)}${result.padEnd(9)}${seconds.toFixed(1).padStart(7)} s  ${CHAOS_CASES[id]?.fault}\n`,
    );
    if (result === 'FAILS' || result === 'not run') holds = false;
  }
  return holds;
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--table')) {
    process.stdout.write(`${casesTable()}\n`);
    return 0;
  }
  if (args.some((arg) => CHAOS_CASES[arg] === undefined)) {
    process.stderr.write(USAGE);
    return args.includes('--help') ? 0 : 2;
  }
  const ids = args.length === 0 ? Object.keys(CHAOS_CASES) : args;
  const missing = redisMissing();
  if (missing !== null) process.stderr.write(`Redis: suites skipped, ${missing}\n`);
  const home = await mkdtemp(join(tmpdir(), 'kubecensus-chaos-'));
  const embedded = await openEmbedded(home, pino({ level: 'warn' }, process.stderr));
  process.env[DATABASE_URL_VARIABLE] = embedded.url;
  try {
    const ended = await runFiles(filesOf(ids));
    const holds = report(ids, ended);
    return holds && ended.every(({ result }) => result !== 'FAILS') ? 0 : 1;
  } finally {
    await embedded.close();
    await rm(home, { recursive: true, force: true });
  }
}

process.exitCode = await main(process.argv.slice(2));
