// Which of the tables that every survey keeps ready holds the answer to a question.
import { CLUSTER, type CountedUnit, type Where } from '../rollups/count-request.ts';
import { type Dimension, keptSetOf } from '../rollups/rollup.ts';

export interface Asked {
  readonly by: readonly Dimension[];
  readonly where: Where;
  readonly unit: CountedUnit;
}

/** The dimensions of that table in its own order, each condition counted as one and of one value; null where none holds it. Pure. */
export function keptTable({ by, where, unit }: Asked): readonly Dimension[] | null {
  const conditions = Object.entries(where) as [Dimension, readonly string[]][];
  const isSingle = conditions.every(([dim, values]) => values.length === 1 && !by.includes(dim));
  return unit !== CLUSTER && isSingle ? keptSetOf(new Set([...by, ...conditions.map(([dim]) => dim)])) : null;
}
