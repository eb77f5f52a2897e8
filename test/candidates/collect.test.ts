// Collecting a feed: what is counted, what is kept, and that a killed pull or a second import changes nothing that it should not.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as fc from 'fast-check';
import { sql } from 'kysely';
import { type CollectContext, collect } from '../../services/candidates/collect.job.ts';
import type { Evidence } from '../../services/feeds/evidence.ts';
import type { Feed, FeedItem, Sighting } from '../../services/feeds/feed.ts';
import { loadCursor } from '../../services/feeds/feed-cursor.store.ts';
import { type FeedRun, findRun, lastRuns } from '../../services/feeds/feed-run.store.ts';
import { quarantined } from '../../services/feeds/quarantine.store.ts';
import { type TestDatabase, withDatabase } from '../support/database.ts';

const NOW = new Date('2026-11-24T12:00:00.000Z');
const day = (n: number): string => new Date(Date.UTC(2026, 9, n)).toISOString();
const never = new AbortController().signal;

type Pull = Feed['pull'];
const feedOf = (name: string, pull: Pull | readonly FeedItem[]): Feed => ({
  name,
  kind: 'sightings',
  title: name,
  terms: '',
  upstreams: [],
  cost: 'none',
  query: 'all',
  pull:
    typeof pull === 'function'
      ? pull
      : async function* () {
          yield* pull;
        },
});

const sighting = (host: string, rest: Partial<Sighting> = {}): Sighting => ({
  type: 'sighting',
  host,
  port: null,
  observedAt: null,
  at: 'line 1',
  ...rest,
});
const evidence = (body: string): Evidence => ({ endpoint: { address: '8.8.8.8', port: 443 }, id: body });
const checkpoint = (cursor: unknown): FeedItem => ({ type: 'checkpoint', cursor });

function collecting({ database }: TestDatabase, options: Partial<CollectContext> = {}) {
  const context: CollectContext = {
    db: database.db,
    now: () => NOW,
    codeVersion: 'test',
    door: (candidate) => (candidate.host === '9.9.9.9' ? 'opted_out' : null),
    canonicalOptions: {},
    onProgress: () => undefined,
    ...options,
  };
  return (feed: Feed, signal = never, now = context.now): Promise<FeedRun> =>
    collect(feed, { ...context, now }, signal);
}

/** All that a feed leaves behind, without numbers that count attempts. */
async function state({ database }: TestDatabase): Promise<unknown[]> {
  const { rows } = await sql<Record<string, unknown>>`
    select c.key, c.kind, host(c.address) as address, c.port, c.first_seen, c.last_seen, s.feed, s.first_seen as feed_first, s.last_seen as feed_last,
      e.observed_at, e.body->>'id' as body
    from candidate c join sighting s on s.candidate_id = c.id left join sighting_evidence e on e.feed = s.feed and e.candidate_id = c.id
    order by c.key collate "C", s.feed
  `.execute(database.db);
  return rows;
}

/** What one feed should leave behind, row by row, in the plainest way there is. */
class Model {
  readonly counts = { read: 0, accepted: 0, duplicate: 0, rejected: 0 };
  readonly rows = new Map<string, { first: number; last: number; evidenceAt: number; body: string | null }>();

  add(item: FeedItem, now: Date): void {
    if (item.type === 'rejection') this.count('rejected');
    if (item.type !== 'sighting') return;
    if (!/^8\./.test(item.host)) {
      this.count('rejected');
      return;
    }
    const stated = item.observedAt === null ? null : Date.parse(item.observedAt);
    const row = this.rows.get(item.host);
    const seen = stated ?? row?.last ?? now.getTime();
    this.count(row === undefined || (stated !== null && stated > row.last) ? 'accepted' : 'duplicate');
    const body = item.evidence?.id ?? null;
    const evidenceAt = stated ?? now.getTime();
    const newer = body !== null && evidenceAt > (row?.evidenceAt ?? 0);
    this.rows.set(item.host, {
      first: Math.min(seen, row?.first ?? seen),
      last: Math.max(seen, row?.last ?? seen),
      evidenceAt: newer ? evidenceAt : (row?.evidenceAt ?? 0),
      body: newer ? body : (row?.body ?? null),
    });
  }

