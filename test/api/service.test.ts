// The API as an operator runs it: keys from the command line, a role of the service, the same numbers as the command line prints.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { countedSurvey } from '../support/api.ts';
import { finished, runCommand, startCommand } from '../support/command.ts';
import { withDatabase } from '../support/database.ts';
import { observation, silence } from '../support/observations.ts';

test('keys are made, listed and revoked, and the role api answers with the numbers of the command line', async (t) => {
  const { database, url, onEnd } = await withDatabase(t);
  const home = await mkdtemp(join(tmpdir(), 'kubecensus-service-'));
  onEnd(() => rm(home, { recursive: true }));
  await countedSurvey({ database }, 'S1', [
    observation(),
    observation({ host: '8.0.0.2', address: '8.0.0.2', country: 'FR' }),
    observation({ host: '8.0.0.3', address: '8.0.0.3', ...silence }),
  ]);
  const environment = { DATABASE_URL: url, KUBECENSUS_DATA_DIR: home, KUBECENSUS_API_LISTEN: '127.0.0.1:0' };
  const run = (...args: string[]) => runCommand(args, environment);

  const made = await run('keys', 'create', '--name', 'team', '--scope', 'aggregate:read', '--expires', '2999-01-01');
  assert.equal(made.code, 0, made.stderr);
  const { key, prefix } = made.rows[0] as { key: string; prefix: string };
  assert.match(key, new RegExp(`^kc_${prefix}_[\\w-]{43}$`));
  const [listed] = (await run('keys', 'list')).rows;
  assert.deepEqual([listed?.['prefix'], listed?.['name'], listed?.['state']], [prefix, 'team', 'in force']);
  assert.ok(!JSON.stringify(listed).includes(key.slice(14)), 'the secret is shown once');

  const service = startCommand(['start', '--role', 'api'], environment);
  const ended = finished(service);
  try {
    let base = '';
    for await (const line of createInterface({ input: service.stderr! })) {
      base = (line.startsWith('{') ? (JSON.parse(line) as { url?: string }).url : undefined) ?? '';
      if (base !== '') break;
    }
    assert.match(base, /^http:\/\/127\.0\.0\.1:\d+$/);
    const ask = (path: string) => fetch(`${base}${path}`, { headers: { authorization: `Bearer ${key}` } });
    for (const [query, args] of [
      ['by=component,country', ['--by', 'component,country']],
      [
        'by=country&component=kube-apiserver&unit=host',
        ['--by', 'country', '--where', 'component=kube-apiserver', '--unit', 'host'],
      ],
    ] as const) {
      const answer = (await (await ask(`/v1/stats?${query}`)).json()) as {
        meta: { unit: string };
        data: { values: object; count: number }[];
      };
      const printed = await run('stats', ...args);
      assert.ok(answer.data.length > 0);
      assert.deepEqual(
        answer.data.map(({ values, count }) => ({ ...values, [answer.meta.unit]: count })),
        printed.rows,
      );
    }
    const revoked = await run('keys', 'revoke', prefix);
    assert.equal(revoked.code, 0, revoked.stderr);
    assert.equal((await ask('/v1/stats')).status, 401, 'at once');
  } finally {
    service.kill('SIGTERM');
  }
  assert.equal((await ended).code, 0, 'a signal is the regular end of a service');
  const again = await run('keys', 'revoke', prefix);
  assert.deepEqual([again.code, /^KC_KEY/m.test(again.stderr)], [2, true]);
});

test('what cannot be is refused with what to do', async (t) => {
  const { url } = await withDatabase(t);
  const taken = createServer().listen(0, '127.0.0.1');
  t.after(() => taken.close());
  await new Promise((resolve) => taken.once('listening', resolve));
  const environment = { DATABASE_URL: url, KUBECENSUS_DATA_DIR: join(tmpdir(), 'kubecensus-nowhere') };
  const { port } = taken.address() as { port: number };
  const refused: [string[], Record<string, string>, RegExp][] = [
    [['start', '--role', 'api'], { KUBECENSUS_API_LISTEN: `127.0.0.1:${port}` }, /^KC_API_LISTEN: 127\.0\.0\.1/m],
    [['start', '--role', 'api'], { KUBECENSUS_API_LISTEN: 'everywhere' }, /^KC_CONFIG: .*127\.0\.0\.1:8650/m],
    [['keys', 'create', '--name', 'x', '--scope', 'root'], {}, /^KC_KEY: .*aggregate:read/m],
    [['keys', 'create', '--name', 'x', '--scope', 'host:read'], {}, /^KC_KEY/m],
    [['keys', 'create', '--scope', 'admin'], {}, /^KC_KEY: .*--name/m],
    [['keys', 'create', '--name', 'x', '--scope', 'admin', '--expires', '2020-01-01'], {}, /^KC_KEY: .*future/m],
    [['stats', '--where', 'component=kubelets'], {}, /^KC_USAGE: .*there are: kube-apiserver/m],
    [['stats', '--where', 'feed=nobody'], {}, /^KC_(FEED_UNKNOWN|NO_SURVEY)/m],
  ];
  for (const [args, more, says] of refused) {
    const { code, stdout, stderr } = await runCommand(args, { ...environment, ...more });
    assert.deepEqual([code, stdout], [2, ''], `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, says);
  }
});
