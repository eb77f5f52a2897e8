// Counts from observations: recomputed per survey in one statement, never incremented, always equal to a recount.
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import { KubecensusError } from '../platform/errors.ts';
import { NETWORK_LENGTH } from '../platform/net/address.ts';
import { type Cell, type Dimension, ROLLUP_SETS, type Unit } from './rollup.ts';
import { findSuspects, GRADE, JOIN_SUSPECT } from './suspect.store.ts';

/** Each dimension as an expression over observation `o`, its version `v`, what the survey suspects `s` and, for feeds, one row per feed `f`. */
const EXPRESSIONS: Readonly<Record<Dimension, RawBuilder<string | null>>> = {
  component: sql`o.component`,
  grade: sql`o.grade`,
  indicator: sql`case when o.certificate_name and o.version_endpoint then 'both' when o.certificate_name then 'certificate-name'
    when o.version_endpoint then 'version-endpoint' else 'neither' end`,
  outcome: sql`o.outcome`,
  distribution: sql`o.distribution`,
  minor: sql`o.minor`,
  version: sql`v.git_version`,
  support: sql`o.support`,
  country: sql`o.country`,
  asn: sql`o.asn::text`,
  port: sql`o.port::text`,
  feed: sql`f.feed`,
  authentication: sql`o.authentication`,
  honeypot: GRADE,
  method: sql`o.method`,
};

/** What is counted once. Endpoints of a survey are unique by construction, so they are counted as rows (a name that led nowhere is one). */
const COUNTS: Readonly<Record<Unit, RawBuilder<number>>> = {
  endpoint: sql`count(*)`,
  host: sql`count(distinct coalesce(host(o.address), o.host))`,
  certificate: sql`count(distinct o.certificate_id)`,
};

/** The network that an observation stands for when cells are published: its /24 or /48; a name that led nowhere stands for itself. */
const PUBLISHED_NETWORK: RawBuilder<string> = sql`coalesce(network(set_masklen(o.address, case family(o.address)
  when 4 then ${sql.lit(NETWORK_LENGTH[4])} else ${sql.lit(NETWORK_LENGTH[6])} end))::text, o.host)`;

/** An endpoint of several feeds is a row for each where counts go by feed, and one row everywhere else. */
export const observations = (by: readonly Dimension[]): RawBuilder<unknown> => sql`
  observation o left join k8s_version v on v.id = o.version_id ${JOIN_SUSPECT}
  ${by.includes('feed') ? sql`left join lateral unnest(o.feeds) as f (feed) on true` : sql``}`;

/** Observations whose dimension has one of the wanted values. */
function condition(dim: Dimension, wanted: readonly string[], by: readonly Dimension[]): RawBuilder<unknown> {
  const values = sql`${[...wanted]}::text[]`;
  if (dim === 'feed' && !by.includes('feed'))
    return sql`(o.feeds && ${values} or cardinality(o.feeds) = 0 and '' = any(${values}))`;
  return sql`coalesce(${EXPRESSIONS[dim]}, '') = any(${values})`;
}

/** The values of an observation in some dimensions, as text[]; '' where not observed. */
export const valuesOf = (by: readonly Dimension[]): RawBuilder<string[]> =>
  sql`array[${sql.join(by.map((dim) => sql`coalesce(${EXPRESSIONS[dim]}, '')`))}]::text[]`;

/** The observations of the survey that meet the conditions. */
export function selected({ surveyId, where, by }: Pick<CountQuery, 'surveyId' | 'where' | 'by'>): RawBuilder<unknown> {
  const filtered = Object.entries(where) as [Dimension, readonly string[]][];
  const conditions = filtered.map(([dim, wanted]) => sql`and ${condition(dim, wanted, by)}`);
  return sql`o.survey_id = ${surveyId} ${sql.join(conditions, sql` `)}`;
}

/** Finds the survey's suspects, recomputes all its rollup sets and marks it; idempotent. */
export async function recompute(db: Kysely<DB>, surveyId: string, at: Date): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx.selectFrom('survey').select('id').where('id', '=', surveyId).forUpdate().executeTakeFirstOrThrow();
    await findSuspects(tx, surveyId);
    await tx.deleteFrom('rollup').where('survey_id', '=', surveyId).execute();
    for (const dims of ROLLUP_SETS) {
      await sql`
        insert into rollup (survey_id, unit, dims, values, count, networks)
        select ${surveyId}, u.unit, ${[...dims]}::text[], c.values, case u.unit when 'endpoint' then c.endpoints when 'host' then c.hosts else c.certificates end, c.networks
        from (
          select ${valuesOf(dims)} as values, ${COUNTS.endpoint} as endpoints, ${COUNTS.host} as hosts, ${COUNTS.certificate} as certificates,
            count(distinct ${PUBLISHED_NETWORK}) as networks
          from ${observations(dims)} where o.survey_id = ${surveyId} group by 1
        ) c cross join (values ('endpoint'), ('host'), ('certificate')) as u (unit)
      `.execute(tx);
    }
    await tx.updateTable('survey').set({ rolled_up_at: at, summary: null }).where('id', '=', surveyId).execute();
  });
}

export interface CountQuery {
  readonly surveyId: string;
  readonly by: readonly Dimension[];
  /** Observations must have one of the values in every named dimension; '' means not observed. */
  readonly where: Readonly<Partial<Record<Dimension, readonly string[]>>>;
  readonly unit: Unit;
}

/**
 * Counts a survey by any dimensions: from the rollups where they hold the answer, else from the observations. Largest first, then by value.
 * Throws KC_NO_SURVEY when there is no survey of that id.
 */
export async function count(db: Kysely<DB>, query: CountQuery): Promise<Cell[]> {
  const kept = ROLLUP_SETS.some((set) => set.join() === query.by.join()) && Object.keys(query.where).length === 0;
  const { rolledUp } = await requireSurvey(db, query.surveyId);
  const rows = kept && rolledUp ? await fromRollups(db, query) : await recount(db, query);
  return rows.map((row) => ({
    values: Object.fromEntries(
      query.by.map((dim, index) => [dim, row.values[index] === '' ? null : (row.values[index] ?? null)]),
    ),
    count: Number(row.count),
  }));
}

/** The same counts straight from the observations. */
export async function recount(db: Kysely<DB>, query: CountQuery): Promise<{ values: string[]; count: number }[]> {
  const result = await sql<{ values: string[]; count: number }>`
    select ${valuesOf(query.by)} as values, ${COUNTS[query.unit]} as count from ${observations(query.by)}
    where ${selected(query)} group by 1 order by 2 desc, 1
  `.execute(db);
  return result.rows;
}

/** Throws KC_NO_SURVEY when there is no survey of that id. */
export async function requireSurvey(db: Kysely<DB>, surveyId: string): Promise<{ readonly rolledUp: boolean }> {
  const row = await db.selectFrom('survey').select('rolled_up_at').where('id', '=', surveyId).executeTakeFirst();
  if (row === undefined) throw new KubecensusError('KC_NO_SURVEY', `There is no survey ${surveyId}.`);
  return { rolledUp: row.rolled_up_at !== null };
}

async function fromRollups(db: Kysely<DB>, query: CountQuery): Promise<{ values: string[]; count: number }[]> {
  const result = await sql<{ values: string[]; count: number }>`
    select values, count from rollup where survey_id = ${query.surveyId} and unit = ${query.unit} and dims = ${[...query.by]}::text[] order by count desc, values
  `.execute(db);
  return result.rows;
}
