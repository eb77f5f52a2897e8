// Three processes, each with the login of its own role, pull the lab's feeds, survey it, report and answer; none of them ever lacks a right.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import { writeLab } from '../../services/cli/lab.ts';
import { labSecrets } from '../../services/lab/declarations.ts';
import { startLab } from '../../services/lab/process.ts';
import { ROLES, type RoleName } from '../../services/platform/db/grants.ts';
import { until } from '../platform/until.ts';
import { runCommand, startCommand } from '../support/command.ts';
import { withDatabase } from '../support/database.ts';
import { rolePassword } from '../support/roles.ts';

/** A feed of each kind: tiles of a log, an engine's hosts, an engine's counts. */
const FEEDS = ['lab-static-ct', 'lab-censys', 'lab-censys-aggregate'];
const EVERY_SECOND = '* * * * * *';
const PASSWORD_VARIABLES: Readonly<Record<RoleName, string>> = {
  census_prober: 'KUBECENSUS_PROBER_PASSWORD_FILE',
  census_scheduler: 'KUBECENSUS_SCHEDULER_PASSWORD_FILE',
  census_api: 'KUBECENSUS_API_PASSWORD_FILE',
};
/** What stands for the parameters of paths. */
const PARAMETERS: Readonly<Record<string, string>> = {
  address: '127.16.0.1',
  port: '6443',
  kind: 'address',
  value: '192.0.2.1',
  feed: 'lab-static-ct',
  dataset: 'endpoints',
  format: 'csv',
};

