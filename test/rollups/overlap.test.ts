// Overlaps of feeds: exact counts, estimates against the estimators' worked values, refusals and cautions, and what the database counts.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { sql } from 'kysely';
import { commitChunk } from '../../services/observations/observation.store.ts';
import type { Database } from '../../services/platform/db/database.ts';
import { chapman } from '../../services/rollups/estimate.ts';
import { sightingOverlaps, surveyOverlaps } from '../../services/rollups/overlap.store.ts';
import { type Combination, type FeedFacts, overlapOf } from '../../services/rollups/overlap.ts';
import { withDatabase } from '../support/database.ts';
import { leaf, NOW, observation, silence, surveyOf } from '../support/observations.ts';

const whole = (feed: string, ...upstreams: string[]): FeedFacts => ({ feed, upstreams, partial: false, cost: null });
const WHOLE = ['a', 'b', 'c', 'd', 'e', 'f'].map((feed) => whole(feed));

/** 'ab' -> feeds a and b. */
const combinations = (counts: Readonly<Record<string, number>>): Combination[] =>
  Object.entries(counts).map(([feeds, count]) => ({ feeds: [...feeds], count }));

const WORKED = combinations({ abc: 60, ab: 49, ac: 4, bc: 247, a: 112, b: 142, c: 12 });

