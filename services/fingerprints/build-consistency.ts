// Contradictions inside a /version body: what no build of that version can print.
import type { BuildFields } from './build-fields.ts';
import { GO_RELEASES, OLDEST_GO } from './data/go-releases.ts';
import type { GitVersion } from './git-version.ts';
import { patchDay } from './lifecycle.ts';
import { shapeOf } from './version-shapes.ts';

/** Days that a build may be older than its tag's day: the tag of the published repository follows the build. */
const TAG_LAG_DAYS = 7;
/** Builds with a describe or prerelease suffix come before the release they are named after, by at most one release cycle and a bit. */
const PRERELEASE_LAG_DAYS = 400;
/** The first minor whose /version has emulation fields (1.33.0). */
const FIRST_EMULATION_MINOR = 33;

/** Names of the contradictions that prove a body forged or edited; [] when there is none. */
export function forgedFields(version: GitVersion, fields: BuildFields): readonly string[] {
  const found: string[] = [];
  // An aggregated API server states the version that it emulates beside a gitVersion that nobody stamped, or that of its own release.
  if (version.major > 0) found.push(...forgedNumbers(version, fields));
  const go = goMinor(fields.goVersion);
  const oldest = version.major === 1 ? OLDEST_GO[version.minor] : undefined;
  if (go !== null && oldest !== undefined && go < oldest) found.push('go_too_old_for_minor');
  const built = buildDay(fields.buildDate);
  if (built !== null && built > '1970-01-02') {
    if (builtBeforeTag(version, built)) found.push('built_before_its_tag');
    const goDay = go === null ? undefined : GO_RELEASES[go];
    if (goDay !== undefined && daysBetween(built, goDay) > PRERELEASE_LAG_DAYS) found.push('built_before_its_go');
  }
  return found;
}

function forgedNumbers(version: GitVersion, { major, minor }: BuildFields): readonly string[] {
  const found: string[] = [];
  if (major !== undefined && major !== '' && major !== String(version.major))
    found.push('major_differs_from_git_version');
  if (minor !== undefined && minor !== '' && minor.replace(/\+$/, '') !== String(version.minor))
    found.push('minor_differs_from_git_version');
  return found;
}

/** The last minor of which GKE's builds are known to follow upstream's rule: v1.20.10-gke.301 has 20+, v1.27.3-gke.100 has 27. */
const LAST_GKE_MINOR_WITH_PLUS = 20;

/**
 * True when `minor` has or lacks its '+' against upstream's rule (a '+' exactly when gitVersion has a '-pre' part); OpenShift is exempt, and so are the
 * later builds of GKE.
 */
export function plusRuleBroken(version: GitVersion, fields: BuildFields): boolean {
  if (fields.minor === undefined || fields.minor === '') return false;
  const shape = shapeOf(version);
  if (shape === 'openshift' || (shape === 'gke' && version.minor > LAST_GKE_MINOR_WITH_PLUS)) return false;
  return fields.minor.endsWith('+') !== (version.pre !== '');
}

/** What is wrong with the emulation fields for this version, or null. They exist from 1.33.0 on; minCompatibility is one minor behind. */
export function emulationContradiction(version: GitVersion, fields: BuildFields): string | null {
  if (version.major !== 1) return null;
  const present = fields.emulationMinor !== undefined;
  if (present && version.minor < FIRST_EMULATION_MINOR - 1) return 'emulation_fields_before_1_33';
  if (!present && version.minor >= FIRST_EMULATION_MINOR) return 'no_emulation_fields_since_1_33';
  if (!present) return null;
  const emulated = Number.parseInt(fields.emulationMinor ?? '', 10);
  const compatible = Number.parseInt(fields.minCompatibilityMinor ?? '', 10);
  if (emulated > version.minor) return 'emulates_a_later_minor';
  return compatible > emulated ? 'compatibility_above_emulation' : null;
}

/** The day of a buildDate field, or null when it is no RFC 3339 time. */
export function buildDay(buildDate: string | undefined): string | null {
  if (buildDate === undefined || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(buildDate)) return null;
  return Number.isNaN(Date.parse(buildDate)) ? null : buildDate.slice(0, 10);
}

/** N of a goVersion go1.N…, with any boringcrypto or vendor ending; null otherwise. */
export function goMinor(goVersion: string | undefined): number | null {
  const minor = /^go1\.(\d{1,3})(?:\D|$)/.exec(goVersion ?? '')?.[1];
  return minor === undefined ? null : Number(minor);
}

function builtBeforeTag(version: GitVersion, built: string): boolean {
  if (version.major !== 1) return false;
  const tagged = patchDay(version.minor, version.patch);
  if (tagged === null) return false;
  const early = version.pre === '' && !/^[0-9a-f]{7}/.test(version.meta) ? TAG_LAG_DAYS : PRERELEASE_LAG_DAYS;
  return daysBetween(built, tagged) > early;
}

/** Whole days from one YYYY-MM-DD to another; negative when the second comes first. */
function daysBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 86_400_000;
}
