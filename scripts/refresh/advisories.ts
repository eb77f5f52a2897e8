// Reads advisories in OSV form: golang/vulndb (module k8s.io/kubernetes) and kubernetes-sigs/cve-feed-osv (one package per component).
import { compareVersions, type GitVersion, parseGitVersion } from '../../services/fingerprints/git-version.ts';

/** One CVE of one source: its ranges per package, in the table's notation. */
export interface Advisory {
  readonly cve: string;
  readonly title: string;
  readonly withdrawn: boolean;
  /** component -> ">=a <b >=c". */
  readonly ranges: ReadonlyMap<string, string>;
  /** Packages that stand for no component. */
  readonly others: readonly string[];
}

/** The parts of an OSV record that are read (ossf.github.io/osv-schema). */
interface Osv {
  readonly id?: unknown;
  readonly aliases?: unknown;
  readonly summary?: unknown;
  readonly withdrawn?: unknown;
  readonly affected?: unknown;
}
interface Affected {
  readonly package?: { readonly name?: unknown };
  readonly ranges?: readonly {
    readonly type?: unknown;
    readonly events?: readonly Readonly<Record<string, unknown>>[];
  }[];
}

/**
 * One OSV record; null when it names no CVE. `componentOf` says what a package stands for, null for none. Throws for ranges of a
 * component that the table cannot write.
 */
export function readAdvisory(text: string, componentOf: (packageName: string) => string | null): Advisory | null {
  const osv = JSON.parse(text) as Osv;
  const names = [osv.id, ...(Array.isArray(osv.aliases) ? osv.aliases : [])].map(String);
  const cve = names.find((name) => /^CVE-\d{4}-\d{4,}$/.test(name));
  if (cve === undefined) return null;
  const events = new Map<string, Readonly<Record<string, unknown>>[]>();
  const others = new Set<string>();
  for (const affected of (Array.isArray(osv.affected) ? osv.affected : []) as readonly Affected[]) {
    const component = componentOf(String(affected.package?.name));
    if (component === null) {
      others.add(String(affected.package?.name));
      continue;
    }
    for (const range of affected.ranges ?? []) {
      if (range.type !== 'SEMVER') throw new Error(`${cve}: a range of type ${String(range.type)}`);
      events.set(component, [...(events.get(component) ?? []), ...(range.events ?? [])]);
    }
  }
  return {
    cve,
    title: typeof osv.summary === 'string' ? osv.summary : '',
    withdrawn: typeof osv.withdrawn === 'string',
    ranges: new Map([...events].map(([component, list]) => [component, rangeText(list, cve)])),
    others: [...others],
  };
}

interface Bound {
  readonly version: GitVersion;
  readonly opens: boolean;
}

/** Events in the order of versions (OSV lets them stand in any), opening and closing by turns. */
function rangeText(events: readonly Readonly<Record<string, unknown>>[], cve: string): string {
  const bounds = events.map((event) => readEvent(event, cve));
  bounds.sort((a, b) => compareVersions(a.version, b.version) || Number(a.opens) - Number(b.opens));
  for (const [at, bound] of bounds.entries()) {
    if (bound.opens !== (at % 2 === 0)) throw new Error(`${cve}: its events do not open and close by turns`);
  }
  if (bounds.length === 0) throw new Error(`${cve}: a package without events`);
  return bounds.map(({ version, opens }) => `${opens ? '>=' : '<'}${version.text}`).join(' ');
}

function readEvent(event: Readonly<Record<string, unknown>>, cve: string): Bound {
  const [kind = '', value] = Object.entries(event)[0] ?? [];
  const text = String(value);
  const version = parseGitVersion(text === '0' ? '0.0.0' : text);
  if (version === null) throw new Error(`${cve}: ${text} is no version`);
  if (kind === 'introduced') return { version: { ...version, text }, opens: true };
  if (kind === 'fixed') return { version, opens: false };
  if (kind === 'last_affected') {
    // The first version after it that anybody builds.
    const next = parseGitVersion(`${version.major}.${version.minor}.${version.patch + 1}-alpha.0`);
    if (next !== null) return { version: next, opens: false };
  }
  throw new Error(`${cve}: an event of kind ${kind}`);
}
