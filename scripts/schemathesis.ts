// Runs schemathesis against a real server: an embedded database with a survey of the lab, every operation of the OpenAPI document, every check.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

const run = promisify(execFile);

/** The version that the checks below are named after; from PyPI. */
const SCHEMATHESIS = 'schemathesis==4.32.5';
const CLI = fileURLToPath(new URL('../services/cli.ts', import.meta.url));
/** Hosts of the lab: enough for several pages of everything. */
const HOSTS = '150';

const { values } = parseArgs({
  options: {
    /** Where the Python environment is kept; made when it is not there. */
    venv: { type: 'string', default: join(tmpdir(), 'kubecensus-schemathesis') },
    examples: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    /** A data directory with a survey; without it one is made and removed. */
    data: { type: 'string' },
    /** Only this operation, by its id. */
    operation: { type: 'string' },
  },
});

/** What fits a schema may still be refused: cursors are opaque, and what an AS number is no schema says. Nothing else is let pass. */
const CONFIGURATION = `[checks]
positive_data_acceptance.expected-statuses = ["2xx", 401, 403, 404, 422, 429]
`;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function pythonEnvironment(directory: string): Promise<string> {
  const program = join(directory, 'bin', 'schemathesis');
  if (!existsSync(program)) {
    say(`installing ${SCHEMATHESIS} in ${directory}`);
    await run('python3', ['-m', 'venv', directory]);
    await run(join(directory, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', SCHEMATHESIS]);
  }
  return program;
}

const kubecensus = (args: readonly string[], environment: Record<string, string>): ChildProcess =>
  spawn(process.execPath, [CLI, ...args], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** The service with nothing but the API, once it says where it listens. */
async function startedApi(environment: Record<string, string>): Promise<{ child: ChildProcess; url: string }> {
  const child = kubecensus(['start', '--role', 'api'], environment);
  for await (const line of createInterface({ input: child.stderr as NodeJS.ReadableStream })) {
    const { url, level } = line.startsWith('{') ? (JSON.parse(line) as { url?: string; level?: number }) : {};
    if (url !== undefined) return { child, url };
    if ((level ?? 0) >= 50) say(line);
  }
  throw new Error('the API ended before it listened');
}

const home = values.data ?? (await mkdtemp(join(tmpdir(), 'kubecensus-schemathesis-data-')));
const environment = {
  KUBECENSUS_DATA_DIR: home,
  KUBECENSUS_API_LISTEN: '127.0.0.1:0',
  KUBECENSUS_API_REQUESTS_PER_MINUTE: '1000000',
  KUBECENSUS_API_PUBLIC_REQUESTS_PER_MINUTE: '1000000',
};
try {
  const program = await pythonEnvironment(values.venv);
  if (values.data === undefined) {
    say(`a survey of a lab of ${HOSTS} hosts`);
    await run(process.execPath, [CLI, 'demo', '--once', '--hosts', HOSTS], {
      env: { PATH: process.env['PATH'], ...environment },
      maxBuffer: 64 * 1024 * 1024,
    });
  }
  const { stdout } = await run(
    process.execPath,
    [
      CLI,
      'keys',
      'create',
      '--name',
      'schemathesis',
      '--scope',
      'aggregate:read',
      'host:read',
      'admin',
      '--network',
      '0.0.0.0/0',
      '::/0',
      '--format',
      'json',
    ],
    { env: { PATH: process.env['PATH'], ...environment } },
  );
  const [{ key }] = JSON.parse(stdout) as [{ key: string }];
  const { child, url } = await startedApi(environment);
  // Every line after the first is a warning or an error of the server.
  child.stderr?.on('data', (text: Buffer) => process.stderr.write(text));
  try {
    const configuration = join(home, 'schemathesis.toml');
    await writeFile(configuration, CONFIGURATION);
    const args = [
      '--config-file',
      configuration,
      'run',
      `${url}/v1/openapi.json`,
      '--checks',
      'all',
      '--seed',
      values.seed,
      '--max-examples',
      values.examples,
      '--no-color',
    ];
    const only = values.operation === undefined ? [] : ['--include-operation-id', values.operation];
    const fuzzer = spawn(program, [...args, ...only, '-H', `Authorization: Bearer ${key}`], { stdio: 'inherit' });
    const [code] = (await once(fuzzer, 'close')) as [number];
    process.exitCode = code;
  } finally {
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'close');
  }
} finally {
  if (values.data === undefined) await rm(home, { recursive: true, force: true });
}
