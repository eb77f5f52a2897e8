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

/** What reports and pages say of a component. Its source is the article of a security vendor on Kubernetes API security (2023-12-07) where that has it. */
export interface ComponentProfile {
  readonly name: ComponentName;
  readonly title: string;
  /** Where it listens when nobody chose otherwise, in words. */
  readonly usualPort: string;
  /** The addresses that it listens on by default. */
  readonly bindsTo: string;
  /** Encryption and authentication by default. */
  readonly authenticates: string;
  /** What it means that this is reachable from the internet. */
  readonly exposure: string;
  /** Whether that article speaks of it. */
  readonly inArticle: boolean;
  /** What to do, most urgent first. */
  readonly advice: readonly AdviceSlug[];
}

export interface Component extends ComponentProfile {
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
  readonly authentication: (facts: Facts, indicators: Indicators) => Authentication | null;
}