  count(kind: 'accepted' | 'duplicate' | 'rejected'): void {
    this.counts.read++;
    this.counts[kind]++;
  }
}

const someItem: fc.Arbitrary<FeedItem> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc
      .record({
        host: fc.constantFrom('8.0.0.1', '8.0.0.2', '8.0.0.3', '9.9.9.9', '1.2.3', 'a..b'),
        observedAt: fc.option(fc.constantFrom(day(1), day(2), day(3))),
        body: fc.option(fc.constantFrom('x', 'y')),
      })
      .map(({ host, observedAt, body }) => {
        const shown = observedAt === null ? 'undated' : body;
        return sighting(host, { observedAt, ...(body === null ? {} : { evidence: evidence(shown as string) }) });
      }),
  },
  {
    weight: 2,
    arbitrary: fc.constant<FeedItem>({ type: 'rejection', reason: 'bad_json', at: 'line 2', excerpt: '{' }),
  },
  { weight: 2, arbitrary: fc.constant<FeedItem>(checkpoint({ page: 1 })) },
  { weight: 1, arbitrary: fc.constant<FeedItem>({ type: 'note', claimedTotal: 12 }) },
);

it('counts every row once and keeps what a plain model keeps, for any stream and any place of checkpoints', async (t) => {
  const test = await withDatabase(t);
  const run = collecting(test);
  await fc.assert(
    fc.asyncProperty(fc.array(someItem, { maxLength: 40 }), async (items) => {
      // Few rows: deleting them is cheaper than the new files that truncating makes.
      for (const table of ['sighting_evidence', 'sighting', 'candidate', 'quarantine', 'feed_cursor', 'feed_run'])
        await sql`delete from ${sql.table(table)}`.execute(test.database.db);
      const model = new Model();
      for (const item of items) model.add(item, NOW);
      const done = await run(feedOf('f', items));
      const { read, accepted, duplicate, rejected, rejectedBy } = done;
      assert.deepEqual({ read, accepted, duplicate, rejected }, model.counts);
      assert.equal(
        Object.values(rejectedBy).reduce((sum, n) => sum + n, 0),
        rejected,
      );
      assert.equal(done.state, 'complete');
      const kept = [...model.rows].sort().map(([key, row]) => ({
        key,
        kind: 'address',
        address: key,
        port: null,
        first_seen: new Date(row.first),
        last_seen: new Date(row.last),
        feed: 'f',
        feed_first: new Date(row.first),
        feed_last: new Date(row.last),
        observed_at: row.body === null ? null : new Date(row.evidenceAt),
        body: row.body,
      }));
      assert.deepEqual(await state(test), kept);
    }),
    { numRuns: 40 },
  );
});

it('changes nothing when the same rows are collected again, with and without times of their own', async (t) => {
  const test = await withDatabase(t);
  const run = collecting(test);
  const items = [
    sighting('8.0.0.1', { observedAt: day(1), evidence: evidence('a') }),
    sighting('8.0.0.1', { observedAt: day(2), evidence: evidence('b') }),
    sighting('8.0.0.2', { evidence: evidence('c') }),
    sighting('api.example.org'),
  ];
  const first = await run(feedOf('f', items));
  const before = await state(test);
  const second = await run(feedOf('f', items), never, () => new Date(NOW.getTime() + 3_600_000));
  assert.deepEqual([first.accepted, first.duplicate], [4, 0]);
  assert.deepEqual([second.read, second.accepted, second.duplicate], [4, 0, 4]);
  assert.deepEqual(await state(test), before);
});

