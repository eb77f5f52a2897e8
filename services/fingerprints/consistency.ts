// Is the host what it says it is? A passive grade from contradictions between what it sent and what Kubernetes sends.
import { type Answer, hasUuid, headerOf, someAnswer } from './answer.ts';
import type { Said } from './answer-facts.ts';
import { buildDay, emulationContradiction, plusRuleBroken } from './build-consistency.ts';
import type { BuildInfo } from './build-info.ts';
import type { Facts } from './facts.ts';
import type { GitVersion } from './git-version.ts';
import type { UuidField } from './head.ts';
import { Recent } from './recent.ts';
import type { Indicators } from './rungs/list.ts';
import { forbiddenForm, unauthorizedForm } from './status-body.ts';
import { isUtcSeconds } from './utc-time.ts';
import type { ComponentName, Verdict } from './verdict.ts';

/** What the checks look at. */
interface Case {
  readonly facts: Facts;
  /** Rungs of the answers alone. */
  readonly indicators: Pick<Indicators, 'auditId' | 'flowSchema' | 'cacheControl' | 'serverHeader'>;
  readonly build: BuildInfo | null;
  readonly version: GitVersion | null;
}

/**
 * How much a contradiction weighs. 1: a proxy or a rebuild explains it; 2: hard to explain; 4: no build can do it.
 * The sum grades: 0 none, 1 low, 2 and 3 medium, 4 and more high.
 */
type Weight = 1 | 2 | 4;

interface Check {
  readonly reason: string;
  readonly weight: Weight;
  readonly says: string;
  /** True when the body of /version alone decides: such checks are made once for each build. */
  readonly ofBuild?: true;
  /** True when the time of the observation counts. All others are made once for all endpoints that answered alike. */
  readonly ofTime?: true;
  readonly holds: (it: Case) => boolean;
}

const MINOR_WITH_AUDIT_ID = 22;
const MINOR_WITH_FLOW_SCHEMA = 20;
const MINOR_WITH_CACHE_CONTROL = 19;
/** Clocks differ and builds are published at once: a day of grace before a build is called one from the future. */
const FUTURE_GRACE_MS = 86_400_000;

const field = (
  it: Case,
  key: 'gitCommit' | 'gitTreeState' | 'buildDate' | 'goVersion' | 'compiler' | 'platform',
): string | undefined => it.build?.fields[key];

