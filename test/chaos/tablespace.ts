// A disk that is full: a tablespace on a small file system, with today's partition of observations on it.
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { onServer } from '../support/database.ts';
import type { Fleet } from './fleet.ts';

/** Room for what the surveys of a test file have observed, and little to fill. */
const SIZE = '32m';
/** SQLSTATE disk_full. */
export const DISK_FULL = '53100';
/** Rows of ballast at a time, each of them a page: first many, then one. */
const ROWS = [100, 1];

export interface SmallTablespace {
  /** Writes until the file system takes nothing more. */
  fill(): Promise<void>;
  /** Takes the ballast away. */
  empty(): Promise<void>;
  remove(): Promise<void>;
}

/** Null where a file system can be mounted, else why not. */
export function tablespaceMissing(): string | null {
  if (process.getuid?.() !== 0) return 'only root mounts a file system';
  const place = mkdtempSync(join(tmpdir(), 'kubecensus-mount-'));
  const mounted = mount(place);
  if (mounted) spawnSync('umount', [place]);
  rmdirSync(place);
  return mounted ? null : 'no file system can be mounted here';
}

const mount = (place: string): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', place], { stdio: 'ignore' }).status === 0;

/** Moves the partition of today and its indexes onto a small disk. */
export async function smallTablespace({ databaseUrl, parts }: Fleet): Promise<SmallTablespace> {
  const { db } = parts;
  const place = mkdtempSync(join(tmpdir(), 'kubecensus-disk-'));
  if (!mount(place)) throw new Error('no file system can be mounted here');
  const { rows: settings } = await sql<{ directory: string }>`
    select setting as directory from pg_settings where name = 'data_directory'`.execute(db);
  const { uid, gid } = statSync(settings[0]!.directory);
  chownSync(place, uid, gid);
  chmodSync(place, 0o700);
  const name = `small_${process.pid}`;
  await onServer(databaseUrl, (client) => client.query(`create tablespace ${name} location '${place}'`));
  const today = `observation_${new Date().toISOString().slice(0, 10).replaceAll('-', '')}`;
  const { rows: indexes } = await sql<{ index: string }>`
    select indexrelid::regclass::text as index from pg_index where indrelid = ${today}::regclass`.execute(db);
  const move = async (to: string): Promise<void> => {
    await sql.raw(`alter table ${today} set tablespace ${to}`).execute(db);
    for (const { index } of indexes) await sql.raw(`alter index ${index} set tablespace ${to}`).execute(db);
  };
  await move(name);
  await sql.raw(`create table ballast (text text storage plain) tablespace ${name}`).execute(db);
  const add = (rows: number): Promise<boolean> =>
    sql`insert into ballast select repeat('x', 7000) from generate_series(1, ${rows})`.execute(db).then(
      () => true,
      (error: { code?: string }) => {
        if (error.code !== DISK_FULL) throw error;
        return false;
      },
    );
  return {
    fill: async () => {
      for (const rows of ROWS) while (await add(rows));
    },
    empty: async () => void (await sql`truncate ballast`.execute(db)),
    remove: async () => {
      await sql`drop table ballast`.execute(db);
      await move('pg_default');
      await onServer(databaseUrl, (client) => client.query(`drop tablespace ${name}`));
      spawnSync('umount', [place]);
      rmdirSync(place);
    },
  };
}
