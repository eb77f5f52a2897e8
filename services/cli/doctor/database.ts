// Checks of the database and the queue: reachable, of the right schema, ahead of time, of one mind about the time.
import { readPartitions } from '../../observations/partition.store.ts';
import type { Parts } from '../../parts.ts';
import { newerSchema, pendingMigrations } from '../../platform/db/migrate.ts';
import { readServerFacts } from '../../platform/db/server-facts.ts';
import { type Finding, fail, ok, warn } from '../../platform/finding.ts';

/** Schedules fire by our clock and partitions are chosen by it; a second more or less changes nothing. */
const CLOCK_WARN_MS = 1000;
/** TLS certificates, signed webhooks and engines' answers are dated: from here on somebody refuses us. */
const CLOCK_FAIL_MS = 60_000;
/** Less than this, and one day without a scheduler writes into the default partition. */
const DAYS_AHEAD = 2;

export async function checkServer({ database, db, now }: Parts): Promise<Finding> {
  const { readOnly } = await readServerFacts(db, now);
  const said = `PostgreSQL ${Math.floor(database.serverVersion / 10_000)}.${database.serverVersion % 10_000} answers`;
  return readOnly
    ? fail(`${said}, and takes no writes`, 'Name the primary in DATABASE_URL: this is a replica or a read-only server.')
    : ok(said);
}

export async function checkClock({ db, now }: Parts): Promise<Finding> {
  const { aheadMs } = await readServerFacts(db, now);
  return clockFinding(aheadMs);
}

export function clockFinding(aheadMs: number): Finding {
  const said = `the database's clock is ${Math.abs(aheadMs / 1000).toFixed(3)} s ${aheadMs < 0 ? 'behind' : 'ahead of'} ours`;
  const todo = 'Run a time service (chrony, systemd-timesyncd) on both machines.';
  if (Math.abs(aheadMs) >= CLOCK_FAIL_MS) return fail(said, todo);
  return Math.abs(aheadMs) >= CLOCK_WARN_MS ? warn(said, todo) : ok(said);
}

export async function checkSchema({ db }: Parts): Promise<Finding> {
  const newer = await newerSchema(db);
  if (newer !== null && !newer.isServed)
    return fail(
      `a newer release has migrated the database (${newer.migrations.join(', ')})`,
      'Run that release, or restore a backup from before it.',
    );
  const pending = await pendingMigrations(db);
  return pending.length === 0
    ? ok(newer === null ? 'the schema is that of this release' : 'the schema is of a newer release and serves this one')
    : warn(`${pending.length} migrations are not applied`, 'Run kubecensus migrate; every other command does so, too.');
}

export async function checkPartitions({ db, now }: Parts): Promise<Finding> {
  const { ahead, strays } = await readPartitions(db, now());
  const todo =
    'Let a scheduler run (kubecensus start): it makes partitions every hour; kubecensus migrate makes them now.';
  if (ahead < 0) return fail('today has no partition for observations', todo);
  if (strays > 0)
    return warn(
      `${strays} observations lie in the default partition`,
      'They are kept and counted; retention deletes them row by row. Find out why no partition was there: was the clock wrong?',
    );
  return ahead < DAYS_AHEAD
    ? warn(`partitions are there for ${ahead} more days`, todo)
    : ok(`partitions are there for ${ahead} more days, the default one is empty`);
}

export async function checkQueue({ config, queue }: Parts): Promise<Finding> {
  const place = config.redisUrl === null ? 'in the database' : 'on Redis or Valkey';
  const { waiting, active, delayed } = await (await queue()).counts();
  return ok(`the queue ${place} answers: ${waiting} jobs wait, ${active} run, ${delayed} are to be tried again`);
}
