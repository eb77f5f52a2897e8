// The dated table of patch releases as rows for a query, so that an export says how old a patch level was.
import { PATCH_DATES } from '../fingerprints/data/patch-dates.ts';

/** "(values (30, 14, date '2025-06-17'), …) NAME (minor, patch, day)". */
export function patchTable(name: string): string {
  const rows = Object.entries(PATCH_DATES).flatMap(([minor, patches]) =>
    Object.entries(patches).map(([patch, day]) => `(${minor}, ${patch}, date '${day}')`),
  );
  return `(values ${rows.join(', ')}) ${name} (minor, patch, day)`;
}

/** What parseGitVersion takes for a version, as a pattern of Postgres: minor and patch of 1.x. */
export const PATCH_PATTERN = '^v?1\\.(\\d{1,4})\\.(\\d{1,6})(?:[-+]|$)';
