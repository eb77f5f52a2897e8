// Suppression: whoever has all published cells, margins and totals cannot work out a cell of few networks, now or from survey to survey.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CountedCell, type CountedTable, cellKey, tableKey } from '../../services/rollups/counted-table.ts';
import type { Dimension } from '../../services/rollups/rollup.ts';
import { suppressed } from '../../services/rollups/suppress.ts';
import '../support/seed.ts';

const K = 10;
const RUNS = 20000;
const DIMS = ['component', 'country'] as const satisfies Dimension[];

/** Both one-dimensional tables, the table by both, and the total, of cells by (component, country). */
function tablesOf(cells: readonly CountedCell[]): CountedTable[] {
  const margin = (at: 0 | 1): CountedTable => ({
    dims: [DIMS[at]],
    cells: [...Map.groupBy(cells, (cell) => cell.values[at]!)].map(([value, line]) => summed([value], line)),
  });
  return [{ dims: [], cells: [summed([], cells)] }, margin(0), margin(1), { dims: [...DIMS], cells }];
}

function summed(values: string[], line: readonly CountedCell[]): CountedCell {
  return {
    values,
    count: line.reduce((sum, cell) => sum + cell.count, 0),
    networks: line.reduce((sum, cell) => sum + cell.networks, 0),
  };
}

/** A reader's knowledge: every equation that published numbers allow between hidden cells, as rows of coefficients and a sum. */
function equations(tables: readonly CountedTable[], hidden: ReturnType<typeof suppressed>) {
  const unknown = new Map<string, CountedCell>();
  const name = (dims: readonly Dimension[], values: readonly string[]): string =>
    `${tableKey(dims)} ${cellKey(values)}`;
  for (const table of tables)
    for (const cell of table.cells)
      if (hidden.get(tableKey(table.dims))?.has(cellKey(cell.values)) === true)
        unknown.set(name(table.dims, cell.values), cell);
  const names = [...unknown.keys()];
  const rows: { of: number[]; sum: number }[] = [];
  const add = (
    parts: readonly [readonly Dimension[], CountedCell][],
    whole: [readonly Dimension[], CountedCell],
  ): void => {
    const of = names.map(() => 0);
    let sum = 0;
    for (const [[dims, cell], sign] of [...parts.map((part) => [part, 1] as const), [whole, -1] as const]) {
      const at = names.indexOf(name(dims, cell.values));
      if (at >= 0) of[at]! += sign;
      else sum -= sign * cell.count;
    }
    rows.push({ of, sum });
  };
  const [total, first, second, both] = tables as [CountedTable, CountedTable, CountedTable, CountedTable];
  for (const [at, margin] of [first, second].entries()) {
    add(
      margin.cells.map((cell) => [margin.dims, cell]),
      [[], total.cells[0]!],
    );
    for (const cell of margin.cells)
      add(
        both.cells.filter((one) => one.values[at] === cell.values[0]).map((one) => [both.dims, one]),
        [margin.dims, cell],
      );
  }
  return { names, unknown, rows };
}

/** Which unknowns have one value only in the linear system: Gauss and Jordan. */
function determined(names: readonly string[], rows: readonly { of: number[]; sum: number }[]): string[] {
  const matrix = rows.map(({ of }) => [...of]);
  const pivots: number[] = [];
  let rank = 0;
  for (const [column] of names.entries()) {
    const at = matrix.findIndex((row, index) => index >= rank && Math.abs(row[column]!) > 1e-9);
    if (at < 0) continue;
    [matrix[rank], matrix[at]] = [matrix[at]!, matrix[rank]!];
    const pivot = matrix[rank]!;
    const by = pivot[column]!;
    for (const index of pivot.keys()) pivot[index]! /= by;
    for (const [index, row] of matrix.entries()) {
      const times = row[column]!;
      if (index === rank || Math.abs(times) < 1e-9) continue;
      for (const place of row.keys()) row[place]! -= times * pivot[place]!;
    }
    pivots.push(column);
    rank += 1;
  }
  return pivots
    .filter((column, at) => matrix[at]!.every((value, place) => place === column || Math.abs(value) < 1e-9))
    .map((column) => names[column]!);
}

/** Narrows every unknown by every equation, knowing that counts are not negative, until nothing moves. */
function narrowed(names: readonly string[], rows: readonly { of: number[]; sum: number }[], most: number) {
  const low = names.map(() => 0);
  const high = names.map(() => most);
  for (let moved = true; moved; ) {
    moved = false;
    for (const { of, sum } of rows)
      for (const [at, sign] of of.entries()) {
        if (sign === 0) continue;
        let [least, greatest] = [0, 0];
        for (const [place, times] of of.entries()) {
          if (place === at || times === 0) continue;
          least += times > 0 ? times * low[place]! : times * high[place]!;
          greatest += times > 0 ? times * high[place]! : times * low[place]!;
        }
        const bounds = [(sum - least) / sign, (sum - greatest) / sign];
        const [lower, upper] = [Math.min(...bounds), Math.max(...bounds)];
        if (lower > low[at]! + 1e-6) {
          low[at] = lower;
          moved = true;
        }
        if (upper < high[at]! - 1e-6) {
          high[at] = upper;
          moved = true;
        }
      }
  }
  return names.map((name, at) => ({ name, low: low[at]!, high: high[at]! }));
}

