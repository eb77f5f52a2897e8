// One stated bucket with what its version string proves.
import { classifyVersion } from '../fingerprints/version.ts';

export interface TallyBucket {
  readonly key: string;
  readonly count: number;
  readonly distribution: string;
  readonly minor: string | null;
  readonly support: string;
}

/** What a bare version string proves on the day that the count speaks of. */
export function judgeBucket(bucket: { key: string; count: number }, observedAt: string): TallyBucket {
  const facts = classifyVersion(bucket.key, observedAt);
  const minor = facts.major === null || facts.minor === null ? null : `${facts.major}.${facts.minor}`;
  return { key: bucket.key, count: bucket.count, distribution: facts.slug, minor, support: facts.support };
}
