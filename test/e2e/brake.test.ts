// The brake with real workers, sockets and a real database: a network that begins to refuse us is left alone, also inside a running chunk and by other workers.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { LAB_PACE, LAB_SCOPE } from '../../services/cli/lab-internet.ts';
import { compose } from '../../services/compose.ts';
import { loadConfig } from '../../services/config.ts';
import { makePartitions } from '../../services/observations/partition.store.ts';
import type { Parts } from '../../services/parts.ts';
import type { Geo } from '../../services/platform/geo.ts';
import { startParts } from '../../services/roles.ts';
import { surveyBrakes } from '../../services/surveys/brake.store.ts';
import { STOP_AT, TRIP_ASKED } from '../../services/surveys/brake.ts';
import { storeChunks } from '../../services/surveys/chunk.store.ts';
import { ITSELF, readPause, setPaused } from '../../services/surveys/pause.store.ts';
import { createSurvey } from '../../services/surveys/survey.store.ts';
import { until } from '../platform/until.ts';
import { silentLog, withDatabase } from '../support/database.ts';
import { countedSurvey } from '../support/lab-census.ts';

interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Networks 127.b.0.0/24 to 127.b.254.0/24 are one AS. */
const geo: Geo = {
  lookup: (address) => ({ country: null, asn: 64_000 + Number(address.split('.')[1]), organisation: null }),
  sources: [],
};

interface Bench {
  /** Parts as one process has them. */
  readonly parts: readonly Parts[];
  /** A port on which every address of 127/8 answers, though not with TLS. */
  readonly open: number;
  /** A port on which none does. */
  readonly closed: number;
  /** Surveys chunks of endpoints that were all up an hour ago; resolves when the survey runs. */
  begin(id: string, chunks: readonly (readonly Endpoint[])[]): Promise<void>;
  /** How the endpoints of a survey ended, by outcome. */
  outcomes(id: string): Promise<Record<string, number>>;
}

async function bench(t: TestContext, { rate, workers }: { rate: number; workers: number }): Promise<Bench> {
  const { url, onEnd } = await withDatabase(t);
  const server = createServer((socket) => void socket.on('error', () => undefined).end('no TLS here\n')).listen(
    0,
    '0.0.0.0',
  );
  await once(server, 'listening');
  onEnd(async () => server.close());
  const gone = createServer().listen(0, '127.0.0.1');
  await once(gone, 'listening');
  const closed = (gone.address() as AddressInfo).port;
  gone.close();
  await once(gone, 'close');
  const base = loadConfig({ DATABASE_URL: url, KUBECENSUS_CLUSTER_KEY: 'test' }, null);
  const config = { ...base, ...LAB_PACE, rate, inFlight: 8, scope: LAB_SCOPE };
  const parts: Parts[] = [];
  for (let worker = 0; worker < workers; worker++) {
    const one = await compose(config, silentLog, { lab: { nameSuffix: 'lab.test', geo } });
    parts.push(one);
    onEnd(() => one.close());
    const stop = await startParts(worker === 0 ? ['worker', 'scheduler'] : ['worker'], one);
    onEnd(stop);
  }
  const { db, now } = parts[0] as Parts;
  return {
    parts,
    open: (server.address() as AddressInfo).port,
    closed,
    begin: async (id, chunks) => {
      await makePartitions(db, now());
      for (const { address, port } of chunks.flat())
        await sql`
          insert into endpoint_state (address, port, first_seen, last_seen, last_probed, last_changed, outcome, grade)
          select ${address}::inet, ${port}, t, t, t, t, 'k8s_version_open', 'confirmed' from (select now() - interval '1 hour') as _ (t)`.execute(
          db,
        );
      const plan = {
        ...({ id, method: 'active', seed: 's', sample: null, ports: [6443], portsOnly: false, feeds: [] } as const),
        ...{ scope: LAB_SCOPE, vantage: config.vantage, rate },
      };
      await createSurvey(db, plan, {}, now());
      const targets = chunks.map((endpoints) =>
        endpoints.map(({ address, port }) => ({
          ...{ candidateId: null, host: address, address, port, serverName: null },
          ...{ feeds: ['list'], flags: [], outcome: null, evidenceFeed: null },
        })),
      );
      await storeChunks(db, id, targets, {}, now());
    },
    outcomes: async (id) => {
      const { rows } = await sql<{ outcome: string; count: number }>`
        select outcome, count(*)::int as count from observation where survey_id = ${id} group by 1 order by 1`.execute(
        db,
      );
      return Object.fromEntries(rows.map(({ outcome, count }) => [outcome, count]));
    },
  };
}

const network = (b: number, c: number, hosts: number, port: number): Endpoint[] =>
  Array.from({ length: hosts }, (_, host) => ({ address: `127.${b}.${c}.${host + 1}`, port }));