const anyCells = fc
  .array(
    fc.record({
      component: fc.constantFrom('kube-apiserver', 'kubelet', 'etcd-client', 'rancher'),
      country: fc.constantFrom('US', 'DE', 'FR', 'BA', 'SG'),
      networks: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 10, max: 400 })),
      each: fc.integer({ min: 1, max: 3 }),
    }),
    { minLength: 1, maxLength: 14 },
  )
  .map((rows) => {
    const cells = new Map<string, CountedCell>();
    for (const { component, country, networks, each } of rows)
      cells.set(`${component} ${country}`, { values: [component, country], count: networks * each, networks });
    return [...cells.values()];
  });

test('no cell of few networks can be recovered from what is published, by algebra or by bounds', () => {
  fc.assert(
    fc.property(anyCells, (cells) => {
      const tables = tablesOf(cells);
      if (tables[0]!.cells[0]!.networks < K) return;
      const hidden = suppressed(tables, { k: K, earlier: [] });
      const { names, unknown, rows } = equations(tables, hidden);
      const known = new Set(determined(names, rows));
      const most = tables[0]!.cells[0]!.count;
      for (const { name, low, high } of narrowed(names, rows, most)) {
        const cell = unknown.get(name)!;
        if (cell.networks >= K) continue;
        assert.ok(!known.has(name), `${name} = ${cell.count} follows from sums`);
        assert.ok(high - low > 1e-6, `${name} = ${cell.count} follows from bounds`);
      }
      for (const table of tables)
        for (const cell of table.cells)
          if (cell.networks < K) assert.ok(hidden.get(tableKey(table.dims))?.has(cellKey(cell.values)));
    }),
    { numRuns: RUNS },
  );
});

/** Endpoints of one component in one country of one minor: what tables by two dimensions are sums of. */
interface Grain {
  readonly component: string;
  readonly country: string;
  readonly minor: string;
  readonly networks: number;
  readonly each: number;
}

const supportOf = (minor: string): string => (minor < '1.30' ? 'end-of-life' : 'supported');
const partOf = (grain: Omit<Grain, 'networks' | 'each'>, dim: Dimension): string =>
  dim === 'support' ? supportOf(grain.minor) : grain[dim as 'component' | 'country' | 'minor'];

/** Tables that share dimensions, and one (by support) whose values are sums of another's. */
const PUBLISHED: readonly (readonly Dimension[])[] = [
  [],
  ['component'],
  ['country'],
  ['minor'],
  ['support'],
  ['component', 'country'],
  ['country', 'minor'],
  ['country', 'support'],
  ['minor', 'support'],
];

function publishedOf(grains: readonly Grain[]): CountedTable[] {
  return PUBLISHED.map((dims) => ({
    dims: [...dims],
    cells: [...Map.groupBy(grains, (grain) => cellKey(dims.map((dim) => partOf(grain, dim))))].map(([key, of]) => ({
      values: JSON.parse(key) as string[],
      count: of.reduce((sum, { networks, each }) => sum + networks * each, 0),
      networks: of.reduce((sum, { networks }) => sum + networks, 0),
    })),
  }));
}

/** Every combination that a reader must think possible: each pair of it stands in a published table or may be held back there. */
function possible(tables: readonly CountedTable[]): Omit<Grain, 'networks' | 'each'>[] {
  const cells = (dims: string): CountedCell[] => [...tables.find((table) => table.dims.join() === dims)!.cells];
  return cells('component,country').flatMap(({ values: [component, country] }) =>
    cells('country,minor').flatMap(({ values: [where, minor] }) =>
      where === country ? [{ component: component!, country: country!, minor: minor! }] : [],
    ),
  );
}

/** Whether `wanted` is a sum of multiples of `rows`. */
function spanned(rows: readonly (readonly number[])[], wanted: readonly (readonly number[])[]): boolean[] {
  const basis: { at: number; row: number[] }[] = [];
  const rest = (of: readonly number[]): number[] => {
    const left = [...of];
    for (const { at, row } of basis) {
      const times = left[at]!;
      if (times !== 0) for (const place of left.keys()) left[place] = left[place]! - times * row[place]!;
    }
    return left.map((value) => (Math.abs(value) < 1e-9 ? 0 : value));
  };
  for (const row of rows) {
    const left = rest(row);
    const at = left.findIndex((value) => value !== 0);
    if (at >= 0) basis.push({ at, row: left.map((value) => value / left[at]!) });
  }
  return wanted.map((row) => rest(row).every((value) => value === 0));
}

