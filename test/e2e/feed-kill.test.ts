// kill -9 in the middle of a run, per kind of feed: whoever starts it again has in the end what an undisturbed run has, nothing lost and nothing counted twice.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { sql } from 'kysely';
import pg from 'pg';
import { SHODAN } from '../../services/feeds/engines/shodan.ts';
import { certificateUpdate, startCertstream } from '../../services/lab/certstream.ts';
import { startCrtsh } from '../../services/lab/crtsh.ts';
import { startCtLog } from '../../services/lab/ct-log.ts';
import { startEngine } from '../../services/lab/engines/server.ts';
import { LAB_SHODAN } from '../../services/lab/engines/shodan.ts';
import type { Database } from '../../services/platform/db/database.ts';
import { certificatePool, entriesOf } from '../feeds/certificate-transparency/lab-log.ts';
import { rowsOf } from '../feeds/engines/rows.ts';
import { until } from '../platform/until.ts';
import { type Finished, finished, startCommand } from '../support/command.ts';
import { withDatabase } from '../support/database.ts';

const KEY = 'lab-key';
const SEEN = new Date('2026-11-20T10:00:00Z');
/** Any number that nobody else locks. */
const GATE = 4711;

/** The progress at which a run is stopped and killed: its transaction that brings a column of feed_run to so much. */
interface Progress {
  readonly column: 'read' | 'entries' | 'accepted';
  readonly reaches: number;
}

/** The command line on a database and a home of its own, with these feeds. */
async function installation(t: TestContext, feeds: Record<string, unknown>) {
  const test = await withDatabase(t);
  const home = await mkdtemp(join(tmpdir(), 'kubecensus-feed-kill-'));
  test.onEnd(() => rm(home, { recursive: true }));
  const config = join(home, 'config.json');
  await writeFile(config, JSON.stringify({ feeds }));
  const environment = {
    DATABASE_URL: test.url,
    KUBECENSUS_DATA_DIR: join(home, 'data'),
    KUBECENSUS_CONFIG: config,
    LAB_KEY: KEY,
  };
  return { ...test, environment, home };
}
type Installation = Awaited<ReturnType<typeof installation>>;

/** Runs a command and kills it -9 while the transaction stands open that reaches `at`. */
async function killAt(at: Progress, args: readonly string[], { database, url, environment }: Installation) {
  const holder = new pg.Client({ connectionString: url });
  await holder.connect();
  try {
    await holder.query('select pg_advisory_lock($1)', [GATE]);
    await holder.query(`
      create function gate() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock_shared(${GATE}); return new; end $$;
      create trigger gate before update on feed_run for each row when (new.${at.column} >= ${at.reaches}) execute function gate()`);
    const child = startCommand(args, environment);
    const ended = finished(child);
    const isWaiting = async (): Promise<true | null> => {
      const { rows } = await sql<{ waiting: boolean }>`
        select exists (select from pg_locks where locktype = 'advisory' and objid = ${GATE} and not granted) as waiting`.execute(
        database.db,
      );
      if (child.exitCode !== null) assert.fail(`the run ended before it was killed: ${(await ended).stderr}`);
      return rows[0]?.waiting === true ? true : null;
    };
    await until(`the run to reach ${at.reaches} ${at.column}`, isWaiting);
    child.kill('SIGKILL');
    await once(child, 'close');
    // The transaction that stands open goes on now, finds nobody to answer to, and is undone.
    await holder.query('select pg_advisory_unlock($1)', [GATE]);
    await holder.query('drop trigger gate on feed_run');
  } finally {
    await holder.end();
  }
}

