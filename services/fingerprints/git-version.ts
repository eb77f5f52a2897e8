// gitVersion: the string a build calls itself, taken apart as upstream's own build script puts it together.

export interface GitVersion {
  readonly text: string;
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** Between '-' and '+', without the hyphen; '' when absent. */
  readonly pre: string;
  /** After '+'; '' when absent. */
  readonly meta: string;
  /** True when it starts with 'v', as every stamped build does. */
  readonly prefixed: boolean;
}

/** Longest text taken for a version. */
export const MAX_GIT_VERSION = 256;

const SHAPE = /^(v?)(\d{1,4})\.(\d{1,4})\.(\d{1,6})(?:-([^+]*))?(?:\+(.*))?$/;

/** Takes a gitVersion apart; null when it is no `vX.Y.Z[-pre][+meta]`. Source of the form: kubernetes hack/lib/version.sh. */
export function parseGitVersion(text: string): GitVersion | null {
  if (text.length > MAX_GIT_VERSION) return null;
  const match = SHAPE.exec(text);
  if (match === null) return null;
  const [, prefix, major, minor, patch, pre, meta] = match;
  return {
    text,
    major: Number(major),
    minor: Number(minor),
    patch: Number(patch),
    pre: pre ?? '',
    meta: meta ?? '',
    prefixed: prefix === 'v',
  };
}

/** The numbers that a prerelease identifier of upstream gives: alpha.N, beta.N, rc.N (and a describe distance); null for vendor suffixes. */
export function upstreamPrerelease(pre: string): { readonly stage: number; readonly number: number } | null {
  const match = /^(alpha|beta|rc)\.(\d{1,6})(?:\.|$)/.exec(pre);
  if (match === null) return null;
  return { stage: ['alpha', 'beta', 'rc'].indexOf(match[1] ?? ''), number: Number(match[2]) };
}

type Comparable = Pick<GitVersion, 'major' | 'minor' | 'patch' | 'pre'>;

/**
 * Orders two versions: negative when `a` came before `b`. Only upstream's alpha, beta and rc come before their release; a vendor's
 * suffix (-eks-…, -gke.…) is a build of the release and equals it, unlike in semver.
 */
export function compareVersions(a: Comparable, b: Comparable): number {
  const numbers = a.major - b.major || a.minor - b.minor || a.patch - b.patch;
  if (numbers !== 0) return numbers;
  const left = upstreamPrerelease(a.pre);
  const right = upstreamPrerelease(b.pre);
  if (left === null || right === null) return left === right ? 0 : left === null ? 1 : -1;
  return left.stage - right.stage || left.number - right.number;
}
