// A drill: dumps a database, restores the dump beside it, and checks that both hold the same, row for row. Run it before you need it.
//   node scripts/restore-drill.ts postgres://… [--programs /usr/lib/postgresql/18/bin] [--keep dump.file]
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { openDatabase } from '../services/platform/db/database.ts';
import { pendingMigrations } from '../services/platform/db/migrate.ts';
import { createLog, hidePasswords } from '../services/platform/log.ts';
import { count, recount } from '../services/rollups/rollup.store.ts';

/** The queue holds no truth: the scheduler issues again what is due. */
const LEFT_OUT = '--exclude-schema=bullmq';

export interface DrilledTable {
  readonly table: string;
  readonly rows: number;
  readonly same: boolean;
}

export interface Drill {
  readonly tables: readonly DrilledTable[];
  /** Whether the newest counted survey of the copy, counted anew from its observations, gives the counts that are kept; null without one. */
  readonly recounted: boolean | null;
  readonly migrated: boolean;
}

/**
 * Dumps at one instant, restores into a new database on the same server (dropped afterwards), compares. `programs`: the directory of pg_dump and
 * pg_restore, of the server's version or newer. Throws when one of them fails.
 */
export async function drill(url: string, programs: string | null, keep: string | null = null): Promise<Drill> {
  const directory = await mkdtemp(join(tmpdir(), 'kubecensus-drill-'));
  const name = `kubecensus_drill_${randomBytes(6).toString('hex')}`;
  const file = keep ?? join(directory, 'dump');
  const program = (one: string): string => (programs === null ? one : join(programs, one));
  const source = await connect(url);
  try {
    // What is dumped and what is counted here is the same instant, whatever goes on meanwhile.
    await source.query('begin isolation level repeatable read read only');
    const { rows } = await source.query<{ id: string }>('select pg_export_snapshot() as id');
    await run(program('pg_dump'), ['--format=custom', LEFT_OUT, `--snapshot=${rows[0]?.id}`, `--file=${file}`, url]);
    const before = await digests(source);
    await source.query('commit');
    await source.query(`create database ${name} template template0`);
    const copy = new URL(url);
    copy.pathname = `/${name}`;
    await run(program('pg_restore'), ['--no-owner', '--exit-on-error', `--dbname=${copy.href}`, file]);
    const client = await connect(copy.href);
    const after = await digests(client).finally(() => client.end());
    const tables = [...before].map(([table, { rows, digest }]) => ({
      table,
      rows,
      same: after.get(table)?.rows === rows && after.get(table)?.digest === digest,
    }));
    return { tables, ...(await checkCopy(copy.href)) };
  } finally {
    await source.query('rollback').catch(() => undefined);
    await source.query(`drop database if exists ${name} with (force)`).catch(() => undefined);
    await source.end();
    await rm(directory, { recursive: true, force: true });
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'kubecensus restore drill' });
  await client.connect();
  return client;
}

/** Of every table: rows, and a sum of the rows' hashes, which does not depend on their order. Partitions are counted in their table. */
async function digests(client: pg.Client): Promise<Map<string, { rows: number; digest: string }>> {
  await client.query("set time zone 'UTC'");
  const { rows: tables } = await client.query<{ name: string }>(`
    select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition order by 1`);
  const found = new Map<string, { rows: number; digest: string }>();
  for (const { name } of tables) {
    const { rows } = await client.query<{ rows: string; digest: string }>(`
      select count(*) as rows, coalesce(sum(('x' || left(md5(t::text), 15))::bit(60)::bigint::numeric), 0)::text as digest
      from ${client.escapeIdentifier(name)} t`);
    found.set(name, { rows: Number(rows[0]?.rows), digest: rows[0]?.digest ?? '' });
  }
  return found;
}

/** The copy is one that kubecensus can work with, and its counts are those of its observations. */
async function checkCopy(url: string): Promise<Pick<Drill, 'recounted' | 'migrated'>> {
  const { db, close } = await openDatabase(url, { log: createLog('warn') });
  try {
    const migrated = (await pendingMigrations(db)).length === 0;
    const survey = await db
      .selectFrom('survey')
      .select('id')
      .where('rolled_up_at', 'is not', null)
      .where('observations_dropped_at', 'is', null)
      .orderBy('created_at', 'desc')
      .executeTakeFirst();
    if (survey === undefined) return { migrated, recounted: null };
    const query = { surveyId: survey.id, by: ['component'], where: {}, unit: 'endpoint' } as const;
    const kept = (await count(db, query)).map((cell) => [cell.values.component ?? '', cell.count]);
    const counted = (await recount(db, query)).map((row) => [row.values[0] ?? '', Number(row.count)]);
    return { migrated, recounted: JSON.stringify(kept.sort()) === JSON.stringify(counted.sort()) };
  } finally {
    await close();
  }
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${program} failed: ${hidePasswords(said.trim())}`);
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { programs: { type: 'string' }, keep: { type: 'string' } },
  });
  const url = positionals[0] ?? process.env['DATABASE_URL'];
  if (url === undefined) throw new Error('Name the database: node scripts/restore-drill.ts postgres://…');
  const { tables, recounted, migrated } = await drill(url, values.programs ?? null, values.keep ?? null);
  for (const { table, rows, same } of tables) console.log(`${same ? 'same' : 'DIFFERENT'}\t${rows}\t${table}`);
  console.log(`schema of this release: ${migrated ? 'yes' : 'NO'}`);
  console.log(
    `counts of the newest survey, counted anew: ${recounted === null ? 'no survey' : recounted ? 'the same' : 'DIFFERENT'}`,
  );
  process.exitCode = tables.every(({ same }) => same) && migrated && recounted !== false ? 0 : 1;
}
