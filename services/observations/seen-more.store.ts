// What is counted of an endpoint that several vantages looked at: the row that says most. One rule, as SQL over a row of observations.
import { type RawBuilder, sql } from 'kysely';
import { GRADES } from '../fingerprints/verdict.ts';
import { OUTCOME_NAMES, OUTCOMES, type OutcomeClass } from '../probes/outcome.ts';

const ofClass = (wanted: OutcomeClass) =>
  sql`${OUTCOME_NAMES.filter((name) => OUTCOMES[name].class === wanted)}::text[]`;

/** The row of this alias saw a component of Kubernetes: its outcome is positive, or its grade is one that counts as up. */
export const sawKubernetes = (alias: string): RawBuilder<boolean> => {
  const row = (name: string) => sql.ref(`${alias}.${name}`);
  return sql<boolean>`(${row('outcome')} = any(${ofClass('positive')}) or ${row('grade')} in ('confirmed', 'probable'))`;
};

/** The row of this alias says something of the host: it was asked, and nothing failed on our side. */
export const isAnswered = (alias: string): RawBuilder<boolean> =>
  sql<boolean>`${sql.ref(`${alias}.outcome`)} <> all(${sql`${OUTCOME_NAMES.filter((name) => ['not_probed', 'ours'].includes(OUTCOMES[name].class))}::text[]`})`;

/**
 * How much the row of this alias says of its endpoint: Kubernetes over "no Kubernetes there" over "not reached this time" over nothing; where that is
 * equal, the surer grade; then a version that was printed, then a certificate. Of equal rows the earlier stays.
 */
export const saysOf = (alias: string): RawBuilder<number> => {
  const row = (name: string) => sql.ref(`${alias}.${name}`);
  return sql<number>`(
    case when ${sawKubernetes(alias)} then 3 when ${row('outcome')} = any(${ofClass('negative')}) then 2
      when ${row('outcome')} = any(${ofClass('transient')}) then 1 else 0 end * 100
    + (${GRADES.length} - coalesce(array_position(${[...GRADES]}::text[], ${row('grade')}), ${GRADES.length})) * 10
    + case when ${row('version_id')} is null then 0 else 2 end + case when ${row('certificate_id')} is null then 0 else 1 end)`;
};
