// How old the patch level of a version was on a day, and which patch of its minor was the latest then.
import { parseGitVersion } from './git-version.ts';
import { latestPatch, patchDay } from './lifecycle.ts';

export interface PatchLevel {
  /** Whole days since the upstream patch that the build stands on came out; null when its day is not known or lies ahead. */
  readonly ageDays: number | null;
  /** "1.30.14": the newest patch of its minor on that day; null when none is known. */
  readonly latest: string | null;
}

const DAY_MS = 86_400_000;

/** The patch level of a gitVersion on the day of `at` (RFC 3339). A vendor's build is told by the release that it stands on. */
export function patchLevel(gitVersion: string, at: string): PatchLevel {
  const version = parseGitVersion(gitVersion);
  if (version === null || version.major !== 1) return { ageDays: null, latest: null };
  const day = patchDay(version.minor, version.patch);
  const latest = latestPatch(version.minor, at);
  const age = day === null ? -1 : (Date.parse(at.slice(0, 10)) - Date.parse(day)) / DAY_MS;
  return { ageDays: age >= 0 ? age : null, latest: latest === null ? null : `1.${version.minor}.${latest}` };
}
