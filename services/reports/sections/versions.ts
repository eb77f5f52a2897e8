// Minor versions by distribution on bands of upstream support, support as a whole, and the version strings themselves.

import { supportOn } from '../../fingerprints/lifecycle.ts';
import { patchLevel } from '../../fingerprints/patch-level.ts';
import type { Role, StackedChart } from '../chart.ts';
import { asking, code, count, inBrackets, part, share, told, words } from '../columns.ts';
import { cellCount, cellsOf, type HeadlineData } from '../headline-data.ts';
import { observedEndpoints, sum } from '../kubernetes-cells.ts';
import { compareMinors, distributionName, SERIES_ROLES, SUPPORT, supportName } from '../names.ts';
import { type Section, section } from '../section.ts';
import { withheldBar } from '../withheld-bar.ts';

const KEYS = 5;
const SHOWN_VERSIONS = 12;

/** The newest minors, which the calendar does not have yet, stand above all. */
export const SUPPORT_BANDS: StackedChart['bands'] = ['unknown', 'supported', 'maintenance', 'end-of-life'].map(
  (slug) => {
    const { label, role } = SUPPORT.find((one) => one.slug === slug)!;
    return { id: slug, label, role };
  },
);

export function versionsSection(data: HeadlineData): Section {
  const minors = cellsOf(data, 'endpoint', 'minor', 'support').filter((cell) => cell.values.minor);
  const total = knownOf(data, 'minor');
  const support = SUPPORT.map((one) => ({
    ...one,
    endpoints: cellCount(data, 'endpoint', ['support'], { support: one.slug }),
  })).filter((one) => one.endpoints !== 0);
  const supportBars = support.flatMap(({ label, endpoints, role }) =>
    endpoints === null ? [] : [{ label, value: endpoints, role }],
  );
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
        description: `Endpoints by minor version, newest first, split by distribution. The bands group minors by their upstream support on the day of observation.${data.isWithheld === undefined ? '' : ' What is not split up stands for few networks, or would give such a cell away; a minor that is withheld as a whole is not drawn.'}`,
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
          bars: [...supportBars, ...withheldBar(data, total, supportBars)],
        },
        table: 'support',
      },
    ],
    tables: [
      {
        id: 'minors',
        title: 'Endpoints by minor version and support',
        columns: [
          asking(words('minor', 'Minor'), { by: 'distribution', of: { minor: 'minor' } }),
          words('support', 'Upstream support'),
          asking(count('endpoints', 'Endpoints', 'endpoint'), { of: { minor: 'minor', support: 'support' } }),
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
          asking(words('support', 'Upstream support'), { by: 'minor', of: { support: 'support' } }),
          asking(count('endpoints', 'Endpoints', 'endpoint'), { of: { support: 'support' } }),
          share('share_of_endpoints', 'Share', 'endpoints with a known minor'),
        ],
        rows: support.map((one) => [one.label, one.endpoints, part(one.endpoints, total)]),
      },
      {
        id: 'versions',
        title: 'Version strings as printed',
        columns: [
          asking(code('version', 'gitVersion'), { by: 'component', of: { version: 'version' } }),
          asking(count('endpoints', 'Endpoints', 'endpoint'), { of: { version: 'version' } }),
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
  const isPart = data.isWithheld !== undefined;
  if (isPart) keys.push({ label: 'distribution withheld', role: 'withheld' });
  const bandOf = supportBands(data);
  const printed = cellsOf(data, 'endpoint', 'minor').filter((cell) => cell.values.minor);
  const minors = [...new Set([...cells, ...printed].map((cell) => cell.values.minor!))].sort((a, b) =>
    compareMinors(b, a),
  );
  const of = (minor: string, wanted: readonly (string | null)[]): number =>
    sum(cells.filter((cell) => cell.values.minor === minor && wanted.includes(cell.values.distribution ?? null)));
  return {
    kind: 'stacked',
    unit: 'endpoints',
    keys,
    rows: minors.map((minor) => {
      const shown = [...named.map((slug) => of(minor, [slug])), ...(others.length > 0 ? [of(minor, others)] : [])];
      const all = cellCount(data, 'endpoint', ['minor'], { minor });
      // Bars of published cells alone would be too short.
      const rest = isPart ? [all === null ? 0 : all - shown.reduce((total, value) => total + value, 0)] : [];
      return {
        label: minor,
        band: bandOf(minor),
        values: [...shown, ...rest],
        ...(all === null ? { isLeast: true } : {}),
      };
    }),
    bands: SUPPORT_BANDS,
  };
}

/** Minor -> the support that most of its endpoints had: a survey that runs over a day on which support ends sees two. By the calendar where that is withheld. */
export function supportBands(data: HeadlineData): (minor: string) => string {
  const first = new Map<string, string>();
  for (const { values } of cellsOf(data, 'endpoint', 'minor', 'support'))
    if (values.minor && !first.has(values.minor)) first.set(values.minor, values.support ?? 'unknown');
  return (text) => {
    const [major = 0, minor = 0] = text.split('.').map(Number);
    return first.get(text) ?? supportOn(major, minor, dayOf(data));
  };
}

/** The day on which support is judged. */
function dayOf({ survey }: HeadlineData): string {
  return survey.finishedAt ?? survey.startedAt ?? survey.createdAt;
}

/** The name up to its first comma or bracket, for keys. */
function shortName(slug: string | null): string {
  return distributionName(slug).split(/[,(]/)[0]!.trim();
}
