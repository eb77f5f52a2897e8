// Evidence judged: the rungs are asked, the components' rules are weighed, and the verdict says what led to it.
import type { Evidence } from '../feeds/evidence.ts';
import { adviceOn, NO_ADVICE } from './advice-on.ts';
import { clusterKeys } from './cluster.ts';
import type { ComponentRule } from './component.ts';
import { consistencyOf } from './consistency.ts';
import { detectDistribution } from './distributions/detect.ts';
import { type Facts, gatherFacts } from './facts.ts';
import { flagsOf } from './flags.ts';
import { climb, type Placing } from './ladder.ts';
import type { Match } from './match-component.ts';
import { NO_RANGES, rangesOfBuild } from './ranges-of-build.ts';
import { Recent } from './recent.ts';
import type { Indicators } from './rungs/list.ts';
import type { Verdict, VersionFacts } from './verdict.ts';
import { type ClassifiedVersion, classifyBuild, statedVersion } from './version.ts';
import { type VersionBounds, versionBounds } from './version-bounds.ts';

export interface JudgeContext {
  /** RFC 3339: stands in when the evidence has no observedAt. */
  readonly now: string;
  /** The autonomous system of the address, when it is known. */
  readonly asn?: number | null;
  /** True when the reader of the evidence left fields out, since they had the wrong type. */
  readonly ignored?: boolean;
  /** Makes cluster keys unlinkable between installations. */
  readonly key?: string;
}

/** What was weighed, for tables and tests: which rule of which component led to the grade. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly rule: ComponentRule | null;
  readonly placing: Placing;
}

/** Components that stand for an API server's own version. */
const API_SERVERS: ReadonlySet<string> = new Set(['kube-apiserver', 'kubectl-proxy', 'aggregated-apiserver']);
/** Components of a cluster whose certificate tells its distribution. */
const NO_DISTRIBUTION: ReadonlySet<string> = new Set(['other', 'rancher', 'kubernetes-dashboard']);

/** Judges evidence. Pure; never throws for anything that JSON can hold, whatever its shape. */
export function judge(evidence: Evidence, context: JudgeContext): Verdict {
  return weigh(evidence, context).verdict;
}

/** Judges evidence and says which rule decided. */
export function weigh(evidence: Evidence, context: JudgeContext): Judgement {
  const facts = gatherFacts(evidence, context.now);
  const standing = climb(facts);
  const { indicators } = standing;
  const frank = standing.placing(facts);
  const { match, component } = frank;
  const classified = match !== null && API_SERVERS.has(match.component.name) ? classify(facts, null) : null;
  const distribution =
    component === null || NO_DISTRIBUTION.has(component)
      ? null
      : detectDistribution(facts, classified?.slug ?? null, context.asn ?? null);
  const named = classified?.slug === 'git-describe' ? classify(facts, distribution?.slug ?? null) : classified;
  const honest = named !== null && named.slug !== 'fabricated' && named.slug !== 'unstamped';
  const ranges = honest && component !== 'aggregated-apiserver' ? rangesOfBuild(named) : NO_RANGES;
  const authentication = match?.component.authentication(facts, indicators) ?? null;
  const support = named === null ? null : honest ? named.support : 'unknown';
  const honeypot = consistencyOf(facts, indicators, component);
  const placing = honeypot.grade === 'high' ? (frank.doubted ?? frank) : frank;
  const verdict: Verdict = {
    id: typeof evidence?.id === 'string' ? evidence.id : nameOf(evidence),
    component,
    grade: placing.grade,
    indicators,
    rungs: placing.rungs,
    authentication,
    version: named === null ? inferredVersion(facts, indicators, match) : statedVersion(named),
    distribution,
    support,
    ranges: ranges.cves,
    honeypot,
    cluster: { keys: match === null ? [] : clusterKeys(facts, indicators, context.key ?? null) },
    flags: flagsOf({
      facts,
      indicators,
      component,
      authentication,
      named,
      disputed: ranges.disputed,
      ignored: context.ignored === true || evidence?.fieldsIgnored === true,
    }),
    advice:
      match === null
        ? NO_ADVICE
        : adviceOn(match.component, authentication, support, indicators.plainTransport === true),
  };
  return { verdict, rule: match?.rule ?? null, placing };
}

function classify(facts: Facts, vendor: ClassifiedVersion['slug'] | null): ClassifiedVersion | null {
  const build = facts.build;
  if (build?.fields.gitVersion === undefined) return null;
  const incomplete = facts.version?.head != null && build.missing.length > 0;
  return classifyBuild(build, facts.at, incomplete, vendor);
}

function inferredVersion(facts: Facts, indicators: Indicators, match: Match | null): VersionFacts | null {
  if (match === null || match.component.name !== 'kube-apiserver' || match.rule.grade === 'possible') return null;
  const bounds = versionBounds(facts, indicators);
  return bounds === null ? null : inferred.get(`${bounds.atLeast} ${bounds.below}`, () => hiddenVersion(bounds));
}

/** Bounds number some dozens. */
const inferred = new Recent<VersionFacts>(64);

function hiddenVersion(bounds: VersionBounds): VersionFacts {
  return { gitVersion: '', major: null, minor: null, patch: null, source: 'inferred', ...bounds };
}

function nameOf(evidence: Evidence): string | null {
  const name: unknown = (evidence as { name?: unknown } | null | undefined)?.name;
  return typeof name === 'string' ? name : null;
}
