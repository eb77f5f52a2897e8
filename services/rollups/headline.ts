// The two headline counts of a survey: what they count, in every unit, alone and together.
import type { ClusterInterval } from './cluster-estimate.ts';
import type { Unit } from './rollup.ts';
import type { SampleEstimate } from './sample-estimate.ts';
import type { VantageCounts } from './vantages.ts';

/** The two headline indicators over distinct things of one unit. A host or certificate has an indicator when any of its endpoints has it. */
export interface IndicatorCounts {
  readonly certificateName: number;
  readonly versionEndpoint: number;
  readonly both: number;
  readonly onlyCertificateName: number;
  readonly onlyVersionEndpoint: number;
  readonly either: number;
}

export interface UnitHeadline {
  /** Distinct things of this unit in the survey, whatever they answered. */
  readonly observed: number;
  readonly all: IndicatorCounts;
  /** The same without endpoints whose honeypot grade is medium or high. */
  readonly withoutSuspects: IndicatorCounts;
}

/** What is said first of a survey. */
export interface SurveySummary {
  readonly headline: Readonly<Record<Unit, UnitHeadline>>;
  readonly clusters: ClusterInterval;
  /** What a sample says of the rest; null for a survey of everything, and for one that observed nothing. */
  readonly sampling: SampleEstimate | null;
  /** What each of several vantages saw; null for a survey from one. Absent in summaries that were kept before there were several. */
  readonly vantages?: VantageCounts | null;
  /** AS number in decimal -> one address of it, so that networks can be named without reading a survey again. Never published. */
  readonly addressOfNetwork: Readonly<Record<string, string>>;
}
