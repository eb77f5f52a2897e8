// Another program as a reference: what it took of the processors and of memory, as the kernel says.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

export interface ProgramTook {
  readonly cpuUs: number;
  readonly wallMs: number;
  /** The most memory that was resident, in bytes; 0 when the program ended before anybody looked. */
  readonly rss: number;
  readonly stdout: string;
  readonly stderr: string;
}

const LOOK_MS = 50;

/** Runs a program to its end with `input`. Throws when it fails. CPU is that of the shell's child, in its `times`. */
export async function runProgram(program: string, args: readonly string[], input = ''): Promise<ProgramTook> {
  // The shell names the child first and its times last; whatever the program prints stands in between.
  const shell = spawn('sh', ['-c', '"$@" <&3 & echo $!; wait $! || exit 1; times', 'sh', program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const errors: string[] = [];
  let out = '';
  let rss = 0;
  shell.stderr?.on('data', (chunk: Buffer) => void errors.push(chunk.toString()));
  shell.stdout?.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  const stdin = shell.stdio[3];
  if (stdin !== null && stdin !== undefined && 'end' in stdin) stdin.on('error', () => {}).end(input);
  const look = setInterval(() => {
    rss = Math.max(rss, highWater(out.split('\n', 1)[0] ?? ''));
  }, LOOK_MS);
  const started = performance.now();
  const [code] = await once(shell, 'close');
  const wallMs = performance.now() - started;
  clearInterval(look);
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${errors.join('').slice(-400)}`);
  const lines = out.trimEnd().split('\n');
  return {
    cpuUs: microseconds(lines.at(-1) ?? ''),
    wallMs,
    rss,
    stdout: lines.slice(1, -2).join('\n'),
    stderr: errors.join(''),
  };
}

function highWater(pid: string): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** "0m1.250000s 0m0.310000s": user and system time of the children. */
function microseconds(times: string): number {
  const parts = [...times.matchAll(/(\d+)m([\d.]+)s/g)];
  if (parts.length !== 2) throw new Error(`The shell's times are not understood: ${times}`);
  return parts.reduce((sum, [, minutes, seconds]) => sum + (Number(minutes) * 60 + Number(seconds)) * 1e6, 0);
}
