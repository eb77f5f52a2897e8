// The filter of a page: one condition on what the page is about, of those that the kept tables answer exactly.
import { cellsOf, type HeadlineData } from '../../reports/headline-data.ts';
import { type Html, html } from '../../reports/html-template.ts';
import type { Where } from '../../rollups/count-request.ts';
import { DIMENSION_NAMES, type Dimension } from '../../rollups/rollup.ts';
import { keptTable } from '../kept-table.ts';
import type { DashboardData } from './dashboard-data.store.ts';
import { surveySelect } from './layout.ts';
import type { Page } from './page.ts';
import { writtenValues } from './question.ts';
import { valueName } from './value-name.ts';

/** Counts only where the dimension has this value; '' is not observed. */
export interface Only {
  readonly dim: Dimension;
  readonly value: string;
}

/** Dimensions whose values fit into a list that one reads through; networks and version strings are filtered by from their own cells. */
const LISTED = ['component', 'distribution', 'minor', 'support', 'country', 'port', 'authentication', 'feed'] as const;
/** Of one dimension, the largest first. */
const MOST_LISTED = 100;
/** The name of the field in forms; addresses name the dimension. */
const FIELD = 'only';

/** The kept table that counts a dimension under a condition on another, or null. */
export function tableBy(dim: Dimension, only: Dimension): readonly Dimension[] | null {
  return dim === only ? null : keptTable({ by: [dim], where: { [only]: [''] }, unit: 'endpoint' });
}

/** The dimensions that a page can be filtered by. */
export function filtersOf({ about = [] }: Page): readonly Dimension[] {
  return DIMENSION_NAMES.filter((dim) => !about.includes(dim) && about.some((one) => tableBy(one, dim) !== null));
}

/** The condition as a filter of the page; null where the page has no such filter. */
export function filterOf(page: Page, where: Where): Only | null {
  const [first, ...more] = Object.entries(where) as [Dimension, readonly string[]][];
  if (first === undefined || more.length > 0) return null;
  const [dim, [value, ...others]] = first;
  return value === undefined || others.length > 0 || !filtersOf(page).includes(dim) ? null : { dim, value };
}

/** The form: which survey, and which of the values that it has something to show of. */
export function pageForm(
  path: string,
  page: Page,
  { survey: data, surveys }: Pick<DashboardData, 'survey' | 'surveys'>,
  only: Only | null,
): Html {
  const groups = LISTED.filter((dim) => filtersOf(page).includes(dim))
    .map((dim) => ({ dim, values: valuesOf(page, data, dim) }))
    .filter(({ values }) => values.length > 0);
  const isListed = groups.some(({ dim, values }) => dim === only?.dim && values.includes(only.value));
  const all = only === null || isListed ? groups : [{ dim: only.dim, values: [only.value] }, ...groups];
  const isChosen = (dim: Dimension, value: string): boolean => dim === only?.dim && value === only.value;
  const choice = html`<label><span>Only</span><select name="${FIELD}"><option value="">everything</option>${all.map(
    ({ dim, values }) =>
      html`<optgroup label="${dim}">${values.map(
        (value) =>
          html`<option value="${dim}:${writtenValues([value])}"${isChosen(dim, value) ? html` selected` : ''}>${dim}: ${valueName(dim, value, data)}</option>`,
      )}</optgroup>`,
  )}</select></label>`;
  return html`<form class="filters" method="get" action="${path}">${surveySelect(surveys, data.survey.id)}${all.length === 0 ? '' : choice}<button>Show</button></form>`;
}

/** The values of a dimension under which the page has a cell to show, the largest first. */
function valuesOf({ about = [] }: Page, data: HeadlineData, dim: Dimension): readonly string[] {
  const sizes = new Map<string, number>();
  for (const one of about)
    for (const { values, count } of cellsOf(data, 'endpoint', ...(tableBy(one, dim) ?? [])))
      if (values[dim] && values[one]) sizes.set(values[dim], (sizes.get(values[dim]) ?? 0) + count);
  return [...sizes]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, MOST_LISTED)
    .map(([value]) => value);
}

/** A form sends "only=country:DE", addresses say "country=DE"; null where the address is one already. */
export function withoutField(url: string): string | null {
  const [path = '', text = ''] = url.split('?');
  const query = new URLSearchParams(text);
  const only = query.get(FIELD);
  if (only === null) return null;
  query.delete(FIELD);
  const [dim, ...value] = only.split(':');
  if (dim !== undefined && dim !== '') query.set(dim, value.join(':'));
  return query.size === 0 ? path : `${path}?${query}`;
}
