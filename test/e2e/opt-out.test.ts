// A census of the lab, and then somebody opts out by the API: nothing stored names them, the next survey leaves them out, and nobody is told who it was.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Kysely, sql } from 'kysely';
import { createKey } from '../../services/api/keys/api-key.store.ts';
import { PREFIX_BYTES, readGrant, SECRET_BYTES, writeKey } from '../../services/api/keys/api-key.ts';
import { apiServer } from '../../services/api-server.ts';
import type { Parts } from '../../services/parts.ts';
import type { DB } from '../../services/platform/db/schema.ts';
import { type Address, parseAddress } from '../../services/platform/net/address.ts';
import { REPORTS } from '../../services/reports/index.ts';
import { makeReport } from '../../services/reports/report.job.ts';
import { purgeContext } from '../../services/roles.ts';
import { purgeOptedOut } from '../../services/schedules/purge.store.ts';
import { until } from '../platform/until.ts';
import { startLabCensus } from '../support/lab-census.ts';
import type { Document } from '../support/openapi.ts';
import { tracesOf } from '../support/traces.ts';

/** The list itself, and for a day the answer to who added to it. */
const MAY_KNOW = /^(opt_out|opt_out_request|idempotency_key)\./;

async function rollupsOf(db: Kysely<DB>, survey: string): Promise<string> {
  const { rows } = await sql<{ digest: string }>`
    select md5(string_agg(concat_ws(' ', unit, dims, values, count, networks), e'\n' order by unit, dims, values)) as digest
    from rollup where survey_id = ${survey}`.execute(db);
  return rows[0]?.digest ?? '';
}

/** Somebody with a name and an address that no other text of the database begins with. */
async function victimOf(db: Kysely<DB>): Promise<{ address: string; name: string }> {
  const { rows } = await sql<{ address: string; name: string }>`
    select host(o.address) as address, o.host as name from observation o
    where o.address is not null and o.host <> host(o.address) and o.certificate_id is not null
      and not exists (select from observation x where x.address <> o.address and host(x.address) like host(o.address) || '%')
    order by o.address, o.host limit 1`.execute(db);
  const [victim] = rows;
  assert.ok(victim, 'the lab has a name that leads to an address');
  return victim;
}

async function keyFor(parts: Parts, scopes: readonly string[], networks: readonly string[] = []): Promise<string> {
  const { text, key } = writeKey(randomBytes(PREFIX_BYTES), randomBytes(SECRET_BYTES));
  await createKey(parts.db, { ...key, ...readGrant(scopes, networks), name: 'test', expiresAt: null }, parts.now());
  return text;
}

/** What everybody, and readers of aggregates and of hosts, are answered at every path that can be read. */
async function everyAnswer(url: string, keys: readonly (string | null)[]): Promise<string[]> {
  const { paths } = (await (await fetch(`${url}/v1/openapi.json`)).json()) as Document;
  const fill: Readonly<Record<string, string>> = {
    survey: 'first',
    run: '1',
    kind: 'asn',
    value: '64500',
    file: 'report.json',
  };
  const readable = Object.entries(paths).flatMap(([path, methods]) => ('get' in methods ? [path] : []));
  const pages = ['/', '/surveys', '/quality', '/feeds', '/method'];
  const asked = [
    ...readable.map((path) => path.replace(/\{(\w+)\}/g, (_, name: string) => fill[name] ?? name)),
    ...pages,
  ];
  const answers: string[] = [];
  for (const key of keys)
    for (const path of asked) {
      const headers = key === null ? {} : { authorization: `Bearer ${key}` };
      answers.push(await (await fetch(`${url}${path}`, { headers })).text());
    }
  return answers;
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : []));
}

