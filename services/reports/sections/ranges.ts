// Which of upstream's CVE ranges contain the versions that API servers print. It says where version strings stand, and nothing about servers.
import { CVE_RANGES_FROM } from '../../fingerprints/data/cve-ranges.ts';
import { parseGitVersion } from '../../fingerprints/git-version.ts';
import { rangesContaining } from '../../fingerprints/ranges.ts';
import { code, count, part, share, told, words } from '../columns.ts';
import { cellCount, cellsOf, type HeadlineData } from '../headline-data.ts';
import { sum } from '../kubernetes-cells.ts';
import { type Section, section } from '../section.ts';

const SHOWN = 20;

interface Contained {
  readonly cve: string;
  readonly endpoints: number;
  /** Of these, builds of a vendor, who may have carried the fix back without a change of the number. */
  readonly vendor: number;
  readonly disputed: boolean;
}

export function rangesSection(data: HeadlineData): Section {
  const versions = cellsOf(data, 'endpoint', 'component', 'version').filter(
    (cell) => cell.values.component === 'kube-apiserver' && cell.values.version,
  );
  const seen = sum(versions);
  const printed = printedVersions(data);
  const contained = rangesOf(versions.map((cell) => ({ gitVersion: cell.values.version!, endpoints: cell.count })));
  return section('ranges', "Upstream's CVE ranges", {
    paragraphs: [
      [
        'For each advisory of upstream about the API server: how many of the ',
        told(printed, 'endpoint'),
        ' that print a version print one that the advisory names. ',
        { strong: 'A version in a range does not make a server vulnerable:' },
        ' vendors carry fixes back without a change of the minor or patch number, many weaknesses need rights or settings that are not seen from outside, and nothing was tried.',
      ],
    ],
    tables: [
      {
        id: 'ranges',
        title: 'API servers that print a version in an upstream range',
        columns: [
          code('cve', 'Advisory'),
          count('endpoints', 'Endpoints', 'endpoint'),
          share('share_of_endpoints', 'Share', 'API servers that print a version'),
          count('vendor_endpoints', 'Of these vendor builds', 'endpoint'),
          words('sources', 'Sources'),
        ],
        rows: contained.map((one) => [
          one.cve,
          one.endpoints,
          part(one.endpoints, printed),
          one.vendor,
          one.disputed ? 'differ on the range' : 'agree, or only one lists it',
        ]),
        shown: SHOWN,
      },
    ],
    notes: [
      ...(printed === seen
        ? []
        : [
            {
              tone: 'caution' as const,
              title: 'These counts are lower bounds.',
              text: [
                'Versions that stand for few networks are withheld: the table is made of the versions of ',
                { count: seen, unit: 'endpoint' },
                '.',
              ],
            },
          ]),
      {
        tone: 'note',
        title: 'Where the ranges come from.',
        text: [`${CVE_RANGES_FROM.map((source) => `${source.name}, read ${source.read}`).join('; ')}.`],
      },
    ],
  });
}

/** API servers that print a version; null where that is withheld. */
function printedVersions(data: HeadlineData): number | null {
  const count = (dims: readonly ('component' | 'version')[]): number | null =>
    cellCount(data, 'endpoint', dims, { component: 'kube-apiserver', version: null });
  const [all, silent] = [count(['component']), count(['component', 'version'])];
  return all === null || silent === null ? null : all - silent;
}

function rangesOf(versions: readonly { readonly gitVersion: string; readonly endpoints: number }[]): Contained[] {
  const found = new Map<string, Contained>();
  for (const { gitVersion, endpoints } of versions) {
    const version = parseGitVersion(gitVersion);
    if (version === null || version.major !== 1) continue;
    const vendor = isPlain(gitVersion) ? 0 : endpoints;
    for (const { cve, disputed } of rangesContaining(version, 'kube-apiserver')) {
      const before = found.get(cve) ?? { cve, endpoints: 0, vendor: 0, disputed: false };
      found.set(cve, {
        cve,
        endpoints: before.endpoints + endpoints,
        vendor: before.vendor + vendor,
        disputed: before.disputed || disputed,
      });
    }
  }
  return [...found.values()].sort((a, b) => b.endpoints - a.endpoints || (a.cve < b.cve ? 1 : -1));
}

/** "v1.30.2", as upstream names its releases, and nothing behind it. */
function isPlain(gitVersion: string): boolean {
  return /^v\d+\.\d+\.\d+$/.test(gitVersion);
}
