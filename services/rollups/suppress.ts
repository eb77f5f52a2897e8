// Which cells of published counts are held back, so that no count of few networks can be read or worked out. Whoever owns the data sees all.
import { CellGraph, type Edge } from './cell-graph.ts';
import type { Dimension } from './rollup.ts';

/** A published cell stands for this many networks at least, by default; the smallest setting allowed is SMALLEST_K. Thresholds of official statistics are 3 to 10. */
export const DEFAULT_K = 10;
export const SMALLEST_K = 5;

/** Cells of up to this many times k networks are guarded against differencing: in larger ones a step of a few says nothing about anyone. */
const GUARDED_TIMES = 5;

export interface CountedCell {
  /** In the order of the table's dimensions; '' where not observed. */
  readonly values: readonly string[];
  readonly count: number;
  /** Distinct networks (/24 or /48) of what the cell counts: they are counted and not addresses, of which one owner has many. */
  readonly networks: number;
}

/** Counts of one survey by two dimensions at most. */
export interface CountedTable {
  readonly dims: readonly Dimension[];
  readonly cells: readonly CountedCell[];
}

export interface SuppressOptions {
  /** At least SMALLEST_K. */
  readonly k: number;
  /** Tables of surveys that may be published beside this one: what differs from them by less than k would name who came or went. */
  readonly earlier: readonly (readonly CountedTable[])[];
}

/** What is held back of every table, by the table's and the cell's key. */
export type Suppressed = ReadonlyMap<string, ReadonlySet<string>>;

export function tableKey(dims: readonly Dimension[]): string {
  return dims.join();
}

export function cellKey(values: readonly string[]): string {
  return JSON.stringify(values);
}

/**
 * Decides for all tables of a survey together, because they give each other away: a table by one dimension is the margin of tables by two.
 * Held back are (1) cells of fewer than k networks (but for what was not observed at all), (2) cells of few networks that differ from an earlier survey's by less than k, and (3)
 * as many more as it takes that none of these can be worked out from totals: in every line what is hidden stands for k networks and two
 * cells at least, and in a table by two dimensions each hidden cell lies on a closed path of hidden cells, which is exactly when no
 * sums determine it (Gusfield 1988, A graph theoretic approach to statistical data security).
 */
export function suppressed(tables: readonly CountedTable[], { k, earlier }: SuppressOptions): Suppressed {
  if (!(k >= SMALLEST_K)) throw new RangeError(`k is at least ${SMALLEST_K}, not ${k}`);
  const hidden = new Map(tables.map((table) => [tableKey(table.dims), primary(table, k, earlier)]));
  const margins = new Map(tables.map((table) => [tableKey(table.dims), table]));
  for (let before = -1, now = sizeOf(hidden); now !== before; before = now, now = sizeOf(hidden)) {
    for (const table of tables) {
      if (table.dims.length === 1) hideInLine(table.cells, hiddenOf(hidden, table.dims), k);
      if (table.dims.length === 2) hideInTable(table, margins, hidden, k);
    }
  }
  return hidden;
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
