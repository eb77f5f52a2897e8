// What a run costs is said before it is spent, asked for where there is a person, and bounded; the key stays out of everything.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { SHODAN } from '../../services/feeds/engines/shodan.ts';
import { startEngine } from '../../services/lab/engines/server.ts';
import { LAB_SHODAN } from '../../services/lab/engines/shodan.ts';
import { rowsOf } from '../feeds/engines/rows.ts';
import { finished, startCommand } from '../support/command.ts';
import { withDatabase } from '../support/database.ts';

const KEY = 'k3y/9f+A77c1=e2b';
const TABLES = ['feed_run', 'feed_cursor', 'quarantine', 'candidate'] as const;

it('says the cost, does not spend it unasked, keeps to the limit, and shows the key nowhere', async (t) => {
  const { database, url, onEnd } = await withDatabase(t);
  const home = await mkdtemp(join(tmpdir(), 'kubecensus-cost-'));
  onEnd(() => rm(home, { recursive: true }));
  const query = SHODAN.queries['kube-apiserver'];
  // Addresses that no policy rejects; nothing dials them.
  const rows = rowsOf(50).map((row, i) => ({ ...row, address: `8.8.${i}.8` }));
  const engine = await startEngine({
    address: '127.0.0.1',
    form: LAB_SHODAN,
    answers: (asked) => (asked === query ? rows : undefined),
    key: KEY,
  });
  onEnd(() => engine.close());
  const own = { type: 'shodan', baseUrl: engine.url, keyEnv: 'LAB_KEY' };
  const config = join(home, 'config.json');
  const feeds = {
    dear: { ...own, confirmCredits: 1 },
    bounded: { ...own, confirmCredits: 1, maxCredits: 1 },
    rows: { type: 'fofa', baseUrl: engine.url, keyEnv: 'LAB_KEY' },
    keyless: { ...own, keyEnv: 'NO_KEY' },
  };
  await writeFile(config, JSON.stringify({ feeds }));
  const shown: string[] = [];
  const run = async (...args: string[]) => {
    const environment = {
      DATABASE_URL: url,
      KUBECENSUS_DATA_DIR: join(home, 'data'),
      KUBECENSUS_CONFIG: config,
      LAB_KEY: KEY,
    };
    const ended = await finished(startCommand(args, environment));
    shown.push(ended.stdout, ended.stderr);
    return ended;
  };
  const searches = () => engine.requests.filter(({ path }) => path === '/shodan/host/search').length;

  const listed = await run('feeds', 'list');
  assert.deepEqual(
    listed.rows
      .filter(({ type }) => type === 'shodan')
      .map((row) => [row['feed'], row['ready'], row['credits'], row['query'], row['cost'], row['terms']]),
    [
      ['dear', 'yes', 100],
      ['bounded', 'yes', 1],
      ['keyless', 'set NO_KEY', 100],
    ].map((shown) => [...shown, query, SHODAN.cost, SHODAN.terms]),
    listed.stderr,
  );
  const types = (await run('feeds', 'list', '--all')).rows.filter(({ feed }) => feed === '');
  const netlas = types.find(({ type }) => type === 'netlas');
  assert.equal(netlas?.['ready'], 'declare it and set NETLAS_API_KEY');
  assert.match(
    String(types.find(({ type }) => type === 'static-ct')?.['ready']),
    /declare it with origin, monitoringUrl/,
  );
  assert.ok(!types.some(({ type }) => type === 'shodan'), 'what is declared is not listed twice');

  const unasked = await run('feeds', 'run', 'dear');
  assert.deepEqual([unasked.code, searches()], [2, 0]);
  assert.match(unasked.stderr, /dear: about 2 credits/);
  assert.match(unasked.stderr, /KC_FEED_SPEND/);

  const agreed = await run('feeds', 'run', 'dear', '--yes');
  assert.deepEqual([agreed.code, agreed.rows[0]?.['accepted'], searches()], [0, 50, 2], agreed.stderr);

  const tooLittle = await run('feeds', 'run', 'rows', '--spend', '99');
  assert.deepEqual([tooLittle.code, searches()], [2, 2]);
  assert.match(tooLittle.stderr, /KC_FEED_SPEND: rows: one page may cost 100 credits, more than --spend 99/);
  assert.match((await run('feeds', 'run', 'dear', '--spend', '1.5')).stderr, /KC_USAGE: --spend is a whole number/);

  const bounded = await run('feeds', 'run', 'bounded');
  assert.match(bounded.stderr, /bounded: about 1 credits/);
  assert.deepEqual(
    [bounded.code, bounded.rows[0]?.['partialReason'], searches()],
    [3, 'credit_limit', 3],
    bounded.stderr,
  );

  // Agreed to beforehand, and not one credit more: the second page is left for another run.
  const limited = await run('feeds', 'run', 'dear', '--spend', '1');
  assert.deepEqual([limited.code, limited.rows[0]?.['partialReason']], [3, 'credit_limit'], limited.stderr);
  assert.equal(searches(), 4);

  for (const table of TABLES) {
    shown.push(JSON.stringify(await database.db.selectFrom(table).selectAll().execute()));
  }
  const all = shown.join('\n');
  assert.ok(all.includes('credit_limit') && all.includes(query.replaceAll('"', '\\"')));
  for (const form of [KEY, encodeURIComponent(KEY)]) assert.ok(!all.includes(form), form);
});
