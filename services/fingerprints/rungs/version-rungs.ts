// Rungs that look at the body of /version.
import { headerOf } from '../answer.ts';
import type { Facts } from '../facts.ts';
import type { Rung } from '../rung.ts';

const SOURCE = 'apiserver pkg/server/routes/version.go; captures';

/** True for the body of a server that has no version of Kubernetes of its own: empty major, or a v0 string. */
function isUnstamped({ build, gitVersion, shape }: Facts): boolean {
  if (build === null || gitVersion === null) return false;
  return shape === 'unstamped' || shape === 'not-an-apiserver' || build.fields.major === '';
}

/** Valid: a version, and every key there, or an engine's extract of gitVersion without a head. With its head, the extract is a fake. */
function isValid(facts: Facts): boolean {
  const { build, gitVersion, version } = facts;
  if (build === null || gitVersion === null || isUnstamped(facts)) return false;
  return build.missing.length === 0 || (build.extract && version?.head === null);
}

const ofVersion = (test: (facts: Facts) => boolean) => (facts: Facts) => (facts.version === null ? null : test(facts));

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
        : headerOf(version, 'access-control-allow-methods') === undefined,
  },
  {
    name: 'foreignVersionBody',
    says: 'The version structure of another program (capitalised keys).',
    source: 'Bacalhau and others that reuse the structure',
    strength: 'strong',
    holds: (facts) => (facts.version === null ? null : facts.versionBody?.kind === 'capitalised'),
  },
] as const satisfies readonly Rung[];
