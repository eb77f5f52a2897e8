// crt.sh's database on a real Postgres over a real socket: pages, what is new, lost connections, long statements, and a guest who only reads.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import {
  type CrtshPostgresFeedOptions,
  createCrtshPostgresFeed,
} from '../../../services/feeds/certificate-search/crtsh-postgres.feed.ts';
import { CRTSH_QUERY, readCertificates } from '../../../services/feeds/certificate-search/crtsh-query.ts';
import type { LabCrtshRow } from '../../../services/lab/crtsh.ts';
import { addCrtshCertificates, type LabSql, prepareCrtsh } from '../../../services/lab/crtsh-database.ts';
import { guestOpener } from '../../../services/platform/db/guest.ts';
import { withDatabase } from '../../support/database.ts';
import { pullAll } from '../certificate-transparency/lab-log.ts';

const CONTACT = 'kubecensus census@kubecensus.example';
const never = new AbortController().signal;

interface Service {
  readonly sql: LabSql;
  readonly url: string;
  readonly password: string;
  readonly waits: number[];
  /** Called at every pause. */
  onPause: () => Promise<unknown>;
  feed(options?: Partial<CrtshPostgresFeedOptions>): ReturnType<typeof createCrtshPostgresFeed>;
}

async function service(t: TestContext, rows: readonly LabCrtshRow[], slowSeconds = 0): Promise<Service> {
  const { database, url, onEnd } = await withDatabase(t, { migrated: false });
  const sql: LabSql = (text, values = []) => database.pool.query(text, [...values]);
  const guest = `guest_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  await prepareCrtsh(sql, { guest, password, slowSeconds });
  onEnd(() => sql(`drop owned by "${guest}"; drop role "${guest}"`));
  await addCrtshCertificates(sql, rows);
  const address = new URL(url);
  address.username = guest;
  address.password = '';
  const made: Service = {
    sql,
    url: address.href,
    password,
    waits: [],
    onPause: async () => undefined,
    feed: (options = {}) =>
      createCrtshPostgresFeed({
        name: 'crtsh',
        databaseUrl: address.href,
        password,
        domains: ['example.org'],
        all: false,
        expired: false,
        maxPages: 100,
        port: 6443,
        openGuest: guestOpener(CONTACT),
        sleep: async (ms) => {
          made.waits.push(ms);
          await made.onPause();
        },
        ...options,
      }),
  };
  return made;
}

const ROWS: LabCrtshRow[] = [
  {
    names: [
      'k8s.one.example.org',
      '*.k8s.one.example.org',
      'admin@one.example.org',
      'api.other.example.net',
      'k8s.notexample.org',
    ],
    entryTimestamp: '2026-11-20T10:11:12.345',
  },
  { names: ['api.two.example.org', 'K8S.one.example.org'], entryTimestamp: null, notBefore: '2026-11-02T00:00:00' },
  { names: ['k8s.old.example.org'], entryTimestamp: '2019-06-01T00:00:00', expired: true },
  { names: ['k8s.notexample.org'], entryTimestamp: '2026-11-20T10:11:12' },
];
const many = (count: number, domain = 'example.org'): LabCrtshRow[] =>
  Array.from({ length: count }, (_, i) => ({ names: [`k8s.c${i}.${domain}`], entryTimestamp: '2026-11-20T00:00:00' }));
const hosts = (run: { sightings: readonly { host: string }[] }): string[] => run.sightings.map(({ host }) => host);

test('names below the domain, the earliest time of a log, and nothing that has expired or belongs to others', async (t) => {
  const { feed } = await service(t, ROWS);
  const run = await pullAll(feed(), null);
  assert.deepEqual(run.sightings, [
    {
      type: 'sighting',
      host: 'k8s.one.example.org',
      port: 6443,
      observedAt: '2026-11-20T10:11:12.345Z',
      at: 'example.org certificate 1',
    },
    {
      type: 'sighting',
      host: 'api.two.example.org',
      port: 6443,
      observedAt: '2026-11-02T00:00:00.000Z',
      at: 'example.org certificate 2',
    },
  ]);
  assert.deepEqual([run.note.entries, run.note.partial], [2, undefined]);
  assert.deepEqual(
    [run.note.skipped?.['wildcard'], run.note.skipped?.['email'], run.note.skipped?.['repeated']],
    [1, 1, 1],
  );
  const old = await pullAll(feed({ expired: true }), null);
  assert.ok(hosts(old).includes('k8s.old.example.org'));
});

test('pages follow each other by the id, and a later run asks only for what is new', async (t) => {
  const { sql, feed, waits } = await service(t, many(25));
  const first = await pullAll(feed({ pageRows: 10 }), null);
  assert.deepEqual(hosts(first), hosts({ sightings: many(25).map(({ names }) => ({ host: names[0]! })) }));
  assert.deepEqual(
    first.checkpoints.map(({ cursor }) => cursor),
    [{ after: { 'example.org': '10' } }, { after: { 'example.org': '20' } }, { after: { 'example.org': '25' } }],
  );
  assert.deepEqual(waits, [2000, 2000]);
  await addCrtshCertificates(sql, [{ names: ['k8s.new.example.org'], entryTimestamp: '2026-11-21T00:00:00' }]);
  const later = await pullAll(feed({ pageRows: 10 }), first.cursor);
  assert.deepEqual([hosts(later), later.note.entries], [['k8s.new.example.org'], 1]);
  const capped = await pullAll(feed({ pageRows: 10, maxPages: 2 }), null);
  assert.deepEqual([capped.sightings.length, capped.note.capHit], [20, true]);
  assert.match(capped.note.partial!, /^example\.org and 0 domains behind it/);
  assert.deepEqual(hosts(await pullAll(feed({ pageRows: 10 }), capped.cursor)).length, 6);
});

test('a connection that is cut between two pages is made anew, and nothing is lost or read twice', async (t) => {
  const lab = await service(t, many(25));
  lab.onPause = () =>
    lab.sql(
      "select pg_terminate_backend(pid) from pg_stat_activity where usename like 'guest%' and datname = current_database()",
    );
  const run = await pullAll(lab.feed({ pageRows: 10 }), null);
  assert.deepEqual([run.sightings.length, new Set(hosts(run)).size, run.note.partial], [25, 25, undefined]);
});

test('a search that takes too long is cancelled by the server and leaves the other domains alone', async (t) => {
  const { feed, waits } = await service(t, [...many(3, 'slow.example'), ...many(2)], 30);
  const domains = ['slow.example', 'example.org'];
  const run = await pullAll(feed({ domains, statementTimeoutMs: 200 }), null);
  assert.deepEqual(hosts(run), ['k8s.c0.example.org', 'k8s.c1.example.org']);
  assert.equal(run.note.partial, 'slow.example: the search was cancelled after 200 ms');
  assert.deepEqual(waits, [2000]);
  assert.deepEqual(run.cursor, { after: { 'slow.example': '0', 'example.org': '5' } });
  await assert.rejects(pullAll(feed({ domains: ['slow.example'], statementTimeoutMs: 200 }), null), {
    code: 'KC_FEED_QUERY',
  });
});

test('an abort cuts a search that is under way', async (t) => {
  const { feed } = await service(t, many(3, 'slow.example'), 600);
  const stop = new AbortController();
  const pulled = pullAll(feed({ domains: ['slow.example'] }), null, stop.signal);
  setTimeout(() => stop.abort(), 300);
  assert.deepEqual((await pulled).sightings, []);
});

test('a guest reads, in the name of whoever asks, and cannot do anything else', async (t) => {
  const { sql, url, password } = await service(t, ROWS);
  await sql('grant insert on certificate to public; grant usage on certificate_id_seq to public');
  const guest = await guestOpener(CONTACT)({ url, password, statementTimeoutMs: 5000, signal: never });
  t.after(() => guest.close());
  assert.deepEqual(
    await guest.rows(
      "select current_setting('application_name') as name, current_setting('statement_timeout') as t",
      [],
    ),
    [{ name: CONTACT, t: '5s' }],
  );
  await assert.rejects(guest.rows("insert into certificate (issuer_ca_id, certificate) values (1, '')", []), {
    code: '25006',
  });
  // The session serves on after a failed statement.
  assert.equal(readCertificates(await guest.rows(CRTSH_QUERY.valid, ['example.org', '0', 5]))?.length, 2);
});

test('refusals have their codes: no such server, a wrong password, tables of another form', async (t) => {
  const { sql, feed, waits, password, url } = await service(t, many(1));
  await assert.rejects(pullAll(feed({ password: 'not it' }), null), (error: Error) => {
    assert.deepEqual((error as Error & { code: string }).code, 'KC_FEED_CREDENTIALS');
    assert.ok(!error.message.includes(password));
    return true;
  });
  await assert.rejects(pullAll(feed({ password: null }), null), {
    code: 'KC_FEED_CREDENTIALS',
    message: /asks for a password/,
  });
  assert.deepEqual(waits, []);
  const nobody = new URL(url);
  nobody.port = '1';
  await assert.rejects(pullAll(feed({ databaseUrl: nobody.href }), null), {
    code: 'KC_FEED_UNAVAILABLE',
    message: /ECONNREFUSED/,
  });
  assert.deepEqual(waits, [2000, 4000, 8000]);
  await sql('alter table ct_log_entry rename column entry_timestamp to at');
  await sql('drop function x509_notBefore');
  await assert.rejects(pullAll(feed(), null), { code: 'KC_FEED_ANSWER', message: /42/ });
  for (const databaseUrl of ['https://crt.sh', 'postgres://guest:secret@crt.sh/certwatch', 'crt.sh'])
    assert.throws(
      () => feed({ databaseUrl }),
      (error: Error) => !error.message.includes('secret'),
    );
  assert.equal(readCertificates([{ id: 'x', names: [] }]), null);
});