it('goes on at the last committed cursor after a pull that broke, without loss or double acceptance', async (t) => {
  const test = await withDatabase(t);
  const run = collecting(test);
  const hosts = Array.from({ length: 30 }, (_, i) => `8.0.0.${i + 1}`);
  const pulls: unknown[] = [];
  const pull = (breakAt: number): Pull =>
    async function* (since) {
      pulls.push(since);
      const from = since === null ? 0 : (since as { next: number }).next;
      for (const [i, host] of hosts.entries()) {
        if (i < from) continue;
        if (i === breakAt) throw new Error('the line went dead');
        yield sighting(host, { observedAt: day(1) });
        if (i % 10 === 9) yield checkpoint({ next: i + 1 });
      }
    };
  await assert.rejects(run(feedOf('f', pull(25))), /went dead/);
  const [broken] = await lastRuns(test.database.db);
  assert.equal(broken?.state, 'failed');
  assert.match(broken.partialReason ?? '', /went dead/);
  assert.deepEqual(
    [broken.read, broken.accepted],
    [20, 20],
    'rows after the last commit are neither stored nor counted',
  );
  assert.deepEqual(await loadCursor(test.database.db, 'f', 'all'), { next: 20 });
  const resumed = await run(feedOf('f', pull(-1)));
  assert.deepEqual(pulls, [null, { next: 20 }]);
  assert.deepEqual([resumed.read, resumed.accepted, resumed.duplicate], [10, 10, 0]);
  assert.equal((await state(test)).length, hosts.length);
});

it('stores rows, counts and cursor together or not at all', async (t) => {
  const test = await withDatabase(t);
  await sql`alter table feed_cursor add check (cursor <> '"forbidden"')`.execute(test.database.db);
  await assert.rejects(collecting(test)(feedOf('f', [sighting('8.0.0.1'), checkpoint('forbidden')])));
  assert.deepEqual(await state(test), []);
  const [run] = await lastRuns(test.database.db);
  assert.deepEqual([run?.state, run?.read], ['failed', 0]);
});

it('reads on while a batch is written, and no further than the next', async (t) => {
  const test = await withDatabase(t);
  const locked = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const holding = test.database.db.transaction().execute(async (tx) => {
    await sql`lock table sighting in share mode`.execute(tx);
    locked.resolve();
    await release.promise;
  });
  await locked.promise;
  const reached: number[] = [];
  const two = Promise.withResolvers<void>();
  const running = collecting(test)(
    feedOf('f', async function* () {
      for (let i = 1; i <= 4; i++) {
        reached.push(i);
        if (i === 2) two.resolve();
        yield sighting(`8.0.0.${i}`);
        yield checkpoint({ next: i });
      }
    }),
  );
  await two.promise;
  // The second batch is complete and waits for the first, which waits for the lock: whatever time passes, nothing more is read.
  await test.database.db.selectFrom('feed_run').selectAll().execute();
  const reachedMeanwhile = [...reached];
  release.resolve();
  await holding;
  const run = await running;
  assert.deepEqual(reachedMeanwhile, [1, 2]);
  assert.deepEqual([run.state, run.accepted], ['complete', 4]);
  assert.deepEqual(await loadCursor(test.database.db, 'f', 'all'), { next: 4 });
});

it('stores nothing past a batch that could not be written', async (t) => {
  const test = await withDatabase(t);
  await sql`alter table candidate add check (key <> '8.0.0.2')`.execute(test.database.db);
  const items = [1, 2, 3, 4].flatMap((i) => [sighting(`8.0.0.${i}`), checkpoint({ next: i })]);
  await assert.rejects(collecting(test)(feedOf('f', items)), /candidate/);
  const rows = (await state(test)) as { key: string }[];
  assert.deepEqual(
    rows.map(({ key }) => key),
    ['8.0.0.1'],
  );
  assert.deepEqual(await loadCursor(test.database.db, 'f', 'all'), { next: 1 });
});

it('takes dated evidence though later evidence without a time says what is known', async (t) => {
  const test = await withDatabase(t);
  const run = collecting(test);
  await run(feedOf('f', [sighting('8.0.0.1', { observedAt: day(1), evidence: evidence('known') })]));
  await run(
    feedOf('f', [
      sighting('8.0.0.1', { evidence: evidence('known') }),
      sighting('8.0.0.1', { observedAt: day(3), evidence: evidence('new') }),
    ]),
  );
  const [row] = (await state(test)) as Record<string, unknown>[];
  assert.deepEqual([row?.['body'], row?.['observed_at']], ['new', new Date(day(3))]);
});

