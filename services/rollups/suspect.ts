// What only a whole survey can show: one private key with one answer all over the internet. The thresholds, and what they do to a grade.
import type { Verdict } from '../fingerprints/verdict.ts';

type Honeypot = Verdict['honeypot']['grade'];

/** Stands among the reasons of a honeypot grade, beside those of fingerprints/consistency.ts. */
export const IDENTICAL_OVER_NETWORKS = 'identical_over_networks';

/**
 * More addresses than this share key and bodies: the load balancers before one API server have a handful of addresses, a managed
 * offering's front a dozen.
 */
export const IDENTICAL_ADDRESSES = 16;
/**
 * In more networks than this: one cluster announced from two clouds and an office is three, a provider that numbers its regions apart
 * five or so. A private key that sits in more was copied: an image, a stub, or an appliance that ships its key.
 */
export const IDENTICAL_NETWORKS = 8;

/** A network where the AS number is not known: the prefix that one site seldom exceeds. */
export const NETWORK_PREFIX = { 4: 16, 6: 32 } as const;

/**
 * The grade after one more contradiction of weight 2 (hard to explain otherwise), on the scale of fingerprints/consistency.ts: 0 none, 1 low,
 * 2 and 3 medium, 4 and more high.
 */
export const RAISED: Readonly<Record<Honeypot, 'medium' | 'high'>> = {
  none: 'medium',
  low: 'medium',
  medium: 'high',
  high: 'high',
};