export const CONSISTENCY_CHECKS: readonly Check[] = [
  {
    reason: 'version_keys_missing',
    ofBuild: true,
    weight: 4,
    says: 'Keys that every build writes are missing from a body with others.',
    holds: ({ build }) => build !== null && !build.extract && build.missing.length > 0,
  },
  {
    reason: 'version_extract_as_body',
    weight: 4,
    says: 'The whole body, seen with its head, has gitVersion alone.',
    holds: ({ build, facts }) => build?.extract === true && facts.version?.head != null,
  },
  {
    reason: 'version_not_a_version',
    ofBuild: true,
    weight: 4,
    says: 'gitVersion has no form that a build can have.',
    holds: ({ build, version }) => build !== null && version === null,
  },
  {
    reason: 'version_types_wrong',
    weight: 4,
    says: 'Keys of the version body have the wrong type or size.',
    holds: ({ facts }) => facts.version?.status === 200 && facts.versionBody?.kind === 'broken',
  },
  {
    reason: 'version_contradicts_itself',
    ofBuild: true,
    weight: 4,
    says: 'Numbers, Go version or build date cannot belong to that gitVersion.',
    holds: ({ build }) => build?.forged === true,
  },
  {
    reason: 'built_in_the_future',
    ofTime: true,
    weight: 4,
    says: 'The build date is after the observation.',
    holds: isBuiltInFuture,
  },
  {
    reason: 'version_key_order',
    ofBuild: true,
    weight: 2,
    says: 'The keys stand in an order that Kubernetes does not write.',
    holds: ({ build }) => build !== null && !build.ordered,
  },
  {
    reason: 'version_trailing_newline',
    weight: 2,
    says: 'The body ends in a newline; Kubernetes writes none.',
    holds: ({ facts, build }) => build !== null && hasRawVersion(facts) && (facts.version?.body ?? '').endsWith('\n'),
  },
  {
    reason: 'version_not_indented',
    weight: 2,
    says: 'The body is not indented by two spaces.',
    holds: ({ facts, build }) =>
      build !== null && !build.extract && hasRawVersion(facts) && !(facts.version?.body ?? '').startsWith('{\n  "'),
  },
  {
    reason: 'emulation_fields',
    ofBuild: true,
    weight: 2,
    says: 'Emulation fields are there before 1.33 or missing since, or contradict the minor.',
    holds: ({ build, version }) =>
      build !== null &&
      version !== null &&
      build.missing.length === 0 &&
      emulationContradiction(version, build.fields) !== null,
  },
  {
    reason: 'minor_plus',
    ofBuild: true,
    weight: 1,
    says: "The minor's + does not follow upstream's rule (OpenShift and GKE since 1.21 are exempt).",
    holds: ({ build, version }) => build !== null && version !== null && plusRuleBroken(version, build.fields),
  },
  {
    reason: 'git_commit_form',
    ofBuild: true,
    weight: 2,
    says: 'gitCommit is no hash.',
    holds: (it) => !fits(field(it, 'gitCommit'), /^(?:[0-9a-f]{7,40}|\$Format:%H\$|)$/),
  },
  {
    reason: 'git_tree_state',
    ofBuild: true,
    weight: 2,
    says: 'gitTreeState is no state of a build.',
    holds: (it) => !fits(field(it, 'gitTreeState'), /^(?:clean|dirty|archive|not a git tree|unknown|)$/),
  },
  {
    reason: 'build_date_form',
    ofBuild: true,
    weight: 2,
    says: 'buildDate is no UTC time.',
    holds: (it) =>
      field(it, 'buildDate') !== undefined &&
      field(it, 'buildDate') !== '' &&
      buildDay(field(it, 'buildDate')) === null,
  },
  {
    reason: 'go_version_form',
    ofBuild: true,
    weight: 2,
    says: 'goVersion is none.',
    holds: (it) => !fits(field(it, 'goVersion'), /^(?:go1\.\d+|devel )/),
  },
  {
    reason: 'compiler',
    ofBuild: true,
    weight: 2,
    says: "The compiler is not Go's own.",
    holds: (it) => !fits(field(it, 'compiler'), /^(?:gc|gccgo)$/),
  },
  {
    reason: 'platform',
    ofBuild: true,
    weight: 2,
    says: 'The platform is none that servers are built for.',
    holds: (it) => !fits(field(it, 'platform'), /^[a-z]+\/[a-z0-9]+$/),
  },
  {
    reason: 'no_audit_id',
    weight: 1,
    says: 'No Audit-Id, although 1.22 and later always send one.',
    holds: (it) => lacksHeader(it, MINOR_WITH_AUDIT_ID, it.indicators.auditId),
  },
  {
    reason: 'no_flow_schema',
    weight: 1,
    says: 'No X-Kubernetes-Pf-* on a 200, although 1.20 and later send them.',
    holds: (it) => lacksHeader(it, MINOR_WITH_FLOW_SCHEMA, it.indicators.flowSchema),
  },
  {
    reason: 'no_cache_control',
    weight: 1,
    says: 'No Cache-Control: no-cache, private, although 1.19 and later send it.',
    holds: (it) => lacksHeader(it, MINOR_WITH_CACHE_CONTROL, it.indicators.cacheControl),
  },
  {
    reason: 'server_header',
    weight: 1,
    says: 'A Server header, which Kubernetes never sends.',
    holds: ({ indicators }) => indicators.serverHeader === true,
  },
  {
    reason: 'header_order',
    weight: 1,
    says: 'The header fields stand in an order that the API machinery does not write, and no proxy says that it was there.',
    holds: ({ facts }) => someAnswer(facts.answers, hasForeignOrder),
  },
  {
    reason: 'audit_id_form',
    weight: 2,
    says: 'Audit-Id is no UUID.',
    holds: ({ facts }) => someAnswer(facts.heads, (answer) => isNoUuid(answer, 'audit-id')),
  },
  {
    reason: 'flow_schema_form',
    weight: 2,
    says: 'A priority and fairness header is no UUID.',
    holds: ({ facts }) => someAnswer(facts.heads, (answer) => isNoUuid(answer, 'x-kubernetes-pf-flowschema-uid')),
  },
  {
    reason: 'flow_schema_on_401',
    weight: 2,
    says: 'Priority and fairness headers on a 401, which is answered before them.',
    holds: ({ facts }) =>
      someAnswer(
        facts.heads,
        (answer) => answer.status === 401 && headerOf(answer, 'x-kubernetes-pf-flowschema-uid') !== undefined,
      ),
  },
  {
    reason: 'status_body_form',
    weight: 2,
    says: 'A refusal with a Status body that the API machinery does not write, byte for byte.',
    holds: ({ facts }) => someAnswer(facts.answers, hasForeignStatus),
  },
  {
    reason: 'status_code_differs',
    weight: 4,
    says: 'The Status body states another code than the status line.',
    holds: ({ facts }) => someAnswer(facts.answers, hasForeignCode),
  },
];

/**
 * The honeypot grade with its reasons. Only what claims to be an API server (or a proxy of one) is checked: the rules are those of its
 * answers. Source of the rules: the API machinery's code and captures; see docs/fingerprints.md.
 */
