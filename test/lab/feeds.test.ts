// The lab as `kubecensus lab` hands it to a newcomer: the written configuration declares a feed of every type, each runs, and no secret gets out.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import { writeLab } from '../../services/cli/lab.ts';
import { compose } from '../../services/compose.ts';
import { loadConfig } from '../../services/config.ts';
import { COUNTS_ENGINES, SEARCH_ENGINES } from '../../services/feeds/engines/index.ts';
import { FEED_TYPES } from '../../services/feeds/index.ts';
import { labSecrets } from '../../services/lab/declarations.ts';
import { startLab } from '../../services/lab/process.ts';
import { LAB_ZONE } from '../../services/lab/world.ts';
import type { Parts } from '../../services/parts.ts';
import { createLog } from '../../services/platform/log.ts';
import { shownOf } from '../feeds/engines/contract.ts';
import { withDatabase } from '../support/database.ts';

/** What nobody may see: a key of every kind of character, refused by every engine that is asked with it. */
const PLANTED = 'pl4nted/9f+A77c1=e2b';
const never = new AbortController().signal;

test('a feed of every type runs against the lab; neither a good nor a refused key stands in log, error, database or listing', async (t) => {
  const { url, onEnd } = await withDatabase(t);
  const folder = await mkdtemp(join(tmpdir(), 'kubecensus-lab-'));
  onEnd(() => rm(folder, { recursive: true }));
  const lab = await startLab({ seed: 'feeds', hosts: 120, now: new Date() });
  onEnd(() => lab.close());
  await writeLab(folder, lab);
  assert.equal((await stat(join(folder, 'keys.env'))).mode & 0o077, 0, 'keys are for their owner only');

  const secrets = labSecrets(lab);
  const file = join(folder, 'kubecensus.json');
  const shown: string[] = [];
  const log = createLog('trace', { write: (line: string) => shown.push(line) > 0, isTTY: false });
  const open = async (environment: Readonly<Record<string, string>>): Promise<Parts> => {
    const config = loadConfig({ ...environment, DATABASE_URL: url, KUBECENSUS_CLUSTER_KEY: 'test' }, file);
    const parts = await compose(config, log, { lab: { nameSuffix: LAB_ZONE } });
    onEnd(() => parts.close());
    return parts;
  };

  const parts = await open(secrets);
  const { feeds } = parts.config;
  assert.deepEqual(
    Object.values(feeds)
      .map(({ type }) => type)
      .sort(),
    Object.keys(FEED_TYPES).sort(),
  );
  // Two seconds of the stream are as good as five here.
  const quick = { ...feeds, 'lab-certstream': { ...feeds['lab-certstream'], type: 'certstream', seconds: 2 } };
  const listening = await compose({ ...parts.config, feeds: quick }, log, { lab: { nameSuffix: LAB_ZONE } });
  onEnd(() => listening.close());
  for (const name of Object.keys(quick)) {
    const run = await listening.runFeed(listening.declaredFeed(name), never);
    assert.deepEqual([name, run.state, run.partialReason], [name, 'complete', null]);
    assert.ok(run.accepted > 0, `${name} accepted nothing`);
  }

  const wrong = await open(Object.fromEntries(Object.keys(secrets).map((variable) => [variable, PLANTED])));
  const refused: string[] = [];
  for (const [name, { type }] of Object.entries(feeds)) {
    if (!('keyEnv' in (FEED_TYPES[type]?.settings ?? {})) && !('tokenEnv' in (FEED_TYPES[type]?.settings ?? {})))
      continue;
    await assert.rejects(wrong.runFeed(wrong.declaredFeed(name), never), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'KC_FEED_CREDENTIALS', name);
      shown.push(shownOf(error));
      return true;
    });
    refused.push(type);
  }
  const paid = [...SEARCH_ENGINES, ...COUNTS_ENGINES].map(({ type }) => type);
  assert.deepEqual(refused.sort(), ['sslmate', 'censys', 'censys-aggregate', ...paid].sort());

  const tables = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = 'public'`.execute(parts.db);
  for (const { name } of tables.rows) {
    const { rows } = await sql<{ text: string | null }>`
      select json_agg(t)::text as text from ${sql.table(name)} t`.execute(parts.db);
    shown.push(rows[0]?.text ?? '');
  }
  shown.push(JSON.stringify(parts.config), await readFile(file, 'utf8'));
  const all = shown.join('\n');
  assert.ok(all.includes('lab-shodan') && all.includes('KC_FEED_CREDENTIALS'), 'runs and refusals were looked at');
  for (const secret of [PLANTED, ...Object.values(secrets)])
    for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')])
      assert.ok(!all.includes(form), `a secret stands in: ${around(all, form)}`);
});

const around = (text: string, part: string): string =>
  text.slice(Math.max(0, text.indexOf(part) - 200), text.indexOf(part) + 100);