test('they are forgotten, asked no more, and not told of', async (t) => {
  const census = await startLabCensus(t, { hosts: 40, seed: 'opt-out' });
  const { parts } = census;
  const { db } = parts;
  await census.pullFeeds();
  await census.survey('first', 'active');
  const { address, name } = await victimOf(db);
  const before = await rollupsOf(db, 'first');
  assert.ok((await tracesOf(db, address)).length >= 3, 'there is something to forget');

  const api = await apiServer({ ...parts, config: { ...parts.config, 'api.publicAggregates': true } });
  t.after(() => api.close());
  const url = await api.listen({ host: '127.0.0.1', port: 0 });
  const admin = await keyFor(parts, ['admin']);
  for (const [kind, value] of [
    ['address', address],
    ['dns-suffix', name],
    ['prefix', '8.77.0.0/16'],
  ] as const) {
    const response = await fetch(`${url}/v1/opt-outs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json', 'idempotency-key': kind },
      body: JSON.stringify({ kind, value, verifiedBy: 'reverse-domain' }),
    });
    assert.equal(response.status, 201, await response.text());
  }
  const purged = await purgeOptedOut({ ...purgeContext(parts), now: () => new Date(Date.now() + 3600 * 1000) });
  assert.ok((purged?.observations ?? 0) > 0 && (purged?.candidates ?? 0) > 0, JSON.stringify(purged));
  for (const text of [address, name])
    assert.deepEqual(
      (await tracesOf(db, text)).filter((place) => !MAY_KNOW.test(place)),
      [],
      text,
    );
  assert.equal(await rollupsOf(db, 'first'), before);

  // This process read the list up to 15 seconds ago; then it holds.
  await until('the opt-out to hold', async () => {
    const policy = await parts.policyFor(parts.config.scope);
    return policy.decide(parseAddress(address) as Address).allowed ? null : true;
  });
  // The feeds still name them; the door and the plan do not let them in.
  await census.pullFeeds();
  await census.survey('second', 'active');
  for (const text of [address, name])
    assert.deepEqual(
      (await tracesOf(db, text)).filter((place) => !MAY_KNOW.test(place)),
      [],
      `${text} again`,
    );

  const folder = await mkdtemp(join(tmpdir(), 'kubecensus-opt-out-'));
  t.after(() => rm(folder, { recursive: true }));
  for (const report of Object.keys(REPORTS).filter((one) => one !== 'owner'))
    await makeReport(
      {
        id: report,
        name: report,
        surveyId: 'second',
        compareId: null,
        owner: null,
        out: join(folder, report),
        formats: ['html', 'markdown', 'json'],
      },
      { ...parts, dataDir: parts.config.dataDir },
    );
  const everybody = [
    null,
    await keyFor(parts, ['aggregate:read']),
    await keyFor(parts, ['host:read'], ['0.0.0.0/0', '::/0']),
  ];
  const answers = await everyAnswer(url, everybody);
  const files = await Promise.all((await filesBelow(folder)).map((file) => readFile(file, 'utf8')));
  assert.ok(answers.length > 60 && files.length > 20);
  const told = [...answers, ...files];
  for (const secret of [address, name, '8.77.0.0'])
    assert.deepEqual(
      told.filter((text) => text.includes(secret)).map((text) => text.slice(0, 80)),
      [],
      secret,
    );
  // How much it was is told.
  const manifest = files.find((text) => text.includes('"optOutCoverage"')) ?? '';
  assert.match(manifest, /"optOutCount": ?3/);
  assert.match(manifest, /"ipv4Addresses": ?65536/);
  const published = (await (await fetch(`${url}/v1/surveys/second`)).json()) as { optOuts: Record<string, number> };
  assert.deepEqual(
    [published.optOuts['count'], published.optOuts['ipv4Addresses'], published.optOuts['ipv6Networks']],
    [3, 65_536, 0],
    'also to everybody',
  );
  const [quality] = files.filter((text) => text.includes('Opt-outs in force when it was drawn'));
  assert.ok(quality !== undefined, 'the quality report says it');
});
