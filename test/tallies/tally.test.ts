// Tallies: the whole census of 2022 to 2024 counted as it was stated, each day once, and what a feed of counts may state wrongly.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import type { Feed, FeedItem, StatedCount } from '../../services/feeds/feed.ts';
import { loadCursor } from '../../services/feeds/feed-cursor.store.ts';
import { heldRuns, lastRuns } from '../../services/feeds/feed-run.store.ts';
import { createFileFeed } from '../../services/feeds/file.feed.ts';
import { approveRun, rejectRun } from '../../services/feeds/held-run.store.ts';
import type { Database } from '../../services/platform/db/database.ts';
import { releaseTally } from '../../services/tallies/held-tally.store.ts';
import { tally } from '../../services/tallies/tally.job.ts';
import { type TallyDimension, tallyCounts } from '../../services/tallies/tally.store.ts';
import { withDatabase } from '../support/database.ts';

const NOW = new Date('2026-11-24T12:00:00.000Z');
const CENSUS = new URL('../../../shared/data/census-2022-2024/', import.meta.url);
/** Files of the census lie beside the project where it was developed; they are not ours to hand on. */
const missing = existsSync(CENSUS) ? false : 'the census files are not there';
const FILES = 36;
/** The engine answered nothing on that day: both its files say so. */
const EMPTY_DAY = '2022-09-23';
const DAYS = 17;
/** At most this share of the hosts of a day may have a version that no distribution is known for. */
const UNKNOWN_SHARE = 0.001;
const never = new AbortController().signal;

const contextOf = ({ db }: Database) => ({ db, now: () => NOW, codeVersion: 'test' });

async function importCensus(database: Database, files: readonly string[]) {
  const runs = [];
  for (const file of files) {
    const feed = await createFileFeed({
      path: fileURLToPath(new URL(file, CENSUS)),
      name: null,
      format: 'auto',
      observedAt: null,
      expandCidr: false,
      clock: () => NOW,
    });
    runs.push(await tally(feed, contextOf(database), never));
  }
  return runs;
}

/** Hosts by version string, read from a CSV of the census in the plainest way. */
async function versionsOf(file: string): Promise<Map<string, number>> {
  const text = await readFile(new URL(file, CENSUS), 'utf8');
  const versions = new Map<string, number>();
  for (const line of text.split('\n').filter((row) => row.trim() !== '')) {
    const cells = line.trim().split(',');
    versions.set(cells[1] as string, (versions.get(cells[1] as string) ?? 0) + Number(cells[2]));
  }
  return versions;
}

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, n) => total + n, 0);

describe('the census of 2022 to 2024', { skip: missing }, () => {
  it('is counted as its files say, each day once though each day has two files, by every dimension', async (t) => {
    const { database } = await withDatabase(t);
    const files = (await readdir(CENSUS)).filter((file) => /\.(json|csv)$/.test(file)).sort();
    const csvs = files.filter((file) => file.endsWith('.csv'));
    assert.deepEqual([files.length, csvs.length], [FILES, FILES / 2]);
    const runs = await importCensus(database, files);
    assert.deepEqual(
      [sum(runs.map((run) => run.read)), sum(runs.map((run) => run.accepted)), sum(runs.map((run) => run.duplicate))],
      [2 * DAYS, DAYS, DAYS],
    );
    const partial = runs
      .filter((run) => run.state !== 'complete')
      .map((run) => `${run.query.slice(0, 10)} ${run.partialReason}`);
    assert.deepEqual(partial, [`${EMPTY_DAY} feed_empty`, `${EMPTY_DAY} feed_empty`]);
    for (const by of ['distribution', 'minor', 'support', 'version'] as const satisfies TallyDimension[]) {
      const byDay = Map.groupBy(await tallyCounts(database.db, by, null), (row) => row.day);
      assert.equal(byDay.size, DAYS, by);
      for (const csv of csvs) {
        const day = csv.slice(0, 10);
        if (day === EMPTY_DAY) continue;
        const rows = byDay.get(day) ?? [];
        const stated = await versionsOf(csv);
        assert.equal(sum(rows.map((row) => row.count)), sum(stated.values()), `${by} of ${day}`);
        assert.ok(Math.abs(sum(rows.map((row) => row.share)) - 1) < 1e-9, `shares by ${by} of ${day}`);
        if (by === 'version') assert.deepEqual(new Map(rows.map((row) => [row.value, row.count])), stated, day);
        if (by !== 'distribution') continue;
        const unknown = sum(rows.filter((row) => row.value === 'unknown').map((row) => row.share));
        assert.ok(
          unknown <= UNKNOWN_SHARE,
          `${(unknown * 100).toFixed(3)} % of the hosts of ${day} are of no known distribution`,
        );
      }
    }
  });

  it('keeps what the engine admits: total, hosts left out and deviation, and is not counted again when it is imported again', async (t) => {
    const { database } = await withDatabase(t);
    const file = '2023-05-07-k8s-version-info.json';
    const [first] = await importCensus(database, [file]);
    const text = await readFile(new URL(file, CENSUS), 'utf8');
    const stated = (name: string): number => Number(new RegExp(`"${name}"=>(\\d+)`).exec(text)?.[1]);
    const row = await database.db.selectFrom('tally').selectAll().executeTakeFirstOrThrow();
    assert.deepEqual(
      [row.total, row.omitted, row.deviation],
      [stated('total'), stated('total_omitted'), stated('potential_deviation')],
    );
    assert.deepEqual([row.observed_at, row.unit, row.feed], [new Date('2023-05-07T00:00:00Z'), 'hosts', 'census']);
    const [again] = await importCensus(database, [file]);
    assert.deepEqual([first?.accepted, again?.accepted, again?.duplicate], [1, 0, 1]);
    assert.equal((await database.db.selectFrom('tally').select('id').execute()).length, 1);
  });
});

