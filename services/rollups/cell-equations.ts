// Which sums tie the cells of a survey's tables to each other: margins and totals, and values that are parts of others (a version of its minor, a minor of its support).
import { parseGitVersion } from '../fingerprints/git-version.ts';
import { type CountedCell, type CountedTable, tableKey } from './counted-table.ts';
import type { Dimension } from './rollup.ts';

/** A cell and the table that it stands in. */
export interface TiedCell {
  readonly table: CountedTable;
  readonly cell: CountedCell;
}

/** `parts` add up to `whole`. */
export interface Sum {
  readonly parts: readonly TiedCell[];
  readonly whole: TiedCell;
}

/** An endpoint of several feeds counts in each: cells by feed do not add up. */
const MANY_VALUED: Dimension = 'feed';

/** Values of the first that belong to one value of the second, which readers know without us. */
const REFINED = [
  ['version', 'minor'],
  ['minor', 'support'],
] as const satisfies readonly (readonly [Dimension, Dimension])[];

/** Every sum that holds between kept tables of two dimensions at most. Pure. */
export function sumsOf(tables: readonly CountedTable[]): Sum[] {
  const byKey = new Map(tables.map((table) => [tableKey(table.dims), table]));
  return tables.flatMap((table) => [...marginSums(table, byKey), ...refinedSums(table, byKey)]);
}

/** Over each dimension of a table, when the table without it is kept. */
function* marginSums(table: CountedTable, byKey: ReadonlyMap<string, CountedTable>): Iterable<Sum> {
  for (const [at, dim] of table.dims.entries()) {
    if (dim === MANY_VALUED) continue;
    const margin = byKey.get(tableKey(table.dims.toSpliced(at, 1)));
    if (margin === undefined) continue;
    yield* sums(table, margin, (values) => values.toSpliced(at, 1));
  }
}

/** A table by versions (by minors) beside the same table by minors (by support). */
function* refinedSums(table: CountedTable, byKey: ReadonlyMap<string, CountedTable>): Iterable<Sum> {
  for (const [fine, coarse] of REFINED) {
    const at = table.dims.indexOf(fine);
    if (at < 0 || table.dims.includes(coarse)) continue;
    const dims = table.dims.with(at, coarse);
    const whole = byKey.get(tableKey(dims));
    if (whole === undefined) continue;
    const partOf = fine === 'version' ? minorOf : supportOf(byKey.get('minor,support'));
    yield* sums(table, whole, (values) => {
      const part = partOf(values[at]!);
      return part === null ? null : values.with(at, part);
    });
  }
}

function* sums(
  table: CountedTable,
  wholes: CountedTable,
  wholeOf: (values: readonly string[]) => readonly string[] | null,
): Iterable<Sum> {
  const key = (values: readonly string[] | null): string => JSON.stringify(values);
  const parts = Map.groupBy(table.cells, (cell) => key(wholeOf(cell.values)));
  for (const cell of wholes.cells) {
    const of = parts.get(key(cell.values));
    if (of !== undefined) yield { parts: of.map((part) => ({ table, cell: part })), whole: { table: wholes, cell } };
  }
}

function minorOf(version: string): string | null {
  const parsed = parseGitVersion(version);
  return parsed === null ? null : `${parsed.major}.${parsed.minor}`;
}

/** The calendar as the survey shows it. A minor whose support ended while the survey ran has two, and what belongs to which is known to nobody. */
function supportOf(table: CountedTable | undefined): (minor: string) => string | null {
  const supports = new Map<string, string | null>();
  for (const { values } of table?.cells ?? []) {
    const [minor = '', support = ''] = values;
    supports.set(minor, supports.has(minor) ? null : support);
  }
  return (minor) => supports.get(minor) ?? null;
}