it('never lets an older file move evidence or last seen back, and lets it widen first seen', async (t) => {
  const test = await withDatabase(t);
  const run = collecting(test);
  await run(feedOf('f', [sighting('8.0.0.1', { observedAt: day(5), evidence: evidence('new') })]));
  const older = await run(feedOf('f', [sighting('8.0.0.1', { observedAt: day(2), evidence: evidence('old') })]));
  assert.deepEqual([older.accepted, older.duplicate], [0, 1]);
  const [row] = (await state(test)) as Record<string, unknown>[];
  assert.deepEqual([row?.['body'], row?.['observed_at']], ['new', new Date(day(5))]);
  assert.deepEqual([row?.['first_seen'], row?.['last_seen']], [new Date(day(2)), new Date(day(5))]);
  await run(feedOf('f', [sighting('8.0.0.1', { observedAt: day(6), evidence: evidence('newest') })]));
  const [after] = (await state(test)) as Record<string, unknown>[];
  assert.deepEqual([after?.['body'], after?.['last_seen']], ['newest', new Date(day(6))]);
});

it('keeps evidence of an older row beside a newer row that carries none', async (t) => {
  const test = await withDatabase(t);
  await collecting(test)(
    feedOf('f', [
      sighting('8.0.0.1', { observedAt: day(1), evidence: evidence('only') }),
      sighting('8.0.0.1', { observedAt: day(2) }),
    ]),
  );
  const [row] = (await state(test)) as Record<string, unknown>[];
  assert.deepEqual([row?.['body'], row?.['last_seen']], ['only', new Date(day(2))]);
});

it('keeps addresses, names and ports apart, and each feed beside the other', async (t) => {
  const test = await withDatabase(t);
  const run = collecting(test);
  await run(
    feedOf('a', [
      sighting('8.0.0.1', { port: 6443, observedAt: day(1) }),
      sighting('API.example.org.', { port: '443', observedAt: day(1) }),
    ]),
  );
  await run(
    feedOf('b', [
      sighting('8.0.0.1', { port: 6443, observedAt: day(3) }),
      sighting('[2606:4700:0::1]', { observedAt: day(1) }),
    ]),
  );
  const rows = (await state(test)) as Record<string, unknown>[];
  assert.deepEqual(
    rows.map((row) => [row['key'], row['kind'], row['address'], row['port'], row['feed'], row['feed_last']]),
    [
      ['8.0.0.1:6443', 'address', '8.0.0.1', 6443, 'a', new Date(day(1))],
      ['8.0.0.1:6443', 'address', '8.0.0.1', 6443, 'b', new Date(day(3))],
      ['[2606:4700::1]', 'address', '2606:4700::1', null, 'b', new Date(day(1))],
      ['api.example.org:443', 'name', null, 443, 'a', new Date(day(1))],
    ],
  );
  assert.deepEqual(rows[0]?.['last_seen'], new Date(day(3)), 'the candidate was last seen when any feed saw it last');
});

it('refuses times that cannot be, and says which', async (t) => {
  const test = await withDatabase(t);
  const times = [
    'yesterday',
    '+200000-01-01T00:00:00Z',
    '-200000-01-01T00:00:00Z',
    '1970-01-01T00:00:00Z',
    '2026-11-25T12:00:01Z',
    '2026-11-25T11:59:59Z',
  ];
  const run = await collecting(test)(
    feedOf(
      'f',
      times.map((observedAt, i) => sighting(`8.0.0.${i + 1}`, { observedAt })),
    ),
  );
  assert.deepEqual(run.rejectedBy, { bad_time: 3, time_in_future: 2 });
  assert.equal(run.accepted, 1);
});

it('counts who opted out and keeps no trace of them', async (t) => {
  const test = await withDatabase(t);
  const run = await collecting(test)(
    feedOf('f', [sighting('9.9.9.9'), sighting('9.9.9.9', { port: 6443 }), sighting('a..b')]),
  );
  assert.deepEqual(run.rejectedBy, { opted_out: 2, bad_name: 1 });
  assert.deepEqual(await quarantined(test.database.db, run.id, 10), [
    { at: 'line 1', reason: 'bad_name', excerpt: 'a..b' },
  ]);
  assert.deepEqual(await state(test), []);
});

