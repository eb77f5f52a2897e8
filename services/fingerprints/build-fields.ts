// The fields of a /version body, as Kubernetes names and orders them.

/** The fields of version.Info in the order Kubernetes writes them. Source: apimachinery pkg/version/types.go; emulation fields since 1.33.0. */
export const BUILD_KEYS = [
  'major',
  'minor',
  'emulationMajor',
  'emulationMinor',
  'minCompatibilityMajor',
  'minCompatibilityMinor',
  'gitVersion',
  'gitCommit',
  'gitTreeState',
  'buildDate',
  'goVersion',
  'compiler',
  'platform',
] as const;
export type BuildKey = (typeof BUILD_KEYS)[number];

export type BuildFields = { readonly [key in BuildKey]?: string };
