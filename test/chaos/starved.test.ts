// Members of a fleet without file descriptors, without connections to the database, without names: our own want never becomes a host's state.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { differences } from '../../services/lab/compare.ts';
import { expectedEndpoints } from '../../services/lab/truth.ts';
import { observedEndpoints } from '../../services/observations/observation.store.ts';
import { PORTS } from '../../services/surveys/ports.ts';
import { until } from '../platform/until.ts';
import { onServer } from '../support/database.ts';
import { type Reply, startDnsServer } from '../support/dns-server.ts';
import { redisMissing } from '../support/redis.ts';
import { startFleet } from './fleet.ts';

/** A worker at rest holds thirty; the lab answers so fast that a hasty one holds ninety at most. */
const FILES = 60;
/** SQLSTATE too_many_connections. */
const TOO_MANY_CONNECTIONS = '53300';
const AWAY_MS = 3_000;
/** As many as are asked for at once. */
const NAMES = 30;

test('a fleet in want', { skip: redisMissing() ?? false }, async (t) => {
  const fleet = await startFleet(t, { seed: 'chaos', hosts: 120 });
  await fleet.start('scheduler');
  const states = async (): Promise<unknown> =>
    (
      await sql`select address, port, outcome, misses, last_seen from endpoint_state order by 1, 2`.execute(
        fleet.parts.db,
      )
    ).rows;

  await t.test(`C19: a worker that may open ${FILES} files says so of itself, and not of the hosts`, async () => {
    const hasty = { KUBECENSUS_RATE: '20000', KUBECENSUS_IN_FLIGHT: '1000', KUBECENSUS_NETWORK_IN_FLIGHT: '1000' };
    const worker = await fleet.start('worker', hasty, `ulimit -n ${FILES}`);
    await fleet.begin('c19');
    await fleet.counted('c19');
    await fleet.end(worker, 'SIGTERM');
    const { rows } = await sql<{ n: number }>`
      select count(*) as n from observation where survey_id = 'c19' and outcome = 'error_ours' and detail = 'EMFILE'`.execute(
      fleet.parts.db,
    );
    assert.ok((rows[0]?.n ?? 0) > 0, 'there were files enough');
    assert.deepEqual(await fleet.findings('c19', { unseen: { outcome: 'error_ours', most: rows[0]?.n ?? 0 } }), []);
  });

  await t.test('C10: the database has no connection left', async () => {
    const limit = (connections: number) =>
      onServer(fleet.databaseUrl, (client) =>
        client.query(`alter role ${fleet.login} connection limit ${connections}`),
      );
    const worker = await fleet.start('worker', { KUBECENSUS_RATE: '200' });
    await fleet.begin('c10');
    await until('some dials', async () => (await fleet.dialled()) > 20);
    await limit(0);
    await fleet.endSessions();
    await until('a connection to be refused', () => worker.said().includes(TOO_MANY_CONNECTIONS));
    await sleep(AWAY_MS);
    await limit(-1);
    await fleet.counted('c10');
    assert.deepEqual(await fleet.findings('c10'), []);
    await fleet.end(worker, 'SIGTERM');
  });

  const away: readonly (readonly [string, Reply])[] = [
    ['is silent', 'silence'],
    ['fails every question', { rcode: 'SERVFAIL' }],
  ];
  for (const [what, reply] of away)
    await t.test(
      `C18: the resolver ${what}: no host is asked, none is down, and all are there when it is back`,
      async () => {
        const named = fleet.world.hosts.filter(({ names, dns }) => names.length > 0 && dns === 'plain').slice(0, NAMES);
        const names = new Map(named.map(({ address, names: [name] }) => [name ?? '', address]));
        assert.ok(names.size > 5, `${names.size} names`);
        let isAway = true;
        const dns = await startDnsServer(({ name, type }) => {
          if (isAway) return reply;
          const address = names.get(name);
          return { answers: address !== undefined && type === 'A' ? [{ type: 'A', name, ttl: 1, data: address }] : [] };
        });
        try {
          const id = `c18-${what.split(' ')[0]}`;
          await fleet.add(id, [...names.keys()]);
          const worker = await fleet.start('worker', { KUBECENSUS_DNS_SERVERS: dns.address });
          const before = await states();
          await fleet.begin(id, id);
          const survey = await fleet.counted(id);
          assert.equal(await fleet.dialled(), 0);
          assert.equal(survey.targets, names.size);
          assert.deepEqual(await states(), before, 'the state of an endpoint moved');
          isAway = false;
          await fleet.begin(`${id}-back`, id);
          await fleet.counted(`${id}-back`);
          const seen = await observedEndpoints(fleet.parts.db, `${id}-back`);
          const addresses = new Set(names.values());
          const expected = expectedEndpoints(fleet.world, { ports: PORTS.map(({ port }) => port) });
          assert.deepEqual(
            differences(
              expected.filter(({ address }) => address !== null && addresses.has(address)),
              seen,
            ),
            [],
          );
          await fleet.end(worker, 'SIGTERM');
        } finally {
          await dns.close();
        }
      },
    );
});
