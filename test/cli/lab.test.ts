// kubecensus lab as a newcomer uses it: it says what runs, writes a configuration that works, and ends with Ctrl-C.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { finished, runCommand, startCommand } from '../support/command.ts';
import { withDatabase } from '../support/database.ts';

test('writes a configuration with keys, by which feeds run from the command line, and leaves at Ctrl-C', async (t) => {
  const { url, onEnd } = await withDatabase(t);
  const folder = await mkdtemp(join(tmpdir(), 'kubecensus-lab-command-'));
  onEnd(() => rm(folder, { recursive: true }));
  const child = startCommand(['lab', '--hosts', '40', '--out', folder], {});
  onEnd(async () => void child.kill('SIGKILL'));
  const end = finished(child);
  let said = '';
  child.stdout?.on('data', (text: string) => (said += text));
  while (!said.includes('Ctrl-C here ends the lab')) await Promise.race([once(child.stdout ?? child, 'data'), end]);
  for (const part of ['shodan', 'crt.sh', 'certstream', 'get-entries', join(folder, 'keys.env')])
    assert.ok(said.includes(part), part);

  const lines = (await readFile(join(folder, 'keys.env'), 'utf8')).trim().split('\n');
  const keys = lines.map((line) => /^export (\w+)='?([^']+)'?$/.exec(line)?.slice(1) ?? []);
  const environment = { ...(Object.fromEntries(keys) as Record<string, string>), DATABASE_URL: url };
  const listed = await runCommand(['feeds', 'list'], environment);
  assert.ok(listed.rows.length >= 25, listed.stderr);
  assert.deepEqual([...new Set(listed.rows.map(({ ready }) => ready))], ['yes']);
  const run = await runCommand(['feeds', 'run', 'lab-netlas', '--spend', '50'], environment);
  assert.deepEqual([run.code, run.rows[0]?.['state']], [0, 'complete'], run.stderr);
  // Names below the lab's zone are taken, because the written scope is a lab's.
  const named = await runCommand(['feeds', 'run', 'lab-static-ct'], environment);
  assert.deepEqual([named.code, named.rows[0]?.['rejected']], [0, 0], named.stderr);

  child.kill('SIGINT');
  assert.equal((await end).code, 130);
  assert.match((await runCommand(['lab', '--hosts', '0'], {})).stderr, /KC_USAGE: --hosts is a whole number/);
});
