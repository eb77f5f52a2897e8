// Rungs that look at the body of /version.
import { hasUuid, headerOf } from '../answer.ts';
import type { AnswerFacts } from '../answer-facts.ts';
import type { Rung } from '../rung.ts';

const SOURCE = 'apiserver pkg/server/routes/version.go; captures';

/** True for the body of a server that has no version of Kubernetes of its own: empty major, or a v0 string. */
function isUnstamped({ build, gitVersion, shape }: AnswerFacts): boolean {
  if (build === null || gitVersion === null) return false;
  return shape === 'unstamped' || shape === 'not-an-apiserver' || build.fields.major === '';
}

/** Valid: a version, and every key there, or an engine's extract of gitVersion without a head. With its head, the extract is a fake. */
function isValid(facts: AnswerFacts): boolean {
  const { build, gitVersion, version } = facts;
  if (build === null || gitVersion === null || isUnstamped(facts)) return false;
  return build.missing.length === 0 || (build.extract && version?.head === null);
}

/** The first minor that sends a header whatever its configuration; before 1.22 an audit policy may send Audit-Id, too. */
const AUDIT_ID_SINCE = 22;
const CACHE_CONTROL_SINCE = 19;

/**
 * A head that the stated version does not write: what it always sends is not there, or there is what Kubernetes never sends. null when too little of
 * it was seen.
 */
function hasForeignHead({ version, gitVersion }: AnswerFacts): boolean | null {
  if (version === null || version.head === null || gitVersion === null) return null;
  if (headerOf(version, 'server') !== undefined) return true;
  if (!version.headWhole) return null;
  if (gitVersion.major !== 1 || gitVersion.minor < CACHE_CONTROL_SINCE || hasUuid(version, 'audit-id')) return false;
  if (gitVersion.minor >= AUDIT_ID_SINCE) return true;
  return headerOf(version, 'cache-control') === undefined && !hasUuid(version, 'x-kubernetes-pf-flowschema-uid');
}

const ofVersion = (test: (facts: AnswerFacts) => boolean) => (facts: AnswerFacts) =>
  facts.version === null ? null : test(facts);

export const VERSION_RUNGS = [
  {
    name: 'versionEndpoint',
    says: '/version answers 200 with a Kubernetes version body.',
    source: SOURCE,
    strength: 'strong',
    holds: ofVersion(isValid),
  },
  {
    name: 'wholeVersionBody',
    says: 'Every key that Kubernetes always writes is there.',
    source: SOURCE,
    strength: 'proof',
    holds: ofVersion((facts) => isValid(facts) && facts.build?.extract === false),
  },
  {
    name: 'partialVersionBody',
    says: 'Some of the keys are there and others are missing, or gitVersion is no version: no build prints that.',
    source: 'labelled fakes',
    strength: 'context',
    holds: ofVersion((facts) => {
      if (facts.version?.status === 200 && facts.versionBody?.kind === 'broken') return true;
      return facts.build !== null && !isValid(facts) && !isUnstamped(facts);
    }),
  },
  {
    name: 'contradictoryVersion',
    says: 'Numbers, Go version or build date of the body cannot belong to its gitVersion.',
    source: 'labelled fakes; upstream build script, patch days, Go releases',
    strength: 'context',
    holds: ofVersion(({ build }) => build?.forged === true),
  },
  {
    name: 'foreignVersionHead',
    says: "The head of that answer is not the stated version's: a Server header, or none of what it always sends (Audit-Id since 1.22).",
    source: 'apiserver pkg/server/config.go; proxies; labelled fakes',
    strength: 'context',
    holds: (facts) =>
      facts.version === null || facts.version.head === null || !isValid(facts) ? null : hasForeignHead(facts),
  },
  {
    name: 'unstampedVersion',
    says: 'The body of a server built without Kubernetes version stamps: an aggregated API server.',
    source: 'metrics-server; labelled versions; census strings v0.N.N',
    strength: 'proof',
    holds: ofVersion(isUnstamped),
  },
  {
    name: 'etcdVersion',
    says: '{"etcdserver", "etcdcluster"}: etcd without a demand for client certificates.',
    source: 'etcd captures',
    strength: 'proof',
    holds: (facts) =>
      facts.version === null ? null : facts.version.status === 200 && facts.versionBody?.kind === 'etcd',
  },
  {
    name: 'versionHeadWithoutCors',
    says: 'The head of /version was seen and has no Access-Control-Allow-* fields.',
    source: 'etcd captures: the peer listener',
    strength: 'context',
    holds: ({ version }) =>
      version === null || version.head === null
        ? null
        : headerOf(version, 'access-control-allow-methods') !== undefined
          ? false
          : version.headWhole || null,
  },
  {
    name: 'foreignVersionBody',
    says: 'The version structure of another program (capitalised keys).',
    source: 'Bacalhau and others that reuse the structure',
    strength: 'strong',
    holds: (facts) => (facts.version === null ? null : facts.versionBody?.kind === 'capitalised'),
  },
] as const satisfies readonly Rung<AnswerFacts>[];
