// From a counted question back to the pages that are about it, under its condition where they have that filter.
import { type Html, html } from '../../reports/html-template.ts';
import type { Dimension } from '../../rollups/rollup.ts';
import { filterOf } from './filter.ts';
import { PAGES } from './pages.ts';
import { type Asked, writtenValues } from './question.ts';
import { valueName } from './value-name.ts';

/** Links to every page about what was counted by; where that is nothing, about what was asked for, or with such a filter. */
export function seeAlso(survey: string, { by, where }: Pick<Asked, 'by' | 'where'>): Html {
  const asked = by.length > 0 ? by : (Object.keys(where) as Dimension[]);
  const links = PAGES.flatMap((page) => {
    // What the page lists anyway needs no filter.
    const rest = Object.entries(where).filter(([dim]) => !page.about?.includes(dim as Dimension));
    const only = filterOf(page, Object.fromEntries(rest));
    const isAbout = page.about?.some((dim) => asked.includes(dim)) === true;
    if (!isAbout && (by.length > 0 || only === null)) return [];
    const query = new URLSearchParams({ survey });
    if (only !== null) query.set(only.dim, writtenValues([only.value]));
    const words = only === null ? '' : `, where ${only.dim} is ${valueName(only.dim, only.value)}`;
    return [html`<a href="/${page.slug}?${query.toString()}">${page.label}${words}</a>`];
  });
  return links.length === 0 ? html`` : html`<p class="links">Pages about this: ${links}</p>`;
}
