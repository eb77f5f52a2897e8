// Rungs that look at the body of /version.
import type { BuildInfo } from '../build-info.ts';
import type { Facts } from '../facts.ts';
import { parseGitVersion } from '../git-version.ts';
import type { Rung } from '../rung.ts';
import { shapeOf } from '../version-shapes.ts';

const SOURCE = 'apiserver pkg/server/routes/version.go; captures';

/** The build that a 200 on /version states, or null. */
export function statedBuild(facts: Facts): BuildInfo | null {
  if (facts.version?.status !== 200 || facts.versionBody?.kind !== 'kubernetes') return null;
  return facts.versionBody.build;
}

const NOT_A_SERVER: readonly string[] = ['unstamped', 'not-an-apiserver'];

/** True for the body of a server that has no version of Kubernetes of its own: empty major, or a v0 string. */
function isUnstamped(build: BuildInfo): boolean {
  const version = parseGitVersion(build.fields.gitVersion ?? '');
  return version !== null && (NOT_A_SERVER.includes(shapeOf(version)) || build.fields.major === '');
}

/** Valid: a version, and every key there, or an engine's extract of gitVersion without a head. With its head, the extract is a fake. */
function isValid(build: BuildInfo, facts: Facts): boolean {
  const version = parseGitVersion(build.fields.gitVersion ?? '');
  if (version === null || isUnstamped(build)) return false;
  return build.missing.length === 0 || (build.extract && facts.version?.headers === null);
}

const ofVersion = (test: (build: BuildInfo, facts: Facts) => boolean) => (facts: Facts) => {
  if (facts.version === null) return null;
  const build = statedBuild(facts);
  return build !== null && test(build, facts);
};

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
    holds: ofVersion((build, facts) => isValid(build, facts) && !build.extract),
  },
  {
    name: 'partialVersionBody',
    says: 'Some of the keys are there and others are missing, or gitVersion is no version: no build prints that.',
    source: 'labelled fakes',
    strength: 'context',
    holds: (facts) => {
      if (facts.version === null) return null;
      if (facts.version.status === 200 && facts.versionBody?.kind === 'broken') return true;
      const build = statedBuild(facts);
      return build !== null && !isValid(build, facts) && !isUnstamped(build);
    },
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
      version === null || version.headers === null ? null : version.first?.has('access-control-allow-methods') !== true,
  },
  {
    name: 'foreignVersionBody',
    says: 'The version structure of another program (capitalised keys).',
    source: 'Bacalhau and others that reuse the structure',
    strength: 'strong',
    holds: (facts) => (facts.version === null ? null : facts.versionBody?.kind === 'capitalised'),
  },
] as const satisfies readonly Rung[];
