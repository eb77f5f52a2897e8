// What the cells of a page are answers to, as addresses of the page on which anybody counts.
import { SUPPORT } from '../../reports/names.ts';
import type { Asks, Column, Table, Value } from '../../reports/section.ts';
import { NOT_OBSERVED_WORD, type Where } from '../../rollups/count-request.ts';
import { type Dimension, UNITS, type Unit } from '../../rollups/rollup.ts';
import { keptTable } from '../kept-table.ts';

/** What is counted, in units that are kept. */
export interface Asked {
  readonly by: readonly Dimension[];
  readonly where: Where;
  readonly unit: Unit;
}

/** Lists in an address are parted by commas, so that a value that holds one cannot be asked for. */
const PARTED_BY = ',';

/** The address of /explore that counts this of a survey. */
export function exploreHref(survey: string, { by, where, unit }: Asked): string {
  // A comma alone: by nothing, which is one number; no word at all would be the question that the page begins with.
  const query = new URLSearchParams({ survey, by: by.join(PARTED_BY) || PARTED_BY });
  for (const [dim, values] of Object.entries(where)) query.set(dim, writtenValues(values));
  if (unit !== 'endpoint') query.set('unit', unit);
  return `/explore?${query}`;
}

export function writtenValues(values: readonly string[]): string {
  return values.map((value) => value || NOT_OBSERVED_WORD).join(PARTED_BY);
}

/** Where the cells of tables lead, for whoever sees the whole or only what is published: a question that is not answered is not linked. */
export function cellLinks(survey: string, isWhole: boolean) {
  return (column: Column, row: readonly Value[], table: Table): string | null => {
    const question = questionOf(column, row, table);
    if (question === null || !(isWhole || keptTable(question) !== null)) return null;
    return exploreHref(survey, question);
  };
}

/** The question that a cell answers; null where it answers none, is nothing, or is withheld. */
function questionOf(column: Column, row: readonly Value[], table: Table): Asked | null {
  const { asks } = column;
  if (asks === undefined || !row[table.columns.indexOf(column)]) return null;
  const unit = column.type === 'count' ? UNITS.find((one) => one === column.unit) : 'endpoint';
  const ofRow = conditionsOf(asks, row, table);
  if (unit === undefined || ofRow === null) return null;
  return { by: asks.by === undefined ? [] : [asks.by], where: { ...asks.where, ...ofRow }, unit };
}

function conditionsOf({ of }: Asks, row: readonly Value[], table: Table): Where | null {
  const where: Partial<Record<Dimension, string[]>> = {};
  for (const [dim, key] of Object.entries(of) as [Dimension, string][]) {
    const shown = row[table.columns.findIndex((column) => column.key === key)] ?? '';
    const value = dim === 'support' ? supportSlug(String(shown)) : String(shown);
    if (value === null || value.includes(PARTED_BY)) return null;
    where[dim] = [value];
  }
  return where;
}

/** Some tables print words for support. */
function supportSlug(label: string): string | null {
  return SUPPORT.find((one) => one.label === label || one.slug === label)?.slug ?? null;
}
