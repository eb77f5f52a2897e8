// Refreshes the dated tables of services/fingerprints/data from files of their sources: the release calendar and two sets of advisories.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CVE_RANGES, CVE_RANGES_FROM } from '../services/fingerprints/data/cve-ranges.ts';
import { PATCH_DATES, PATCH_DATES_FROM, PATCH_DAYS_DIFFERING } from '../services/fingerprints/data/patch-dates.ts';
import { RELEASES, RELEASES_FROM } from '../services/fingerprints/data/releases.ts';
import type { TableSource } from '../services/fingerprints/data/table-source.ts';
import { type Advisory, readAdvisory } from './refresh/advisories.ts';
import { patchTable, releaseTable } from './refresh/calendar-table.ts';
import { cveTable, feedComponent, vulndbComponent } from './refresh/cve-table.ts';
import { printCveRanges, printPatchDates, printReleases } from './refresh/print.ts';
import { readEndsOfLife, readSchedule } from './refresh/schedule.ts';

const USAGE = `node scripts/refresh-tables.ts --at YYYY-MM-DD [--schedule FILE] [--eol FILE] [--vulndb DIRECTORY] [--cve-feed DIRECTORY] [--out DIRECTORY]

  --at        the day of the sources: nothing later has happened yet
  --schedule  data/releases/schedule.yaml of kubernetes/website
  --eol       data/releases/eol.yaml of kubernetes/website
  --vulndb    data/osv of golang/vulndb; advisories of other modules are passed over
  --cve-feed  vulns of kubernetes-sigs/cve-feed-osv
  --out       where to write (default: services/fingerprints/data)
`;

const HOME = fileURLToPath(new URL('../services/fingerprints/data/', import.meta.url));

export interface RefreshRequest {
  readonly at: string;
  readonly schedule: string | null;
  readonly eol: string | null;
  readonly vulndb: string | null;
  readonly cveFeed: string | null;
}

/** The three files' texts, by name, and remarks for whoever runs it. The side of a source that is not given stays as it is. */
export function refreshedTables(request: RefreshRequest): {
  files: ReadonlyMap<string, string>;
  remarks: readonly string[];
} {
  const schedule = request.schedule === null ? null : readSource(request.schedule);
  const ends = request.eol === null ? null : readSource(request.eol);
  const vulndb = request.vulndb === null ? null : readAdvisories(request.vulndb, vulndbComponent);
  const feed = request.cveFeed === null ? null : readAdvisories(request.cveFeed, feedComponent);
  const calendar = {
    schedule: schedule === null ? [] : about(request.schedule, () => readSchedule(schedule.text)),
    ends: ends === null ? [] : about(request.eol, () => readEndsOfLife(ends.text)),
    at: request.at,
  };
  const source = (name: string, gives: string, read: { sha256: string } | null): TableSource[] =>
    read === null ? [] : [{ name, gives, read: request.at, sha256: read.sha256 }];
  const fromSchedule = (gives: string) => source('kubernetes/website data/releases/schedule.yaml', gives, schedule);
  const cves = cveTable({ feed: feed?.list ?? null, vulndb: vulndb?.list ?? null, before: CVE_RANGES });
  const files = new Map([
    [
      'releases.ts',
      printReleases(
        releaseTable(RELEASES, calendar),
        joined(RELEASES_FROM, [
          ...fromSchedule('release days of new minors, planned ends of life'),
          ...source('kubernetes/website data/releases/eol.yaml', 'ends of life', ends),
        ]),
      ),
    ],
    [
      'patch-dates.ts',
      printPatchDates(
        patchTable({ dates: PATCH_DATES, differing: PATCH_DAYS_DIFFERING }, calendar),
        joined(PATCH_DATES_FROM, fromSchedule('days of patches that no tag was seen of')),
      ),
    ],
    [
      'cve-ranges.ts',
      printCveRanges(
        cves.rows,
        joined(CVE_RANGES_FROM, [
          ...source('kubernetes-sigs/cve-feed-osv', 'components and ranges', feed),
          ...source('golang/vulndb', 'ranges of the module k8s.io/kubernetes', vulndb),
        ]),
      ),
    ],
  ]);
  return { files, remarks: cves.leftOut.map((name) => `left out, no part of a release: ${name}`) };
}

/** Sources by name: what was read now takes the place of what was read before. */
function joined(before: readonly TableSource[], now: readonly TableSource[]): readonly TableSource[] {
  return [...before.filter(({ name }) => !now.some((source) => source.name === name)), ...now].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
}

function readSource(file: string): { text: string; sha256: string } {
  const bytes = readFileSync(file);
  return { text: bytes.toString('utf8'), sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** Every *.json of a folder, and one digest over the names and digests of those that were of use. */
function readAdvisories(
  folder: string,
  componentOf: (packageName: string) => string | null,
): { list: readonly Advisory[]; sha256: string } {
  const list: Advisory[] = [];
  const whole = createHash('sha256');
  for (const name of readdirSync(folder).sort()) {
    if (!name.endsWith('.json')) continue;
    const { text, sha256 } = readSource(join(folder, name));
    const advisory = about(join(folder, name), () => readAdvisory(text, componentOf));
    // The Go database holds thousands of other modules.
    if (advisory === null || (advisory.ranges.size === 0 && !text.includes('"kubernetes"'))) continue;
    list.push(advisory);
    whole.update(`${basename(name)} ${sha256}\n`);
  }
  if (list.length === 0) throw new Error(`${folder} holds no advisory about Kubernetes`);
  return { list, sha256: whole.digest('hex') };
}

function about<T>(file: string | null, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new Error(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      at: { type: 'string' },
      schedule: { type: 'string' },
      eol: { type: 'string' },
      vulndb: { type: 'string' },
      'cve-feed': { type: 'string' },
      out: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true || values.at === undefined || !/^\d{4}-\d\d-\d\d$/.test(values.at)) {
    process.stderr.write(USAGE);
    process.exitCode = values.help === true ? 0 : 2;
  } else {
    const { files, remarks } = refreshedTables({
      at: values.at,
      schedule: values.schedule ?? null,
      eol: values.eol ?? null,
      vulndb: values.vulndb ?? null,
      cveFeed: values['cve-feed'] ?? null,
    });
    for (const remark of remarks) process.stderr.write(`${remark}\n`);
    for (const [name, text] of files) {
      const file = join(values.out ?? HOME, name);
      writeFileSync(file, text);
      process.stdout.write(`${file}\n`);
    }
  }
}