const anyGrains = fc.array(
  fc.record({
    component: fc.constantFrom('kube-apiserver', 'kubelet', 'etcd-client'),
    country: fc.constantFrom('US', 'DE', 'FR', 'BA'),
    minor: fc.constantFrom('1.27', '1.28', '1.29', '1.30', '1.31'),
    networks: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 10, max: 400 })),
    each: fc.integer({ min: 1, max: 3 }),
  }),
  { minLength: 1, maxLength: 18 },
);

test('all tables of a survey together give no small cell away: shared margins, and minors that add up to support', () => {
  fc.assert(
    fc.property(anyGrains, (grains) => {
      const tables = publishedOf(grains);
      if (tables[0]!.cells[0]!.networks < K) return;
      const hidden = suppressed(tables, { k: K, earlier: [] });
      const grid = possible(tables);
      const row = (table: CountedTable, { values }: CountedCell): number[] =>
        grid.map((grain) => Number(table.dims.every((dim, at) => partOf(grain, dim) === values[at])));
      const all = tables.flatMap((table) => table.cells.map((one) => ({ table, one })));
      const isHidden = ({ table, one }: (typeof all)[number]): boolean =>
        hidden.get(tableKey(table.dims))?.has(cellKey(one.values)) === true;
      const small = all.filter(({ one }) => one.networks < K);
      assert.ok(small.every(isHidden));
      const known = all.filter((each) => !isHidden(each)).map(({ table, one }) => row(table, one));
      const follows = spanned(
        known,
        small.map(({ table, one }) => row(table, one)),
      );
      assert.deepEqual(
        small.filter((_, at) => follows[at]).map(({ table, one }) => `${tableKey(table.dims)} ${one.values.join()}`),
        [],
      );
    }),
    { numRuns: RUNS },
  );
});

const cell = (component: string, country: string, networks: number, count = networks): CountedCell => ({
  values: [component, country],
  count,
  networks,
});
const keys = (hidden: ReturnType<typeof suppressed>, dims: readonly Dimension[]): string[] =>
  [...(hidden.get(tableKey(dims)) ?? [])].map((key) => (JSON.parse(key) as string[]).join('/')).sort();

test('one small cell takes the cheapest closed path with it, and nothing else', () => {
  const hidden = suppressed(
    tablesOf([
      cell('kube-apiserver', 'US', 900),
      cell('kube-apiserver', 'DE', 300),
      cell('kube-apiserver', 'BA', 40),
      cell('kubelet', 'US', 200),
      cell('kubelet', 'DE', 60),
      cell('kubelet', 'BA', 3),
    ]),
    { k: K, earlier: [] },
  );
  assert.deepEqual(keys(hidden, DIMS), ['kube-apiserver/BA', 'kube-apiserver/DE', 'kubelet/BA', 'kubelet/DE']);
  assert.deepEqual(keys(hidden, ['component']), []);
  assert.deepEqual(keys(hidden, ['country']), []);
});

test('nothing is held back where every cell stands for enough networks; one owner with many addresses is one network', () => {
  const many = [cell('kube-apiserver', 'US', 50), cell('kubelet', 'DE', 20)];
  assert.deepEqual(
    [...suppressed(tablesOf(many), { k: K, earlier: [] }).values()].map((set) => set.size),
    [0, 0, 0, 0],
  );
  const owner = suppressed(tablesOf([...many, cell('etcd-client', 'FR', 1, 5000)]), { k: K, earlier: [] });
  assert.ok(keys(owner, ['component']).includes('etcd-client'));
});

test('a small cell that moved by less than k since an earlier survey is held back; large cells and large steps are not', () => {
  const before = tablesOf([cell('kube-apiserver', 'US', 30), cell('kubelet', 'DE', 30), cell('rancher', 'FR', 900)]);
  const now = tablesOf([cell('kube-apiserver', 'US', 31), cell('kubelet', 'DE', 60), cell('rancher', 'FR', 903)]);
  assert.deepEqual(keys(suppressed(now, { k: K, earlier: [] }), ['country']), []);
  const guarded = keys(suppressed(now, { k: K, earlier: [before] }), ['country']);
  assert.ok(guarded.includes('US'));
  assert.ok(!guarded.includes('FR'));
});

test('what was not observed in any dimension describes nobody and is published', () => {
  const cells = [cell('kube-apiserver', 'US', 90), cell('kubelet', 'DE', 50), cell('', '', 1)];
  const hidden = suppressed(tablesOf(cells), { k: K, earlier: [] });
  assert.deepEqual(keys(hidden, ['country']), []);
  assert.deepEqual(keys(hidden, DIMS), []);
});

test('the threshold cannot be set below its floor', () => {
  assert.throws(() => suppressed([], { k: 4, earlier: [] }), RangeError);
});

test('tables of thousands of cells take seconds at most', () => {
  const cells = Array.from({ length: 12_000 }, (_, at) =>
    cell(`c${at % 12}`, `v${Math.floor(at / 4)}`, 1 + (at % 37), 1 + (at % 50)),
  );
  const hidden = suppressed(tablesOf(cells), { k: K, earlier: [] });
  assert.ok((hidden.get(tableKey(DIMS))?.size ?? 0) > 3000);
});
