// Evidence judged: the rungs are asked, the components' rules are weighed, and the verdict says what led to it.
import type { Evidence } from '../feeds/evidence.ts';
import type { AdviceSlug } from './advice.ts';
import { clusterKeys } from './cluster.ts';
import type { Component, ComponentRule } from './component.ts';
import { COMPONENT_LIST } from './components/list.ts';
import { consistencyOf } from './consistency.ts';
import { detectDistribution } from './distributions/detect.ts';
import { type Facts, gatherFacts } from './facts.ts';
import { flagsOf } from './flags.ts';
import { parseGitVersion } from './git-version.ts';
import { type RangeMatch, rangesContaining } from './ranges.ts';
import { type Indicators, RUNGS, type RungName } from './rungs/list.ts';
import { GRADES, type Verdict, type VersionFacts } from './verdict.ts';
import { type ClassifiedVersion, classifyVersion } from './version.ts';
import { versionBounds } from './version-bounds.ts';

export interface JudgeContext {
  /** RFC 3339: stands in when the evidence has no observedAt. */
  readonly now: string;
  /** The autonomous system of the address, when it is known. */
  readonly asn?: number | null;
  /** Makes cluster keys unlinkable between installations. */
  readonly key?: string;
}

/** What was weighed, for tables and tests: which rule of which component led to the grade. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly rule: ComponentRule | null;
}

/** Services that are recognised and are no Kubernetes component. */
const OTHER_SERVICES: readonly RungName[] = ['ingressCertificate', 'clusterServiceCertificate', 'foreignVersionBody'];
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
  const indicators = askRungs(facts);
  const match = matchComponent(facts, indicators);
  const component =
    match?.component.name ?? (OTHER_SERVICES.some((rung) => indicators[rung] === true) ? 'other' : null);
  const classified = match !== null && API_SERVERS.has(match.component.name) ? classify(facts, null) : null;
  const distribution =
    component === null || NO_DISTRIBUTION.has(component)
      ? null
      : detectDistribution(facts, classified?.slug ?? null, context.asn ?? null);
  const named = classified?.slug === 'git-describe' ? classify(facts, distribution?.slug ?? null) : classified;
  const honest = named !== null && named.slug !== 'fabricated' && named.slug !== 'unstamped';
  const ranges = honest && component !== 'aggregated-apiserver' ? rangesOf(named) : [];
  const authentication = match?.component.authentication(facts, indicators) ?? null;
  const version = versionFacts(facts, indicators, match, named);
  const support = named === null ? null : honest ? named.support : 'unknown';
  const verdict: Verdict = {
    id: typeof evidence?.id === 'string' ? evidence.id : nameOf(evidence),
    component,
    grade: match?.rule.grade ?? 'not',
    indicators,
    authentication,
    version,
    distribution,
    support,
    ranges: [...new Set(ranges.map((range) => range.cve))],
    honeypot: consistencyOf(facts, indicators, component),
    cluster: { keys: match === null ? [] : clusterKeys(facts, indicators, context.key ?? null) },
    flags: flagsOf({ facts, indicators, component, authentication, named, ranges }),
    advice: match === null ? [] : adviceOf(match.component, authentication, support),
  };
  return { verdict, rule: match?.rule ?? null };
}

/** Every key from the start, so that all verdicts share one object shape. */
const UNASKED = Object.fromEntries(RUNGS.map((rung) => [rung.name, null])) as { [name in RungName]: boolean | null };

function askRungs(facts: Facts): Indicators {
  const indicators = { ...UNASKED };
  for (const rung of RUNGS) indicators[rung.name] = rung.holds(facts);
  return indicators;
}

export interface Match {
  readonly component: Component;
  readonly rule: ComponentRule;
}

/** The component with the highest grade; where two reach the same, the one that stands first in the list. Null when no rule holds. */
export function matchComponent(
  facts: Facts,
  indicators: Indicators,
  components: readonly Component[] = COMPONENT_LIST,
): Match | null {
  let best: Match | null = null;
  for (const component of components) {
    if (!isPossible(component, facts, indicators)) continue;
    const onPort = facts.port !== null && component.ports.includes(facts.port);
    const rule = component.rules.find((candidate) => applies(candidate, indicators, onPort));
    if (rule === undefined) continue;
    if (best === null || GRADES.indexOf(rule.grade) < GRADES.indexOf(best.rule.grade)) best = { component, rule };
    if (best.rule.grade === 'confirmed') return best;
  }
  return best;
}

function isPossible(component: Component, { port, transport }: Facts, indicators: Indicators): boolean {
  if (port !== null && component.notOnPorts?.includes(port) === true) return false;
  if (port !== null && transport !== 'tls' && component.notOnPlainPorts?.includes(port) === true) return false;
  return !component.excludedBy.some((rung) => indicators[rung] === true);
}

function applies(rule: ComponentRule, indicators: Indicators, onPort: boolean): boolean {
  if (rule.port === true && !onPort) return false;
  if (rule.all?.some((rung) => indicators[rung] !== true) === true) return false;
  if (rule.any !== undefined && !rule.any.some((rung) => indicators[rung] === true)) return false;
  return rule.none?.some((rung) => indicators[rung] === true) !== true;
}

function classify(facts: Facts, vendor: ClassifiedVersion['slug'] | null): ClassifiedVersion | null {
  const build = facts.build;
  if (build?.fields.gitVersion === undefined) return null;
  const incomplete = facts.version?.headers != null && build.missing.length > 0;
  const fields = build.extract ? {} : build.fields;
  return classifyVersion(build.fields.gitVersion, facts.at, { fields, incomplete, vendor });
}

function versionFacts(
  facts: Facts,
  indicators: Indicators,
  match: Match | null,
  named: ClassifiedVersion | null,
): VersionFacts | null {
  if (named !== null) {
    const { gitVersion, major, minor, patch } = named;
    return { gitVersion, major, minor, patch, source: 'version-endpoint', atLeast: null, below: null };
  }
  if (match === null || match.component.name !== 'kube-apiserver' || match.rule.grade === 'possible') return null;
  const bounds = versionBounds(facts, indicators);
  return bounds === null
    ? null
    : { gitVersion: '', major: null, minor: null, patch: null, source: 'inferred', ...bounds };
}

function rangesOf(named: ClassifiedVersion): readonly RangeMatch[] {
  const version = parseGitVersion(named.gitVersion);
  return version === null || version.major !== 1 ? [] : rangesContaining(version, 'kube-apiserver');
}

function adviceOf(
  component: Component,
  authentication: Verdict['authentication'],
  support: Verdict['support'],
): readonly AdviceSlug[] {
  const advice: AdviceSlug[] = [...component.advice];
  if (component.name === 'kube-apiserver') {
    if (authentication === 'anonymous-full') advice.unshift('remove-anonymous-grants', 'disable-insecure-port');
    if (authentication === 'anonymous-public') advice.push('disable-anonymous');
    if (support === 'end-of-life') advice.push('upgrade-minor');
  }
  return advice;
}

function nameOf(evidence: Evidence): string | null {
  const name: unknown = (evidence as { name?: unknown } | null | undefined)?.name;
  return typeof name === 'string' ? name : null;
}
