// Which cells of published counts are held back, so that no count of few networks can be read or worked out. Whoever owns the data sees all.
import { type Sum, sumsOf, type TiedCell } from './cell-equations.ts';
import { CellGraph, type Edge } from './cell-graph.ts';
import { type CountedCell, type CountedTable, cellKey, tableKey } from './counted-table.ts';
import { determined } from './determined.ts';
import type { Dimension } from './rollup.ts';

/** A published cell stands for this many networks at least, by default; the smallest setting allowed is SMALLEST_K. Thresholds of official statistics are 3 to 10. */
export const DEFAULT_K = 10;
export const SMALLEST_K = 5;

/** Cells of up to this many times k networks are guarded against differencing: in larger ones a step of a few says nothing about anyone. */
export const GUARDED_TIMES = 5;

export interface SuppressOptions {
  /** At least SMALLEST_K. */
  readonly k: number;
  /** Tables of surveys that may be published beside this one: what differs from them by less than k would name who came or went. */
  readonly earlier: readonly (readonly CountedTable[])[];
}

/** What is held back of every table, by the table's and the cell's key. */
export type Suppressed = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Decides for all tables of a survey together, because they give each other away: a table by one dimension is the margin of tables by two, and a minor
 * is the sum of its versions. Held back are (1) cells of fewer than k networks (but for what was not observed at all), (2) cells of few networks that
 * differ from an earlier survey's by less than k, and (3) as many more as it takes that none of these can be worked out: in every line what is
 * hidden stands for k networks and two cells at least; in a table by two dimensions each hidden cell lies on a closed path of hidden cells, which
 * is when the sums of that table do not determine it (Gusfield 1988, A graph theoretic approach to statistical data security); and no cell of
 * (1) and (2) has one value only in the linear system of all sums of all tables.
 */
export function suppressed(tables: readonly CountedTable[], { k, earlier }: SuppressOptions): Suppressed {
  if (!(k >= SMALLEST_K)) throw new RangeError(`k is at least ${SMALLEST_K}, not ${k}`);
  const hidden = new Map(tables.map((table) => [tableKey(table.dims), primary(table, k, earlier)]));
  const guarded = new Map([...hidden].map(([key, cells]) => [key, new Set(cells)]));
  const sums = sumsOf(tables);
  do hideInTables(tables, sums, hidden, k);
  while (hideDetermined(sums, hidden, guarded));
  return hidden;
}

function hideInTables(
  tables: readonly CountedTable[],
  sums: readonly Sum[],
  hidden: ReadonlyMap<string, Set<string>>,
  k: number,
): void {
  const margins = new Map(tables.map((table) => [tableKey(table.dims), table]));
  for (let before = -1, now = sizeOf(hidden); now !== before; before = now, now = sizeOf(hidden)) {
    for (const table of tables) {
      if (table.dims.length === 1) hideInLine(table.cells, hiddenOf(hidden, table.dims), k);
      if (table.dims.length === 2) hideInTable(table, margins, hidden, k);
    }
    for (const { parts } of sums)
      hideInLine(
        parts.map(({ cell }) => cell),
        hiddenOf(hidden, parts[0]!.table.dims),
        k,
      );
  }
}

/** Hides one more cell beside each guarded cell that follows from sums; false when none does. */
function hideDetermined(
  sums: readonly Sum[],
  hidden: ReadonlyMap<string, Set<string>>,
  guarded: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
  const open = new Map<string, number>();
  const numberOf = (name: string): number => {
    const known = open.get(name) ?? open.size;
    open.set(name, known);
    return known;
  };
  const sumsAt = new Map<string, Sum[]>();
  const equations = sums.flatMap((sum) => {
    const terms: [number, number][] = [];
    for (const tied of [...sum.parts, sum.whole]) {
      if (!isHidden(tied, hidden)) continue;
      const name = nameOf(tied);
      terms.push([numberOf(name), tied === sum.whole ? -1 : 1]);
      const there = sumsAt.get(name);
      if (there === undefined) sumsAt.set(name, [sum]);
      else there.push(sum);
    }
    return terms.length === 0 ? [] : [terms];
  });
  const known = determined(open.size, equations);
  const given = [...open].filter(([name, at]) => known[at] && isGuarded(name, guarded)).map(([name]) => name);
  let hides = false;
  for (const name of given) {
    const more = nearestOpen(name, sumsAt, hidden);
    if (more === null) continue;
    hiddenOf(hidden, more.table.dims).add(cellKey(more.cell.values));
    hides = true;
  }
  return hides;
}

/** The cheapest cell that is still shown in a sum with the named one, else in a sum with its hidden neighbours, and so on; null when all are hidden. */
function nearestOpen(
  name: string,
  sumsAt: ReadonlyMap<string, readonly Sum[]>,
  hidden: ReadonlyMap<string, Set<string>>,
): TiedCell | null {
  const seen = new Set([name]);
  for (let ring: readonly string[] = [name]; ring.length > 0; ) {
    const cells = ring.flatMap((one) => (sumsAt.get(one) ?? []).flatMap(({ parts, whole }) => [...parts, whole]));
    const shown = cells.filter((tied) => !isHidden(tied, hidden));
    const inner = shown.filter(({ table }) => table.dims.length > 1);
    const [cheapest] = (inner.length > 0 ? inner : shown).sort((a, b) => smallestFirst(a.cell, b.cell));
    if (cheapest !== undefined) return cheapest;
    ring = [...new Set(cells.map(nameOf))].filter((one) => !seen.has(one));
    for (const one of ring) seen.add(one);
  }
  return null;
}