describe('counts', () => {
  it('say what each feed names, what it alone names, and what every two share', () => {
    const overlap = overlapOf('endpoint', WORKED, WHOLE);
    assert.equal(overlap.seen, 626);
    assert.deepEqual(
      overlap.feeds.map(({ feed, named, only }) => [feed, named, only]),
      [
        ['b', 498, 142],
        ['c', 323, 12],
        ['a', 225, 112],
      ],
    );
    assert.deepEqual(
      overlap.pairs.map(({ feeds, both, either }) => [feeds.join(''), both, either]),
      [
        ['bc', 307, 514],
        ['ba', 109, 614],
        ['ca', 64, 484],
      ],
    );
    assert.deepEqual(
      overlap.combinations.map((one) => one.count),
      [247, 142, 112, 60, 49, 12, 4],
    );
  });

  it('add up whatever the order of feeds and rows; what no feed named is left out', () => {
    const rows = fc.array(fc.tuple(fc.subarray(['a', 'b', 'c', 'unknown']), fc.nat({ max: 50 })));
    fc.assert(
      fc.property(rows, (drawn) => {
        const given = drawn.map(([feeds, count]) => ({ feeds, count }));
        const overlap = overlapOf('name', given, WHOLE);
        const turned = given.map((one) => ({ ...one, feeds: [...one.feeds].reverse() })).reverse();
        assert.deepEqual(overlapOf('name', turned, WHOLE), overlap);
        const seen = given.filter((one) => one.feeds.length > 0).reduce((sum, one) => sum + one.count, 0);
        assert.equal(overlap.seen, seen);
        for (const { feeds, both, either } of overlap.pairs) {
          const [x, y] = feeds.map((feed) => overlap.feeds.find((one) => one.feed === feed)?.named ?? 0);
          assert.equal((x ?? 0) + (y ?? 0) - both, either);
        }
        const once = overlap.combinations.filter((one) => one.feeds.length === 1);
        assert.equal(
          overlap.feeds.reduce((sum, one) => sum + one.only, 0),
          once.reduce((sum, one) => sum + one.count, 0),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('are refused when they are none', () => {
    for (const count of [-1, 0.5, Number.NaN])
      assert.throws(() => overlapOf('endpoint', [{ feeds: ['a'], count }], WHOLE), RangeError);
  });
});

describe('estimates', () => {
  it('of two feeds are those of Chapman, with the log-normal interval', () => {
    const { pairs, together } = overlapOf('endpoint', combinations({ a: 140, b: 90, ab: 60 }), WHOLE);
    const { estimate, standardError, interval, refused, cautions, method, seen } = pairs[0]!.estimate;
    assert.deepEqual([method, refused, cautions, seen], ['chapman', null, [], 290]);
    const worked = chapman(200, 150, 60);
    assert.deepEqual([estimate, standardError, interval], [worked.estimate, worked.standardError, worked.interval]);
    assert.equal(estimate?.toFixed(4), '496.5574');
    assert.deepEqual(together, []);
  });

  it('of three feeds are also Chao with (t - 1) / t and the log-linear model of the least BIC with the range over models', () => {
    const { together } = overlapOf('endpoint', WORKED, WHOLE);
    const [chao, models] = together;
    assert.deepEqual([chao?.method, chao?.estimate?.toFixed(4), chao?.range], ['chao', '704.6178', null]);
    assert.equal(models?.method, 'log-linear');
    assert.deepEqual([models?.estimate?.toFixed(3), models?.standardError?.toFixed(3)], ['1023.451', '59.998']);
    assert.deepEqual(
      models?.range?.map((end) => end.toFixed(3)),
      ['862.530', '1023.451'],
    );
    assert.deepEqual([...(models?.feeds ?? [])], ['b', 'c', 'a']);
  });

  it('are refused below seven in common, and seven are enough', () => {
    const refusals = (shared: number): unknown[] => {
      const { pairs, together } = overlapOf('endpoint', combinations({ a: 50, b: 50, c: 50, ab: shared }), WHOLE);
      const ab = pairs.find((one) => one.feeds.join('') === 'ab')?.estimate;
      return [ab, ...together].map((one) => [one?.refused, one?.estimate === null]);
    };
    const small = ['overlap_too_small', true];
    assert.deepEqual(refusals(6), [small, small, small]);
    assert.deepEqual(refusals(7), [
      [null, false],
      [null, false],
      [null, false],
    ]);
  });

  it('are refused when nothing is unseen, and log-linear models of more than five feeds are', () => {
    const same = overlapOf('endpoint', combinations({ ab: 40, a: 10 }), WHOLE).pairs[0]!.estimate;
    assert.deepEqual([same.refused, same.estimate, same.interval], ['no_unseen_part', null, null]);
    const all = overlapOf('endpoint', combinations({ abc: 40 }), WHOLE).together;
    assert.deepEqual(
      all.map((one) => one.refused),
      ['no_unseen_part', 'no_model'],
    );
    const six = overlapOf('endpoint', combinations({ abcdef: 40, a: 9, ab: 9 }), WHOLE).together;
    assert.deepEqual(
      six.map((one) => one.refused),
      [null, 'too_many_feeds'],
    );
  });

  it('are marked as dependent where feeds share a source, directly or through others, or read each other', () => {
    const marks = (...facts: FeedFacts[]): readonly string[] =>
      overlapOf('endpoint', combinations({ a: 50, b: 50, ab: 20 }), facts).pairs[0]!.estimate.cautions;
    assert.deepEqual(marks(whole('a'), whole('b')), []);
    assert.deepEqual(marks(whole('a', 'logs'), whole('b', 'others')), []);
    assert.deepEqual(marks(whole('a', 'logs'), whole('b', 'others', 'logs')), ['dependent']);
    assert.deepEqual(marks(whole('a', 'b'), whole('b')), ['dependent']);
    assert.deepEqual(marks(whole('a'), whole('b', 'c'), whole('c', 'a')), ['dependent']);
    assert.deepEqual(marks(whole('a', 'c'), whole('b', 'a'), whole('c', 'b')), ['dependent']);
  });

  it('are marked as partial where a run was cut short or nothing is known of a feed, and nowhere else', () => {
    const facts = [{ ...whole('a'), partial: true }, whole('b', 'logs'), whole('c', 'logs')];
    const { pairs, together } = overlapOf('endpoint', WORKED, facts);
    assert.deepEqual(
      pairs.map((one) => [one.feeds.join(''), ...one.estimate.cautions]),
      [
        ['bc', 'dependent'],
        ['ba', 'partial'],
        ['ca', 'partial'],
      ],
    );
    for (const one of together) assert.deepEqual(one.cautions, ['dependent', 'partial']);
    const unknown = overlapOf('endpoint', combinations({ ax: 20, a: 9, x: 9 }), WHOLE).pairs[0]!.estimate;
    assert.deepEqual(unknown.cautions, ['partial']);
  });
});

async function run({ db }: Database, feed: string, changes: Record<string, unknown> = {}): Promise<number> {
  const { id } = await db
    .insertInto('feed_run')
    .values({ feed, kind: 'sightings', query: 'q', state: 'complete', code_version: 't', started_at: NOW, ...changes })
    .returning('id')
    .executeTakeFirstOrThrow();
  return Number(id);
}

describe('of a survey', () => {
  it('an endpoint and a certificate count once under all their feeds, and silence counts as an endpoint only', async (t) => {
    const { database } = await withDatabase(t);
    const at = (host: string, feeds: string[], sha = host.replaceAll('.', '0')) =>
      observation({ host, address: host, feeds, certificate: leaf({ sha256: sha.padEnd(64, '0') }) });
    await surveyOf(database, 's', [
      at('8.0.0.1', ['b', 'a']),
      at('8.0.0.2', ['a']),
      at('8.0.0.3', ['a'], 'ab'),
      at('8.0.0.4', ['b'], 'ab'),
      observation({ ...silence, host: '8.0.0.5', address: '8.0.0.5', feeds: ['a'] }),
      observation({ host: '8.0.0.6', address: '8.0.0.6', feeds: ['a'], verdict: { component: 'other' } }),
      observation({ ...silence, host: 'gone.example.org', address: null, feeds: ['c'] }),
      observation({ host: '8.0.0.7', address: '8.0.0.7', feeds: [] }),
    ]);
    // The second endpoint again, by a name that another feed gave and another chunk held.
    await sql`insert into survey_chunk (survey_id, chunk, target_count) values ('s', 1, 0)`.execute(database.db);
    const byName = observation({ host: 'k.example.org', address: '8.0.0.2', feeds: ['c'], certificate: null });
    await commitChunk(database, { surveyId: 's', chunk: 1, vantage: 'v' }, [byName], NOW);
    await surveyOf(database, 'other', [at('9.0.0.1', ['z'])]);
    const { endpoints, kubernetesEndpoints, names, certificates } = await surveyOverlaps(database.db, 's');
    const counts = (of: { combinations: readonly Combination[] }): Record<string, number> =>
      Object.fromEntries(of.combinations.map((one) => [one.feeds.join(''), one.count]));
    assert.deepEqual(counts(endpoints), { a: 3, ab: 1, ac: 1, b: 1, c: 1 });
    assert.deepEqual(counts(kubernetesEndpoints), { a: 1, ab: 1, ac: 1, b: 1 });
    assert.deepEqual(counts(names), { c: 2 });
    assert.deepEqual(counts(certificates), { ab: 2, a: 1 });
    assert.deepEqual(
      [endpoints.unit, kubernetesEndpoints.unit, names.unit, certificates.unit],
      ['endpoint', 'kubernetes endpoint', 'name', 'certificate'],
    );
  });

  it('the last runs up to its drawing say what is partial, what is read from others, and what was paid', async (t) => {
    const { database } = await withDatabase(t);
    await surveyOf(database, 's', [observation({ feeds: ['a', 'b', 'c', 'd'] })]);
    const later = new Date(NOW.getTime() + 1000);
    await run(database, 'a', { state: 'partial', cost: 2 });
    await run(database, 'a', { cost: 3, upstreams: ['logs'] });
    await run(database, 'a', { started_at: later, state: 'failed', cost: 100, upstreams: ['never'] });
    await run(database, 'b', { query: 'one', state: 'failed' });
    await run(database, 'b', { query: 'two' });
    await run(database, 'c', { cap_hit: true });
    await run(database, 'd', { kind: 'counts' });
    const { feeds } = (await surveyOverlaps(database.db, 's')).endpoints;
    assert.deepEqual(feeds, [
      { feed: 'a', upstreams: ['logs'], partial: false, cost: 5, named: 1, only: 0 },
      { feed: 'b', upstreams: [], partial: true, cost: null, named: 1, only: 0 },
      { feed: 'c', upstreams: [], partial: true, cost: null, named: 1, only: 0 },
      { feed: 'd', upstreams: [], partial: true, cost: null, named: 1, only: 0 },
    ]);
  });

  it('that there is not, is refused', async (t) => {
    const { database } = await withDatabase(t);
    await assert.rejects(surveyOverlaps(database.db, 'none'), { code: 'KC_NO_SURVEY' });
  });
});

it('of all sightings, what was seen in the window counts: endpoints by address and port, names by name, certificates by digest', async (t) => {
  const { database } = await withDatabase(t);
  const { db } = database;
  const id = await run(database, 'a');
  const day = (n: number): Date => new Date(Date.UTC(2026, 10, n));
  const sight = async (key: string, host: string, port: number | null, feed: string, first: Date, last: Date) => {
    const kind = /^[\d.]+$/.test(host) ? 'address' : 'name';
    await sql`insert into candidate (key, kind, host, address, port, first_seen, last_seen)
      values (${key}, ${kind}, ${host}, ${kind === 'address' ? host : null}::inet, ${port}, ${first}, ${last}) on conflict do nothing`.execute(
      db,
    );
    await sql`insert into sighting (feed, candidate_id, first_seen, last_seen, first_run, last_run)
      select ${feed}, id, ${first}::timestamptz, ${last}::timestamptz, ${id}, ${id} from candidate where key = ${key}`.execute(
      db,
    );
  };
  await sight('8.0.0.1:6443', '8.0.0.1', 6443, 'a', day(1), day(10));
  await sight('8.0.0.1:6443', '8.0.0.1', 6443, 'b', day(10), day(10));
  await sight('8.0.0.2:6443', '8.0.0.2', 6443, 'a', day(10), day(12));
  await sight('8.0.0.2:6443', '8.0.0.2', 6443, 'b', day(1), day(9));
  await sight('8.0.0.3:6443', '8.0.0.3', 6443, 'b', day(12), day(13));
  await sight('8.0.0.4', '8.0.0.4', null, 'b', day(10), day(10));
  await sight('k.example.org', 'k.example.org', null, 'a', day(10), day(10));
  await sight('k.example.org:443', 'k.example.org', 443, 'b', day(10), day(10));
  const evidence = (feed: string, key: string, at: Date, body: object) =>
    sql`insert into sighting_evidence (feed, candidate_id, observed_at, body)
      select ${feed}, id, ${at}::timestamptz, ${JSON.stringify(body)}::jsonb from candidate where key = ${key}`.execute(
      db,
    );
  const der = Buffer.from('a certificate');
  const sha256 = createHash('sha256').update(der).digest('hex');
  await evidence('a', '8.0.0.1:6443', day(10), { tls: { chain: [der.toString('base64')] } });
  // The same one elsewhere, by its digest alone; another one before the window; what is no base64; and nothing.
  await evidence('b', '8.0.0.2:6443', day(11), { certificate: { sha256: sha256.toUpperCase() } });
  await evidence('a', '8.0.0.2:6443', day(9), { certificate: { sha256: '00' } });
  await evidence('b', '8.0.0.1:6443', day(10), { tls: { chain: ['=broken='] }, certificate: { sha256: '11' } });
  await evidence('b', '8.0.0.3:6443', day(10), { requests: [] });
  const { endpoints, names, certificates } = await sightingOverlaps(db, { from: day(10), to: day(12) });
  assert.deepEqual(certificates.combinations, [
    { feeds: ['a', 'b'], count: 1 },
    { feeds: ['b'], count: 1 },
  ]);
  assert.deepEqual(endpoints.combinations, [
    { feeds: ['a'], count: 1 },
    { feeds: ['a', 'b'], count: 1 },
  ]);
  assert.deepEqual(names.combinations, [{ feeds: ['a', 'b'], count: 1 }]);
  // As a report of a survey that drew on one feed reads it: the other one, withheld perhaps, is not even counted.
  const alone = await sightingOverlaps(db, { from: day(10), to: day(12) }, ['b']);
  assert.deepEqual(alone.certificates.combinations, [{ feeds: ['b'], count: 2 }]);
  assert.deepEqual(alone.endpoints.combinations, [{ feeds: ['b'], count: 1 }]);
  for (const overlap of Object.values(alone)) assert.ok(!JSON.stringify(overlap).includes('"a"'));
  assert.deepEqual([endpoints.unit, names.unit, certificates.unit], ['endpoint', 'name', 'certificate']);
});
