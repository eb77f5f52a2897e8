// The JSON body that /version answers with: which generation of it, which keys, and whether Kubernetes can have written it.
import { forgedFields } from './build-consistency.ts';
import { BUILD_KEYS, type BuildFields, type BuildKey } from './build-fields.ts';
import type { VersionSlug } from './data/distributions.ts';
import { type GitVersion, parseGitVersion } from './git-version.ts';
import { Recent } from './recent.ts';
import { shapeOf } from './version-shapes.ts';

const EMULATION_KEYS: readonly BuildKey[] = [
  'emulationMajor',
  'emulationMinor',
  'minCompatibilityMajor',
  'minCompatibilityMinor',
];
/** The keys that every server of 1.0 and later writes, even when they are empty. */
const ALWAYS_KEYS: readonly BuildKey[] = BUILD_KEYS.filter((key) => !EMULATION_KEYS.includes(key));

export interface BuildInfo {
  readonly fields: BuildFields;
  /** The keys of the object as written. */
  readonly keys: readonly string[];
  /** Always-written keys that are missing. */
  readonly missing: readonly BuildKey[];
  /** False when a key stands where Kubernetes does not write it. */
  readonly ordered: boolean;
  /** True when gitVersion is the only key: an engine's extract, not a body. */
  readonly extract: boolean;
  /** gitVersion taken apart; null when it is no version. */
  readonly version: GitVersion | null;
  /** What the suffix of gitVersion says; null when it is no version. */
  readonly shape: VersionSlug | null;
  /** True when numbers, Go version or build date cannot belong to gitVersion. */
  readonly forged: boolean;
}

/** 'etcd' and 'capitalised' are other programs' bodies; 'broken' is JSON with version-like keys of the wrong type. */
export type VersionBody =
  | { readonly kind: 'kubernetes'; readonly build: BuildInfo }
  | { readonly kind: 'etcd'; readonly server: string }
  | { readonly kind: 'capitalised' | 'broken' | 'other' };

/** /version bodies are below 600 octets; longer text is not parsed. */
export const MAX_VERSION_BODY = 16_384;
/** The longest gitVersion of the census has 96 characters. */
export const MAX_FIELD_LENGTH = 256;

const OTHER: VersionBody = { kind: 'other' };

/** Builds that a census meets number some thousands, with platforms. */
const REMEMBERED = 4096;
/** Longer bodies are no builds' and are read each time. */
const REMEMBERED_LENGTH = 1024;
const known = new Recent<VersionBody>(REMEMBERED);

/** Reads a /version body. Lenient in keys and order, strict in types; never throws. The same object for a body that was read lately. */
export function readVersionBody(text: string): VersionBody {
  if (text.length > MAX_VERSION_BODY) return text.includes('"gitVersion"') ? { kind: 'broken' } : OTHER;
  if (!text.includes('ersion') && !text.includes('etcdserver')) return OTHER;
  return text.length > REMEMBERED_LENGTH ? parseVersionBody(text) : known.get(text, parseVersionBody);
}

function parseVersionBody(text: string): VersionBody {
  const parsed = parseObject(text);
  if (parsed === null) return OTHER;
  const etcd = parsed['etcdserver'];
  if (typeof etcd === 'string' && typeof parsed['etcdcluster'] === 'string' && /^\d+\.\d+\.\d+/.test(etcd)) {
    return { kind: 'etcd', server: etcd.slice(0, MAX_FIELD_LENGTH) };
  }
  if (!Object.hasOwn(parsed, 'gitVersion'))
    return { kind: Object.hasOwn(parsed, 'GitVersion') ? 'capitalised' : 'other' };
  const fields: { [key in BuildKey]?: string } = {};
  for (const key of BUILD_KEYS) {
    if (!Object.hasOwn(parsed, key)) continue;
    const value = parsed[key];
    if (typeof value !== 'string' || value.length > MAX_FIELD_LENGTH) return { kind: 'broken' };
    fields[key] = value.replaceAll('\u0000', '').toWellFormed();
  }
  const keys = Object.keys(parsed).slice(0, 64);
  const version = parseGitVersion((fields.gitVersion ?? '').trim());
  return {
    kind: 'kubernetes',
    build: {
      fields,
      keys,
      missing: ALWAYS_KEYS.filter((key) => fields[key] === undefined),
      ordered: isOrdered(keys),
      extract: keys.length === 1,
      version,
      shape: version === null ? null : shapeOf(version),
      forged: version !== null && forgedFields(version, fields).length > 0,
    },
  };
}

/** The JSON object in `text`; null for anything else. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function isOrdered(keys: readonly string[]): boolean {
  let last = -1;
  for (const key of keys) {
    const at = (BUILD_KEYS as readonly string[]).indexOf(key);
    if (at < 0) continue; // A later generation may add keys: they are no sign of a forgery.
    if (at < last) return false;
    last = at;
  }
  return true;
}
