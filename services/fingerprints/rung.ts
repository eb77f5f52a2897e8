// A rung of the evidence ladder: one small question to the facts.
import type { Facts } from './facts.ts';

/** What a rung's yes is worth on its own. */
export type Strength = 'proof' | 'strong' | 'weak' | 'context';

/** `F`: what it looks at. Of all facts, or of those of the answers alone: then it is asked once for all endpoints that answered alike. */
export interface Rung<F = Facts> {
  readonly name: string;
  /** What a yes means, in one sentence. */
  readonly says: string;
  /** Where the rule comes from: source code of the component, or a measurement on real binaries. */
  readonly source: string;
  readonly strength: Strength;
  /** true: seen; false: looked for and absent; null: not observed. Never throws. */
  readonly holds: (facts: F) => boolean | null;
}
