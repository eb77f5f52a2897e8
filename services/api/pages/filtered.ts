// A page under a filter: what it is about, counted under one condition, each as a picture and a table.
import { asking, code, count, part, share, told, words } from '../../reports/columns.ts';
import { cellCount, cellsOf, type HeadlineData } from '../../reports/headline-data.ts';
import { compareMinors } from '../../reports/names.ts';
import { type Figure, type Section, section, type Table } from '../../reports/section.ts';
import { withheldOf } from '../../reports/withheld-bar.ts';
import type { Dimension } from '../../rollups/rollup.ts';
import type { DashboardData } from './dashboard-data.store.ts';
import { type Only, tableBy } from './filter.ts';
import { barsChart, mapChart, minorsChart, type Part, type Row } from './filtered-charts.ts';
import type { Page } from './page.ts';
import { valueName } from './value-name.ts';

const SHOWN = 50;

/** Dimensions whose values have names beside their slugs, with what the slug is called. */
const NAMED: Readonly<Partial<Record<Dimension, { readonly name: string; readonly slug: string }>>> = {
  country: { name: 'Country', slug: 'Code' },
  asn: { name: 'Network', slug: 'AS number' },
  distribution: { name: 'Distribution', slug: 'Slug' },
  authentication: { name: 'Without credentials it', slug: 'Mode' },
};

const WORDS: Readonly<Partial<Record<Dimension, string>>> = {
  asn: 'network',
  minor: 'minor version',
  support: 'upstream support',
  version: 'version string',
  authentication: 'what is answered without credentials',
};

/** One section for each dimension that can be counted under the condition. */
export function filteredSections(data: HeadlineData, about: readonly Dimension[], only: Only): Section[] {
  return about.flatMap((dim) => {
    const dims = tableBy(dim, only.dim);
    if (dims === null) return [];
    const rows = cellsOf(data, 'endpoint', ...dims)
      .filter(({ values }) => (values[only.dim] ?? '') === only.value)
      .map(({ values, count: endpoints }): Row => ({ value: values[dim] ?? null, endpoints }))
      .sort((a, b) => Number(a.value === null) - Number(b.value === null) || order(dim, a, b));
    const total = cellCount(data, 'endpoint', [only.dim], { [only.dim]: only.value || null });
    return [filteredSection({ data, dim, dims, only, rows, total })];
  });
}

/** Says under which condition the page stands, and what of it is not counted so. */
export function filteredLead({ about = [] }: Page, only: Only, { survey }: Pick<DashboardData, 'survey'>): string {
  const not = about.filter((dim) => tableBy(dim, only.dim) === null);
  return `Only endpoints where ${only.dim} is ${valueName(only.dim, only.value, survey)}.${not.length === 0 ? '' : ` Not counted by ${wordOf(only.dim)}: ${not.map(wordOf).join(', ')}.`}`;
}

/** Minors in their order, newest first; all else as it comes, the largest first. */
function order(dim: Dimension, a: Row, b: Row): number {
  return dim === 'minor' && a.value !== null && b.value !== null ? compareMinors(b.value, a.value) : 0;
}

function filteredSection(counted: Part): Section {
  const { data, dim, rows, total } = counted;
  const shown = rows.reduce((sum, row) => sum + row.endpoints, 0);
  // Endpoints of several feeds stand in several cells.
  const missing = dim === 'feed' ? 0 : withheldOf(data, total, shown);
  return section(`by-${dim}`, `By ${wordOf(dim)}`, {
    paragraphs: [[told(total, 'endpoint'), ` in all, where ${conditionOf(counted)}.`]],
    figures: rows.length === 0 ? [] : figures(counted, missing),
    tables: [table(counted)],
    notes:
      data.isWithheld === undefined || (dim !== 'feed' && total !== null && missing === 0)
        ? []
        : [
            {
              tone: 'note',
              title: `Some cells by ${wordOf(dim)} may be held back.`,
              text: [
                'What is not listed is nothing, or stands for few networks, or would give such a cell away.',
                ...(missing > 0 ? [' ', { count: missing, unit: 'endpoint' }, ' are in no row for that.'] : []),
              ],
            },
          ],
  });
}

/** As titles say it. */
function wordOf(dim: Dimension): string {
  return WORDS[dim] ?? dim;
}

function conditionOf({ data, only }: Part): string {
  return `${only.dim} is ${valueName(only.dim, only.value, data)}`;
}

function figures(counted: Part, missing: number): Figure[] {
  const { dim } = counted;
  const figure = { title: `Endpoints by ${wordOf(dim)}, where ${conditionOf(counted)}`, table: `by-${dim}` };
  const map: Figure = {
    ...figure,
    id: 'by-country-map',
    description:
      'A map of the world with one circle for each country; the area of a circle is in proportion to the endpoints whose address is registered there.',
    chart: mapChart(counted.rows, missing),
  };
  const bars: Figure = {
    ...figure,
    id: `by-${dim}`,
    description: `Endpoints under this condition by ${wordOf(dim)}; the table and its files have all.`,
    chart: dim === 'minor' ? minorsChart(counted) : barsChart(counted, missing),
  };
  return dim === 'country' ? [map, bars] : [bars];
}

function table({ data, dim, dims, only, rows, total }: Part): Table {
  const named = NAMED[dim];
  const asks = { where: { [only.dim]: [only.value] }, of: { [dim]: dim } };
  const isParts = dim !== 'feed';
  const inUnit = (unit: 'host' | 'certificate', value: string | null): number | null =>
    cellCount(data, unit, dims, { [dim]: value, [only.dim]: only.value || null });
  return {
    id: `by-${dim}`,
    title: `Endpoints by ${wordOf(dim)}, with hosts and certificates`,
    columns: [
      ...(named === undefined ? [] : [words('name', named.name)]),
      code(dim, named?.slug ?? dim),
      asking(count('endpoints', 'Endpoints', 'endpoint'), asks),
      ...(isParts ? [share('share_of_endpoints', 'Share', 'endpoints under this condition')] : []),
      asking(count('hosts', 'Hosts', 'host'), asks),
      asking(count('certificates', 'Certificates', 'certificate'), asks),
    ],
    rows: rows.map(({ value, endpoints }) => [
      ...(named === undefined ? [] : [valueName(dim, value, data)]),
      value,
      endpoints,
      ...(isParts ? [part(endpoints, total)] : []),
      inUnit('host', value),
      inUnit('certificate', value),
    ]),
    shown: SHOWN,
  };
}
