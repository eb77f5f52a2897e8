// From the configuration to what feeds share: a certificate log and crt.sh's database are pulled, and the overlap of what they named is listed.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { addCrtshCertificates, type LabSql, prepareCrtsh } from '../../services/lab/crtsh-database.ts';
import { labIssuer } from '../../services/lab/ct-log/issuer.ts';
import { startCtLog } from '../../services/lab/ct-log.ts';
import { runCommand } from '../support/command.ts';
import { withDatabase } from '../support/database.ts';

const name = (at: number): string => `k8s.c${at}.example.org`;

it('what two feeds named is listed by feed, set and pair, in the window that is asked for', async (t) => {
  const { url, onEnd } = await withDatabase(t);
  const crtsh = await withDatabase(t, { migrated: false });
  const sql: LabSql = (text, values = []) => crtsh.database.pool.query(text, [...values]);
  const guest = `guest_${randomBytes(6).toString('hex')}`;
  await prepareCrtsh(sql, { guest, password: 'p4ss-w0rd' });
  crtsh.onEnd(() => sql(`drop owned by "${guest}"; drop role "${guest}"`));
  const now = new Date();
  const seen = new Date(now.getTime() - 3_600_000);
  const at = seen.toISOString().slice(0, 19);
  await addCrtshCertificates(
    sql,
    [8, 9, 10, 11].map((i) => ({ names: [name(i)], entryTimestamp: at })),
  );
  const issue = await labIssuer(now);
  const entries = [];
  for (let i = 0; i < 10; i++) entries.push(await issue({ commonName: name(i), dnsNames: [name(i)] }));
  const log = await startCtLog({ address: '127.0.0.1', port: 0, entries, seed: 's', now: () => seen });
  onEnd(() => log.close());
  const home = await mkdtemp(join(tmpdir(), 'kubecensus-overlaps-'));
  onEnd(() => rm(home, { recursive: true }));
  const databaseUrl = new URL(crtsh.url);
  databaseUrl.username = guest;
  databaseUrl.password = '';
  const publicKey = Buffer.from(log.publicKeyDer).toString('base64');
  const feeds = {
    log: { type: 'static-ct', origin: log.origin, monitoringUrl: log.url, publicKey },
    search: {
      type: 'crtsh',
      interface: 'postgres',
      domains: 'example.org',
      databaseUrl: databaseUrl.href,
      passwordEnv: 'GUEST_PASSWORD',
    },
    wrong: { type: 'crtsh', interface: 'soap', domains: 'example.org' },
  };
  const config = join(home, 'config.json');
  await writeFile(config, JSON.stringify({ feeds }));
  const run = (...args: string[]) =>
    runCommand(args, {
      DATABASE_URL: url,
      KUBECENSUS_DATA_DIR: join(home, 'data'),
      KUBECENSUS_CONFIG: config,
      GUEST_PASSWORD: 'p4ss-w0rd',
    });
  assert.equal((await run('feeds', 'run', 'log')).rows[0]?.['accepted'], 10);
  assert.equal((await run('feeds', 'run', 'search')).rows[0]?.['accepted'], 4);
  const wrong = await run('feeds', 'run', 'wrong');
  assert.deepEqual([wrong.code, /interface is json or postgres/.test(wrong.stderr)], [2, true]);
  const byFeed = await run('feeds', 'overlaps', '--unit', 'name');
  assert.deepEqual(
    byFeed.rows.map((row) => [row['feed'], row['named'], row['only'], row['state'], row['upstreams']]),
    [
      ['log', 10, 8, 'complete', 'Certificate Transparency logs'],
      ['search', 4, 2, 'complete', 'Certificate Transparency logs'],
    ],
  );
  assert.match(byFeed.stderr, /^12 names from /m);
  assert.deepEqual((await run('feeds', 'overlaps', '--unit', 'name', '--by', 'set')).rows, [
    { feeds: 'log', count: 8 },
    { feeds: 'log, search', count: 2 },
    { feeds: 'search', count: 2 },
  ]);
  const pair = (await run('feeds', 'overlaps', '--unit', 'name', '--by', 'pair')).rows[0];
  assert.deepEqual(
    ['both', 'either', 'estimate', 'refused', 'cautions'].map((key) => pair?.[key]),
    [2, 12, null, 'overlap_too_small', 'dependent'],
  );
  const early = await run('feeds', 'overlaps', '--unit', 'name', '--from', '2026-01-01', '--to', '2026-01-04');
  assert.deepEqual(early.rows, []);
  for (const args of [
    ['--unit', 'host'],
    ['--by', 'day'],
    ['--to', 'noon'],
    ['--from', '2099-01-01'],
  ])
    assert.equal((await run('feeds', 'overlaps', ...args)).code, 2, args.join(' '));
  const positions = await run('export', 'logs', '--format', 'ndjson');
  assert.deepEqual(
    ['feed', 'tree_size', 'read_entries', 'verified_entries', 'older_unread'].map((key) => positions.rows[0]?.[key]),
    ['log', 10, 10, 10, 0],
  );
});
