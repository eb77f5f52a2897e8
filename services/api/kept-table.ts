// Which of the tables that every survey keeps ready holds the answer to a question.
import { CLUSTER, type CountedUnit, type Where } from '../rollups/count-request.ts';
import { type Dimension, ROLLUP_SETS } from '../rollups/rollup.ts';

export interface Asked {
  readonly by: readonly Dimension[];
  readonly where: Where;
  readonly unit: CountedUnit;
}

/** The dimensions of that table in its own order, each condition counted as one and of one value; null where none holds it. Pure. */
export function keptTable({ by, where, unit }: Asked): readonly Dimension[] | null {
  const conditions = Object.entries(where) as [Dimension, readonly string[]][];
  const wanted = new Set([...by, ...conditions.map(([dim]) => dim)]);
  const isSingle = conditions.every(([dim, values]) => values.length === 1 && !by.includes(dim));
  const kept = ROLLUP_SETS.find((set) => set.length === wanted.size && set.every((dim) => wanted.has(dim)));
  return unit !== CLUSTER && isSingle && kept !== undefined ? kept : null;
}
