// Rows whose time is over, by table: what is counted or deleted by one condition, in batches that hold no lock for long.
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import type { Cutoffs } from './retention.ts';

/** Rows of one delete: a fraction of a second each, so that nobody waits for long. */
const BATCH = 50_000;

interface Rule {
  readonly table: string;
  readonly before: keyof Cutoffs;
  /** Which rows go. */
  readonly condition: (cutoffs: Cutoffs, onHosts: readonly string[]) => RawBuilder<unknown>;
  /** True when passive surveys read these rows until they are counted. */
  readonly passive?: true;
}

/** Surveys whose observations have all gone, or go now. */
const overSurveys = ({ observations }: Cutoffs) => sql`(
  select id from survey where rolled_up_at is not null and summary is not null and finished_at < ${observations})`;

/** A report whose delivery is still tried stays. */
const UNDELIVERED = sql`exists (
  select from delivery d where d.report_id = report.id and d.delivered_at is null and d.stopped_at is null)`;

const RULES: readonly Rule[] = [
  {
    table: 'observation_default',
    before: 'observations',
    condition: (cutoffs) => sql`recorded_at < ${cutoffs.observations} and survey_id in ${overSurveys(cutoffs)}`,
  },
  {
    table: 'survey_target',
    before: 'observations',
    condition: (cutoffs) => sql`survey_id in ${overSurveys(cutoffs)}`,
  },
  {
    table: 'survey_suspect',
    before: 'observations',
    condition: (cutoffs) => sql`survey_id in ${overSurveys(cutoffs)}`,
  },
  {
    // By the run that brought it last, and not by the time that it speaks of: an old census may be imported today.
    table: 'sighting_evidence',
    before: 'observations',
    passive: true,
    condition: ({ observations }) => sql`exists (
      select from sighting s join feed_run r on r.id = s.last_run
      where s.feed = sighting_evidence.feed and s.candidate_id = sighting_evidence.candidate_id
        and r.finished_at < ${observations})`,
  },
  {
    table: 'quarantine',
    before: 'observations',
    condition: ({ observations }) => sql`run_id in (
      select id from feed_run where finished_at < ${observations} and state <> 'held')`,
  },
  {
    // What answers stays however long ago it was looked at, up to the age at which its observations go.
    table: 'endpoint_state',
    before: 'state',
    condition: ({ state, observations }) => sql`
      (misses > 0 and coalesce(last_seen, last_probed) < ${state}) or last_probed < ${observations}`,
  },
  {
    table: 'report',
    before: 'reports',
    condition: ({ reports, observations }, onHosts) => sql`
      created_at < case when name = any(${[...onHosts]}::text[]) then ${observations}::timestamptz else ${reports} end
      and not ${UNDELIVERED}`,
  },
  { table: 'idempotency_key', before: 'idempotency', condition: ({ idempotency }) => sql`created_at < ${idempotency}` },
];

export interface OldRows {
  readonly table: string;
  readonly before: Date;
  readonly rows: number;
  /** Surveys for whose sake the rows stay; empty: they go. */
  readonly neededBy: readonly string[];
}

/** Counts the old rows of every table, and deletes them unless `isDryRun`. `onHosts`: names of reports on single hosts. */
export async function purgeOldRows(
  db: Kysely<DB>,
  cutoffs: Cutoffs,
  { onHosts, isDryRun }: { readonly onHosts: readonly string[]; readonly isDryRun: boolean },
): Promise<OldRows[]> {
  const passive = await uncountedPassive(db);
  const purged: OldRows[] = [];
  for (const { table, before, condition, passive: isRead } of RULES) {
    const neededBy = isRead === true ? passive : [];
    const which = condition(cutoffs, onHosts);
    const rows = isDryRun || neededBy.length > 0 ? await count(db, table, which) : await remove(db, table, which);
    purged.push({ table, before: cutoffs[before], rows, neededBy });
  }
  return purged;
}

/**
 * Counts the certificates that no observation shows any more, but those of the partitions `without`, and deletes them unless `isDryRun`. Commits of
 * chunks wait meanwhile: one of them may be about to refer to a certificate that nobody referred to.
 */
export async function purgeCertificates(
  db: Kysely<DB>,
  { without, isDryRun }: { readonly without: readonly string[]; readonly isDryRun: boolean },
): Promise<number> {
  const unseen = sql`not exists (
    select from observation o where o.certificate_id = certificate.id and o.tableoid::regclass::text <> all(${[...without]}::text[]))`;
  if (isDryRun) return count(db, 'certificate', unseen);
  return db.transaction().execute(async (tx) => {
    await sql`lock table certificate in share row exclusive mode`.execute(tx);
    const result = await sql`delete from certificate where ${unseen}`.execute(tx);
    return Number(result.numAffectedRows ?? 0);
  });
}

/** Reports whose delivery is still tried: their files are needed. */
export async function undeliveredReports(db: Kysely<DB>): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ id: string }>`select id from report where ${UNDELIVERED}`.execute(db);
  return new Set(rows.map(({ id }) => id));
}

async function count(db: Kysely<DB>, table: string, which: RawBuilder<unknown>): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(table)} where ${which}`.execute(db);
  return rows[0]?.n ?? 0;
}

async function remove(db: Kysely<DB>, table: string, which: RawBuilder<unknown>): Promise<number> {
  for (let removed = 0; ; ) {
    const some = await db.transaction().execute(async (tx) => {
      const batch = sql`select ctid from ${sql.table(table)} where ${which} limit ${BATCH} for update skip locked`;
      // The fire stays for ever (it is what keeps a schedule from firing twice); what it made does not.
      if (table === 'report')
        await sql`update schedule_fire set report_id = null where report_id in (select id from report where ${which})`.execute(
          tx,
        );
      const result = await sql`delete from ${sql.table(table)} where ctid = any(array(${batch}))`.execute(tx);
      return Number(result.numAffectedRows ?? 0);
    });
    removed += some;
    if (some === 0) return removed;
  }
}

async function uncountedPassive(db: Kysely<DB>): Promise<string[]> {
  const rows = await db
    .selectFrom('survey')
    .select('id')
    .where('method', '=', 'passive')
    .where('rolled_up_at', 'is', null)
    .orderBy('id')
    .execute();
  return rows.map(({ id }) => id);
}
