// The upstream ranges of one build of kube-apiserver, worked out once for each version that a census meets.
import { parseGitVersion } from './git-version.ts';
import { rangesContaining } from './ranges.ts';
import type { ClassifiedVersion } from './version.ts';

export interface BuildRanges {
  /** Each once, in the table's order. Shared. */
  readonly cves: readonly string[];
  /** True when the sources differ about one of them. */
  readonly disputed: boolean;
}

export const NO_RANGES: BuildRanges = { cves: Object.freeze([]), disputed: false };

const known = new WeakMap<ClassifiedVersion, BuildRanges>();

export function rangesOfBuild(named: ClassifiedVersion): BuildRanges {
  let ranges = known.get(named);
  if (ranges === undefined) {
    ranges = worked(named);
    known.set(named, ranges);
  }
  return ranges;
}

function worked(named: ClassifiedVersion): BuildRanges {
  const version = parseGitVersion(named.gitVersion);
  if (version === null || version.major !== 1) return NO_RANGES;
  const found = rangesContaining(version, 'kube-apiserver');
  return {
    cves: Object.freeze([...new Set(found.map(({ cve }) => cve))]),
    disputed: found.some(({ disputed }) => disputed),
  };
}
