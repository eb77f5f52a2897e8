// Forgets in Postgres who opted out: what feeds said goes, what was observed loses its names and addresses, counts stay.
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import { networkOf } from '../platform/net/address.ts';
import { masksFor } from './purge-mask.ts';
import type { PurgeScope } from './purge-scope.ts';
import { addressIn, nameIn, rowIn } from './purge-sql.store.ts';

/** Rows of one delete: a fraction of a second each. */
const BATCH = 10_000;
/** Addresses of one transaction; a network is never cut, so that it is masked as a whole. */
const ADDRESSES_AT_ONCE = 2_000;

const affected = (result: { numAffectedRows?: bigint }): number => Number(result.numAffectedRows ?? 0n);

/** Deletes candidates in the scope, and with them their sightings and evidence. */
export async function purgeCandidates(db: Kysely<DB>, scope: PurgeScope): Promise<number> {
  const which = sql`${addressIn(scope, sql`c.address`)} or ${nameIn(scope, sql`c.host`)}`;
  for (let removed = 0; ; ) {
    const some = affected(
      await sql`delete from candidate where id in (select c.id from candidate c where ${which} limit ${BATCH})`.execute(
        db,
      ),
    );
    removed += some;
    if (some === 0) return removed;
  }
}

/** Takes sightings that wait for a decision back out, as rejections of their run. */
export async function purgeHeld(db: Kysely<DB>, scope: PurgeScope): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    with gone as (
      delete from held_sighting h where case h.kind when 'address' then ${addressIn(scope, sql`h.host::inet`)}
        else ${nameIn(scope, sql`h.host`)} end returning run_id
    ), counted as (select run_id, count(*) as n from gone group by run_id), moved as (
      update feed_run r set held = r.held - c.n, rejected = r.rejected + c.n, rejected_by = r.rejected_by
        || jsonb_build_object('opted_out', coalesce((r.rejected_by ->> 'opted_out')::bigint, 0) + c.n)
      from counted c where r.id = c.run_id
    ) select coalesce(sum(n), 0)::bigint as n from counted`.execute(db);
  return rows[0]?.n ?? 0;
}

/** Certificates whose key is in the scope. */
export async function certificatesOf(db: Kysely<DB>, { keys }: PurgeScope): Promise<number[]> {
  if (keys.length === 0) return [];
  const rows = await db
    .selectFrom('certificate')
    .select('id')
    .where('spki_sha256', 'in', [...keys])
    .execute();
  return rows.map(({ id }) => id);
}

/** Addresses that rows about somebody in the scope have, whole networks together. */
export async function addressesIn(
  db: Kysely<DB>,
  scope: PurgeScope,
  certificates: readonly number[],
): Promise<string[]> {
  const { rows } = await sql<{ address: string }>`
    select host(address) as address from observation o where address is not null and ${rowIn(scope, certificates)}
    union select host(address) from survey_target o where address is not null and ${rowIn(scope)}
    union select host(address) from survey_suspect where ${addressIn(scope, sql`address`)}
    union select host(address) from endpoint_state where ${addressIn(scope, sql`address`)}`.execute(db);
  return rows.map(({ address }) => address);
}

export interface Masked {
  readonly observations: number;
  readonly targets: number;
  readonly states: number;
}

/** Masks everything about these addresses that is in the scope, some networks a transaction; who is killed leaves whole networks. */
export async function maskAddresses(
  db: Kysely<DB>,
  scope: PurgeScope,
  {
    addresses,
    certificates,
    random,
  }: {
    readonly addresses: readonly string[];
    readonly certificates: readonly number[];
    readonly random: (bytes: number) => Uint8Array;
  },
): Promise<Masked> {
  const total = { observations: 0, targets: 0, states: 0 };
  for (const batch of batches(addresses)) {
    const masks = masksFor(batch, random);
    const masked = await db.transaction().execute((tx) => maskBatch(tx, scope, certificates, masks));
    for (const what of Object.keys(total) as (keyof Masked)[]) total[what] += masked[what];
  }
  return total;
}

function batches(addresses: readonly string[]): string[][] {
  const made: string[][] = [];
  for (const network of Map.groupBy(addresses, networkOf).values()) {
    const last = made.at(-1);
    if (last === undefined || last.length + network.length > ADDRESSES_AT_ONCE) made.push(network);
    else last.push(...network);
  }
  return made;
}

/** What an observation keeps: what is counted. */
const FORGET = sql`server_name = null, detail = null, body_digest = null, evidence_digest = '', flags = '{opted_out}',
  verdict = jsonb_build_object('honeypot', o.verdict -> 'honeypot')`;

async function maskBatch(
  tx: Kysely<DB>,
  scope: PurgeScope,
  certificates: readonly number[],
  masks: ReadonlyMap<string, string>,
): Promise<Masked> {
  const list = sql`unnest(${[...masks.keys()]}::inet[], ${[...masks.values()]}::inet[]) as m (address, mask)`;
  const about = rowIn(scope, certificates);
  const observed = (endpoint: RawBuilder<unknown>) => sql`exists (
    select from observation o where o.address = ${endpoint}.address and o.port = ${endpoint}.port and ${about})`;
  const states = await sql`
    delete from endpoint_state e using ${list}
    where e.address = m.address and (${addressIn(scope, sql`e.address`)} or ${observed(sql`e`)})`.execute(tx);
  await sql`
    update survey_suspect s set address = m.mask from ${list}
    where s.address = m.address and (${addressIn(scope, sql`s.address`)} or ${observed(sql`s`)})`.execute(tx);
  const targets = await sql`
    update survey_target o set address = m.mask, host = host(m.mask), server_name = null, candidate_id = null from ${list}
    where o.address = m.address and ${rowIn(scope)}`.execute(tx);
  const observations = await sql`
    update observation o set address = m.mask, host = host(m.mask), ${FORGET} from ${list}
    where o.address = m.address and ${about}`.execute(tx);
  return { observations: affected(observations), targets: affected(targets), states: affected(states) };
}

/** Takes out what surveys noted of whole networks in the scope; a network that a brake stopped stays one, without its name. How many rows. */
export async function purgeNetworks(db: Kysely<DB>, scope: PurgeScope, asns: readonly number[]): Promise<number> {
  const names = sql`${asns.map((asn) => `AS${asn}`)}::text[]`;
  const noted = await sql`delete from survey_network where ${addressIn(scope, sql`network::inet`)}`.execute(db);
  const stopped = await sql`
    update survey_stop set scope = 'opted out ' || md5(random()::text || scope)
    where scope = any(${names}) or case when scope like '%/%' then ${addressIn(scope, sql`scope::inet`)} else false end`.execute(
    db,
  );
  return affected(noted) + affected(stopped);
}

/** Masks names in the scope that led to no address: one statement a table, so that a name has one mask. */
export async function maskNames(
  db: Kysely<DB>,
  scope: PurgeScope,
  random: (bytes: number) => Uint8Array,
): Promise<number> {
  const key = Buffer.from(random(16)).toString('hex');
  // A name that nobody has (RFC 6761 6.4).
  const mask = sql`md5(${key} || o.host) || '.invalid'`;
  const nowhere = sql`o.address is null and (${nameIn(scope, sql`o.host`)} or ${nameIn(scope, sql`o.server_name`)})`;
  return db.transaction().execute(async (tx) => {
    await sql`update survey_target o set host = ${mask}, server_name = null, candidate_id = null where ${nowhere}`.execute(
      tx,
    );
    return affected(await sql`update observation o set host = ${mask}, ${FORGET} where ${nowhere}`.execute(tx));
  });
}
