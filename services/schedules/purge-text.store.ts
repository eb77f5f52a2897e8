// Forgets who opted out where texts name them: rows that feeds refused, certificates, the addresses that a survey's summary keeps.
import { type Kysely, sql } from 'kysely';
import type { OptOuts } from '../candidates/opt-out.ts';
import { storableJson } from '../platform/db/json.ts';
import type { DB } from '../platform/db/schema.ts';
import type { SurveySummary } from '../rollups/headline.ts';
import { mentions } from './purge-mention.ts';

/** Rows that are read at once. */
const PAGE = 5_000;
/** What a certificate says whose owner asked to be forgotten. */
const FORGOTTEN = 'opted out';

/** Deletes refused rows that name somebody; their reasons stay counted with the run. */
export async function purgeQuarantine(db: Kysely<DB>, optOuts: OptOuts): Promise<number> {
  let removed = 0;
  for (let after = 0; ; ) {
    const rows = await db
      .selectFrom('quarantine')
      .select(['n', 'at', 'excerpt'])
      .where('n', '>', after)
      .orderBy('n')
      .limit(PAGE)
      .execute();
    const last = rows.at(-1);
    if (last === undefined) return removed;
    after = last.n;
    const naming = rows.filter(({ at, excerpt }) => mentions(at, optOuts) || mentions(excerpt, optOuts));
    if (naming.length === 0) continue;
    await db
      .deleteFrom('quarantine')
      .where(
        'n',
        'in',
        naming.map(({ n }) => n),
      )
      .execute();
    removed += naming.length;
  }
}

/**
 * Empties certificates that only masked observations show, but keeps their rows, which are counted; of others it takes the names and addresses of
 * those who opted out. How many were changed.
 */
export async function purgeCertificates(db: Kysely<DB>, optOuts: OptOuts): Promise<number> {
  const emptied = await sql`
    update certificate c set sha256 = md5(random()::text || c.id) || md5(random()::text), spki_sha256 = null, subject = ${FORGOTTEN}, issuer = '',
      dns_names = '{}', ip_addresses = '{}', not_before = null, not_after = null
    where c.subject <> ${FORGOTTEN} and exists (
        select from observation o where o.certificate_id = c.id and 'opted_out' = any(o.flags))
      and not exists (select from observation o where o.certificate_id = c.id and not 'opted_out' = any(o.flags))`.execute(
    db,
  );
  return Number(emptied.numAffectedRows ?? 0n) + (await stripNames(db, optOuts));
}

async function stripNames(db: Kysely<DB>, optOuts: OptOuts): Promise<number> {
  let changed = 0;
  for (let after = 0; ; ) {
    const rows = await db
      .selectFrom('certificate')
      .select(['id', 'subject', 'issuer', 'dns_names', 'ip_addresses'])
      .where('id', '>', after)
      .orderBy('id')
      .limit(PAGE)
      .execute();
    const last = rows.at(-1);
    if (last === undefined) return changed;
    after = last.id;
    for (const row of rows) {
      const left = {
        subject: mentions(row.subject, optOuts) ? FORGOTTEN : row.subject,
        issuer: mentions(row.issuer, optOuts) ? FORGOTTEN : row.issuer,
        dns_names: row.dns_names.filter((name) => !mentions(name, optOuts)),
        ip_addresses: row.ip_addresses.filter((address) => !mentions(address, optOuts)),
      };
      if (JSON.stringify({ ...row, ...left }) === JSON.stringify(row)) continue;
      await db.updateTable('certificate').set(left).where('id', '=', row.id).execute();
      changed += 1;
    }
  }
}

/** Takes masked addresses out of the summaries of surveys: a network is then named by nobody. */
export async function purgeSummaries(db: Kysely<DB>, optOuts: OptOuts, masked: ReadonlySet<string>): Promise<number> {
  let changed = 0;
  const surveys = await db.selectFrom('survey').select('id').where('summary', 'is not', null).execute();
  for (const { id } of surveys) {
    const row = await db.selectFrom('survey').select('summary').where('id', '=', id).executeTakeFirst();
    const summary = row?.summary as unknown as SurveySummary | null | undefined;
    if (!summary) continue;
    const all = Object.entries(summary.addressOfNetwork);
    const kept = all.filter(([, address]) => !masked.has(address) && !mentions(address, optOuts));
    if (kept.length === all.length) continue;
    const addressOfNetwork = storableJson(Object.fromEntries(kept));
    await sql`update survey set summary = jsonb_set(summary, '{addressOfNetwork}', ${addressOfNetwork}::jsonb) where id = ${id}`.execute(
      db,
    );
    changed += 1;
  }
  return changed;
}
