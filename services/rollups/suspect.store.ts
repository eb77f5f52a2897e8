// Grades that a whole survey raises: endpoints with one key and one answer over many networks. Derived, so observations stay what was seen.
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import { IDENTICAL_ADDRESSES, IDENTICAL_NETWORKS, IDENTICAL_OVER_NETWORKS, NETWORK_PREFIX, RAISED } from './suspect.ts';

/** The network of observation `o`: its AS, or its prefix when no AS is known. */
export const NETWORK: RawBuilder<string> = sql`coalesce('AS' || o.asn,
  network(set_masklen(o.address, case family(o.address) when 4 then ${sql.lit(NETWORK_PREFIX[4])} else ${sql.lit(NETWORK_PREFIX[6])} end))::text)`;

/** The honeypot grade that counts: raised by the survey where it is, else the observation's own. Needs JOIN_SUSPECT. */
export const GRADE: RawBuilder<string> = sql`coalesce(s.grade, o.honeypot)`;
export const JOIN_SUSPECT = sql`left join survey_suspect s on s.survey_id = o.survey_id and s.address = o.address and s.port = o.port`;

const RAISED_GRADE = sql`case o.honeypot ${sql.join(
  Object.entries(RAISED).map(([grade, raised]) => sql`when ${sql.lit(grade)} then ${sql.lit(raised)}`),
  sql` `,
)} end`;

/**
 * Finds the suspects of a survey anew; idempotent. An engine that gives no key hash names the certificate, and one certificate is one key.
 * Plain ports have no key and are not judged.
 */
export async function findSuspects(tx: Kysely<DB>, surveyId: string): Promise<void> {
  await tx.deleteFrom('survey_suspect').where('survey_id', '=', surveyId).execute();
  await sql`
    with kin as (
      select o.address, o.port, ${NETWORK} as network,
        coalesce(c.spki_sha256, c.sha256) as key, o.body_digest
      from observation o join certificate c on c.id = o.certificate_id
      where o.survey_id = ${surveyId} and not o.superseded and o.address is not null and o.body_digest is not null
        and o.grade <> 'not' and o.component <> 'other'
    ), families as (
      select key, body_digest from kin group by key, body_digest
      having count(distinct address) > ${IDENTICAL_ADDRESSES} and count(distinct network) > ${IDENTICAL_NETWORKS}
    )
    insert into survey_suspect (survey_id, address, port, grade, reasons)
    select distinct on (o.address, o.port) ${surveyId}, o.address, o.port, ${RAISED_GRADE},
      array(select jsonb_array_elements_text(coalesce(o.verdict->'honeypot'->'reasons', '[]'))) || ${IDENTICAL_OVER_NETWORKS}::text
    from families f join kin k using (key, body_digest) join observation o using (address, port)
    where o.survey_id = ${surveyId} and not o.superseded order by o.address, o.port
  `.execute(tx);
}