function nameOf({ table, cell }: TiedCell): string {
  return JSON.stringify([tableKey(table.dims), cellKey(cell.values)]);
}

function isGuarded(name: string, guarded: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  const [table, cell] = JSON.parse(name) as [string, string];
  return guarded.get(table)?.has(cell) === true;
}

function isHidden({ table, cell }: TiedCell, hidden: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  return hidden.get(tableKey(table.dims))?.has(cellKey(cell.values)) === true;
}

function sizeOf(hidden: ReadonlyMap<string, ReadonlySet<string>>): number {
  return [...hidden.values()].reduce((sum, cells) => sum + cells.size, 0);
}

function hiddenOf(hidden: ReadonlyMap<string, Set<string>>, dims: readonly Dimension[]): Set<string> {
  return hidden.get(tableKey(dims)) ?? new Set();
}

function primary(table: CountedTable, k: number, earlier: SuppressOptions['earlier']): Set<string> {
  const before = earlier.map((tables) => {
    const same = tables.find((one) => tableKey(one.dims) === tableKey(table.dims));
    return new Map((same?.cells ?? []).map((cell) => [cellKey(cell.values), cell.count]));
  });
  const steps = (cell: CountedCell): boolean =>
    cell.networks < GUARDED_TIMES * k &&
    before.some((counts) => {
      const step = Math.abs(cell.count - (counts.get(cellKey(cell.values)) ?? cell.count));
      return step > 0 && step < k;
    });
  return new Set(
    table.cells
      .filter((cell) => saysSomething(cell) && (cell.networks < k || steps(cell)))
      .map((cell) => cellKey(cell.values)),
  );
}

/** What was not observed in any dimension describes nobody. The total has no dimensions and does. */
function saysSomething({ values }: CountedCell): boolean {
  return values.length === 0 || values.some((value) => value !== '');
}

/** Hides the smallest cells of a line until what is hidden is two cells and k networks at least, or the whole line is. */
function hideInLine(line: readonly CountedCell[], hidden: Set<string>, k: number): void {
  const inside = line.filter((cell) => hidden.has(cellKey(cell.values)));
  if (inside.length === 0) return;
  let cells = inside.length;
  let networks = inside.reduce((sum, cell) => sum + cell.networks, 0);
  const open = line.filter((cell) => !hidden.has(cellKey(cell.values))).sort(smallestFirst);
  for (const cell of open) {
    if (cells >= 2 && networks >= k) return;
    hidden.add(cellKey(cell.values));
    cells += 1;
    networks += cell.networks;
  }
}

function smallestFirst(a: CountedCell, b: CountedCell): number {
  return a.networks - b.networks || a.count - b.count || (cellKey(a.values) < cellKey(b.values) ? -1 : 1);
}

/** Hiding a margin hides it in every table: dearer than any cell, so that it is the last thing to be hidden. */
const MARGIN_COST = 1e12;

function hideInTable(
  table: CountedTable,
  tables: ReadonlyMap<string, CountedTable>,
  hidden: ReadonlyMap<string, Set<string>>,
  k: number,
): void {
  const own = hiddenOf(hidden, table.dims);
  for (const at of [0, 1] as const)
    for (const line of Map.groupBy(table.cells, (cell) => cell.values[at]).values()) hideInLine(line, own, k);
  const edges = edgesOf(table, tables, hidden);
  const graph = new CellGraph(edges);
  for (const edge of graph.bridges()) for (const hiding of graph.path(edge)) hiding.hide();
}

/** The cells of the table and those of its two margins: a cell ties its row to its column, a margin ties a row to all columns, or a column to all rows. */
function edgesOf(
  table: CountedTable,
  tables: ReadonlyMap<string, CountedTable>,
  hidden: ReadonlyMap<string, Set<string>>,
): Edge[] {
  const [first, second] = table.dims as readonly [Dimension, Dimension];
  const own = hiddenOf(hidden, table.dims);
  const edges = table.cells.map((cell) =>
    edgeOf(`${first} ${cell.values[0]}`, `${second} ${cell.values[1]}`, cell, own, cell.count),
  );
  for (const [dim, whole] of [
    [first, 'all columns'],
    [second, 'all rows'],
  ] as const)
    for (const cell of tables.get(tableKey([dim]))?.cells ?? [])
      edges.push(edgeOf(`${dim} ${cell.values[0]}`, whole, cell, hiddenOf(hidden, [dim]), MARGIN_COST + cell.count));
  return edges;
}

function edgeOf(from: string, to: string, cell: CountedCell, hidden: Set<string>, cost: number): Edge {
  const key = cellKey(cell.values);
  return { from, to, cost, isHidden: () => hidden.has(key), hide: () => hidden.add(key) };
}
