// Which unknowns of a linear system have one value only: those that are zero in every solution of the homogeneous system, of which one is drawn at random.

/** Terms that add up to something known: unknown and its coefficient, never 0. */
export type Equation = readonly (readonly [unknown: number, times: number])[];

/** A prime below 2^26, so that a product of two remainders is exact in a double. */
const PRIME = 67_108_859;

/**
 * For each of `unknowns` whether the equations determine it. Exact up to chance: an unknown that is free is called determined once in PRIME times, which
 * takes a number from readers and gives none away. Sparse elimination, shortest equation first; the same input gives the same answer. Pure.
 */
export function determined(unknowns: number, equations: readonly Equation[]): boolean[] {
  const steps = eliminate(unknowns, equations);
  const random = mixer();
  const value = Array.from({ length: unknowns }, () => 1 + (random() % (PRIME - 1)));
  // Backwards: what an equation holds beside its pivot is free or was solved behind it.
  for (const { pivot, row } of steps.toReversed()) {
    let rest = 0;
    for (const [unknown, times] of row) if (unknown !== pivot) rest = (rest + times * value[unknown]!) % PRIME;
    value[pivot] = ((PRIME - rest) * inverse(row.get(pivot)!)) % PRIME;
  }
  return value.map((one) => one === 0);
}

interface Step {
  readonly pivot: number;
  readonly row: ReadonlyMap<number, number>;
}

function eliminate(unknowns: number, equations: readonly Equation[]): Step[] {
  const uses = Array.from({ length: unknowns }, () => new Set<Map<number, number>>());
  const byLength: Set<Map<number, number>>[] = [];
  const place = (row: Map<number, number>): void => {
    byLength[row.size] ??= new Set();
    byLength[row.size]!.add(row);
  };
  for (const equation of equations) {
    const row = new Map<number, number>();
    for (const [unknown, times] of equation) add(row, unknown, times);
    for (const unknown of row.keys()) uses[unknown]!.add(row);
    place(row);
  }
  const steps: Step[] = [];
  for (let row = shortest(byLength); row !== null; row = shortest(byLength)) {
    byLength[row.size]!.delete(row);
    const pivot = rarest(row, uses);
    for (const unknown of row.keys()) uses[unknown]!.delete(row);
    for (const other of [...uses[pivot]!]) {
      byLength[other.size]!.delete(other);
      const factor = PRIME - ((other.get(pivot)! * inverse(row.get(pivot)!)) % PRIME);
      for (const [unknown, times] of row) {
        if (add(other, unknown, (factor * times) % PRIME)) uses[unknown]!.add(other);
        else uses[unknown]!.delete(other);
      }
      place(other);
    }
    steps.push({ pivot, row });
  }
  return steps;
}

/** Adds to a coefficient; whether one is left. */
function add(row: Map<number, number>, unknown: number, times: number): boolean {
  const sum = ((row.get(unknown) ?? 0) + (times % PRIME) + PRIME) % PRIME;
  if (sum === 0) row.delete(unknown);
  else row.set(unknown, sum);
  return sum !== 0;
}

/** The shortest equation that says something. */
function shortest(byLength: readonly (Set<Map<number, number>> | undefined)[]): Map<number, number> | null {
  for (const [length, rows] of byLength.entries())
    if (length > 0 && rows !== undefined) for (const row of rows) return row;
  return null;
}

function rarest(row: ReadonlyMap<number, number>, uses: readonly ReadonlySet<unknown>[]): number {
  let best: number | null = null;
  for (const unknown of row.keys()) if (best === null || uses[unknown]!.size < uses[best]!.size) best = unknown;
  return best!;
}

/** By Euclid: smaller numbers at every step, so that all stay exact. */
function inverse(value: number): number {
  let [r, next, s, t] = [PRIME, value, 0, 1];
  while (next !== 0) {
    const times = Math.floor(r / next);
    [r, next] = [next, r - times * next];
    [s, t] = [t, s - times * t];
  }
  return (s + PRIME) % PRIME;
}

/** xorshift32 from a fixed start: nobody chooses counts against it, and a survey is judged alike every time. */
function mixer(): () => number {
  let state = 0x9e3779b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
