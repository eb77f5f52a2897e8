// Bounds of a version that a server hides, from the headers of its refusals.
import { headerOf } from './answer.ts';
import type { Facts } from './facts.ts';
import type { Indicators, RungName } from './rungs/list.ts';

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
    holds: (facts, indicators) => indicators.auditId === false && isUntouched(facts, indicators),
  },
  {
    below: 19,
    source: 'no Cache-Control on a refusal',
    holds: (facts, indicators) => indicators.cacheControl === false && isUntouched(facts, indicators),
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

/** Answers that the API machinery writes itself: a 503 or 429 may be that of a load balancer, whose head says nothing. */
const OWN_ANSWERS: readonly RungName[] = ['unauthorizedStatus', 'forbiddenStatus', 'healthzOk', 'healthzFailed'];

/** True when a whole head was seen with an answer of its own, and no proxy left a trace. */
function isUntouched(facts: Facts, indicators: Indicators): boolean {
  return (
    facts.heads.length > 0 &&
    OWN_ANSWERS.some((rung) => indicators[rung] === true) &&
    facts.heads.every((answer) => PROXY_FIELDS.every((field) => headerOf(answer, field) === undefined))
  );
}