test('a network that refuses is left alone after nine hosts, inside its chunk; its neighbours are asked to the last', async (t) => {
  const { parts, open, closed, begin, outcomes } = await bench(t, { rate: 2000, workers: 1 });
  await begin('s', [[...network(200, 1, 120, closed), ...network(200, 2, 80, open)]]);
  await countedSurvey(parts[0] as Parts, 's');
  const ended = await outcomes('s');
  assert.equal(ended['tls_not_tls'], 80);
  // Dials that were under way when the ninth was lost end as they end.
  const refused = ended['tcp_refused'] ?? 0;
  assert.ok(refused >= STOP_AT && refused <= STOP_AT + 8, `${refused} refused`);
  assert.equal(ended['scope_blocked_us'], 120 - refused);
  const brakes = await surveyBrakes((parts[0] as Parts).db, 's');
  assert.deepEqual(
    [brakes.scopes.map(({ scope }) => scope), brakes.unasked, brakes.trips],
    [['127.200.1.0/24'], 120 - refused, []],
  );
  const { rows } = await sql<{ misses: number; count: number }>`
    select misses, count(*)::int as count from endpoint_state where address <<= '127.200.1.0/24' group by 1 order by 1`.execute(
    (parts[0] as Parts).db,
  );
  assert.deepEqual(rows, [
    { misses: 0, count: 120 - refused },
    { misses: 1, count: refused },
  ]);
});

test('an AS that refuses in many networks is left alone by every worker, also in chunks that are under way', async (t) => {
  const { parts, open, closed, begin, outcomes } = await bench(t, { rate: 10, workers: 2 });
  // Five hosts are too few for any network to be stopped by itself; the other AS is asked meanwhile.
  const refusing = Array.from({ length: 120 }, (_, c) => network(201, c, 5, closed));
  const answering = Array.from({ length: 20 }, (_, c) => network(202, c, 3, open));
  const chunk = (n: number): Endpoint[] =>
    [...refusing.filter((_, c) => c % 4 === n), ...answering.filter((_, c) => c % 4 === n)].flat();
  await begin('s', [0, 1, 2, 3].map(chunk));
  await countedSurvey(parts[0] as Parts, 's');
  const ended = await outcomes('s');
  assert.equal(ended['tls_not_tls'], 60);
  const refused = ended['tcp_refused'] ?? 0;
  assert.equal(refused + (ended['scope_blocked_us'] ?? 0), 600);
  // Before any circuit breaker: 300 losses would have paused everything.
  assert.ok(refused >= STOP_AT && refused < TRIP_ASKED, `${refused} refused`);
  const { scopes, trips } = await surveyBrakes((parts[0] as Parts).db, 's');
  assert.deepEqual([scopes.map(({ scope }) => scope), trips], [['AS64201'], []]);
  for (const table of ['survey_network', 'survey_minute'])
    await until(`${table} to be forgotten`, async () => {
      const { rows } = await sql`select from ${sql.table(table)}`.execute((parts[0] as Parts).db);
      return rows.length === 0;
    });
});

test('when everything is lost at once, the installation pauses by itself and goes on when a person says so', async (t) => {
  const { parts, closed, begin, outcomes } = await bench(t, { rate: 150, workers: 1 });
  const { db, now } = parts[0] as Parts;
  // 1,200 networks in 200 AS, two hosts each: too few of each to stop a network or an AS, however long it takes.
  const hosts = Array.from({ length: 1200 }, (_, i) => network(i % 200, 10 + Math.floor(i / 200), 2, closed));
  await begin('s', [hosts.flat().slice(0, 1200), hosts.flat().slice(1200)]);
  const pause = await until('the pause', () => readPause(db));
  assert.equal(pause.by, ITSELF);
  const pace = (parts[0] as Parts).pace;
  await until('the last dial', () => pace.counts().inFlight === 0);
  const waiting = pace.counts().waiting;
  assert.ok(waiting > 0, 'targets wait for the resume');
  await setPaused(db, false, now());
  await countedSurvey(parts[0] as Parts, 's');
  const ended = await outcomes('s');
  assert.equal(
    Object.values(ended).reduce((sum, count) => sum + count, 0),
    2400,
    'every target has one end',
  );
  const { rows } = await sql<{ misses: number }>`select distinct misses from endpoint_state where misses > 0`.execute(
    db,
  );
  assert.deepEqual(rows, [{ misses: 1 }], 'suspect at most');
});

test('a network of our own that is gone is no loss of anybody: the kernel refuses, no host is missed, nothing pauses', async (t) => {
  const { parts, begin, outcomes } = await bench(t, { rate: 5000, workers: 1 });
  // A broadcast address: Linux answers ENETUNREACH before a packet leaves, as where there is no route.
  const unreachable = Array.from({ length: 400 }, (_, i) => ({ address: '127.255.255.255', port: 10_000 + i }));
  await begin('s', [unreachable]);
  await countedSurvey(parts[0] as Parts, 's');
  assert.deepEqual(await outcomes('s'), { error_ours: 400 });
  const { db } = parts[0] as Parts;
  const { rows } = await sql<{
    misses: number;
    outcome: string;
  }>`select distinct misses, outcome from endpoint_state`.execute(db);
  assert.deepEqual(rows, [{ misses: 0, outcome: 'k8s_version_open' }]);
  assert.equal(await readPause(db), null);
  assert.deepEqual((await surveyBrakes(db, 's')).scopes, []);
});
