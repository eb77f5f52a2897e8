// What happened between two surveys of the same things, endpoint by endpoint, and how long endpoints last. Read by change.store.ts.
import type { HeadlineData } from './headline-data.ts';

/** Endpoints of Kubernetes components that are in one of the two surveys only, or in both. */
export type Flow = 'stayed' | 'appeared' | 'vanished';

export interface FlowCount {
  readonly flow: Flow;
  readonly component: string;
  /** How the look at the endpoint ended in the survey in which it is no Kubernetes; null: it was no target there, or (stayed) both are. */
  readonly otherwise: string | null;
  readonly endpoints: number;
}

/** Endpoints that print a version in both surveys, by the pair. */
export interface VersionPair {
  readonly from: string;
  readonly to: string;
  readonly endpoints: number;
}

/** Endpoints that stayed and differ in something else. */
export interface StayedDifferences {
  readonly component: number;
  readonly distribution: number;
  readonly certificate: number;
  readonly authentication: number;
}

/** How many endpoints of the first survey's Kubernetes are Kubernetes in a later one. */
export interface SurvivalPoint {
  readonly surveyId: string;
  /** RFC 3339. */
  readonly at: string;
  readonly endpoints: number;
}

export interface ChangeData extends HeadlineData {
  /** Never null here: a report on change has an earlier survey. */
  readonly compare: NonNullable<HeadlineData['compare']>;
  readonly flows: readonly FlowCount[];
  readonly versionPairs: readonly VersionPair[];
  readonly differences: StayedDifferences;
  /** Oldest first; the first point is the cohort itself. */
  readonly survival: readonly SurvivalPoint[];
}
