// Owners of networks in Postgres, and what a survey saw inside their prefixes.
import { type Kysely, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import { KubecensusError } from '../platform/errors.ts';
import { parsePrefix } from '../platform/net/address.ts';
import type { OwnedEndpoint, Owner } from './owner-data.ts';

/** Adds or replaces an owner. Throws KC_OWNER for a prefix that is none or has bits set beyond its length, and for an empty word on how it was verified. */
export async function putOwner(db: Kysely<DB>, owner: Owner): Promise<void> {
  const bad = owner.prefixes.filter((text) => parsePrefix(text, { bare: true }) === null);
  if (bad.length > 0 || owner.prefixes.length === 0)
    throw new KubecensusError('KC_OWNER', `Not usable as prefixes of an owner: ${bad.join(', ') || 'an empty list'}.`);
  if (owner.verifiedBy.trim() === '')
    throw new KubecensusError('KC_OWNER', `How the ownership of ${owner.name} was checked is not said.`);
  const prefixes = owner.prefixes.map((text) => parsePrefix(text, { bare: true })!.text);
  await sql`
    insert into owner (name, prefixes, verified_by, verified_at)
    values (${owner.name}, ${prefixes}::cidr[], ${owner.verifiedBy}, ${owner.verifiedAt})
    on conflict (name) do update set prefixes = excluded.prefixes, verified_by = excluded.verified_by, verified_at = excluded.verified_at
  `.execute(db);
}

/** Removes an owner; false when there is none of that name. */
export async function removeOwner(db: Kysely<DB>, name: string): Promise<boolean> {
  const result = await db.deleteFrom('owner').where('name', '=', name).executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** Owners by name. */
export async function listOwners(db: Kysely<DB>): Promise<Owner[]> {
  const { rows } = await sql<Omit<Owner, 'verifiedAt'> & { verifiedAt: Date }>`
    select name, prefixes::text[] as prefixes, verified_by as "verifiedBy", verified_at as "verifiedAt" from owner order by name
  `.execute(db);
  return rows.map((row) => ({ ...row, verifiedAt: row.verifiedAt.toISOString() }));
}

/** Throws KC_OWNER when no owner of that name is verified: a report on single hosts has no other way in. */
export async function requireOwner(db: Kysely<DB>, name: string | null): Promise<Owner> {
  const owner = (await listOwners(db)).find((one) => one.name === name);
  if (owner === undefined)
    throw new KubecensusError(
      'KC_OWNER',
      name === null ? 'The owner report needs the name of an owner.' : `No owner ${name} is verified.`,
    );
  return owner;
}

interface OwnedRow extends Omit<OwnedEndpoint, 'firstSeen' | 'observedAt'> {
  readonly firstSeen: Date | null;
  readonly observedAt: Date;
}

/** The Kubernetes endpoints of a survey inside the prefixes, and how many endpoints there were looked at in all. */
export async function readOwned(
  db: Kysely<DB>,
  surveyId: string,
  prefixes: readonly string[],
): Promise<{ readonly endpoints: OwnedEndpoint[]; readonly observed: number }> {
  const inside = sql`o.survey_id = ${surveyId} and not o.superseded and o.address <<= any(${[...prefixes]}::cidr[])`;
  const { rows } = await sql<OwnedRow>`
    select host(o.address) as address, o.port, o.component, o.grade, v.git_version as version, o.distribution, o.support, o.authentication,
      c.sha256 as certificate, o.honeypot, array(select jsonb_array_elements_text(o.verdict -> 'advice')) as advice,
      s.first_seen as "firstSeen", o.observed_at as "observedAt"
    from observation o left join k8s_version v on v.id = o.version_id left join certificate c on c.id = o.certificate_id
      left join endpoint_state s on s.address = o.address and s.port = o.port
    where ${inside} and o.component is not null and o.component <> 'other' order by o.address, o.port
  `.execute(db);
  const counted = await sql<{
    observed: string;
  }>`select count(*) as observed from observation o where ${inside}`.execute(db);
  return {
    endpoints: rows.map((row) => ({
      ...row,
      firstSeen: row.firstSeen?.toISOString() ?? null,
      observedAt: row.observedAt.toISOString(),
    })),
    observed: Number(counted.rows[0]!.observed),
  };
}