export function consistencyOf(
  facts: Facts,
  indicators: Indicators,
  component: ComponentName | null,
): Verdict['honeypot'] {
  if (component !== 'kube-apiserver' && component !== 'kubectl-proxy') return CONSISTENT;
  const it: Case = { facts, indicators, build: facts.build, version: facts.gitVersion };
  const ofBuild = faultsOfBuild(it);
  const ofAnswers = faultsOfAnswers(it);
  const ofTime = faults(TIME_CHECKS, it);
  const count = ofBuild.length + ofAnswers.length + ofTime.length;
  if (count === 0) return CONSISTENT;
  const found = CONSISTENCY_CHECKS.filter((check) => [ofBuild, ofAnswers, ofTime].some((list) => list.includes(check)));
  return graded.get(found.map((check) => check.reason).join(' '), () => gradeOf(found));
}

const CONSISTENT: Verdict['honeypot'] = { grade: 'none', reasons: Object.freeze([]) };
/** Combinations of faults. Those that occur number some hundred. */
const graded = new Recent<Verdict['honeypot']>(1024);

function gradeOf(found: readonly Check[]): Verdict['honeypot'] {
  const weight = found.reduce((sum, check) => sum + check.weight, 0);
  return {
    grade: weight === 1 ? 'low' : weight < 4 ? 'medium' : 'high',
    reasons: Object.freeze(found.map((check) => check.reason)),
  };
}

const BUILD_CHECKS = CONSISTENCY_CHECKS.filter((check) => check.ofBuild === true);
const TIME_CHECKS = CONSISTENCY_CHECKS.filter((check) => check.ofTime === true);
const ANSWER_CHECKS = CONSISTENCY_CHECKS.filter((check) => check.ofBuild !== true && check.ofTime !== true);
const NO_FAULTS: readonly Check[] = [];
const buildFaults = new WeakMap<BuildInfo, readonly Check[]>();
const answerFaults = new WeakMap<Said, readonly Check[]>();

function faults(checks: readonly Check[], it: Case): readonly Check[] {
  let found: Check[] | null = null;
  for (const check of checks) {
    if (!check.holds(it)) continue;
    found ??= [];
    found.push(check);
  }
  return found ?? NO_FAULTS;
}

function faultsOfAnswers(it: Case): readonly Check[] {
  const { said } = it.facts;
  if (!said.shared) return faults(ANSWER_CHECKS, it);
  let found = answerFaults.get(said);
  if (found === undefined) {
    found = faults(ANSWER_CHECKS, it);
    answerFaults.set(said, found);
  }
  return found;
}

/** What is wrong with the build that /version states, whoever states it. */
function faultsOfBuild(it: Case): readonly Check[] {
  if (it.build === null) return NO_FAULTS;
  let found = buildFaults.get(it.build);
  if (found === undefined) {
    found = faults(BUILD_CHECKS, it);
    buildFaults.set(it.build, found);
  }
  return found;
}

function fits(value: string | undefined, pattern: RegExp): boolean {
  return value === undefined || pattern.test(value);
}

/** True when /version was seen as bytes, so that its spacing is the server's own. */
function hasRawVersion(facts: Facts): boolean {
  return facts.version?.whole === true;
}

function isBuiltInFuture({ build, facts }: Case): boolean {
  if (build === null || build.fields.buildDate === undefined) return false;
  if (facts.atUtc && isUtcSeconds(build.fields.buildDate) && build.fields.buildDate < facts.at) return false;
  const built = Date.parse(build.fields.buildDate);
  const seen = Date.parse(facts.at);
  return !Number.isNaN(built) && !Number.isNaN(seen) && built > seen + FUTURE_GRACE_MS;
}

/** `seen` is the rung of the header: it must have been looked for on a 200 of a server that is known to be new enough. */
function lacksHeader({ version, facts }: Case, sinceMinor: number, seen: boolean | null): boolean {
  if (version === null || version.major !== 1 || version.minor < sinceMinor) return false;
  return seen === false && facts.version?.status === 200 && facts.version.head !== null;
}

function isNoUuid(answer: Answer, name: UuidField): boolean {
  return headerOf(answer, name) !== undefined && !hasUuid(answer, name);
}

function hasForeignOrder(answer: Answer): boolean {
  if (!answer.whole || answer.head?.sorted !== false || headerOf(answer, 'audit-id') === undefined) return false;
  // A proxy that names itself has written the head anew: its order is nothing more to wonder at.
  return headerOf(answer, 'server') === undefined;
}

/** A whole compact Status body that is none of the API machinery's: its length gives a forgery away. */
function hasForeignStatus(answer: Answer): boolean {
  const { body, status, path, whole } = answer;
  if (!whole || body === null || !body.startsWith('{"kind":"Status"')) return false;
  if (status === 401) return unauthorizedForm(body) !== 'exact';
  return status === 403 && body.includes('system:anonymous') && forbiddenForm(body, path) === null;
}

function hasForeignCode({ body, status }: Answer): boolean {
  if (
    body === null ||
    body.length > 4096 ||
    !body.includes('"Status"') ||
    (!body.includes('"system:anonymous') && !body.includes('Unauthorized'))
  )
    return false;
  const code = /"code":\s*(\d{3})\b/.exec(body)?.[1];
  return code !== undefined && /"kind":\s*"Status"/.test(body) && Number(code) !== status;
}
