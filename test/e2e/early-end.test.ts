// A survey that was left to a fleet is ended by somebody else: its workers dial nobody after two seconds, and whoever was dialled is counted.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../platform/until.ts';
import { runCommand, startCommand } from '../support/command.ts';
import { withDatabase } from '../support/database.ts';
import { labEnvironment } from '../support/lab-environment.ts';

const HOSTS = 1200;
/** Connections a second: the whole would take a minute. */
const RATE = 20;

test('surveys stop: no dial after two seconds, and who was dialled is counted', async (t) => {
  const { url, onEnd } = await withDatabase(t);
  const home = await mkdtemp(join(tmpdir(), 'kubecensus-end-'));
  onEnd(() => rm(home, { recursive: true }));
  const dialled = new Set<string>();
  let lastDial = 0;
  const server = createServer((socket) => {
    dialled.add(String(socket.localAddress));
    lastDial = Date.now();
    socket.on('error', () => undefined).end('no TLS here\n');
  }).listen(0, '0.0.0.0');
  await once(server, 'listening');
  onEnd(async () => server.close());
  const { port } = server.address() as AddressInfo;
  const environment = labEnvironment(url, home, { KUBECENSUS_RATE: String(RATE), KUBECENSUS_PORTS: String(port) });
  const list = Array.from({ length: HOSTS }, (_, n) => `127.${100 + (n >> 8)}.${n & 255}.1`);
  await writeFile(join(home, 'hosts.txt'), list.join('\n'));
  const imported = await runCommand(['import', join(home, 'hosts.txt')], environment);
  assert.equal(imported.code, 0, imported.stderr);
  const fleet = startCommand(['start', '--role', 'worker,scheduler'], environment);
  for (const stream of [fleet.stdout, fleet.stderr]) stream?.resume();
  onEnd(async () => {
    fleet.kill('SIGTERM');
    await once(fleet, 'close');
  });
  const begun = await runCommand(['survey', '--detach'], environment);
  const survey = String(begun.rows[0]?.['survey']);
  await until('some hosts to be dialled', () => dialled.size > 30);

  const asked = Date.now();
  const stopped = await runCommand(['surveys', 'stop', survey], environment);
  assert.equal(stopped.code, 0, stopped.stderr);
  assert.match(stopped.stderr, /is stopped and counted/);
  // The command itself takes a second or two to start.
  assert.ok(lastDial - asked < 6_000, `the last dial was ${lastDial - asked} ms after the command was given`);
  const count = dialled.size;
  assert.ok(count < HOSTS / 2, `${count} were dialled`);
  const stats = await runCommand(['stats', '--survey', survey, '--by', 'outcome'], environment);
  assert.deepEqual(
    stats.rows.map((row) => [row['outcome'], row['endpoint']]),
    [['tls_not_tls', count]],
  );
  const { rows } = await runCommand(['surveys'], environment);
  assert.equal(rows[0]?.['state'], 'stopped');
  assert.equal(dialled.size, count, 'nobody was dialled afterwards');
  const again = await runCommand(['surveys', 'stop', survey], environment);
  assert.deepEqual([again.code, /has ended already/.test(again.stderr)], [0, true]);
  const unknown = await runCommand(['surveys', 'stop', 'nothing'], environment);
  assert.match(unknown.stderr, /KC_NO_SURVEY/);
});