/** All that feeds leave behind, without numbers of runs. */
async function left(
  { db }: Database,
  kept: 'kept back' | 'nothing kept back' = 'nothing kept back',
): Promise<string[]> {
  const { rows } = await sql<Record<string, unknown>>`
    select c.key, c.first_seen, c.last_seen, s.feed, s.first_seen as feed_first, s.last_seen as feed_last, e.observed_at, md5(e.body::text) as body
    from candidate c join sighting s on s.candidate_id = c.id left join sighting_evidence e on e.feed = s.feed and e.candidate_id = c.id
    union all
    select t.feed || ' ' || t.query || ' ' || t.field, t.observed_at, null, t.unit, null, null, null, sum(b.count)::text from tally t
      join tally_bucket b on b.tally_id = t.id group by t.id
    order by 1, 4`.execute(db);
  const held = await sql`select 1 from held_sighting union all select 1 from held_tally`.execute(db);
  assert.equal(held.rows.length > 0 ? 'kept back' : 'nothing kept back', kept);
  return rows.map((row) => JSON.stringify(row));
}

type Counts = Readonly<Record<'runs' | 'read' | 'accepted' | 'duplicate' | 'rejected' | 'entries', number>>;

/** Counts of all runs together; accepted + duplicate + rejected = read holds for each. */
async function counted({ db }: Database): Promise<Counts> {
  const { rows } = await sql<Counts>`
    select count(*) as runs, sum(read)::int as read, sum(accepted)::int as accepted, sum(duplicate)::int as duplicate,
      sum(rejected)::int as rejected, sum(entries)::int as entries from feed_run`.execute(db);
  return rows[0] as Counts;
}

interface Scenario {
  readonly feeds: Record<string, unknown>;
  /** What is run, once or (a second delivery) several times; the last is killed. */
  readonly commands: (home: string) => readonly (readonly string[])[];
  readonly at: Progress;
  /** Rows that the killed run had committed: at least so many. */
  readonly committed: number;
  readonly exit?: number;
  /** The source tells everybody everything once more when somebody comes: the two are not run side by side. */
  readonly alone?: boolean;
}

/** Runs a scenario once undisturbed and once killed and started again, and compares what is left. */
async function killAndCompare(t: TestContext, { feeds, commands, at, committed, exit = 0, alone = false }: Scenario) {
  const undisturbed = await installation(t, feeds);
  const disturbed = await installation(t, feeds);
  const run = async (on: Installation, args: readonly string[]): Promise<Finished> => {
    const ended = await finished(startCommand(args, on.environment));
    assert.equal(ended.code, exit, ended.stderr);
    return ended;
  };
  const runUndisturbed = async (): Promise<void> => {
    for (const args of commands(undisturbed.home)) await run(undisturbed, args);
  };
  const all = commands(disturbed.home);
  const last = all.at(-1) as readonly string[];
  const runAndKill = async (): Promise<void> => {
    for (const args of all.slice(0, -1)) await run(disturbed, args);
    await killAt(at, last, disturbed);
  };
  if (alone) for (const act of [runUndisturbed, runAndKill]) await act();
  else await Promise.all([runUndisturbed(), runAndKill()]);
  const { rows } = await sql<{ read: number }>`select read from feed_run order by id desc limit 1`.execute(
    disturbed.database.db,
  );
  const read = rows[0]?.read ?? 0;
  assert.ok(read >= committed, `only ${read} rows were committed before the kill`);
  await run(disturbed, last);
  const [is, should] = [await left(disturbed.database), await left(undisturbed.database)];
  assert.ok(should.length > 0);
  assert.equal(is.length, should.length);
  for (const [i, row] of should.entries()) assert.equal(is[i], row);
  return { undisturbed: await counted(undisturbed.database), disturbed: await counted(disturbed.database) };
}

/** Together the runs count what the one counts. */
function assertCountedOnce({ undisturbed, disturbed }: Awaited<ReturnType<typeof killAndCompare>>): void {
  assert.deepEqual({ ...disturbed, runs: disturbed.runs - 1 }, undisturbed);
}

const declared = (name: string) => () => [['feeds', 'run', name]];