const count = (changes: Partial<StatedCount> = {}): StatedCount => ({
  type: 'count',
  observedAt: '2023-05-07T00:00:00.000Z',
  query: 'q',
  field: 'version',
  unit: 'hosts',
  total: 30,
  omitted: 2,
  deviation: 1,
  buckets: [
    { key: 'v1.27.1', count: 20 },
    { key: 'v1.24.9-gke.3200', count: 8 },
  ],
  at: 'file',
  ...changes,
});

const feedOf = (name: string, items: readonly FeedItem[]): Feed => ({
  name,
  kind: 'counts',
  title: '',
  terms: '',
  upstreams: [],
  cost: '',
  query: 'q',
  pull: async function* () {
    yield* items;
  },
});

describe('a feed of counts', () => {
  it('states a count anew for another day, query, field or feed, and the same one once', async (t) => {
    const { database } = await withDatabase(t);
    const items = [
      count(),
      count({ total: 99, buckets: [] }),
      count({ observedAt: '2023-05-08T00:00:00.000Z' }),
      count({ query: 'r' }),
      count({ field: 'port' }),
    ];
    const run = await tally(feedOf('f', items), contextOf(database), never);
    const other = await tally(feedOf('g', items.slice(0, 1)), contextOf(database), never);
    assert.deepEqual([run.read, run.accepted, run.duplicate, other.accepted], [5, 4, 1, 1]);
    const first = await database.db
      .selectFrom('tally')
      .select('total')
      .where('feed', '=', 'f')
      .orderBy('id')
      .executeTakeFirstOrThrow();
    assert.equal(first.total, 30, 'the first statement stays');
  });

  it('is judged as of the day that it speaks of', async (t) => {
    const { database } = await withDatabase(t);
    await tally(feedOf('f', [count(), count({ observedAt: '2026-05-07T00:00:00.000Z' })]), contextOf(database), never);
    const rows = await tallyCounts(database.db, 'support', 'f');
    assert.deepEqual(
      rows.map((row) => [row.day, row.value, row.count]),
      [
        ['2023-05-07', 'supported', 28],
        ['2026-05-07', 'end-of-life', 28],
      ],
    );
    const byDistribution = await tallyCounts(database.db, 'distribution', 'f');
    assert.deepEqual(
      byDistribution.slice(0, 2).map((row) => [row.value, row.count, row.share.toFixed(4)]),
      [
        ['vanilla', 20, '0.7143'],
        ['gke', 8, '0.2857'],
      ],
    );
    assert.deepEqual(await tallyCounts(database.db, 'minor', 'nobody'), []);
  });

  it('may list a key twice, print nonsense and send what Postgres cannot store', async (t) => {
    const { database } = await withDatabase(t);
    const noise = Array.from({ length: 4000 }, (_, i) => String.fromCodePoint(0x4e00 + ((i * 7919) % 20_000))).join('');
    const buckets = ['v1.27.1', 'v1.27.1', 'a\u0000b', 'a\ufffdb', '', noise].map((key) => ({ key, count: 2 }));
    const run = await tally(feedOf('f', [count({ buckets })]), contextOf(database), never);
    assert.equal(run.accepted, 1);
    const rows = await tallyCounts(database.db, 'version', 'f');
    assert.deepEqual(
      rows.map((row) => [row.value?.slice(0, 10), row.count]).sort(),
      [
        ['', 2],
        ['a\ufffdb', 4],
        ['v1.27.1', 4],
        [noise.slice(0, 10), 2],
      ].sort(),
    );
    assert.deepEqual(
      (await tallyCounts(database.db, 'distribution', 'f')).map((row) => [row.value, row.count]),
      [
        ['unknown', 8],
        ['vanilla', 4],
      ],
    );
  });

  it('counts rejections, keeps its cursor and notes, and refuses sightings', async (t) => {
    const { database } = await withDatabase(t);
    const items: FeedItem[] = [
      { type: 'rejection', reason: 'bad_json', at: 'line 1', excerpt: '{' },
      count(),
      { type: 'checkpoint', cursor: { page: 2 } },
      { type: 'note', partial: 'credits_spent' },
    ];
    const run = await tally(feedOf('f', items), contextOf(database), never);
    assert.deepEqual(
      [run.read, run.accepted, run.rejected, run.rejectedBy, run.state],
      [2, 1, 1, { bad_json: 1 }, 'partial'],
    );
    assert.deepEqual(await loadCursor(database.db, 'f', 'q'), { page: 2 });
    const sighting: FeedItem = { type: 'sighting', host: '8.0.0.1', port: null, observedAt: null, at: 'line 1' };
    await assert.rejects(tally(feedOf('g', [sighting]), contextOf(database), never), { code: 'KC_INTERNAL' });
    assert.equal((await lastRuns(database.db)).find((one) => one.feed === 'g')?.state, 'failed');
  });

  it('without buckets is a tally without shares', async (t) => {
    const { database } = await withDatabase(t);
    await tally(feedOf('f', [count({ buckets: [] })]), contextOf(database), never);
    assert.deepEqual(await tallyCounts(database.db, 'version', null), []);
    assert.equal((await sql`select 1 from tally`.execute(database.db)).rows.length, 1);
  });
});

