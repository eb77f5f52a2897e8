// Counts as they are asked for and as they leave: conditions of a query, cells, what stands beside them, and pages of cells.
import { createHash } from 'node:crypto';
import { Type } from 'typebox';
import { KubecensusError } from '../platform/errors.ts';
import { COUNTED_UNITS, NOT_OBSERVED_WORD, readConditions, type Where } from '../rollups/count-request.ts';
import { DIMENSION_NAMES, type Dimension } from '../rollups/rollup.ts';
import { CELL_METHOD } from '../rollups/sample-estimate.ts';
import type { StatsCell } from '../rollups/stats.store.ts';
import type { Place } from './cursor.ts';
import { Count, mapOf, orNull, Texts } from './schemas.ts';

export const UnitWord = Type.Enum([...COUNTED_UNITS], {
  description: 'what is counted once; clusters are an estimate between two numbers',
});

/** An estimated number of endpoints need not be whole. */
const Amount = Type.Number({ minimum: 0 });

/** One counted cell, or one estimated one. */
export const CountCell = Type.Object({
  values: mapOf(orNull(Type.String()), { description: 'value of each dimension; null: not observed' }),
  count: Type.Optional(Count),
  low: Type.Optional(Count),
  high: Type.Optional(Count),
  estimate: Type.Optional(
    Type.Object(
      {
        total: Amount,
        standardError: Amount,
        low: Amount,
        high: Amount,
        method: Type.Literal(CELL_METHOD),
      },
      {
        description:
          'endpoints of a sampled survey: what the count says of all candidates, beside it and never mixed with it; from low to high with 95 %, networks held together',
      },
    ),
  ),
});

/** What a table of counts is a table of. */
export const COUNT_FACTS = {
  unit: UnitWord,
  estimate: Type.Boolean({ description: 'true: cells are an estimate from low to high; false: they are counted' }),
  dimensions: Texts,
  where: mapOf(Texts, { description: 'conditions; several values of one dimension mean any of them' }),
  suppressedCells: Type.Integer({
    minimum: 0,
    description: 'cells of the whole table, without conditions, that are held back from answers without a key',
  }),
};

/** The conditions of a query: one parameter for each dimension. */
export const conditionsOf = (query: Readonly<Partial<Record<Dimension, readonly string[]>>>): Where =>
  readConditions(DIMENSION_NAMES.flatMap((dim) => (query[dim] ?? []).map((value): [string, string] => [dim, value])));

/** The facts of a table of counts. */
export const countFacts = (
  asked: { readonly unit: (typeof COUNTED_UNITS)[number]; readonly by: readonly Dimension[]; readonly where: Where },
  suppressedCells: number,
) => ({
  unit: asked.unit,
  estimate: asked.unit === 'cluster',
  dimensions: [...asked.by],
  where: Object.fromEntries(
    Object.entries(asked.where).map(([dim, values]) => [dim, values.map((value) => value || NOT_OBSERVED_WORD)]),
  ),
  suppressedCells,
});

/** A cell as it is written in answers. */
export const writtenCell = (cell: StatsCell) => ({ ...cell, values: writtenValues(cell) });

const writtenValues = (cell: StatsCell): Record<string, string | null> =>
  Object.fromEntries(Object.entries(cell.values).map(([dim, value]) => [dim, value ?? null]));

/**
 * The page of cells behind `place` (how many came before, and the mark of the last of them), and the place behind the page when there are
 * more. Cells stand in their own fixed order. Throws KC_API_CURSOR when that cell is not there any more: the survey went on.
 */
export function pageOfCells(
  cells: readonly StatsCell[],
  place: Place,
  limit: number,
): { readonly page: readonly StatsCell[]; readonly last: Place | null } {
  const [from = 0, mark] = place as [number?, string?];
  if (from > 0 && markOf(cells[from - 1]) !== mark)
    throw new KubecensusError('KC_API_CURSOR', 'The counts have changed since that page.');
  const end = from + limit;
  return { page: cells.slice(from, end), last: end >= cells.length ? null : [end, markOf(cells[end - 1])] };
}

/** Short, however long the values are: a cursor has to fit into a URL. */
const markOf = (cell: StatsCell | undefined): string =>
  createHash('sha256').update(JSON.stringify(cell)).digest('base64url').slice(0, 22);