test('worker, scheduler and API do their work with logins of their own', async (t) => {
  const { database, url, onEnd } = await withDatabase(t);
  const home = await mkdtemp(join(tmpdir(), 'kubecensus-roles-'));
  onEnd(() => rm(home, { recursive: true }));
  const lab = await startLab({ seed: 'roles', hosts: 40, now: new Date() });
  onEnd(() => lab.close());
  await writeLab(home, lab);

  const passwordFile = (role: RoleName): string => join(home, role);
  for (const role of Object.keys(ROLES) as RoleName[])
    await writeFile(passwordFile(role), `${rolePassword(role)}\n`, { mode: 0o600 });
  const common = {
    HOME: home,
    KUBECENSUS_CONFIG: join(home, 'kubecensus.json'),
    KUBECENSUS_CLUSTER_KEY: 'test',
    ...labSecrets(lab),
  };
  const owner = { ...common, DATABASE_URL: url };
  const asOwner = async (...words: string[]) => {
    const { code, stderr, rows } = await runCommand(words, owner);
    assert.equal(code, 0, stderr);
    return { stderr, rows };
  };
  const passwords = Object.entries(PASSWORD_VARIABLES).map(([role, variable]) => [
    variable,
    passwordFile(role as RoleName),
  ]);
  const placed = await runCommand(['migrate', '--roles'], { ...owner, ...Object.fromEntries(passwords) });
  assert.equal(placed.code, 0, placed.stderr);
  assert.match(placed.stderr, /census_prober has its rights and may log in/);

  // A partition that is due to go.
  await sql`select make_observation_partition('2020-01-01')`.execute(database.db);
  await asOwner('import', join(home, 'hosts.txt'));
  for (const feed of FEEDS) await asOwner('schedule', 'add', '--feed', feed, '--cron', EVERY_SECOND);
  const { rows: keys } = await asOwner('keys', 'create', '--name', 'all', '--scope', 'admin');
  const key = String(keys[0]?.['key']);

  const ports = new Map<RoleName, number>();
  for (const role of Object.keys(ROLES) as RoleName[]) ports.set(role, await freePort());
  const metricsPort = (role: RoleName): number => ports.get(role) ?? 0;
  const output = new Map<RoleName, string>();
  const children: ChildProcess[] = [];
  onEnd(async () => {
    for (const child of children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
      child.kill('SIGTERM');
      await once(child, 'close');
    }
  });
  for (const [role, part] of Object.entries(ROLES) as [RoleName, string][]) {
    const own = new URL(url);
    own.username = role;
    own.password = '';
    const child = startCommand(['start', '--role', part, ...(part === 'api' ? ['--listen', '127.0.0.1:0'] : [])], {
      ...common,
      DATABASE_URL: own.href,
      DATABASE_PASSWORD_FILE: passwordFile(role),
      KUBECENSUS_METRICS_LISTEN: `127.0.0.1:${metricsPort(role)}`,
    });
    children.push(child);
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => output.set(role, (output.get(role) ?? '') + text));
  }

  const count = async (query: ReturnType<typeof sql<{ n: number }>>): Promise<number> =>
    (await query.execute(database.db)).rows[0]?.n ?? 0;
  await until('every feed to have been pulled by the worker', async () =>
    (await count(
      sql`select count(distinct feed) as n from feed_run where state in ('complete', 'partial') and feed = any(${FEEDS}::text[])`,
    )) === FEEDS.length
      ? true
      : null,
  );
  for (const feed of FEEDS) await asOwner('schedule', 'remove', `feed-${feed}`);
  await asOwner('schedule', 'add', '--survey', '--cron', EVERY_SECOND);
  await until(
    'the scheduler to have begun a survey',
    async () => (await count(sql`select count(*) as n from survey`)) > 0,
  );
  await asOwner('schedule', 'remove', 'survey');
  await until('it to be observed and counted', async () =>
    (await count(sql`select count(*) as n from survey where rolled_up_at is not null and summary is not null`)) > 0
      ? true
      : null,
  );
  assert.ok((await count(sql`select count(*) as n from observation`)) > 20);
  await asOwner(
    'schedule',
    'add',
    '--report',
    'headline',
    '--cron',
    EVERY_SECOND,
    '--deliver',
    `dir:${join(home, 'out')}`,
    '--even-partial',
  );
  await until('a report to be delivered', async () => (await readdir(join(home, 'out')).catch(() => [])).length > 0);
  await until(
    'the partition that was due to be dropped',
    async () => (await count(sql`select count(*) as n from pg_class where relname = 'observation_20200101'`)) === 0,
  );

  const [, api] = await until('the API to listen', async () =>
    /"url":"(http:[^"]+)","msg":"the API listens"/.exec(output.get('census_api') ?? ''),
  );
  const headers = { authorization: `Bearer ${key}` };
  const { paths } = (await (await fetch(`${api}/v1/openapi.json`, { headers })).json()) as {
    paths: Record<string, { get?: unknown }>;
  };
  const survey = (await sql<{ id: string }>`select id from survey limit 1`.execute(database.db)).rows[0]?.id ?? '';
  const report = (await sql<{ id: string }>`select id from report limit 1`.execute(database.db)).rows[0]?.id ?? '';
  const asked = Object.entries(paths).filter(([, { get }]) => get !== undefined);
  assert.ok(asked.length > 20);
  const statuses = new Map<string, number>();
  for (const path of [...asked.map(([path]) => path), '/', '/explore', '/surveys', '/metrics', '/readyz']) {
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(name === 'id' ? (path.includes('report') ? report : survey) : (PARAMETERS[name] ?? survey)),
    );
    const response = await fetch(`${api}${filled}`, { headers });
    await response.arrayBuffer();
    statuses.set(path, response.status);
    assert.ok(response.status < 500, `${filled}: ${response.status}`);
  }
  assert.ok([...statuses.values()].filter((status) => status === 200).length > 20, JSON.stringify([...statuses]));
  const optOut = {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': 'one' },
  };
  const added = await fetch(`${api}/v1/opt-outs`, {
    ...optOut,
    body: JSON.stringify({ kind: 'address', value: '192.0.2.1', note: 'asked' }),
  });
  assert.ok([200, 201].includes(added.status), await added.text());
  const withdrawn = await fetch(`${api}/v1/opt-outs/address/192.0.2.1`, { method: 'DELETE', headers });
  assert.equal(withdrawn.status, 204);
  for (const role of Object.keys(ROLES) as RoleName[]) {
    const listener = `http://127.0.0.1:${metricsPort(role)}`;
    const ready = await fetch(`${listener}/readyz`);
    assert.deepEqual([ready.status, await ready.text()], [200, 'pass\n'], role);
    const text = await (await fetch(`${listener}/metrics`)).text();
    // The scheduler reads the state of the whole installation.
    assert.match(text, new RegExp(`^kubecensus_state_up ${role === 'census_scheduler' ? 1 : 0}$`, 'm'), role);
  }
  for (const [role, text] of output)
    assert.deepEqual(
      text
        .split('\n')
        .filter((line) => /permission denied|42501/.test(line))
        .map((line) => line.slice(0, 500)),
      [],
      role,
    );
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
