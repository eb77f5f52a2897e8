// A rung of the evidence ladder: one small question to the facts.
import type { Facts } from './facts.ts';

/** What a rung's yes is worth on its own. */
export type Strength = 'proof' | 'strong' | 'weak' | 'context';

export interface Rung {
  readonly name: string;
  /** What a yes means, in one sentence. */
  readonly says: string;
  /** Where the rule comes from: source code of the component, or a measurement on real binaries. */
  readonly source: string;
  readonly strength: Strength;
  /** true: seen; false: looked for and absent; null: not observed. Never throws. */
  readonly holds: (facts: Facts) => boolean | null;
}
