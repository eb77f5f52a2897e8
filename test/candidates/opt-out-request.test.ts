// How much holds unverified, what verifies more, and what is on record of either.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Kysely, sql } from 'kysely';
import { addComplaint } from '../../services/candidates/complaint.store.ts';
import { optOutRecords, withdrawOptOut } from '../../services/candidates/opt-out.store.ts';
import type { OptOutRow } from '../../services/candidates/opt-out.ts';
import {
  type Asked,
  decide,
  openRequests,
  type Taken,
  takeOptOut,
  verifyRequest,
} from '../../services/candidates/opt-out-request.store.ts';
import { holdsUnverified, txtRecords, UNVERIFIED_NAMES } from '../../services/candidates/opt-out-verification.ts';
import { missingRecords } from '../../services/candidates/txt-proof.probe.ts';
import type { DB } from '../../services/platform/db/schema.ts';
import { withDatabase } from '../support/database.ts';
import { startDnsServer } from '../support/dns-server.ts';
import { NOW } from '../support/observations.ts';

const PROOF = { how: 'abuse-contact', by: 'ada' } as const;
const prefix = (value: string): OptOutRow => ({ kind: 'prefix', value });

test('single things and small networks hold unverified, larger ones and AS numbers do not', () => {
  const holds = (row: OptOutRow, names = 0): boolean => holdsUnverified(row, names);
  assert.deepEqual(
    ['8.8.8.0/24', '8.8.8.8/32', '8.8.8.0/23', '0.0.0.0/0', '2600::/48', '2600::/64', '2600::/47'].map((value) =>
      holds(prefix(value)),
    ),
    [true, true, false, false, true, true, false],
  );
  assert.equal(holds({ kind: 'address', value: '2600::1' }), true);
  assert.equal(holds({ kind: 'certificate-key', value: 'ab'.repeat(32) }), true);
  assert.equal(holds({ kind: 'asn', value: '64500' }), false);
  const suffix: OptOutRow = { kind: 'dns-suffix', value: 'example.org' };
  assert.deepEqual(
    [0, UNVERIFIED_NAMES, UNVERIFIED_NAMES + 1].map((names) => holds(suffix, names)),
    [true, true, false],
  );
});

test('the record stands in the zone that only the network or the domain can write to', () => {
  const names = (row: OptOutRow) => txtRecords(row, 't')?.names ?? null;
  const at = '_kubecensus-opt-out.';
  assert.deepEqual(names({ kind: 'dns-suffix', value: 'example.org' }), [`${at}example.org`]);
  assert.deepEqual(names(prefix('8.9.0.0/16')), [`${at}9.8.in-addr.arpa`]);
  assert.deepEqual(names(prefix('8.9.6.0/23')), [`${at}6.9.8.in-addr.arpa`, `${at}7.9.8.in-addr.arpa`]);
  assert.deepEqual(names({ kind: 'address', value: '8.9.6.7' }), [`${at}7.6.9.8.in-addr.arpa`]);
  assert.deepEqual(names(prefix('2600:1f00::/24')), [`${at}f.1.0.0.6.2.ip6.arpa`]);
  assert.deepEqual(names(prefix('2600:1e00::/23')), [`${at}e.1.0.0.6.2.ip6.arpa`, `${at}f.1.0.0.6.2.ip6.arpa`]);
  assert.equal(names(prefix('8.0.0.0/9'))?.length, 128);
  assert.deepEqual(
    [names({ kind: 'asn', value: '1' }), names({ kind: 'certificate-key', value: 'ab'.repeat(32) })],
    [null, null],
  );
  assert.equal(txtRecords({ kind: 'dns-suffix', value: 'example.org' }, 'abc')?.text, 'kubecensus-opt-out=abc');
});

test('every record has to be there with the very text', async (t) => {
  const zone = new Map([
    ['_kubecensus-opt-out.6.9.8.in-addr.arpa', ['something else', 'kubecensus-opt-out=abc']],
    ['_kubecensus-opt-out.7.9.8.in-addr.arpa', ['kubecensus-opt-out=abcd']],
  ]);
  const dns = await startDnsServer(({ name, type }) => {
    const texts = zone.get(name);
    if (type !== 'TXT' || texts === undefined) return { rcode: 'NXDOMAIN' };
    return { answers: texts.map((data) => ({ type: 'TXT' as const, name, data })) };
  });
  t.after(() => dns.close());
  const look = (value: string) => missingRecords(txtRecords(prefix(value), 'abc')!, [dns.address]);
  assert.deepEqual(await look('8.9.6.0/24'), []);
  assert.deepEqual(await look('8.9.6.0/23'), ['_kubecensus-opt-out.7.9.8.in-addr.arpa holds another text']);
  assert.deepEqual(await look('8.9.5.0/24'), ['_kubecensus-opt-out.5.9.8.in-addr.arpa: ENOTFOUND']);
});

