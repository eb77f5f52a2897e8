// Counts from observations: recomputed per survey in one walk over its endpoints, never incremented, always equal to a recount.
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import { KubecensusError } from '../platform/errors.ts';
import { NETWORK_LENGTH } from '../platform/net/address.ts';
import { requireObservations } from '../surveys/survey.store.ts';
import { eachRow } from './each-row.store.ts';
import { type Cell, DIMENSION_NAMES, type Dimension, keptSetOf, ROLLUP_SETS, UNITS, type Unit } from './rollup.ts';
import { SurveyTable, type TableCell } from './survey-table.ts';
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

/** The observations of the survey that meet the conditions: one for each endpoint, whatever number of vantages looked. */
export function selected({ surveyId, where, by }: Pick<CountQuery, 'surveyId' | 'where' | 'by'>): RawBuilder<unknown> {
  const filtered = Object.entries(where) as [Dimension, readonly string[]][];
  const conditions = filtered.map(([dim, wanted]) => sql`and ${condition(dim, wanted, by)}`);
  return sql`o.survey_id = ${surveyId} and not o.superseded ${sql.join(conditions, sql` `)}`;
}

/** Finds the survey's suspects, recomputes all its rollup sets and marks it; idempotent. */
export async function recompute(db: Kysely<DB>, surveyId: string, at: Date): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx.selectFrom('survey').select('id').where('id', '=', surveyId).forUpdate().executeTakeFirstOrThrow();
    await findSuspects(tx, surveyId);
    await tx.deleteFrom('rollup').where('survey_id', '=', surveyId).execute();
    const table = await readTable(tx, surveyId);
    for (const dims of ROLLUP_SETS) await insertCells(tx, surveyId, dims, table.cells(dims));
    await tx.updateTable('survey').set({ rolled_up_at: at, summary: null }).where('id', '=', surveyId).execute();
  });
}

/** The dimensions of which an endpoint has one value. */
const COLUMNS = DIMENSION_NAMES.filter((dim) => dim !== 'feed');
/** For the sort of millions of rows in this transaction alone. */
const SORT_MEMORY = '128MB';

/** The survey's endpoints by address: hosts are neighbours, and the hosts of a network are. */
async function readTable(tx: Kysely<DB>, surveyId: string): Promise<SurveyTable> {
  const table = new SurveyTable(COLUMNS);
  await sql`set local work_mem = ${sql.lit(SORT_MEMORY)}`.execute(tx);
  // Values and feeds as one text: what comes again is looked up and not read again.
  const columns = COLUMNS.map((dim) => sql`coalesce(${EXPRESSIONS[dim]}, '')`);
  const rows = sql<{ kind: string; host: string; network: string; certificate: string | null }>`
    select json_build_array(to_json(o.feeds), ${sql.join(columns)})::text as kind, coalesce(host(o.address), o.host) as host, ${PUBLISHED_NETWORK} as network,
      o.certificate_id as certificate
    from ${observations([])} where o.survey_id = ${surveyId} and not o.superseded order by o.address, case when o.address is null then o.host end`;
  const kinds = new Map<string, number>();
  await eachRow(tx, rows, ({ kind, host, network, certificate }) => {
    const known = kinds.get(kind) ?? kindIn(table, kind);
    kinds.set(kind, known);
    table.add({ kind: known, host, network, certificate: certificate === null ? null : Number(certificate) });
  });
  return table;
}

function kindIn(table: SurveyTable, text: string): number {
  const [feeds, ...values] = JSON.parse(text) as [string[], ...string[]];
  return table.kindOf(values, feeds);
}

/** Cells of one statement: some hundred kilobytes. */
const CELLS_AT_ONCE = 20_000;

async function insertCells(
  tx: Kysely<DB>,
  surveyId: string,
  dims: readonly Dimension[],
  cells: readonly TableCell[],
): Promise<void> {
  const names = dims.map((_, at) => `v${at}`);
  const kinds = sql.raw(
    [...names.map((name) => `${name} text`), ...UNITS.map((unit) => `"${unit}" bigint`), 'networks bigint'].join(),
  );
  for (let from = 0; from < cells.length; from += CELLS_AT_ONCE) {
    const rows = cells.slice(from, from + CELLS_AT_ONCE).map((cell) => ({
      ...Object.fromEntries(names.map((name, at) => [name, cell.values[at]])),
      endpoint: cell.endpoints,
      host: cell.hosts,
      certificate: cell.certificates,
      networks: cell.networks,
    }));
    await sql`
      insert into rollup (survey_id, unit, dims, values, count, networks)
      select ${surveyId}, u.unit, ${[...dims]}::text[], array[${sql.join(names.map((name) => sql.ref(name)))}]::text[], u.count, networks
      from json_to_recordset(${JSON.stringify(rows)}::json) as c (${kinds})
      cross join lateral (values ${sql.join(UNITS.map((unit) => sql`(${sql.lit(unit)}, c.${sql.ref(unit)})`))}) as u (unit, count)
    `.execute(tx);
  }
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
  const kept = keptSet(query);
  const { rolledUp } = await requireSurvey(db, query.surveyId);
  const rows = kept !== null && rolledUp ? await fromRollups(db, query, kept) : await recount(db, query);
  return rows.map((row) => ({
    values: Object.fromEntries(
      query.by.map((dim, index) => [dim, row.values[index] === '' ? null : (row.values[index] ?? null)]),
    ),
    count: Number(row.count),
  }));
}

/** The same counts straight from the observations. Throws KC_OBSERVATIONS_DROPPED. */
export async function recount(db: Kysely<DB>, query: CountQuery): Promise<{ values: string[]; count: number }[]> {
  await requireObservations(db, [query.surveyId]);
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

/**
 * The kept set whose cells answer the question: it has exactly the dimensions that are counted by and asked for, in any order. Cells of several values are added
 * up where a dimension is only asked for, which is right for endpoints alone, of which each has one value; feeds may name the same ones.
 */
function keptSet({ by, where, unit }: CountQuery): readonly Dimension[] | null {
  const filtered = Object.entries(where) as [Dimension, readonly string[]][];
  const isAdded = ([dim, wanted]: [Dimension, readonly string[]]): boolean =>
    !by.includes(dim) && new Set(wanted).size !== 1;
  if (filtered.some((one) => isAdded(one) && (unit !== 'endpoint' || one[0] === 'feed'))) return null;
  return keptSetOf(new Set([...by, ...filtered.map(([dim]) => dim)]));
}

async function fromRollups(
  db: Kysely<DB>,
  { surveyId, by, where, unit }: CountQuery,
  set: readonly Dimension[],
): Promise<{ values: string[]; count: number }[]> {
  const value = (dim: Dimension): RawBuilder<string> => sql`values[${sql.lit(set.indexOf(dim) + 1)}]`;
  const conditions = (Object.entries(where) as [Dimension, readonly string[]][]).map(
    ([dim, wanted]) => sql`and ${value(dim)} = any(${[...wanted]}::text[])`,
  );
  const result = await sql<{ values: string[]; count: number }>`
    select array[${sql.join(by.map(value))}]::text[] as values, sum(count) as count from rollup
    where survey_id = ${surveyId} and unit = ${unit} and dims = ${[...set]}::text[] ${sql.join(conditions, sql` `)}
    group by 1 order by 2 desc, 1
  `.execute(db);
  return result.rows;
}