it('a big file goes on at its last committed row', async (t) => {
  const scenario: Scenario = {
    feeds: {},
    commands: (home) => [
      ['import', join(home, 'hosts.txt'), '--feed', 'mine', '--observed-at', '2026-11-01T00:00:00Z'],
    ],
    at: { column: 'read', reaches: 12_000 },
    committed: 10_000,
  };
  assertCountedOnce(await killAndCompare(t, withFile(scenario, 18_000)));
});

it('a second delivery, killed while it is let in, is let in once', async (t) => {
  const scenario: Scenario = {
    feeds: {},
    commands: (home) =>
      ['2026-11-01', '2026-11-02'].map((day) => [
        'import',
        join(home, 'hosts.txt'),
        '--feed',
        'mine',
        '--observed-at',
        day,
      ]),
    at: { column: 'accepted', reaches: 6_000 },
    committed: 11_000,
  };
  const { undisturbed, disturbed } = await killAndCompare(t, withFile(scenario, 11_000));
  // The third import finds nothing new.
  assert.deepEqual([disturbed.runs, disturbed.read], [3, undisturbed.read + 11_000]);
  assert.deepEqual([disturbed.accepted, undisturbed.accepted], [22_000, 22_000]);
});

it('a delivery that is held is held whole, though it took two runs', async (t) => {
  const on = await installation(t, {});
  const [small, large] = ['small.txt', 'large.txt'].map((name) => join(on.home, name)) as [string, string];
  await writeFile(small, addresses(500));
  await writeFile(large, addresses(12_000));
  const run = (...args: string[]) => finished(startCommand(args, on.environment));
  const imported = (path: string): string[] => ['import', path, '--feed', 'mine', '--observed-at', '2026-11-01'];
  assert.equal((await run(...imported(small))).code, 0);
  await killAt({ column: 'read', reaches: 7_000 }, imported(large), on);
  const held = await run(...imported(large));
  const [row] = held.rows;
  assert.deepEqual([held.code, row?.['state'], row?.['read']], [3, 'held', 7_000], held.stderr);
  assert.match(String(row?.['hold']), /12,000 rows after 500/);
  assert.equal((await left(on.database, 'kept back')).length, 500, 'nothing of either run is let in');
  const approved = await run('feeds', 'approve', String(row?.['run']));
  assert.deepEqual([approved.code, approved.rows[0]?.['accepted']], [0, 7_000], approved.stderr);
  assert.equal((await left(on.database)).length, 12_000);
  const { runs, ...counts } = await counted(on.database);
  assert.deepEqual([runs, counts.read, counts.accepted, counts.duplicate], [3, 12_500, 12_000, 500]);
});

const addresses = (count: number): string =>
  Array.from({ length: count }, (_, i) => `8.${i >> 16}.${(i >> 8) & 255}.${i & 255}:6443\n`).join('');

/** The scenario with a list of so many addresses in every home. */
function withFile(scenario: Scenario, lines: number): Scenario {
  const text = addresses(lines);
  return {
    ...scenario,
    commands: (home) => {
      writeFileSync(join(home, 'hosts.txt'), text);
      return scenario.commands(home);
    },
  };
}

it('a search engine goes on at its last committed page', async (t) => {
  const query = SHODAN.queries['kube-apiserver'];
  const rows = rowsOf(350).map((row, i) => ({ ...row, address: `8.8.${i >> 8}.${i & 255}` }));
  const engine = await startEngine({
    address: '127.0.0.1',
    form: LAB_SHODAN,
    answers: (asked) => (asked === query ? rows : undefined),
    key: KEY,
  });
  t.after(() => engine.close());
  const feeds = { engine: { type: 'shodan', baseUrl: engine.url, keyEnv: 'LAB_KEY', confirmCredits: 100 } };
  const at: Progress = { column: 'read', reaches: 250 };
  assertCountedOnce(await killAndCompare(t, { feeds, commands: declared('engine'), at, committed: 200 }));
  const pages = engine.requests.filter(({ path }) => path === '/shodan/host/search').length;
  assert.equal(pages, 2 * 5 + 1, 'one page is asked for twice: the one that was not committed');
});

