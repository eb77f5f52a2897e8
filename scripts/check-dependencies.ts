// Whether the packages are those that we chose: every one pinned by its digest, from the registry, under a licence that we may use, and scripts only where package.json lets them run; then the registry's list of known holes.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
  readonly license?: string;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
}
export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}
export interface PackageFile {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly allowScripts?: Readonly<Record<string, boolean>>;
}

/** Licences under which a package may be used and passed on with an Apache-2.0 program; MPL-2.0 covers its own files only. */
const LICENCES: ReadonlySet<string> = new Set([
  ...['MIT', 'MIT-0', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'MPL-2.0', 'Python-2.0'],
  ...['Unlicense', 'BlueOak-1.0.0', 'CC0-1.0', 'CC-BY-4.0'],
  'MIT OR Apache-2.0',
  'Apache-2.0 AND MIT',
  '(MIT OR EUPL-1.1+)',
  // Data: RouteViews by permission, DB-IP under CC-BY-4.0, which reports name.
  'SEE LICENSE IN ROUTEVIEWS-LICENSE and DBIP-LICENSE (CC-BY-4.0)',
]);
/** The platform of our images and of CI: scripts of packages for others are never installed there. */
const PLATFORM = { os: 'linux', cpu: 'x64' } as const;
/** Holes of these grades fail the check. */
const GRAVE = ['high', 'critical'] as const;

/** What is wrong with a lock file, in one sentence each. */
export function lockFaults(lock: Lock, { allowScripts = {}, ...file }: PackageFile): string[] {
  const locked = Object.entries(lock.packages).filter(([path]) => path !== '');
  const faults = locked.flatMap(([path, one]) => {
    const found: string[] = [];
    if (one.link === true || one.version === undefined) found.push('is no version of a package');
    if (!/^sha512-[A-Za-z0-9+/]{86}==$/.test(one.integrity ?? '')) found.push('has no SHA-512');
    // Which registry it comes from is the business of whoever installs; git and other places never are.
    if (one.resolved !== undefined) found.push(`names a place of its own: ${one.resolved}`);
    if (!LICENCES.has(one.license ?? ''))
      found.push(`has the licence ${one.license ?? 'none'}, which nobody has looked at`);
    return found.map((what) => `${path} ${what}`);
  });
  const ranges = Object.entries({ ...file.dependencies, ...file.devDependencies, ...file.optionalDependencies });
  const odd = ranges.filter(([, range]) => !/^[\^~]?\d[\w.+-]*$/.test(range));
  const scripted = new Set(
    locked.filter(([, one]) => one.hasInstallScript === true && isForUs(one)).map(([path]) => nameOf(path)),
  );
  const allowed = Object.entries(allowScripts).flatMap(([name, allows]) => (allows ? [name] : []));
  return [
    ...faults,
    ...odd.map(([name, range]) => `package.json: ${name} is taken from ${range}, which is no range of versions`),
    ...[...scripted]
      .filter((name) => !allowed.includes(name))
      .map((name) => `${name} runs a script when it is installed, and allowScripts does not name it`),
    ...allowed.filter((name) => !scripted.has(name)).map((name) => `allowScripts names ${name}, which runs none`),
  ];
}

const isForUs = ({ os, cpu }: LockedPackage): boolean =>
  (os?.includes(PLATFORM.os) ?? true) && (cpu?.includes(PLATFORM.cpu) ?? true);

const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** What `npm audit --json` says: faults, or why it could not be asked. */
export function readAudit(text: string): { readonly faults: readonly string[] } | { readonly skipped: string } {
  // npm prints warnings around the document.
  const start = text.search(/^\{/m);
  const answer = (start === -1 ? {} : JSON.parse(text.slice(start, text.lastIndexOf('}') + 1))) as {
    auditReportVersion?: number;
    message?: string;
    vulnerabilities?: Record<string, { severity: string; range: string }>;
  };
  if (answer.auditReportVersion === undefined)
    return { skipped: answer.message ?? (text.trim().slice(0, 200) || 'npm said nothing') };
  const grave = Object.entries(answer.vulnerabilities ?? {}).filter(([, { severity }]) =>
    (GRAVE as readonly string[]).includes(severity),
  );
  return { faults: grave.map(([name, { severity, range }]) => `${name} ${range} has a known hole (${severity})`) };
}

function main(): number {
  const read = <T>(name: string): T => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8')) as T;
  const faults = lockFaults(read<Lock>('package-lock.json'), read<PackageFile>('package.json'));
  const audit = spawnSync('npm', ['audit', '--json'], { encoding: 'utf8' });
  const found = readAudit(audit.stdout ?? '');
  if ('skipped' in found)
    console.log(`Known holes were not looked up, the registry does not tell them: ${found.skipped}`);
  const all = [...faults, ...('faults' in found ? found.faults : [])];
  for (const fault of all) console.error(fault);
  console.log(all.length === 0 ? 'The packages are those that were chosen.' : `${all.length} fault(s).`);
  return all.length === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = main();