describe('a stated count that jumps', () => {
  const day = (n: number, total: number): StatedCount =>
    count({ observedAt: `2023-05-${String(n).padStart(2, '0')}T00:00:00.000Z`, total });
  const totals = async ({ db }: Database): Promise<number[]> =>
    (await db.selectFrom('tally').select('total').orderBy('observed_at').execute()).map(({ total }) => Number(total));

  it('is held at ten times or a tenth of its neighbour in time, and let in or dropped by a person', async (t) => {
    const { database } = await withDatabase(t);
    const run = (...items: FeedItem[]) => tally(feedOf('f', items), contextOf(database), never);
    assert.equal((await run(day(1, 50_000))).state, 'complete', 'a first count is never held');
    assert.equal((await run(day(20, 900_000))).state, 'held');
    const low = await run(day(2, 5000));
    assert.deepEqual([low.state, low.read, low.held, low.accepted], ['held', 1, 1, 0]);
    assert.deepEqual([low.hold?.unit, low.hold?.before, low.hold?.now], ['hosts', 50_000, 5000]);
    assert.deepEqual(await totals(database), [50_000]);
    assert.deepEqual((await tallyCounts(database.db, 'version', null)).length, 2, 'only the first is counted');
    assert.equal((await run(day(3, 5001))).state, 'complete');
    const approved = await approveRun(database.db, low.id, NOW, releaseTally);
    assert.deepEqual([approved.state, approved.accepted, approved.held], ['complete', 1, 0]);
    assert.deepEqual(await totals(database), [50_000, 5000, 5001]);
    const [high] = await heldRuns(database.db);
    assert.equal((await rejectRun(database.db, high?.id ?? 0, NOW)).state, 'rejected');
    assert.equal((await database.db.selectFrom('held_tally').select('n').execute()).length, 0);
    assert.deepEqual(await totals(database), [50_000, 5000, 5001]);
  });

  it('is compared with the same question only, and not with itself', async (t) => {
    const { database } = await withDatabase(t);
    const run = (...items: FeedItem[]) => tally(feedOf('f', items), contextOf(database), never);
    await run(day(1, 50_000));
    for (const other of [{ query: 'r' }, { field: 'port' }, { unit: 'services', query: 's' }])
      assert.equal((await run({ ...day(2, 90), ...other })).state, 'complete');
    const again = await run(day(1, 1));
    assert.deepEqual([again.state, again.duplicate], ['complete', 1]);
  });
});
