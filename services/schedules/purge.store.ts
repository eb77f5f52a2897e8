// The purge: what is stored of those who opted out since the last one is forgotten, and how much that was is kept.
import { type Kysely, sql } from 'kysely';
import { createOptOuts, type OptOutKind, type OptOutRow } from '../candidates/opt-out.ts';
import { removeExportsBefore } from '../exports/export-file.store.ts';
import type { Clock } from '../platform/clock.ts';
import type { DB } from '../platform/db/schema.ts';
import { pruneReports } from '../reports/report-prune.store.ts';
import {
  addressesIn,
  certificatesOf,
  maskAddresses,
  maskNames,
  purgeCandidates,
  purgeHeld,
  purgeNetworks,
} from './purge-rows.store.ts';
import { asNumbers, type PurgeScope, purgeScope } from './purge-scope.ts';
import { purgeCertificates, purgeQuarantine, purgeSummaries } from './purge-text.store.ts';

/** Who read the list just before an opt-out may still store something for this long: 15 s until it is read anew, and a batch that is on its way. */
const SETTLED_MS = 60_000;
const PAGE = 10_000;

export interface PurgeContext {
  readonly db: Kysely<DB>;
  readonly now: Clock;
  /** Tells the AS of an address. Asked when an AS number opted out. */
  readonly asnOf: () => Promise<(address: string) => number | null>;
  readonly random: (bytes: number) => Uint8Array;
  readonly files: {
    /** Directories of exports and of reports. */
    readonly exports: string;
    readonly reports: string;
    /** Names of reports on single hosts. */
    readonly onHosts: readonly string[];
  };
}

/** How many rows or files of each kind. */
export type Purged = Readonly<Record<(typeof PURGED)[number], number>>;
export const PURGED = [
  ...(['candidates', 'heldSightings', 'quarantine', 'endpointStates', 'targets', 'observations', 'networks'] as const),
  ...(['certificates', 'summaries', 'exports', 'reports'] as const),
] as const;

interface Due extends OptOutRow {
  readonly id: number;
  readonly addedAt: Date;
}

/**
 * Purges every opt-out in force that is not purged yet, all in one pass; null when there is none. Safe to run twice at once and to kill: an opt-out
 * counts as purged only when everything was looked at and no survey can bring back what it planned before.
 */
export async function purgeOptedOut(context: PurgeContext): Promise<Purged | null> {
  const { db, now } = context;
  const startedAt = now();
  const due = await dueOptOuts(db);
  if (due.length === 0) return null;
  const purge = await db
    .insertInto('opt_out_purge')
    .values({ started_at: startedAt, opt_outs: due.length })
    .returning('id')
    .executeTakeFirstOrThrow();
  const removed = await purgeAll(context, due);
  await markPurged(db, due, startedAt, now());
  await db
    .updateTable('opt_out_purge')
    .set({ finished_at: now(), removed: JSON.stringify(removed) })
    .where('id', '=', purge.id)
    .execute();
  return removed;
}

/** Opt-outs in force that something stored may still name. */
async function dueOptOuts(db: Kysely<DB>): Promise<Due[]> {
  const rows = await db
    .selectFrom('opt_out')
    .select(['id', 'kind', 'value', 'added_at'])
    .where('withdrawn_at', 'is', null)
    .where('purged_at', 'is', null)
    .orderBy('id')
    .execute();
  return rows.map((row) => ({ id: row.id, kind: row.kind as OptOutKind, value: row.value, addedAt: row.added_at }));
}

async function purgeAll({ db, asnOf, random, files }: PurgeContext, due: readonly Due[]): Promise<Purged> {
  const newest = new Date(Math.max(...due.map(({ addedAt }) => addedAt.getTime())));
  // Files first: they are what can be handed on.
  const exports = await removeExportsBefore(files.exports, newest);
  const reports = await removeReports(db, files, newest);
  const asns = asNumbers(due);
  const ofAs = asns.length === 0 ? [] : await addressesOfAs(db, asns, await asnOf());
  const scope = purgeScope(due, ofAs);
  const optOuts = createOptOuts([...due, ...ofAs.map((value) => ({ kind: 'address', value }) as const)]);
  const heldSightings = await purgeHeld(db, scope);
  const candidates = await purgeCandidates(db, scope);
  const quarantine = await purgeQuarantine(db, optOuts);
  const { masked, ...rows } = await maskRows(db, scope, random);
  const networks = await purgeNetworks(db, scope, asns);
  const certificates = await purgeCertificates(db, optOuts);
  const summaries = await purgeSummaries(db, optOuts, masked);
  return { candidates, heldSightings, quarantine, ...rows, networks, certificates, summaries, exports, reports };
}

async function maskRows(db: Kysely<DB>, scope: PurgeScope, random: (bytes: number) => Uint8Array) {
  const certificates = await certificatesOf(db, scope);
  const addresses = await addressesIn(db, scope, certificates);
  const { observations, targets, states } = await maskAddresses(db, scope, { addresses, certificates, random });
  const names = await maskNames(db, scope, random);
  return { endpointStates: states, targets, observations: observations + names, masked: new Set(addresses) };
}

/** Takes reports on single hosts that were made up to a time, with what of them was still to be delivered. They can be made again without whoever left. */
async function removeReports(db: Kysely<DB>, { reports, onHosts }: PurgeContext['files'], at: Date): Promise<number> {
  const made = sql`select id from report where name = any(${[...onHosts]}::text[]) and created_at <= ${at}`;
  await db.transaction().execute(async (tx) => {
    await sql`update schedule_fire set report_id = null where report_id in (${made})`.execute(tx);
    await sql`delete from report where id in (${made})`.execute(tx);
  });
  return pruneReports(reports, {
    before: (name) => (onHosts.includes(name) ? at : new Date(0)),
    isNeeded: () => false,
    isDryRun: false,
  });
}

/** Addresses that an observation or the AS database gives one of these numbers. */
async function addressesOfAs(
  db: Kysely<DB>,
  asns: readonly number[],
  asnOf: (address: string) => number | null,
): Promise<string[]> {
  const wanted = new Set(asns);
  const observed = await sql<{ address: string }>`
    select distinct host(address) as address from observation
    where address is not null and asn = any(${[...asns]}::bigint[]) and not 'opted_out' = any(flags)`.execute(db);
  const found = new Set(observed.rows.map(({ address }) => address));
  for (let after = 0; ; ) {
    const rows = await db
      .selectFrom('candidate')
      .select(['id', 'host'])
      .where('kind', '=', 'address')
      .where('id', '>', after)
      .orderBy('id')
      .limit(PAGE)
      .execute();
    for (const { host } of rows) if (wanted.has(asnOf(host) ?? -1)) found.add(host);
    const last = rows.at(-1);
    if (last === undefined) return [...found];
    after = last.id;
  }
}

/** Those that nothing can bring back: old enough for everybody to know, with no survey under way that was drawn before. */
async function markPurged(db: Kysely<DB>, due: readonly Due[], startedAt: Date, at: Date): Promise<void> {
  const settled = new Date(startedAt.getTime() - SETTLED_MS);
  await sql`
    update opt_out w set purged_at = ${at} where id = any(${due.map(({ id }) => id)}::bigint[]) and added_at <= ${settled}
      and not exists (select from survey s where s.state in ('planning', 'running') and s.created_at <= ${startedAt})`.execute(
    db,
  );
}
