// Prints the dated tables as the TypeScript files that hold them. One printer, so that a refresh changes facts and never their form.
import type { CveRange } from '../../services/fingerprints/data/cve-ranges.ts';
import type { Release } from '../../services/fingerprints/data/releases.ts';
import type { TableSource } from '../../services/fingerprints/data/table-source.ts';
import type { PatchTable } from './calendar-table.ts';

/** The longest line that the formatter of this project leaves alone (biome.json). */
const LINE = 120;

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

type Plain = string | number | boolean | null | readonly string[];

function value(of: Plain): string {
  if (typeof of === 'string') return quoted(of);
  return typeof of === 'object' && of !== null ? `[${of.map(quoted).join(', ')}]` : String(of);
}

/** An object of plain values: on one line where it fits and may, else one line a key. */
function object(of: object, indent: string, mayBeOneLine: boolean): string {
  const pairs = Object.entries(of).map(([key, plain]) => `${key}: ${value(plain as Plain)}`);
  const line = `${indent}{ ${pairs.join(', ')} },`;
  if (mayBeOneLine && line.length <= LINE) return line;
  return [`${indent}{`, ...pairs.map((pair) => `${indent}  ${pair},`), `${indent}},`].join('\n');
}

function sources(name: string, list: readonly TableSource[]): string {
  return [
    `export const ${name}: readonly TableSource[] = [`,
    ...list.map((source) => object(source, '  ', false)),
    '];',
  ].join('\n');
}

const IMPORT = "import type { TableSource } from './table-source.ts';";

export function printReleases(rows: readonly Release[], from: readonly TableSource[]): string {
  return `// Upstream's release calendar: when each minor came out and when its support ended or will end. Written by scripts/refresh-tables.ts.
${IMPORT}

/** One minor of Kubernetes 1.x. Dates are UTC days (YYYY-MM-DD). */
export interface Release {
  readonly minor: number;
  readonly released: string;
  /** null: the calendar does not say yet. */
  readonly endOfLife: string | null;
  /** What another source says instead. */
  readonly differs?: readonly string[];
}

${sources('RELEASES_FROM', from)}

/** Release days are those of tags, which may lag the announcement by a day; ends of life are upstream's. */
export const RELEASES: readonly Release[] = [
${rows.map((row) => object(row, '  ', true)).join('\n')}
];
`;
}

export function printPatchDates({ dates, differing }: PatchTable, from: readonly TableSource[]): string {
  const minors = Object.entries(dates).map(([minor, patches]) =>
    [`  ${minor}: {`, ...Object.entries(patches).map(([patch, day]) => `    ${patch}: ${quoted(day)},`), '  },'].join(
      '\n',
    ),
  );
  const pairs = Object.entries(differing)
    .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
    .map(([patch, day]) => `  ${quoted(patch)}: ${quoted(day)},`);
  return `// The day of every upstream patch release, by minor. Written by scripts/refresh-tables.ts.
${IMPORT}

${sources('PATCH_DATES_FROM', from)}

/** 1.N.P -> the day that schedule.yaml plans for it, where that is more than two days from the tag's. */
export const PATCH_DAYS_DIFFERING: Readonly<Record<string, string>> = ${pairs.length === 0 ? '{}' : `{\n${pairs.join('\n')}\n}`};

/** minor -> patch -> UTC day of the tag. It may lag the build by a day or two: tags of k8s.io/apiserver are published after the release. */
export const PATCH_DATES: Readonly<Record<number, Readonly<Record<number, string>>>> = {
${minors.join('\n')}
};
`;
}

export function printCveRanges(rows: readonly CveRange[], from: readonly TableSource[]): string {
  return `// Upstream's statements of which versions a CVE concerns, per component, from two sources that do not always agree. Written by scripts/refresh-tables.ts.
${IMPORT}

/** What upstream says about one CVE and one component. Ranges are written ">=a <b >=c <d": alternating bounds, lower inclusive. */
export interface CveRange {
  readonly cve: string;
  readonly component: string;
  /** Who names the component: the feed, or this table's reading of the advisory's title where only the Go database knows the CVE. */
  readonly componentBy: 'feed' | 'title';
  /** kubernetes-sigs/cve-feed-osv, or null when it does not list the CVE. */
  readonly feed: string | null;
  /** golang/vulndb, module k8s.io/kubernetes, or null when it does not list the CVE. */
  readonly vulndb: string | null;
  readonly withdrawn: boolean;
}

${sources('CVE_RANGES_FROM', from)}

/** Programs that are no part of a Kubernetes release (ingress-nginx, CSI drivers) are left out. */
export const CVE_RANGES: readonly CveRange[] = [
${rows.map((row) => object(row, '  ', false)).join('\n')}
];
`;
}
