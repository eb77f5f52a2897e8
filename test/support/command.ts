// The command line as a user runs it: a child process on a data directory of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const CLI = fileURLToPath(new URL('../../services/cli.ts', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout as NDJSON. */
  readonly rows: readonly Record<string, unknown>[];
}

/** Starts `kubecensus` with exactly this environment beside PATH. `cli`: that of another copy of the project. */
export function startCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  cli: string = CLI,
): ChildProcess {
  return spawn(process.execPath, [cli, ...args], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Waits for the end of a started command. */
export async function finished(child: ChildProcess): Promise<Finished> {
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (text: string) => (texts[name] += text));
  await once(child, 'close');
  const rows = texts.stdout
    .split('\n')
    .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []));
  return { code: child.exitCode, ...texts, rows };
}

/** Runs `kubecensus` to its end. */
export const runCommand = (
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  cli: string = CLI,
): Promise<Finished> => finished(startCommand(args, environment, cli));