it('keeps a thousand rejected rows of a run and counts them all', async (t) => {
  const test = await withDatabase(t);
  const bad = Array.from(
    { length: 12_000 },
    (_, i): FeedItem => ({ type: 'rejection', reason: 'bad_json', at: `line ${i}`, excerpt: 'x'.repeat(500) }),
  );
  const run = await collecting(test)(feedOf('f', bad));
  const kept = await quarantined(test.database.db, run.id, 20_000);
  assert.deepEqual([run.rejected, kept.length], [12_000, 1000]);
  assert.equal(kept[0]?.excerpt.length, 200);
});

it('stores what hostile hosts send: NUL and lone surrogates in values, in header names and in rejected rows', async (t) => {
  const test = await withDatabase(t);
  const hostile: Evidence = {
    endpoint: { address: '8.0.0.1', port: 443 },
    id: 'nul \u0000 lone \ud800 pair \u{1f600} slash \\u0000 quote "',
    requests: [{ path: '/version', status: 200, headers: { 'x\u0000y\udc00': 'v' }, body: '\u0000' }],
  };
  const run = await collecting(test)(
    feedOf('f', [
      sighting('8.0.0.1', { evidence: hostile }),
      { type: 'rejection', reason: 'bad_json', at: 'line 2', excerpt: '\u0000\ud800' },
    ]),
  );
  assert.deepEqual([run.accepted, run.rejected], [1, 1]);
  const { body } = await test.database.db.selectFrom('sighting_evidence').select('body').executeTakeFirstOrThrow();
  const stored = body as unknown as { id: string; requests: { headers: Record<string, string>; body: string }[] };
  assert.equal(stored.id, 'nul \ufffd lone \ufffd pair \u{1f600} slash \\u0000 quote "');
  assert.deepEqual(stored.requests[0], {
    path: '/version',
    status: 200,
    headers: { 'x\ufffdy\ufffd': 'v' },
    body: '\ufffd',
  });
});

it('commits before evidence outgrows a query', async (t) => {
  const test = await withDatabase(t);
  const commits: number[] = [];
  const body = 'b'.repeat(1024 * 1024);
  const items = Array.from({ length: 40 }, (_, i) => sighting(`8.0.0.${i + 1}`, { evidence: evidence(body) }));
  await collecting(test, { onProgress: (counts) => commits.push(counts.read) })(feedOf('f', items));
  assert.equal(
    commits.reduce((sum, n) => sum + n, 0),
    40,
  );
  assert.ok(Math.max(...commits) <= 16, `the largest commit held ${Math.max(...commits)} MB of evidence`);
});

it('says what made a run partial: a note, a cap, an abort, or a process that died', async (t) => {
  const test = await withDatabase(t);
  const run = collecting(test);
  assert.equal(
    (await run(feedOf('noted', [{ type: 'note', partial: 'credits_spent' }]))).partialReason,
    'credits_spent',
  );
  const capped = await run(feedOf('capped', [{ type: 'note', capHit: true, claimedTotal: 7, entries: 9, cost: 2 }]));
  assert.deepEqual([capped.state, capped.claimedTotal, capped.entries, capped.cost], ['partial', 7, 9, 2]);
  const stopping = new AbortController();
  const aborted = await run(
    feedOf('aborted', async function* (_since, signal) {
      for (let i = 1; !signal.aborted; i++) {
        yield sighting(`8.0.0.${i}`);
        if (i === 5) stopping.abort();
      }
    }),
    stopping.signal,
  );
  assert.deepEqual([aborted.state, aborted.partialReason, aborted.accepted], ['partial', 'interrupted', 5]);
  await sql`insert into feed_run (feed, kind, query, code_version, started_at) values ('died', 'sightings', 'all', 'test', now())`.execute(
    test.database.db,
  );
  const died = (await lastRuns(test.database.db)).find((one) => one.feed === 'died');
  await run(feedOf('died', [sighting('8.0.0.9')]));
  assert.equal((await findRun(test.database.db, died?.id ?? 0))?.state, 'partial');
});

it('refuses counts from a feed of sightings', async (t) => {
  const test = await withDatabase(t);
  const count: FeedItem = {
    type: 'count',
    observedAt: day(1),
    query: 'q',
    field: 'f',
    unit: 'hosts',
    total: 1,
    omitted: null,
    deviation: null,
    buckets: [],
    at: 'file',
  };
  await assert.rejects(collecting(test)(feedOf('f', [count])), { code: 'KC_INTERNAL' });
});
