// Who opted out is forgotten: after a purge no table names them but those that must, every count stays, and a purge that was killed goes on.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Kysely, sql } from 'kysely';
import { addOptOut, optOutRecords, withdrawOptOut } from '../../services/candidates/opt-out.store.ts';
import { canonicalOptOut, createOptOuts, type OptOutRow } from '../../services/candidates/opt-out.ts';
import { takeOptOut, verifyRequest } from '../../services/candidates/opt-out-request.store.ts';
import { makeExportFile } from '../../services/exports/export-file.store.ts';
import { type Database, openDatabase } from '../../services/platform/db/database.ts';
import type { RoleName } from '../../services/platform/db/grants.ts';
import type { DB } from '../../services/platform/db/schema.ts';
import { type Address, parseAddress } from '../../services/platform/net/address.ts';
import { rollUp } from '../../services/rollups/rollup.job.ts';
import { recompute } from '../../services/rollups/rollup.store.ts';
import { keepSummary } from '../../services/rollups/summary.store.ts';
import { type PurgeContext, purgeOptedOut } from '../../services/schedules/purge.store.ts';
import { mentions } from '../../services/schedules/purge-mention.ts';
import { purgeScope } from '../../services/schedules/purge-scope.ts';
import { addressIn, nameIn } from '../../services/schedules/purge-sql.store.ts';
import { silentLog, withDatabase } from '../support/database.ts';
import { leaf, NOW, observation, runningSurvey, stopSurvey, surveyOf } from '../support/observations.ts';
import { asRole, placeTestRoles } from '../support/roles.ts';
import { tracesOf } from '../support/traces.ts';

const ADDRESS = '8.1.2.3';
const NAME = 'api.somebody-else.org';
/** What must know them still. */
const MAY_KNOW = /^opt_out\./;
const LATER = new Date(NOW.getTime() + 3600 * 1000);

/** The same masks in every run. */
function seeded(): (bytes: number) => Uint8Array {
  let state = 1;
  const next = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state & 0xff;
  };
  return (bytes) => Uint8Array.from({ length: bytes }, next);
}

