// Upstream support of a minor on a day, and the age of its patch level.
import { PATCH_DATES } from './data/patch-dates.ts';
import { RELEASES } from './data/releases.ts';
import type { Support } from './verdict.ts';

/**
 * The first minor with a year of support and two months of maintenance (KEP-1498). Before it, a minor got fixes for about nine
 * months and had no maintenance phase.
 */
const FIRST_YEARLY_MINOR = 19;
/** Months before the end of life in which upstream takes only critical fixes ("maintenance mode", kubernetes.io/releases/patch-releases). */
const MAINTENANCE_MONTHS = 2;
/** Months of full support after the release, where the calendar has no end of life yet. */
const FULL_SUPPORT_MONTHS = 12;

const BY_MINOR = new Map(RELEASES.map((release) => [release.minor, release]));
const LAST_ENDED = Math.max(
  ...RELEASES.filter((release) => release.endOfLife !== null).map((release) => release.minor),
);

/**
 * Upstream's support of 1.`minor` at `at` (RFC 3339). The day of the end of life counts as ended. 'unknown' outside the calendar:
 * a minor it does not list, a day before the release, or a release it knows no end of and whose year is over.
 */
export function supportOn(major: number | null, minor: number | null, at: string): Support {
  if (major !== 1 || minor === null) return 'unknown';
  const day = at.slice(0, 10);
  const release = BY_MINOR.get(minor);
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || release === undefined || day < release.released) return 'unknown';
  if (release.endOfLife === null) {
    if (minor < LAST_ENDED) return 'end-of-life';
    return day < addMonths(release.released, FULL_SUPPORT_MONTHS) ? 'supported' : 'unknown';
  }
  if (day >= release.endOfLife) return 'end-of-life';
  if (minor >= FIRST_YEARLY_MINOR && day >= addMonths(release.endOfLife, -MAINTENANCE_MONTHS)) return 'maintenance';
  return 'supported';
}

/** The UTC day of an upstream patch release of 1.`minor`, or null when the table does not know it. */
export function patchDay(minor: number, patch: number): string | null {
  return PATCH_DATES[minor]?.[patch] ?? null;
}

/** The newest patch of 1.`minor` that was out on the day of `at`, or null when the table knows none. */
export function latestPatch(minor: number, at: string): number | null {
  const day = at.slice(0, 10);
  let latest: number | null = null;
  for (const [patch, released] of Object.entries(PATCH_DATES[minor] ?? {})) {
    if (released <= day && (latest === null || Number(patch) > latest)) latest = Number(patch);
  }
  return latest;
}

/** Moves a YYYY-MM-DD day by whole months; a day that the month does not have becomes the month's last. */
function addMonths(day: string, months: number): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  const index = year * 12 + (month - 1) + months;
  const lastDate = new Date(Date.UTC(Math.floor(index / 12), (index % 12) + 1, 0)).getUTCDate();
  return new Date(Date.UTC(Math.floor(index / 12), index % 12, Math.min(date, lastDate))).toISOString().slice(0, 10);
}
