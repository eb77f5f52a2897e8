// Opt-outs that wait, purges and complaints as whoever reads the mailbox handles them.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isPaused } from '../../services/surveys/pause.store.ts';
import { runCommand } from '../support/command.ts';
import { withDatabase } from '../support/database.ts';
import { startDnsServer } from '../support/dns-server.ts';
import { observation, surveyOf } from '../support/observations.ts';

async function installation(t: TestContext, environment: Readonly<Record<string, string>> = {}) {
  const { database, url } = await withDatabase(t);
  const dataDir = await mkdtemp(join(tmpdir(), 'kubecensus-opt-outs-'));
  t.after(() => rm(dataDir, { recursive: true, force: true }));
  const run = async (...args: string[]) =>
    runCommand([...args, '--format', 'ndjson'], {
      DATABASE_URL: url,
      KUBECENSUS_DATA_DIR: dataDir,
      KUBECENSUS_CLUSTER_KEY: 'k',
      ...environment,
    });
  return { database, run };
}

test('a network larger than a /24 waits for its TXT record, and doctor says so', async (t) => {
  const zone = new Map<string, string>();
  const dns = await startDnsServer(({ name, type }) => {
    const data = zone.get(name);
    return type === 'TXT' && data !== undefined ? { answers: [{ type: 'TXT', name, data }] } : { rcode: 'NXDOMAIN' };
  });
  t.after(() => dns.close());
  const { run } = await installation(t, { KUBECENSUS_DNS_SERVERS: dns.address });
  const added = await run('opt-out', 'add', '8.9.0.0/16', '--note', 'mail of today');
  assert.deepEqual(added.rows, [{ kind: 'prefix', value: '8.9.0.0/16', added: false, state: 'pending', request: 1 }]);
  const token = /kubecensus-opt-out=([0-9a-f]{32})"/.exec(added.stderr)?.[1];
  assert.ok(token !== undefined, added.stderr);
  assert.match(added.stderr, /at _kubecensus-opt-out\.9\.8\.in-addr\.arpa/);
  const doctor = await run('doctor');
  const finding = doctor.rows.find(({ check }) => check === 'opt-outs');
  assert.deepEqual(
    [finding?.['status'], /1 wait to be verified \(1: prefix 8\.9\.0\.0\/16\)/.test(String(finding?.['found']))],
    ['warn', true],
  );

  const early = await run('opt-out', 'verify', '1');
  assert.deepEqual([early.code, early.stdout], [1, '']);
  assert.match(early.stderr, /^KC_OPT_OUT_UNVERIFIED: TXT "kubecensus-opt-out=.*ENOTFOUND/m);
  zone.set('_kubecensus-opt-out.9.8.in-addr.arpa', `kubecensus-opt-out=${token}`);
  const verified = await run('opt-out', 'verify', '1');
  assert.deepEqual(verified.rows, [{ kind: 'prefix', value: '8.9.0.0/16', state: 'applied', verification: 'dns-txt' }]);
  assert.equal((await run('opt-out', 'check', '8.9.1.1')).rows[0]?.['reason'], 'opted_out');
  assert.equal((await run('opt-out', 'verify', '1')).code, 2, 'nothing waits any more');
});

test('what cannot be asked of the DNS is said by people; a wrong word is refused', async (t) => {
  const { run } = await installation(t);
  const noZone = await run('opt-out', 'add', 'AS64500', '--verify', 'dns-txt');
  assert.match(noZone.stderr, /^KC_OPT_OUT: No zone of the DNS belongs to asn 64500/m);
  const believed = await run('opt-out', 'add', 'AS64500', '--verified-by', 'dns-txt');
  assert.match(believed.stderr, /^KC_USAGE: --verified-by is one of: abuse-contact, reverse-domain, own-decision/m);
  const added = await run('opt-out', 'add', 'AS64500', '--verified-by', 'abuse-contact');
  assert.deepEqual([added.rows[0]?.['state'], added.rows[0]?.['added']], ['applied', true]);
  assert.deepEqual((await run('opt-out', 'list')).rows, [
    { kind: 'asn', value: '64500', level: 1, verification: 'abuse-contact' },
  ]);
});

test('a complaint stops, is answered and closed, and who complained is nowhere but in its list', async (t) => {
  const { run, database } = await installation(t);
  await surveyOf(database, 's', [observation({ host: '8.9.1.1', address: '8.9.1.1' })]);
  const contact = 'somebody-angry@example.org';
  const added = await run('complaint', 'add', '--about', '8.9.0.0/16', '--from', contact, '--note', 'stop this');
  assert.deepEqual([added.code, added.rows[0]?.['state'], added.rows[0]?.['stoppedBy']], [0, 'open', 'opt-out']);
  assert.equal((await run('opt-out', 'check', '8.9.1.1')).rows[0]?.['reason'], 'opted_out');
  assert.ok(!added.stderr.includes(contact), 'no log and no remark says it');
  const waiting = (await run('doctor')).rows.find(({ check }) => check === 'complaints');
  assert.equal(waiting?.['status'], 'warn');
  assert.ok(!JSON.stringify(waiting).includes(contact));

  const purged = await run('opt-out', 'purge');
  assert.deepEqual(
    purged.rows.filter(({ count }) => count !== 0),
    [
      { what: 'endpointStates', count: 1 },
      { what: 'observations', count: 1 },
    ],
  );
  const exported = await runCommandOutput(run, 'observations');
  assert.ok(!exported.includes('8.9.1.1') && !exported.includes(contact));

  assert.equal((await run('complaint', 'answer', '1')).code, 0);
  assert.match((await run('complaint', 'answer', '1')).stderr, /^KC_COMPLAINT/m);
  assert.equal((await run('complaint', 'close', '1', '--outcome', 'stays out')).code, 0);
  assert.deepEqual((await run('complaint', 'list')).rows, []);
  const [closed] = (await run('complaint', 'list', '--all')).rows;
  assert.deepEqual([closed?.['state'], closed?.['outcome'], closed?.['contact']], ['closed', 'stays out', contact]);
  assert.equal((await run('opt-out', 'check', '8.9.1.1')).rows[0]?.['reason'], 'opted_out', 'the opt-out stays');

  assert.equal(await isPaused(database.db), false);
  await run('complaint', 'add', '--about', '8.10.0.1', '--from', contact, '--pause');
  assert.equal(await isPaused(database.db), true);
  assert.match((await run('complaint', 'add', '--about', '8.10.0.1', '--from', ' ')).stderr, /^KC_USAGE/m);
});

async function runCommandOutput(
  run: (...args: string[]) => Promise<{ stdout: string }>,
  dataset: string,
): Promise<string> {
  return (await run('export', dataset, '--survey', 's')).stdout;
}