it('crt.sh goes on at its last committed domain', async (t) => {
  const rows = [1, 2, 3].flatMap((domain) =>
    Array.from({ length: 40 }, (_, i) => ({
      names: [`k8s.c${i}.d${domain}.example.org`],
      entryTimestamp: '2026-11-20T10:11:12',
    })),
  );
  const service = await startCrtsh('127.0.0.1', rows);
  t.after(() => service.close());
  const domains = [1, 2, 3].map((domain) => `d${domain}.example.org`).join(',');
  const feeds = { crtsh: { type: 'crtsh', domains, baseUrl: service.url } };
  const at: Progress = { column: 'read', reaches: 80 };
  const counts = await killAndCompare(t, { feeds, commands: declared('crtsh'), at, committed: 40 });
  assert.deepEqual([counts.disturbed.read, counts.disturbed.accepted, counts.disturbed.duplicate], [120, 120, 0]);
  assert.equal(service.requests.length, 3 + 2 + 2);
});

for (const [type, noTiles] of [
  ['static-ct', false],
  ['rfc6962', true],
] as const) {
  it(`a certificate log (${type}) goes on at its last verified entry`, async (t) => {
    const size = 10_000;
    const entries = entriesOf(await certificatePool(), size);
    const log = await startCtLog({ address: '127.0.0.1', port: 0, entries, seed: 's', now: () => SEEN });
    t.after(() => log.close());
    log.faults.noTiles = noTiles;
    const publicKey = Buffer.from(log.publicKeyDer).toString('base64');
    const common = { type, publicKey, requestsPerSecond: 1000 };
    const feeds = {
      log: noTiles ? { ...common, url: log.url } : { ...common, origin: log.origin, monitoringUrl: log.url },
    };
    const at: Progress = { column: 'entries', reaches: 8000 };
    const { undisturbed, disturbed } = await killAndCompare(t, { feeds, commands: declared('log'), at, committed: 1 });
    // Names that both runs met are read by each, and count once.
    assert.deepEqual([disturbed.entries, disturbed.accepted], [size, undisturbed.accepted]);
  });
}

it('certstream keeps what it had committed, and counts what comes again once', async (t) => {
  const server = await startCertstream('127.0.0.1');
  const messages = Array.from({ length: 5000 }, (_, i) => certificateUpdate([`k8s.c${i}.example.org`], i, SEEN));
  let greeted = 0;
  // Whoever connects hears it all from the beginning.
  const host = setInterval(() => {
    if (server.userAgents.length === greeted) return;
    greeted = server.userAgents.length;
    for (const message of messages) server.send(message);
  }, 20);
  t.after(async () => {
    clearInterval(host);
    await server.close();
  });
  const feeds = { stream: { type: 'certstream', url: server.url, seconds: 8 } };
  const at: Progress = { column: 'read', reaches: 4000 };
  const counts = await killAndCompare(t, { feeds, commands: declared('stream'), at, committed: 2000, alone: true });
  assert.deepEqual([counts.undisturbed.accepted, counts.disturbed.accepted], [5000, 5000]);
  assert.deepEqual([counts.disturbed.read, counts.disturbed.duplicate], [7000, 2000]);
});

it('a stated count is a tally once', async (t) => {
  const csv = Array.from({ length: 50 }, (_, i) => `k8s,v1.27.${i},${100 + i}\n`).join('');
  const counts = await killAndCompare(t, {
    feeds: {},
    commands: (home) => {
      const path = join(home, '2023-05-07-k8s-version-info.csv');
      writeFileSync(path, csv);
      return [['import', path]];
    },
    at: { column: 'accepted', reaches: 1 },
    committed: 1,
  });
  // The second import lets in what the first kept back, and then states the same.
  assert.deepEqual([counts.disturbed.read, counts.disturbed.accepted, counts.disturbed.duplicate], [2, 1, 1]);
});