async function contextOf(
  t: TestContext,
  db: Kysely<DB>,
  asns: Readonly<Record<string, number>> = {},
): Promise<PurgeContext> {
  const home = await mkdtemp(join(tmpdir(), 'kubecensus-purge-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  return {
    db,
    now: () => LATER,
    random: seeded(),
    asnOf: async () => (address) => asns[address] ?? null,
    files: { exports: join(home, 'exports'), reports: join(home, 'reports'), onHosts: ['owner'] },
  };
}

/** A database that names one host in every table that can: by its address, by its name, in refused rows, in somebody else's certificate. */
async function filled(database: Database): Promise<void> {
  const { db } = database;
  const own = leaf({
    sha256: '1'.repeat(64),
    spkiSha256: '2'.repeat(64),
    subject: `CN=${NAME},O=x`,
    dnsNames: [NAME],
    ipAddresses: [ADDRESS],
  });
  const others = leaf({
    dnsNames: ['kubernetes', `*.${NAME}`],
    ipAddresses: ['10.96.0.1', ADDRESS],
    subject: `CN=${NAME}`,
  });
  const seen = {
    host: NAME,
    address: ADDRESS,
    serverName: NAME,
    certificate: own,
    asn: 64_501,
    country: 'FR',
  } as const;
  await surveyOf(database, 's', [
    observation({
      ...seen,
      port: 443,
      wire: {
        phase: 'tls',
        alert: null,
        detail: `${ADDRESS}:443 said no`,
        ms: { connect: 1, tls: 1, http: 1, total: 3 },
        bytesIn: 1,
      },
    }),
    observation({ ...seen, host: ADDRESS, port: 6443 }),
    observation({ host: '8.1.2.4', address: '8.1.2.4', asn: 64_501, certificate: others }),
    observation({ host: '8.9.9.9', address: '8.9.9.9' }),
    observation({ host: NAME, address: null, asn: null, country: null, certificate: null }),
    observation({ host: 'gone.example.net', address: null, asn: null, country: null, certificate: null }),
  ]);
  await sql`insert into survey_target (survey_id, chunk, position, candidate_id, host, address, port, server_name, feeds)
    values ('s', 0, 0, 1, ${NAME}, ${ADDRESS}, 443, ${NAME}, '{f}'), ('s', 0, 1, null, ${NAME}, null, 443, null, '{f}'),
      ('s', 0, 2, null, '8.9.9.9', '8.9.9.9', 6443, null, '{f}')`.execute(db);
  await stopSurvey(db, 's', NOW);
  await rollUp('s', { db, now: () => NOW });
  await sql`insert into survey_suspect values ('s', ${ADDRESS}, 443, 'high', '{x}')`.execute(db);
  await sql`insert into feed_run (feed, kind, query, code_version, started_at, read, held) values ('f', 'sightings', 'q', 'x', ${NOW}, 3, 3)`.execute(
    db,
  );
  await sql`insert into candidate (key, kind, host, address, port, first_seen, last_seen) values
    (${`${ADDRESS} 443`}, 'address', ${ADDRESS}, ${ADDRESS}, 443, ${NOW}, ${NOW}), (${NAME}, 'name', ${NAME}, null, null, ${NOW}, ${NOW}),
    ('8.9.9.9 443', 'address', '8.9.9.9', '8.9.9.9', 443, ${NOW}, ${NOW}),
    ('not-somebody-else.org', 'name', 'not-somebody-else.org', null, null, ${NOW}, ${NOW})`.execute(db);
  await sql`insert into sighting (feed, candidate_id, first_seen, last_seen, first_run, last_run)
    select 'f', id, ${NOW}::timestamptz, ${NOW}::timestamptz, 1, 1 from candidate`.execute(db);
  await sql`insert into sighting_evidence (feed, candidate_id, observed_at, body)
    select 'f', id, ${NOW}::timestamptz, jsonb_build_object('of', host) from candidate`.execute(db);
  await sql`insert into held_sighting (run_id, kind, key, host, port, evidence) values
    (1, 'address', ${ADDRESS}, ${ADDRESS}, null, ${`{"of":"${ADDRESS}"}`}), (1, 'name', ${NAME}, ${NAME}, null, null), (1, 'name', 'a.example.net', 'a.example.net', null, null)`.execute(
    db,
  );
  await sql`insert into quarantine (run_id, at, reason, excerpt) values
    (1, '1', 'bad_port', ${`${ADDRESS}:99999`}), (1, ${`line of ${NAME}.`}, 'bad', ''), (1, '3', 'bad', '8.1.2.33 18.1.2.3')`.execute(
    db,
  );
}

/** What is counted, a line each. A recount leaves `networks` out: a network that opted out in part is seen as two. */
async function countsOf(db: Kysely<DB>): Promise<string[]> {
  const rollups = await sql<object>`select unit, dims, values, count from rollup`.execute(db);
  const surveys = await sql<object>`
    select id, state, target_count, excluded_by, manifest, summary - 'addressOfNetwork' as summary from survey`.execute(
    db,
  );
  const runs =
    await sql<object>`select id, read, accepted, duplicate, rejected + held as not_stored from feed_run`.execute(db);
  return [...rollups.rows, ...surveys.rows, ...runs.rows].map((row) => JSON.stringify(row)).sort();
}

const changed = (before: readonly string[], after: readonly string[]): string[] => [
  ...before.filter((line) => !after.includes(line)),
  ...after.filter((line) => !before.includes(line)),
];

async function rows(db: Kysely<DB>, table: string): Promise<number> {
  const counted = await sql<{ n: number }>`select count(*) as n from ${sql.table(table)}`.execute(db);
  return counted.rows[0]?.n ?? -1;
}

test('no table names them any more, by address or by name, and every count stays, also when it is counted anew', async (t) => {
  const { database } = await withDatabase(t);
  const { db } = database;
  await filled(database);
  const before = await countsOf(db);
  const observed = await rows(db, 'observation');
  const named = await tracesOf(db, 'somebody-else.org');
  const addressed = await tracesOf(db, ADDRESS);
  // The walk finds what is there, in every table that can name a host.
  for (const table of [
    'candidate',
    'held_sighting',
    'observation',
    'quarantine',
    'certificate',
    'survey_target',
    'sighting_evidence',
  ])
    assert.ok(
      named.concat(addressed).some((place) => place.startsWith(`${table}.`)),
      table,
    );
  for (const place of [
    'endpoint_state.address',
    'survey_suspect.address',
    'survey.summary',
    'certificate.ip_addresses',
    'observation.detail',
  ])
    assert.ok(addressed.includes(place), place);

  await addOptOut(db, { kind: 'prefix', value: '8.1.2.3/32' }, '', NOW);
  await addOptOut(db, { kind: 'dns-suffix', value: NAME }, '', NOW);
  const context = await contextOf(t, db);
  const purged = await purgeOptedOut(context);
  assert.deepEqual(purged, {
    ...{ candidates: 2, heldSightings: 2, quarantine: 2, endpointStates: 2, targets: 1, observations: 3, networks: 0 },
    ...{ certificates: 2, summaries: 1, exports: 0, reports: 0 },
  });
  const left = async (text: string) => (await tracesOf(db, text)).filter((place) => !MAY_KNOW.test(place));
  assert.deepEqual(await left(NAME), []);
  // "8.1.2.33" begins with the address, and stays with its row.
  assert.deepEqual(await left(ADDRESS), ['quarantine.excerpt']);
  assert.deepEqual(await left('1'.repeat(64)), [], 'nor by the digest of its certificate');
  assert.deepEqual(await left('2'.repeat(64)), []);

  const run = await db.selectFrom('feed_run').select(['held', 'rejected', 'rejected_by']).executeTakeFirstOrThrow();
  assert.deepEqual(run, { held: 1, rejected: 2, rejected_by: { opted_out: 2 } }, 'what waited was refused');
  assert.deepEqual(changed(before, await countsOf(db)), []);
  assert.equal(await rows(db, 'observation'), observed, 'they are counted and not named');
  await recompute(db, 's', NOW);
  await keepSummary(db, 's');
  assert.deepEqual(changed(before, await countsOf(db)), [], 'counted anew');
  const others = await sql<{ host: string }>`select host from candidate order by id`.execute(db);
  assert.deepEqual(
    others.rows.map(({ host }) => host),
    ['8.9.9.9', 'not-somebody-else.org'],
  );
  const strangers = await sql<{ names: string[]; addresses: string[] }>`
    select dns_names as names, ip_addresses as addresses from certificate where sha256 = ${'ab'.repeat(32)}`.execute(
    db,
  );
  assert.deepEqual(strangers.rows, [{ names: ['kubernetes'], addresses: ['10.96.0.1'] }]);

  assert.equal(await purgeOptedOut(context), null, 'what is purged is not looked for again');
  const [record] = (await db.selectFrom('opt_out_purge').selectAll().execute()).map(({ opt_outs, removed }) => ({
    opt_outs,
    removed,
  }));
  assert.deepEqual(record, { opt_outs: 2, removed: purged });
});

test('an AS number and a key are forgotten by what they stand for', async (t) => {
  const { database } = await withDatabase(t);
  const { db } = database;
  await filled(database);
  await addOptOut(db, { kind: 'asn', value: '64501' }, '', NOW);
  await addOptOut(db, { kind: 'certificate-key', value: 'cd'.repeat(32) }, '', NOW);
  await sql`insert into candidate (key, kind, host, address, port, first_seen, last_seen) values
    ('8.7.7.7', 'address', '8.7.7.7', '8.7.7.7', null, ${NOW}, ${NOW})`.execute(db);
  const before = await countsOf(db);
  await purgeOptedOut(await contextOf(t, db, { '8.7.7.7': 64_501, '8.9.9.9': 64_500 }));
  for (const address of [ADDRESS, '8.1.2.4', '8.7.7.7'])
    assert.deepEqual(
      (await tracesOf(db, address)).filter((place) => !/quarantine/.test(place)),
      [],
      address,
    );
  assert.deepEqual(
    (await tracesOf(db, 'cd'.repeat(32))).filter((place) => !MAY_KNOW.test(place)),
    [],
  );
  // Nobody shows the key at 8.9.9.9.
  assert.ok((await tracesOf(db, '8.9.9.9')).includes('observation.address'));
  assert.deepEqual(changed(before, await countsOf(db)), []);
});

test('hosts of one network stay one network, and hosts of several stay several', async (t) => {
  const { database } = await withDatabase(t);
  const { db } = database;
  const at = (address: string, port = 443) => observation({ host: address, address, port });
  await surveyOf(database, 's', [
    at('8.1.2.3'),
    at('8.1.2.3', 6443),
    at('8.1.2.4'),
    at('8.1.3.4'),
    at('2600::1'),
    at('2600:0:0:1::1'),
    at('2600:0:1::1'),
  ]);
  const shape = async (): Promise<unknown> =>
    (
      await sql`select count(*) as endpoints, count(distinct address) as hosts,
        count(distinct network(set_masklen(address, case family(address) when 4 then 24 else 48 end))) as networks from observation`.execute(
        db,
      )
    ).rows;
  const before = await shape();
  for (const value of ['8.1.0.0/16', '2600::/32']) await addOptOut(db, { kind: 'prefix', value }, '', NOW);
  await purgeOptedOut(await contextOf(t, db));
  assert.deepEqual(before, [{ endpoints: 7, hosts: 6, networks: 4 }]);
  assert.deepEqual(await shape(), before);
  const masks = await sql<{
    host: string;
    inside: boolean;
  }>`select host, address << 'fd00::/8' as inside from observation`.execute(db);
  assert.ok(masks.rows.every(({ host, inside }) => inside && host.startsWith('fd')));
});

test('what a survey under way brings back is forgotten by the next purge; then the opt-out is done', async (t) => {
  const { database } = await withDatabase(t);
  const { db } = database;
  const row: OptOutRow = { kind: 'address', value: ADDRESS };
  await runningSurvey(database, 'busy', 1, NOW);
  await addOptOut(db, row, '', NOW);
  const context = await contextOf(t, db);
  const purgedAt = async () => (await db.selectFrom('opt_out').select('purged_at').executeTakeFirstOrThrow()).purged_at;
  await purgeOptedOut(context);
  assert.equal(await purgedAt(), null);
  await stopSurvey(db, 'busy', NOW);
  await surveyOf(database, 'late', [observation({ host: ADDRESS, address: ADDRESS, outcome: 'blocked_policy' })]);
  await stopSurvey(db, 'late', NOW);
  const tooEarly = { ...context, now: () => new Date(NOW.getTime() + 59_000) };
  assert.equal((await purgeOptedOut(tooEarly))?.observations, 1);
  assert.equal(await purgedAt(), null, 'somebody may not have read the list yet');
  await purgeOptedOut(context);
  assert.equal((await purgedAt())?.getTime(), LATER.getTime());
  assert.deepEqual(
    (await tracesOf(db, ADDRESS)).filter((place) => !MAY_KNOW.test(place)),
    [],
  );
  // Whoever comes back is found anew; what was masked stays masked.
  await withdrawOptOut(db, row, LATER);
  assert.equal(await purgeOptedOut(context), null);
});

test('a purge that fails half-way leaves whole networks and is taken up by the next', async (t) => {
  const { database } = await withDatabase(t);
  const { db } = database;
  await filled(database);
  await sql`insert into survey_network values ('s', '8.1.2.0/24', 1, true, ${NOW}), ('s', '8.1.3.0/24', 1, true, ${NOW})`.execute(
    db,
  );
  await sql`insert into survey_stop values ('s', '8.1.2.0/24', 1, 1, ${NOW}), ('s', 'AS1', 1, 1, ${NOW})`.execute(db);
  const before = await countsOf(db);
  await addOptOut(db, { kind: 'prefix', value: '8.1.2.0/24' }, '', NOW);
  const context = await contextOf(t, db);
  await sql`create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$`.execute(db);
  await sql`create trigger refuse before update on observation for each row execute function refuse()`.execute(db);
  await assert.rejects(purgeOptedOut(context), /no/);
  const half = await sql<{ n: number }>`select count(*) as n from survey_target where address << 'fd00::/8'`.execute(
    db,
  );
  assert.equal(half.rows[0]?.n, 0, 'targets and observations of a network go together');
  await sql`drop trigger refuse on observation`.execute(db);
  assert.equal((await purgeOptedOut(context))?.observations, 3);
  for (const text of ['8.1.2.4', '8.1.2.0/24'])
    assert.deepEqual(
      (await tracesOf(db, text)).filter((place) => !MAY_KNOW.test(place)),
      [],
      text,
    );
  assert.deepEqual([await rows(db, 'survey_stop'), await rows(db, 'survey_network')], [2, 1]);
  assert.deepEqual(changed(before, await countsOf(db)), []);
  const runs = await db.selectFrom('opt_out_purge').select('finished_at').orderBy('id').execute();
  assert.deepEqual(
    runs.map(({ finished_at }) => finished_at === null),
    [true, false],
  );
});

test('files that were made before go, others stay; exports leave masked rows out, also after the opt-out was withdrawn', async (t) => {
  const { database } = await withDatabase(t);
  const { db } = database;
  await filled(database);
  const context = await contextOf(t, db);
  const make = async (dataset: 'observations' | 'rollups', at: Date) =>
    makeExportFile(
      context.files.exports,
      { dataset, format: 'ndjson', surveyId: 's', codeVersion: 'x', at },
      database,
      new AbortController().signal,
    );
  const early = await make('observations', new Date(NOW.getTime() - 1000));
  const counts = await make('rollups', new Date(NOW.getTime() - 1000));
  const before = new Date(NOW.getTime() - 1000);
  for (const [id, name, at] of [
    ['owned', 'owner', before],
    ['counted', 'headline', before],
    ['later', 'owner', LATER],
  ] as const) {
    await mkdir(join(context.files.reports, id), { recursive: true });
    const manifest = join(context.files.reports, id, 'manifest.json');
    await writeFile(manifest, JSON.stringify({ kind: 'kubecensus-report', id, name, files: [] }));
    await utimes(manifest, at, at);
    await db.insertInto('report').values({ id, name, survey_id: null, created_at: at, manifest: '{}' }).execute();
    await sql`insert into delivery (report_id, destination, next_attempt_at) values (${id}, 'dir:/x', ${NOW})`.execute(
      db,
    );
  }
  const row: OptOutRow = { kind: 'address', value: ADDRESS };
  await addOptOut(db, row, '', NOW);
  const purged = await purgeOptedOut(context);
  assert.deepEqual([purged?.exports, purged?.reports], [1, 1]);
  const there = await readdir(context.files.exports);
  assert.ok(!there.includes(early.id) && there.includes(counts.id));
  assert.deepEqual((await readdir(context.files.reports)).sort(), ['counted', 'later']);
  const waiting = await db.selectFrom('delivery').select('report_id').orderBy('report_id').execute();
  assert.deepEqual(
    waiting.map(({ report_id }) => report_id),
    ['counted', 'later'],
    'nobody is sent what is gone',
  );
  await withdrawOptOut(db, row, LATER);
  const late = await make('observations', LATER);
  assert.equal(late.manifest.rows, 4, 'six observations, two of them masked');
});

test('the logins of the scheduler and of the API have the rights that this takes', async (t) => {
  const place = await withDatabase(t);
  await filled(place.database);
  await placeTestRoles(place);
  const loginOf = async (role: RoleName): Promise<Database> => {
    const login = await openDatabase(asRole(place.url, role), { log: silentLog });
    place.onEnd(() => login.close());
    return login;
  };
  const api = (await loginOf('census_api')).db;
  const asked = { note: 'n', token: 't', proof: null };
  const named: OptOutRow = { kind: 'dns-suffix', value: NAME };
  await api.transaction().execute((tx) => takeOptOut(tx, named, asked, NOW));
  const { request } = await api
    .transaction()
    .execute((tx) => takeOptOut(tx, { kind: 'prefix', value: '8.1.0.0/16' }, asked, NOW));
  await api
    .transaction()
    .execute((tx) => verifyRequest(tx, request?.id ?? -1, { how: 'own-decision', by: 'key' }, NOW));
  assert.deepEqual(
    (await optOutRecords(api)).map(({ value, level }) => [value, level]),
    [
      [NAME, 0],
      ['8.1.0.0/16', 1],
    ],
  );
  const purged = await purgeOptedOut(await contextOf(t, (await loginOf('census_scheduler')).db));
  assert.deepEqual([purged?.observations, purged?.candidates, purged?.heldSightings], [4, 2, 2]);
  const { db } = place.database;
  for (const text of [ADDRESS, NAME])
    assert.deepEqual(
      (await tracesOf(db, text)).filter((place) => !/^(opt_out|opt_out_request|quarantine)\./.test(place)),
      [],
    );
});

test('the conditions in SQL judge addresses and names as policy does', async (t) => {
  const { database } = await withDatabase(t);
  const rows: OptOutRow[] = [
    ...['8.1.2.3', '2600::7', '::ffff:9.9.9.9'].map((value) => ({ kind: 'address', value }) as const),
    ...['8.2.0.0/16', '8.3.3.0/25', '9.0.0.0/8', '2600:1::/32', '2600:2::/33', '2600:3::4/127'].map(
      (value) => ({ kind: 'prefix', value }) as const,
    ),
    ...['org', 'example.net', 'a.b.example.com', '_x.example.de'].map(
      (value) => ({ kind: 'dns-suffix', value }) as const,
    ),
  ].flatMap((row) => canonicalOptOut(row) ?? []);
  const optOuts = createOptOuts(rows);
  const scope = purgeScope(rows);
  const addresses = [
    ...['8.1.2.3', '8.1.2.4', '8.2.0.0', '8.2.255.255', '8.3.3.127', '8.3.3.128', '9.9.9.9', '10.0.0.0', '8.0.0.9'],
    ...[
      '2600::7',
      '2600::8',
      '2600:1:ffff::1',
      '2600:2:7fff::1',
      '2600:2:8000::',
      '2600:3::4',
      '2600:3::5',
      '2600:3::6',
    ],
  ];
  const names = [
    ...[
      'org',
      'example.org',
      'a.example.org',
      'forg',
      'example.net',
      'x.example.net',
      'badexample.net',
      'net',
      'b.example.com',
    ],
    ...[
      'a.b.example.com',
      'x.a.b.example.com',
      'xa.b.example.com',
      '_x.example.de',
      'y._x.example.de',
      'example.de',
      '8.1.2.3',
    ],
  ];
  const judged = async (list: readonly string[], type: 'inet' | 'text') =>
    (
      await sql<{ is: boolean }>`
        select ${type === 'inet' ? addressIn(scope, sql`x.it`) : nameIn(scope, sql`x.it`)} as is
        from unnest(${[...list]}::text[]) with ordinality y (text, nth) cross join lateral (select text::${sql.raw(type)} as it) x order by nth`.execute(
        database.db,
      )
    ).rows.map(({ is }) => is);
  assert.deepEqual(
    await judged(addresses, 'inet'),
    addresses.map((text) => optOuts.hasAddress(parseAddress(text) as Address)),
  );
  assert.deepEqual(await judged(names, 'text'), names.map(optOuts.hasName));
  const none = await sql<{
    is: boolean;
  }>`select ${addressIn(scope, sql`null::inet`)} or ${nameIn(scope, sql`null::text`)} as is`.execute(database.db);
  assert.equal(none.rows[0]?.is, false, 'what is not known is in no scope');
});

test('a text names somebody where one of its words does', () => {
  const optOuts = createOptOuts([
    { kind: 'prefix', value: '8.1.2.0/24' },
    { kind: 'dns-suffix', value: 'example.org' },
    { kind: 'prefix', value: '2600::/32' },
  ]);
  for (const text of [
    ...[
      '8.1.2.3',
      '8.1.2.3:443',
      'x 8.1.2.3, y',
      'https://8.1.2.3/a',
      'CN=api.example.org,O=x',
      '*.example.org',
      'API.EXAMPLE.ORG.',
      'example.org:6443',
    ],
    ...['[2600::1]:443', '2600:0:1::', 'at "example.org"'],
  ])
    assert.equal(mentions(text, optOuts), true, text);
  for (const text of [
    '8.1.3.3',
    '18.1.2.3',
    '8.1.2.333',
    'notexample.org',
    'example.org.uk',
    'CN=kubernetes',
    '',
    '2601::1',
    '...',
  ])
    assert.equal(mentions(text, optOuts), false, text);
});
