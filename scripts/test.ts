// Runs the tests: one PostgreSQL for all of them, node's own runner over the files, and a word about what was skipped.
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { openEmbedded } from '../services/platform/db/embedded.ts';
import { redisMissing } from '../test/support/redis.ts';
import { DATABASE_URL_VARIABLE } from '../test/support/run.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** Test files wait for sockets and servers more than they compute; beyond this many the machine only gets slower. */
const MAX_AT_ONCE = 8;

/** Arguments are files or patterns of files; those that begin with "-" go to node. Without any, every *.test.ts below test/. */
const args = process.argv.slice(2);
const flags = args.filter((arg) => arg.startsWith('-'));
const patterns = args.filter((arg) => !arg.startsWith('-'));
const files = (patterns.length === 0 ? ['test/**/*.test.ts'] : patterns.map((pattern) => relative(ROOT, pattern)))
  .flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
  .filter((file) => file.endsWith('.test.ts'))
  .sort();
if (files.length === 0) {
  process.stderr.write(`No test file matches ${patterns.join(' ') || 'test/**/*.test.ts'}.\n`);
  process.exit(2);
}

/** On a build server always the same; elsewhere every run looks somewhere else. */
const CI_SEED = 20_261_124;
const seed = Number(
  process.env['KUBECENSUS_TEST_SEED'] ?? (process.env['CI'] === 'true' ? CI_SEED : randomInt(1, 2 ** 31)),
);

const missing = redisMissing();
const home = await mkdtemp(join(tmpdir(), 'kubecensus-tests-'));
const embedded = await openEmbedded(home, pino({ level: 'warn' }, process.stderr));
process.stderr.write(
  `${files.length} test files; PostgreSQL 18 in ${home}; Redis: ${missing === null ? 'started where needed' : `suites skipped, ${missing}`}; KUBECENSUS_TEST_SEED=${seed}\n`,
);
let code = 1;
try {
  const concurrency = Math.min(MAX_AT_ONCE, availableParallelism() * 2);
  const child = spawn(
    process.execPath,
    ['--import', './test/support/seed.ts', '--test', `--test-concurrency=${concurrency}`, ...flags, ...files],
    {
      cwd: ROOT,
      stdio: 'inherit',
      env: { ...process.env, [DATABASE_URL_VARIABLE]: embedded.url, KUBECENSUS_TEST_SEED: String(seed) },
    },
  );
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on('SIGINT', forward).on('SIGTERM', forward);
  const [status, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  code = status ?? (signal === 'SIGINT' ? 130 : 1);
} finally {
  await embedded.close();
  // What failed may be looked at: the databases of failed tests are kept in there.
  if (code === 0) await rm(home, { recursive: true, force: true });
}
process.exitCode = code;
