// A03, A08 and D8 in a network namespace: an unreachable neighbour, a closed window and a missing route cannot be had on a shared loopback.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('./servers/unreachable-child.ts', import.meta.url));
/** A receive buffer of one byte has no window; the neighbour is given up after three tries of 20 ms. */
const SETUP = [
  'ip link set lo up',
  'ip link add v0 type veth peer name v1',
  'ip addr add 10.66.0.1/24 dev v0',
  'ip link set v0 up',
  'ip link set v1 up',
  'sysctl -qw net.ipv4.neigh.v0.retrans_time_ms=20 net.ipv4.tcp_rmem="1 1 1"',
].join(' && ');
/** For a child that hangs. */
const KILL_MS = 120_000;

const inNamespace = (script: string, ...args: readonly string[]) =>
  spawnSync('unshare', ['-rn', 'sh', '-c', script, 'sh', ...args], {
    encoding: 'utf8',
    timeout: KILL_MS,
    killSignal: 'SIGKILL',
  });

const possible = inNamespace(SETUP);
const skip =
  possible.status === 0
    ? false
    : `no network namespace here: ${possible.error?.message ?? possible.stderr.trim().slice(0, 200)}`;

test('A03, D8 and A08 have their outcomes and keep the invariants', { skip }, () => {
  const child = inNamespace(`${SETUP} && exec "$@"`, process.execPath, CHILD);
  assert.equal(child.status, 0, child.stderr);
  assert.deepEqual(child.stdout.trim().split('\n'), ['A03', 'D8', 'A08']);
});
