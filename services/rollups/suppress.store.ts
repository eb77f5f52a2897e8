// What of a survey's counts may be published: its rollups, judged together with those of the surveys of the days before.
import { type Kysely, sql } from 'kysely';
import { storableJson } from '../platform/db/json.ts';
import type { DB } from '../platform/db/schema.ts';
import { type CountedCell, type CountedTable, cellKey, tableKey } from './counted-table.ts';
import type { Dimension } from './rollup.ts';
import { suppressed } from './suppress.ts';

/** Counts of single places change little from day to day: surveys of this many days are held against each other. */
const GUARDED_DAYS = 7;

/** Says of every cell that is kept ready whether it may be published. */
export interface PublicCells {
  /** True also for cells of tables that are not kept: nothing else is published. */
  readonly isHidden: (dims: readonly Dimension[], values: readonly string[]) => boolean;
  /** Whether a table by these dimensions is published at all. */
  readonly hasTable: (dims: readonly Dimension[]) => boolean;
  /** Cells of a table that are held back. */
  readonly hiddenIn: (dims: readonly Dimension[]) => number;
}

/** What is kept of a judgement: every table by its dimensions, with the values of its cells that are held back. */
type HeldBack = readonly { readonly dims: readonly Dimension[]; readonly hidden: readonly (readonly string[])[] }[];

/** Which cells of a counted survey may be published with this `k` (as in suppress.ts): as it was judged after counting, else judged now. Reads only. */
export async function publicCells(db: Kysely<DB>, surveyId: string, k: number): Promise<PublicCells> {
  const { rows } = await sql<{ tables: HeldBack }>`
    select h.tables from held_back h join survey s on s.id = h.survey_id and s.rolled_up_at = h.rolled_up_at where s.id = ${surveyId} and h.k = ${k}
  `.execute(db);
  return cellsBeside(rows[0]?.tables ?? (await judge(db, surveyId, k)));
}

/** Judges a counted survey and keeps what came of it; counting it anew or another `k` makes it void. Idempotent. */
export async function keepPublicCells(db: Kysely<DB>, surveyId: string, k: number): Promise<void> {
  const tables = storableJson(await judge(db, surveyId, k));
  await sql`
    insert into held_back (survey_id, k, rolled_up_at, tables)
    select id, ${k}, rolled_up_at, ${tables}::jsonb from survey where id = ${surveyId} and rolled_up_at is not null
    on conflict (survey_id) do update set k = excluded.k, rolled_up_at = excluded.rolled_up_at, tables = excluded.tables
  `.execute(db);
}

/** Reads the rollups of the survey and of the counted surveys of the same method up to a week before, and decides. */
async function judge(db: Kysely<DB>, surveyId: string, k: number): Promise<HeldBack> {
  const tables = await readTables(db, surveyId);
  const earlier: CountedTable[][] = [];
  for (const id of await guardedSurveys(db, surveyId)) earlier.push(await readTables(db, id));
  const hidden = suppressed(tables, { k, earlier });
  return tables.map(({ dims, cells }) => {
    const keys = hidden.get(tableKey(dims));
    return { dims, hidden: cells.map(({ values }) => values).filter((values) => keys?.has(cellKey(values)) === true) };
  });
}

function cellsBeside(tables: HeldBack): PublicCells {
  const hidden = new Map(tables.map((table) => [tableKey(table.dims), new Set(table.hidden.map(cellKey))]));
  return {
    isHidden: (dims, values) => hidden.get(tableKey(dims))?.has(cellKey(values)) ?? true,
    hasTable: (dims) => hidden.has(tableKey(dims)),
    hiddenIn: (dims) => hidden.get(tableKey(dims))?.size ?? 0,
  };
}

/** Endpoints are what is judged: hosts and certificates of a cell are hidden with its endpoints. */
async function readTables(db: Kysely<DB>, surveyId: string): Promise<CountedTable[]> {
  const { rows } = await sql<{ dims: Dimension[]; values: string[]; count: string; networks: string }>`
    select dims, values, count, networks from rollup where survey_id = ${surveyId} and unit = 'endpoint' order by dims, values
  `.execute(db);
  return [...Map.groupBy(rows, (row) => tableKey(row.dims)).values()].map((cells) => ({
    dims: cells[0]!.dims,
    cells: cells.map(
      (cell): CountedCell => ({
        values: cell.values,
        count: Number(cell.count),
        networks: Number(cell.networks),
      }),
    ),
  }));
}

async function guardedSurveys(db: Kysely<DB>, surveyId: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select s.id from survey s join survey this on this.id = ${surveyId} and s.method = this.method and s.created_at < this.created_at
    where s.rolled_up_at is not null and s.created_at >= this.created_at - make_interval(days => ${GUARDED_DAYS}) order by s.created_at
  `.execute(db);
  return rows.map((row) => row.id);
}
