// Minor versions by distribution on bands of upstream support, support as a whole, and the version strings themselves.

import { supportOn } from '../../fingerprints/lifecycle.ts';
import { patchLevel } from '../../fingerprints/patch-level.ts';
import type { Role, StackedChart } from '../chart.ts';
import { code, count, inBrackets, part, share, told, words } from '../columns.ts';
import { cellCount, cellsOf, type HeadlineData } from '../headline-data.ts';
import { observedEndpoints, sum } from '../kubernetes-cells.ts';
import { compareMinors, distributionName, SERIES_ROLES, SUPPORT, supportName } from '../names.ts';
import { type Section, section } from '../section.ts';

const KEYS = 5;
const SHOWN_VERSIONS = 12;

export function versionsSection(data: HeadlineData): Section {
  const minors = cellsOf(data, 'endpoint', 'minor', 'support').filter((cell) => cell.values.minor);
  const total = knownOf(data, 'minor');
  const support = SUPPORT.map((one) => ({
    ...one,
    endpoints: cellCount(data, 'endpoint', ['support'], { support: one.slug }),
  })).filter((one) => one.endpoints !== 0);
  const ended = cellCount(data, 'endpoint', ['support'], { support: 'end-of-life' });
  const versions = cellsOf(data, 'endpoint', 'version').filter((cell) => cell.values.version);
  const printed = knownOf(data, 'version');
  const day = dayOf(data);
  return section('versions', 'Versions and support', {
    paragraphs: [
      [
        'A minor version is known of ',
        told(total, 'endpoint'),
        '; ',
        told(ended, 'endpoint'),
        ...inBrackets(ended, total, 'those'),
        " ran a minor whose upstream support had ended on the day of observation. The calendar is upstream's: a provider's own extended support is not in it, and a version string says nothing about patches that a vendor carried back.",
      ],
    ],
    figures: [
      {
        id: 'minors',
        title: 'Minor versions by distribution, on upstream support',
        description:
          'Endpoints by minor version, newest first, split by distribution. The bands group minors by their upstream support on the day of observation.',
        chart: minorsChart(data),
        table: 'minors',
      },
      {
        id: 'support',
        title: 'Upstream support on the day of observation',
        description: 'Endpoints whose minor version is known, by upstream support.',
        chart: {
          kind: 'bars',
          unit: 'endpoints',
          total,
          bars: support.flatMap(({ label, endpoints, role }) =>
            endpoints === null ? [] : [{ label, value: endpoints, role }],
          ),
        },
        table: 'support',
      },
    ],
    tables: [
      {
        id: 'minors',
        title: 'Endpoints by minor version and support',
        columns: [
          words('minor', 'Minor'),
          words('support', 'Upstream support'),
          count('endpoints', 'Endpoints', 'endpoint'),
          share('share_of_endpoints', 'Share', 'endpoints with a known minor'),
        ],
        rows: [...minors]
          .sort((a, b) => compareMinors(b.values.minor!, a.values.minor!))
          .map((cell) => [
            cell.values.minor!,
            supportName(cell.values.support ?? 'unknown'),
            cell.count,
            part(cell.count, total),
          ]),
      },
      {
        id: 'support',
        title: 'Endpoints by support',
        columns: [
          words('support', 'Upstream support'),
          count('endpoints', 'Endpoints', 'endpoint'),
          share('share_of_endpoints', 'Share', 'endpoints with a known minor'),
        ],
        rows: support.map((one) => [one.label, one.endpoints, part(one.endpoints, total)]),
      },
      {
        id: 'versions',
        title: 'Version strings as printed',
        columns: [
          code('version', 'gitVersion'),
          count('endpoints', 'Endpoints', 'endpoint'),
          share('share_of_endpoints', 'Share', 'endpoints with a version string'),
          count('patch_age_days', 'Age of the patch', 'day'),
          words('latest_patch', 'Latest patch then'),
        ],
        rows: versions.map((cell) => {
          const { ageDays, latest } = patchLevel(cell.values.version!, day);
          return [cell.values.version!, cell.count, part(cell.count, printed), ageDays, latest];
        }),
        shown: SHOWN_VERSIONS,
      },
    ],
    notes:
      ended === 0
        ? []
        : [
            {
              tone: 'advice',
              title: 'Upgrade what has reached its end of life.',
              text: [
                'Upstream publishes fixes for the newest minors only. Until an upgrade, restricting who can reach the API server matters more there than elsewhere.',
              ],
            },
          ],
  });
}

/** Endpoints of which this was observed; null where that is withheld. */
function knownOf(data: HeadlineData, dim: 'minor' | 'version'): number | null {
  const [all, not] = [observedEndpoints(data), cellCount(data, 'endpoint', [dim], { [dim]: null })];
  return all === null || not === null ? null : all - not;
}

function minorsChart(data: HeadlineData): StackedChart {
  const cells = cellsOf(data, 'endpoint', 'distribution', 'minor').filter((cell) => cell.values.minor);
  const sizes = new Map<string | null, number>();
  for (const cell of cells)
    sizes.set(cell.values.distribution ?? null, (sizes.get(cell.values.distribution ?? null) ?? 0) + cell.count);
  const slugs = [...sizes].sort((a, b) => b[1] - a[1] || (String(a[0]) < String(b[0]) ? -1 : 1)).map(([slug]) => slug);
  const named = slugs.slice(0, KEYS);
  const others = slugs.slice(KEYS);
  const keys: { label: string; role: Role }[] = named.map((slug, at) => ({
    label: shortName(slug),
    role: SERIES_ROLES[at]!,
  }));
  if (others.length > 0) keys.push({ label: 'others', role: 'unknown' });
  const bandOf = bands(data);
  const minors = [...new Set(cells.map((cell) => cell.values.minor!))].sort((a, b) => compareMinors(b, a));
  const of = (minor: string, wanted: readonly (string | null)[]): number =>
    sum(cells.filter((cell) => cell.values.minor === minor && wanted.includes(cell.values.distribution ?? null)));
  return {
    kind: 'stacked',
    unit: 'endpoints',
    keys,
    rows: minors.map((minor) => ({
      label: minor,
      band: bandOf.get(minor) ?? 'unknown',
      values: [...named.map((slug) => of(minor, [slug])), ...(others.length > 0 ? [of(minor, others)] : [])],
    })),
    bands: ['unknown', 'supported', 'maintenance', 'end-of-life'].map((slug) => {
      const { label, role } = SUPPORT.find((one) => one.slug === slug)!;
      return { id: slug, label, role };
    }),
  };
}

/** Minor -> the support that most of its endpoints had: a survey that runs over a day on which support ends sees two. By the calendar where that is withheld. */
function bands(data: HeadlineData): Map<string, string> {
  const first = new Map<string, string>();
  for (const cell of cellsOf(data, 'endpoint', 'minor', 'support')) {
    if (cell.values.minor && !first.has(cell.values.minor))
      first.set(cell.values.minor, cell.values.support ?? 'unknown');
  }
  for (const { values } of cellsOf(data, 'endpoint', 'distribution', 'minor')) {
    const [major = 0, minor = 0] = (values.minor ?? '').split('.').map(Number);
    if (values.minor && !first.has(values.minor)) first.set(values.minor, supportOn(major, minor, dayOf(data)));
  }
  return first;
}

/** The day on which support is judged. */
function dayOf({ survey }: HeadlineData): string {
  return survey.finishedAt ?? survey.startedAt ?? survey.createdAt;
}

/** The name up to its first comma or bracket, for keys. */
function shortName(slug: string | null): string {
  return distributionName(slug).split(/[,(]/)[0]!.trim();
}
