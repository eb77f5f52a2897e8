// A gitVersion named: which distribution's build it is, its numbers, and upstream's support on a day. Used by verdicts and by tallies.
import { forgedFields } from './build-consistency.ts';
import type { BuildFields } from './build-info.ts';
import { type DistributionSlug, distributionName } from './data/distributions.ts';
import { parseGitVersion } from './git-version.ts';
import { supportOn } from './lifecycle.ts';
import type { Support } from './verdict.ts';
import { shapeOf } from './version-shapes.ts';

export { parseGitVersion } from './git-version.ts';

export interface ClassifiedVersion {
  readonly slug: DistributionSlug;
  readonly name: string;
  readonly gitVersion: string;
  readonly major: number | null;
  readonly minor: number | null;
  readonly patch: number | null;
  /** Upstream's calendar, also for vendor builds. */
  readonly support: Support;
}

/** What is known beside the string. */
export interface VersionContext {
  /** The other fields of the body. */
  readonly fields?: BuildFields;
  /** True when the whole body was seen and always-written keys are missing. */
  readonly incomplete?: boolean;
  /** A vendor that other evidence shows: decides where the string is a git-describe form, which several vendors print. */
  readonly vendor?: DistributionSlug | null;
}

/**
 * Names a gitVersion. `at` is the day of observation (RFC 3339). A string that is no version has null numbers and the slug 'unknown'.
 * 'fabricated' needs the body (`context`) or a suffix that no vendor prints.
 */
export function classifyVersion(gitVersion: string, at: string, context: VersionContext = {}): ClassifiedVersion {
  const version = parseGitVersion(gitVersion.trim());
  if (version === null) return named('unknown', gitVersion, null, null, null, 'unknown');
  let slug: DistributionSlug = shapeOf(version);
  if (
    context.incomplete === true ||
    (context.fields !== undefined && forgedFields(version, context.fields).length > 0)
  ) {
    slug = 'fabricated';
  } else if (slug === 'git-describe' && context.vendor != null) {
    slug = context.vendor;
  }
  const { major, minor, patch } = version;
  return named(slug, version.text, major, minor, patch, supportOn(major, minor, at));
}

function named(
  slug: DistributionSlug,
  gitVersion: string,
  major: number | null,
  minor: number | null,
  patch: number | null,
  support: Support,
): ClassifiedVersion {
  return { slug, name: distributionName(slug), gitVersion, major, minor, patch, support };
}