async function desk(t: TestContext) {
  const { database } = await withDatabase(t);
  const { db } = database;
  let token = 0;
  const take = (row: OptOutRow, asked: Partial<Asked> = {}): Promise<Taken> =>
    db
      .transaction()
      .execute((tx) => takeOptOut(tx, row, { note: 'n', proof: null, token: `t${token++}`, ...asked }, NOW));
  return { db, database, take };
}

const inForce = async (db: Kysely<DB>) =>
  (await optOutRecords(db)).map(({ value, level, verification }) => [value, level, verification]);

test('a larger one waits, is verified once, and is in force with how and by whom', async (t) => {
  const { db, take } = await desk(t);
  const taken = await take(prefix('8.0.0.0/8'));
  assert.deepEqual([taken.state, taken.added, taken.request?.token], ['pending', false, 't0']);
  assert.deepEqual(await inForce(db), []);
  const asked = await take(prefix('8.0.0.0/8'));
  assert.equal(asked.request?.token, 't0', 'who asks again is told the same token');
  const id = taken.request?.id ?? -1;
  await db.transaction().execute((tx) => verifyRequest(tx, id, { how: 'dns-txt', by: 'ada' }, NOW));
  assert.deepEqual(await inForce(db), [['8.0.0.0/8', 1, 'dns-txt']]);
  const row = await db.selectFrom('opt_out').select(['note', 'verified_by', 'verified_at']).executeTakeFirstOrThrow();
  assert.deepEqual(row, { note: 'n', verified_by: 'ada', verified_at: NOW });
  assert.deepEqual(await openRequests(db), []);
  const again = db.transaction().execute((tx) => verifyRequest(tx, id, PROOF, NOW));
  await assert.rejects(again, { code: 'KC_OPT_OUT', message: `No request ${id} waits to be verified.` });
  assert.equal((await take(prefix('8.0.0.0/8'))).state, 'applied', 'it is in force already');
});

test('a small one holds at once; it may be verified later, and a proof is noted once', async (t) => {
  const { db, take } = await desk(t);
  assert.deepEqual(await take(prefix('8.8.8.0/24')), { state: 'applied', added: true, request: null });
  const later = await take(prefix('8.8.8.0/24'), { verifyLater: true });
  assert.deepEqual([later.state, later.added, later.request?.value], ['applied', false, '8.8.8.0/24']);
  assert.deepEqual(await inForce(db), [['8.8.8.0/24', 0, null]]);
  await take(prefix('8.8.8.0/24'), { proof: PROOF });
  await take(prefix('8.8.8.0/24'), { proof: { how: 'own-decision', by: 'bob' } });
  assert.deepEqual(await inForce(db), [['8.8.8.0/24', 1, 'abuse-contact']]);
  assert.deepEqual(await openRequests(db), [], 'the proof answers the request');
  await take({ kind: 'asn', value: '64500' }, { proof: PROOF });
  assert.deepEqual((await inForce(db))[0], ['64500', 1, 'abuse-contact']);
});

test('a suffix is as large as the names below it', async (t) => {
  const { db, take } = await desk(t);
  const suffix = (value: string): OptOutRow => ({ kind: 'dns-suffix', value });
  const named = (count: number, below: string) =>
    sql`
    insert into candidate (key, kind, host, first_seen, last_seen)
    select i || ${below}, 'name', i || ${below}, now(), now() from generate_series(1, ${count}::int) i`.execute(db);
  await named(UNVERIFIED_NAMES, '.example.org');
  await named(1, '.notexample.org');
  assert.equal((await take(suffix('example.org'))).state, 'applied');
  await withdrawOptOut(db, suffix('example.org'), NOW);
  await named(1, 'one-more.example.org');
  assert.equal((await take(suffix('example.org'))).state, 'pending');
  assert.equal(await decide(db, suffix('example.org'), 'refused', NOW), true);
  assert.deepEqual(await openRequests(db), []);
});

test('a complaint stops what it is about at once, whatever its size, and the size is verified later', async (t) => {
  const { db } = await desk(t);
  const about: OptOutRow = { kind: 'asn', value: '64500' };
  const made = { about, contact: 'noc@example.org', note: 'stop', token: 't' };
  const complaint = await addComplaint(db, { ...made, stoppedBy: 'opt-out' }, NOW);
  assert.deepEqual(await inForce(db), [['64500', 0, null]]);
  assert.deepEqual(
    (await openRequests(db)).map(({ value, note }) => [value, note]),
    [['64500', `complaint ${complaint.id}`]],
  );
  // Who complained stands with the complaint and nowhere else.
  const elsewhere = await sql<{
    notes: string;
  }>`select coalesce(string_agg(note, ' '), '') as notes from opt_out`.execute(db);
  assert.ok(!elsewhere.rows[0]?.notes.includes('example.org'));
  await addComplaint(db, { ...made, about: { kind: 'asn', value: '64501' }, stoppedBy: 'pause' }, NOW);
  assert.deepEqual(await inForce(db), [['64500', 0, null]], 'who pauses opts nobody out');
});
