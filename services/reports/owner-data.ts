// What the report for the owner of a network is made of: single endpoints, inside the prefixes that were verified and nowhere else.
import type { HeadlineData } from './headline-data.ts';

export interface Owner {
  readonly name: string;
  /** Canonical prefixes. */
  readonly prefixes: readonly string[];
  /** How the ownership was checked, in words. */
  readonly verifiedBy: string;
  /** RFC 3339. */
  readonly verifiedAt: string;
}

export interface OwnedEndpoint {
  readonly address: string;
  readonly port: number;
  readonly component: string;
  readonly grade: string;
  readonly version: string | null;
  readonly distribution: string | null;
  readonly support: string | null;
  readonly authentication: string | null;
  readonly certificate: string | null;
  readonly honeypot: string;
  /** Slugs of fingerprints/advice.ts, most urgent first. */
  readonly advice: readonly string[];
  /** RFC 3339; first_seen is null when no earlier survey saw it. */
  readonly firstSeen: string | null;
  readonly observedAt: string;
}

export interface OwnerData extends HeadlineData {
  readonly owner: Owner;
  /** Endpoints of Kubernetes components in the owner's prefixes, by address and port. */
  readonly endpoints: readonly OwnedEndpoint[];
  /** Endpoints of the owner that the survey looked at, whatever they are. */
  readonly observed: number;
}
