// What the suffix of a gitVersion says about who built it: a list of shapes, first match wins.
import type { VersionSlug } from './data/distributions.ts';
import { type GitVersion, upstreamPrerelease } from './git-version.ts';

export interface VersionShape {
  readonly slug: VersionSlug;
  /** What the shape looks like, for the documentation. */
  readonly shape: string;
  /** Where the shape was seen. */
  readonly source: string;
  readonly matches: (version: GitVersion) => boolean;
}

const LABELLED = 'labelled version strings';
const CENSUS = 'census 2022-2024';

/**
 * From this distance to the tag on, a git-describe suffix means a fork that carries its own commits: OpenShift's and OKD's builds are
 * 1,000 commits and more away, MicroK8s and other downstream builds below 600.
 */
const FORK_DISTANCE = 1000;

/** "N+14hex", as `git describe` gives after upstream's script rewrote it: the distance to the tag, or null. */
export function describeDistance(version: GitVersion): number | null {
  if (!/^[0-9a-f]{14}(?:-dirty)?$/.test(version.meta)) return null;
  const distance = /(?:^|\.)(\d{1,6})$/.exec(version.pre)?.[1];
  return distance === undefined ? null : Number(distance);
}

const pre = (pattern: RegExp) => (version: GitVersion) => pattern.test(version.pre);
const meta = (pattern: RegExp) => (version: GitVersion) => pattern.test(version.meta);

export const VERSION_SHAPES: readonly VersionShape[] = [
  { slug: 'unstamped', shape: 'v0.0.0-master+$Format:…$', source: LABELLED, matches: meta(/^\$Format:/) },
  {
    slug: 'not-an-apiserver',
    shape: 'v0.N.N (metrics-server and other servers that print their own version)',
    source: CENSUS,
    matches: (version) => version.major === 0,
  },
  { slug: 'client-only', shape: '-dispatcher', source: LABELLED, matches: pre(/^dispatcher\b/) },
  { slug: 'not-an-apiserver', shape: '-kubeedge-…', source: 'KubeEdge releases', matches: pre(/^kubeedge-/) },
  {
    slug: 'fabricated',
    shape: '+eks.N, +gke.N, +aks.N',
    source: `${LABELLED} (a scanner's test strings)`,
    matches: meta(/^(?:eks|gke|aks)\b/),
  },
  {
    slug: 'eks',
    shape: '-eks-<6 or 7 hex>, -eks-1-NN-N (EKS Distro), -eks.N (early)',
    source: `${LABELLED}, ${CENSUS}`,
    matches: pre(/(?:^|-)eks[-.][0-9a-f]/),
  },
  { slug: 'gke', shape: '-gke.N', source: `${LABELLED}, ${CENSUS}`, matches: pre(/(?:^|-)gke\.\d/) },
  {
    slug: 'ack',
    shape: '-aliyun.N, -aliyunedge.N, -aliyunens.N',
    source: `${LABELLED}, ${CENSUS}`,
    matches: pre(/^aliyun[a-z]*\.\d/),
  },
  { slug: 'iks', shape: '+IKS', source: `${LABELLED}, ${CENSUS}`, matches: meta(/^IKS$/) },
  { slug: 'icp', shape: '+icp, +icp-ee', source: LABELLED, matches: meta(/^icp(?:-ee)?$/) },
  { slug: 'k3s', shape: '+k3sN, +k3s-<hash>', source: `${LABELLED}, ${CENSUS}`, matches: meta(/^k3s/) },
  { slug: 'rke2', shape: '+rke2rN', source: `${LABELLED}, ${CENSUS}`, matches: meta(/^rke2r\d/) },
  { slug: 'rke1', shape: '-rancherN, -rancher-N', source: `${LABELLED}, ${CENSUS}`, matches: pre(/^rancher-?\d/) },
  { slug: 'k0s', shape: '+k0s, +k0s.N', source: `${LABELLED}, ${CENSUS}`, matches: meta(/^k0s(?:\.\d+)?$/) },
  { slug: 'tkg', shape: '+vmware.N', source: `${LABELLED}, ${CENSUS}`, matches: meta(/^vmware\.\d/) },
  { slug: 'cce', shape: '-rN-CCE…, -rN-<version>', source: LABELLED, matches: pre(/^r\d+-(?:CCE)?\d/) },
  { slug: 'tke', shape: '-tke.N', source: `${LABELLED}, ${CENSUS}`, matches: pre(/^tke\.\d/) },
  { slug: 'vke', shape: '-vke.N', source: `${LABELLED}, ${CENSUS}`, matches: pre(/^vke\.\d/) },
  { slug: 'docker-ee', shape: '-docker-…', source: LABELLED, matches: pre(/^docker-/) },
  { slug: 'mke', shape: '-mirantis-N', source: LABELLED, matches: pre(/^mirantis-\d/) },
  {
    slug: 'jdcloud',
    shape: '-N.<7 or 8 hex>',
    source: `conformance logs, ${CENSUS}`,
    matches: pre(/^\d{1,3}\.[0-9a-f]{7,8}(?:-dirty)?$/),
  },
  { slug: 'hpe', shape: '-hpeN, -hpe-N', source: CENSUS, matches: pre(/^hpe-?\d/) },
  { slug: 'kcp', shape: '+kcp-v…', source: 'kcp Makefile', matches: meta(/^kcp-/) },
  {
    slug: 'openshift',
    shape: '+<7 hex> (3.6 to 3.9: 10 hex), also after -rc.N',
    source: `${LABELLED}, ${CENSUS}`,
    matches: isOpenShift,
  },
  {
    slug: 'openshift',
    shape: `-N+<14 hex> and -rc.N.N+<14 hex> with N of ${FORK_DISTANCE} or more`,
    source: CENSUS,
    matches: (version) => /^(?:rc\.\d+\.)?\d+$/.test(version.pre) && (describeDistance(version) ?? 0) >= FORK_DISTANCE,
  },
  {
    slug: 'git-describe',
    shape: '-N+<14 hex>, perhaps -dirty',
    source: `${LABELLED}, ${CENSUS}`,
    matches: (version) => describeDistance(version) !== null && /^\d+$/.test(version.pre),
  },
  {
    slug: 'prerelease',
    shape: '-alpha.N, -beta.N, -rc.N, perhaps .N+<14 hex>',
    source: LABELLED,
    matches: (version) => upstreamPrerelease(version.pre) !== null,
  },
  {
    slug: 'prerelease',
    shape: '-dirty',
    source: LABELLED,
    matches: (version) => version.pre === 'dirty' || (version.pre === '' && version.meta === 'dirty'),
  },
  {
    slug: 'vanilla',
    shape: 'vX.Y.Z',
    source: LABELLED,
    matches: (version) => version.prefixed && version.major === 1 && version.pre === '' && version.meta === '',
  },
];

function isOpenShift(version: GitVersion): boolean {
  if (!/^(?:[0-9a-f]{7}|[0-9a-f]{10})(?:-dirty|-\d+)?$/.test(version.meta)) return false;
  return version.pre === '' || /^(?:alpha|beta|rc)\.\d+$/.test(version.pre);
}

/** The slug of a version string by its shape alone; 'unknown' when none fits. */
export function shapeOf(version: GitVersion): VersionSlug {
  return VERSION_SHAPES.find((shape) => shape.matches(version))?.slug ?? 'unknown';
}
