// Bounds of a version that a server hides, from the headers of its refusals.
import { headerOf } from './answer.ts';
import type { Facts } from './facts.ts';
import type { Indicators } from './rungs/list.ts';

export interface VersionBounds {
  /** "1.22": the version is this or later; null when nothing says so. */
  readonly atLeast: string | null;
  /** "1.22": the version is earlier; null when nothing says so. */
  readonly below: string | null;
}

interface Sign {
  readonly atLeast?: number;
  readonly below?: number;
  readonly source: string;
  readonly holds: (facts: Facts, indicators: Indicators) => boolean;
}

/** What a header of the API machinery says about its minor. Absence counts only where nothing stands in between that could strip it. */
const SIGNS: readonly Sign[] = [
  {
    atLeast: 22,
    source: 'Audit-Id on every answer since 1.22.0 (WithAuditInit)',
    holds: (_facts, { auditId }) => auditId === true,
  },
  {
    atLeast: 20,
    source: 'priority and fairness on by default since 1.20',
    holds: (_facts, { flowSchema }) => flowSchema === true,
  },
  {
    atLeast: 16,
    source: 'Cache-Control: no-cache, private since 1.16',
    holds: (_facts, { cacheControl }) => cacheControl === true,
  },
  {
    below: 22,
    source: 'no Audit-Id on a refusal',
    holds: (facts, { auditId }) => auditId === false && isUntouched(facts),
  },
  {
    below: 19,
    source: 'no Cache-Control on a refusal',
    holds: (facts, { cacheControl }) => cacheControl === false && isUntouched(facts),
  },
  { below: 19, source: 'password files, removed in 1.19.0', holds: (_facts, { masterRealm }) => masterRealm === true },
];

/** Header fields that proxies add: behind one, an absent header proves nothing. */
const PROXY_FIELDS = ['server', 'via', 'x-cache', 'cf-ray', 'x-envoy-upstream-service-time', 'alt-svc'] as const;

/** The bounds that the headers give; null when they give none. Contradicting signs give none. */
export function versionBounds(facts: Facts, indicators: Indicators): VersionBounds | null {
  let atLeast: number | null = null;
  let below: number | null = null;
  for (const sign of SIGNS) {
    if (!sign.holds(facts, indicators)) continue;
    if (sign.atLeast !== undefined && (atLeast === null || sign.atLeast > atLeast)) atLeast = sign.atLeast;
    if (sign.below !== undefined && (below === null || sign.below < below)) below = sign.below;
  }
  if ((atLeast === null && below === null) || (atLeast !== null && below !== null && atLeast >= below)) return null;
  return { atLeast: atLeast === null ? null : `1.${atLeast}`, below: below === null ? null : `1.${below}` };
}

/** True when a whole head of a refusal was seen and no proxy left a trace. */
export function isUntouched(facts: Facts): boolean {
  return (
    facts.heads.length > 0 &&
    facts.heads.every((answer) => PROXY_FIELDS.every((field) => headerOf(answer, field) === undefined))
  );
}
