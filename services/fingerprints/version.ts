// A gitVersion named: which distribution's build it is, its numbers, and upstream's support on a day. Used by verdicts and by tallies.
import { forgedFields } from './build-consistency.ts';
import type { BuildFields } from './build-fields.ts';
import type { BuildInfo } from './build-info.ts';
import { type DistributionSlug, distributionName } from './data/distributions.ts';
import { parseGitVersion } from './git-version.ts';
import { supportOn } from './lifecycle.ts';
import type { Support, VersionFacts } from './verdict.ts';
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

interface Reading {
  readonly day: string;
  readonly incomplete: boolean;
  readonly vendor: DistributionSlug | null;
  readonly version: ClassifiedVersion;
}

/** Per build, what it was called: observations of one run are of a few days and of one or two ways to look at it. */
const readings = new WeakMap<BuildInfo, Reading[]>();
const MAX_READINGS = 32;

/** classifyVersion for a body of /version. The same object for the same build, day, completeness and vendor. */
export function classifyBuild(
  build: BuildInfo,
  at: string,
  incomplete: boolean,
  vendor: DistributionSlug | null,
): ClassifiedVersion {
  const known = readings.get(build) ?? [];
  for (const reading of known) {
    if (reading.incomplete === incomplete && reading.vendor === vendor && at.startsWith(reading.day))
      return reading.version;
  }
  const fields = build.extract ? {} : build.fields;
  const version = classifyVersion(build.fields.gitVersion ?? '', at, { fields, incomplete, vendor });
  if (known.length >= MAX_READINGS) known.length = 0;
  known.push({ day: at.slice(0, DAY), incomplete, vendor, version });
  readings.set(build, known);
  return version;
}

/** "2026-11-24": only the day of the observation counts. */
const DAY = 10;

const stated = new WeakMap<ClassifiedVersion, VersionFacts>();

/** A classified version as verdicts give it. The same object for the same version. */
export function statedVersion(version: ClassifiedVersion): VersionFacts {
  let facts = stated.get(version);
  if (facts === undefined) {
    const { gitVersion, major, minor, patch } = version;
    facts = { gitVersion, major, minor, patch, source: 'version-endpoint', atLeast: null, below: null };
    stated.set(version, facts);
  }
  return facts;
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
