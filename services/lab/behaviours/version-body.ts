// The body of /version: two-space JSON, no newline at the end, keys in the order of version.Info.
import { type Build, since } from '../builds.ts';

/** The emulation fields came with 1.33.0; minCompatibilityMinor is one less in every answer seen. */
export function versionBody(build: Build): string {
  const emulation = since(build, 33)
    ? {
        emulationMajor: '1',
        emulationMinor: String(build.minor),
        minCompatibilityMajor: '1',
        minCompatibilityMinor: String(build.minor - 1),
      }
    : {};
  return JSON.stringify({ major: '1', minor: build.minorText, ...emulation, ...buildFields(build) }, null, 2);
}

function buildFields(build: Build) {
  return {
    gitVersion: build.gitVersion,
    gitCommit: build.gitCommit,
    gitTreeState: build.gitTreeState,
    buildDate: build.buildDate,
    goVersion: build.goVersion,
    compiler: 'gc',
    platform: build.platform,
  };
}

/** A server built without version stamps, as metrics-server and other aggregated API servers are. */
export function unstampedVersionBody(build: Build): string {
  return JSON.stringify(
    {
      major: '',
      minor: '',
      gitVersion: 'v0.0.0-master+$Format:%H$',
      gitCommit: '$Format:%H$',
      gitTreeState: '',
      buildDate: '1970-01-01T00:00:00Z',
      goVersion: build.goVersion,
      compiler: 'gc',
      platform: build.platform,
    },
    null,
    2,
  );
}
