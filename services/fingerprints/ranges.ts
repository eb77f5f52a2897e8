// Which upstream CVE ranges contain a version. It says where a version stands, never that a server is vulnerable: vendors backport.
import { CVE_RANGES } from './data/cve-ranges.ts';
import { compareVersions, type GitVersion, parseGitVersion } from './git-version.ts';

export interface RangeMatch {
  readonly cve: string;
  readonly component: string;
  /** Which sources' ranges contain the version. */
  readonly sources: readonly ('feed' | 'vulndb')[];
  /** True when both sources list the CVE and only one of them contains the version. */
  readonly disputed: boolean;
}

interface Interval {
  readonly from: GitVersion;
  /** null: no fix is stated. */
  readonly below: GitVersion | null;
}

interface Row {
  readonly cve: string;
  readonly component: string;
  readonly feed: readonly Interval[] | null;
  readonly vulndb: readonly Interval[] | null;
}

const ROWS: readonly Row[] = CVE_RANGES.filter((row) => !row.withdrawn).map((row) => ({
  cve: row.cve,
  component: row.component,
  feed: row.feed === null ? null : readIntervals(row.feed),
  vulndb: row.vulndb === null ? null : readIntervals(row.vulndb),
}));
const BY_COMPONENT: ReadonlyMap<string, readonly Row[]> = Map.groupBy(ROWS, (row) => row.component);

/**
 * The ranges of upstream's advisories for `component` that contain `version`, in the table's order. A CVE counts when either source
 * contains the version. Vendor builds are compared by the release that they are built from.
 */
export function rangesContaining(version: GitVersion, component: string): readonly RangeMatch[] {
  const found: RangeMatch[] = [];
  for (const row of BY_COMPONENT.get(component) ?? []) {
    const sources: ('feed' | 'vulndb')[] = [];
    if (row.feed !== null && contains(row.feed, version)) sources.push('feed');
    if (row.vulndb !== null && contains(row.vulndb, version)) sources.push('vulndb');
    if (sources.length === 0) continue;
    const disputed = sources.length === 1 && row.feed !== null && row.vulndb !== null;
    found.push({ cve: row.cve, component: row.component, sources, disputed });
  }
  return found;
}

function contains(intervals: readonly Interval[], version: GitVersion): boolean {
  return intervals.some(
    ({ from, below }) => compareVersions(version, from) >= 0 && (below === null || compareVersions(version, below) < 0),
  );
}

function readIntervals(text: string): readonly Interval[] {
  const intervals: Interval[] = [];
  for (const match of text.matchAll(/>=(\S+)(?: <(\S+))?/g)) {
    const from = readBound(match[1] ?? '0');
    intervals.push({ from, below: match[2] === undefined ? null : readBound(match[2]) });
  }
  return intervals;
}

function readBound(text: string): GitVersion {
  const version = parseGitVersion(text === '0' ? '0.0.0' : text);
  if (version === null) throw new RangeError(`CVE table: ${text} is no version`);
  return version;
}
