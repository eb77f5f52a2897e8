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
  const engine = await startEngine({ address: '127.0.0.1', form: LAB_SHODAN, rows, key: KEY, query });
  onEnd(() => engine.close());
  const own = { type: 'shodan', baseUrl: engine.url, keyEnv: 'LAB_KEY' };
  const config = join(home, 'config.json');
  const feeds = { dear: { ...own, confirmCredits: 1 }, bounded: { ...own, confirmCredits: 1, maxCredits: 1 } };
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
    listed.rows.map((row) => [row['feed'], row['query'], row['cost'], row['terms']]),
    ['dear', 'bounded'].map((name) => [name, query, SHODAN.cost, SHODAN.terms]),
    listed.stderr,
  );

  const unasked = await run('feeds', 'run', 'dear');
  assert.deepEqual([unasked.code, searches()], [2, 0]);
  assert.match(unasked.stderr, /dear: about 2 credits/);
  assert.match(unasked.stderr, /KC_FEED_SPEND/);

  const agreed = await run('feeds', 'run', 'dear', '--yes');
  assert.deepEqual([agreed.code, agreed.rows[0]?.['accepted'], searches()], [0, 50, 2], agreed.stderr);

  const bounded = await run('feeds', 'run', 'bounded');
  assert.match(bounded.stderr, /bounded: about 1 credits/);
  assert.deepEqual(
    [bounded.code, bounded.rows[0]?.['partialReason'], searches()],
    [3, 'credit_limit', 3],
    bounded.stderr,
  );

  for (const table of TABLES) {
    shown.push(JSON.stringify(await database.db.selectFrom(table).selectAll().execute()));
  }
  const all = shown.join('\n');
  assert.ok(all.includes('credit_limit') && all.includes(query.replaceAll('"', '\\"')));
  for (const form of [KEY, encodeURIComponent(KEY)]) assert.ok(!all.includes(form), form);
});
