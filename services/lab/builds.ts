// Builds of Kubernetes that the lab's servers run, with the fields that /version prints.
// Dates are those of upstream's tags; Go versions are those of upstream's release builds.
import { createHash } from 'node:crypto';

/** One build, as its /version shows it. */
export interface Build {
  readonly gitVersion: string;
  readonly minor: number;
  readonly patch: number;
  /** "27", or "27+" when the version has a pre-release part. */
  readonly minorText: string;
  readonly gitCommit: string;
  readonly gitTreeState: 'clean' | 'archive' | '';
  readonly buildDate: string;
  readonly goVersion: string;
  readonly platform: string;
  /** The slug that the gitVersion alone proves. */
  readonly distribution: string;
}

/** Upstream patch release, tag date, Go. */
export const UPSTREAM: readonly (readonly [version: string, date: string, go: string])[] = [
  ['1.14.10', '2019-12-11', 'go1.12.12'],
  ['1.16.15', '2020-09-02', 'go1.13.15'],
  ['1.17.17', '2021-01-13', 'go1.13.15'],
  ['1.18.2', '2020-04-16', 'go1.13.9'],
  ['1.19.16', '2021-10-27', 'go1.15.15'],
  ['1.20.15', '2022-01-19', 'go1.15.15'],
  ['1.21.14', '2022-06-15', 'go1.16.15'],
  ['1.22.17', '2022-12-08', 'go1.16.15'],
  ['1.23.17', '2023-02-22', 'go1.19.6'],
  ['1.24.17', '2023-08-23', 'go1.20.7'],
  ['1.25.16', '2023-11-15', 'go1.20.11'],
  ['1.26.15', '2024-03-14', 'go1.21.8'],
  ['1.27.3', '2023-06-14', 'go1.20.5'],
  ['1.28.2', '2023-09-13', 'go1.20.8'],
  ['1.28.15', '2024-10-22', 'go1.22.8'],
  ['1.29.2', '2024-02-14', 'go1.21.7'],
  ['1.30.0', '2024-04-17', 'go1.22.2'],
  ['1.30.14', '2025-06-17', 'go1.23.10'],
  ['1.31.4', '2024-12-10', 'go1.22.9'],
  ['1.32.3', '2025-03-11', 'go1.23.6'],
  ['1.33.2', '2025-06-17', 'go1.24.4'],
  ['1.34.1', '2025-09-09', 'go1.24.6'],
  ['1.34.3', '2025-12-09', 'go1.24.11'],
  ['1.35.1', '2026-02-10', 'go1.25.6'],
  ['1.36.0', '2026-04-22', 'go1.26.2'],
  ['1.36.3', '2026-07-22', 'go1.26.5'],
];

/** How a vendor writes its version: the part after the upstream release, and what it does to the fields around it. */
interface Vendor {
  readonly suffix: (patch: number, digits: string) => string;
  /** Days between upstream's tag and the vendor's build. */
  readonly delayDays: number;
  readonly boring: boolean;
}

const VENDORS: Readonly<Record<string, Vendor>> = {
  gke: {
    suffix: (patch, digits) => `-gke.${1000 * (1 + patch) + (Number.parseInt(digits, 16) % 900)}`,
    delayDays: 9,
    boring: true,
  },
  eks: { suffix: (_, digits) => `-eks-${digits}`, delayDays: 21, boring: false },
  ack: { suffix: () => '-aliyun.1', delayDays: 30, boring: false },
  iks: { suffix: () => '+IKS', delayDays: 6, boring: false },
  openshift: { suffix: (_, digits) => `+${digits}`, delayDays: 25, boring: false },
  k3s: { suffix: () => '+k3s1', delayDays: 5, boring: false },
  rke2: { suffix: () => '+rke2r1', delayDays: 5, boring: true },
  rke1: { suffix: () => '-rancher1-1', delayDays: 12, boring: false },
  k0s: { suffix: () => '+k0s', delayDays: 7, boring: false },
  tkg: { suffix: (patch) => `+vmware.${1 + (patch % 2)}`, delayDays: 40, boring: false },
  cce: { suffix: () => '-r0-CCE21.11.1.B007', delayDays: 35, boring: false },
  tke: { suffix: (patch) => `-tke.${1 + patch}`, delayDays: 33, boring: false },
  mke: { suffix: () => '-mirantis-1', delayDays: 14, boring: false },
};

const DAY_MS = 86_400_000;

const digest = (text: string) => createHash('sha256').update(text).digest('hex');

/**
 * The build of a distribution over an upstream release: the same two words always give the same commit and date.
 * `minor` carries a plus exactly when the version has a pre-release part (hack/lib/version.sh). Throws RangeError for a version outside UPSTREAM.
 */
export function buildOf(distribution: string, version: string): Build {
  const row = UPSTREAM.find(([name]) => name === version);
  if (row === undefined) throw new RangeError(`no upstream release ${version}`);
  const [, date, go] = row;
  const [, minor = 0, patch = 0] = version.split('.').map(Number);
  const vendor = VENDORS[distribution];
  const hash = digest(`${distribution} ${version}`);
  const suffix = vendor?.suffix(patch, hash.slice(0, 7)) ?? '';
  const built = new Date(Date.parse(`${date}T00:00:00Z`) + (vendor?.delayDays ?? 0) * DAY_MS);
  const secondOfDay = Number.parseInt(hash.slice(8, 13), 16) % 86_400;
  return {
    gitVersion: `v${version}${suffix}`,
    minor,
    patch,
    minorText: suffix.startsWith('-') ? `${minor}+` : `${minor}`,
    gitCommit: digest(`commit ${distribution} ${version}`).slice(0, 40),
    gitTreeState: 'clean',
    buildDate: `${new Date(built.getTime() + secondOfDay * 1000).toISOString().slice(0, 19)}Z`,
    goVersion: vendor?.boring ? boringGo(go, minor) : go,
    platform: 'linux/amd64',
    distribution: vendor === undefined ? 'vanilla' : distribution,
  };
}

/** BoringCrypto toolchains: go1.15.15b5 before Go 1.19, "go1.22.8 X:boringcrypto" since. */
function boringGo(go: string, minor: number): string {
  return minor >= 25 ? `${go} X:boringcrypto` : `${go}b5`;
}

/** Releases a distribution is found with: from one minor to another, both included. */
export function releasesBetween(oldest: number, newest: number): readonly string[] {
  return UPSTREAM.map(([version]) => version).filter((version) => {
    const minor = Number(version.split('.')[1]);
    return minor >= oldest && minor <= newest;
  });
}

/** The release before this build in UPSTREAM, of the same distribution: what an engine saw before the upgrade. */
export function buildBefore(build: Build, distribution: string): Build {
  const index = UPSTREAM.findIndex(([version]) => version === `1.${build.minor}.${build.patch}`);
  const before = UPSTREAM[Math.max(0, index - 1)];
  return before === undefined ? build : buildOf(distribution, before[0]);
}

/** True when this build's server has the behaviour that upstream introduced in the given minor. */
export function since(build: Build, minor: number): boolean {
  return build.minor >= minor;
}

/** Cache-Control is sent by 1.16, not by 1.17.0-5 and 1.18.0-2, and by everything later (kube-apiserver's change log). */
export function sendsCacheControl(build: Build): boolean {
  if (build.minor <= 15) return false;
  if (build.minor === 17) return build.patch >= 6;
  if (build.minor === 18) return build.patch >= 3;
  return true;
}
