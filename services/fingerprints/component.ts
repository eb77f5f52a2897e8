// What a component is to the matcher and to reports: its ports, the rungs that make it, and what its exposure means.
import type { AdviceSlug } from './advice.ts';
import type { Facts } from './facts.ts';
import type { Indicators, RungName } from './rungs/list.ts';
import type { Authentication, ComponentName, Grade } from './verdict.ts';

/** One way to a grade: all of `all`, at least one of `any` (when given), none of `none`; `port`: and the port must be one of the component's. */
export interface ComponentRule {
  readonly grade: Exclude<Grade, 'not'>;
  readonly all?: readonly RungName[];
  readonly any?: readonly RungName[];
  readonly none?: readonly RungName[];
  readonly port?: true;
  /** Why this much evidence is worth this grade. */
  readonly why: string;
}

export interface Component {
  readonly name: ComponentName;
  readonly title: string;
  /** Where it listens by default and where distributions move it. */
  readonly ports: readonly number[];
  /** Rungs that rule it out, whatever else is seen. */
  readonly excludedBy: readonly RungName[];
  /** Ports on which another component shows the same evidence. */
  readonly notOnPorts?: readonly number[];
  /** The same, unless the port speaks TLS. */
  readonly notOnPlainPorts?: readonly number[];
  /** Ordered by grade, strongest first. */
  readonly rules: readonly ComponentRule[];
  /** What it means that this is reachable from the internet, for reports. */
  readonly exposure: string;
  /** What to do, most urgent first. */
  readonly advice: readonly AdviceSlug[];
  readonly authentication: (facts: Facts, indicators: Indicators) => Authentication | null;
}
