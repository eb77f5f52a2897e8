// Where the next page of a search begins, and whether the engine gives it out.
import type { Paging, Reply } from './declaration.ts';

export interface NextPlace {
  /** Null after the last page. */
  readonly next: string | null;
  /** There is more, and the engine never gives it. */
  readonly capped: boolean;
}

/** The place of a pass's first page. */
export function firstPlace(paging: Paging): string {
  return paging.by === 'cursor' ? '' : String(paging.first);
}

/** What comes after the page at `place`. `rows` counts those of the pages before it; `total` may be stated by another call than the reply. */
export function placeAfter(
  paging: Paging,
  place: string,
  rows: number,
  { hits, cursor }: Reply,
  total: number | null,
): NextPlace {
  const end = { next: null, capped: false };
  const next = paging.by === 'cursor' ? (cursor ?? null) : String(numberAfter(paging, place, hits.length));
  if (hits.length === 0 || next === null) return end;
  const passed = positionOf(paging, next, rows + hits.length);
  if (paging.until !== 'empty' && total !== null && passed >= total) return end;
  if (paging.maxRows === null || passed < paging.maxRows) return { next, capped: false };
  // Without a total, an engine that gave fewer rows than it ever gives has ended by itself.
  return { next: null, capped: total === null ? rows + hits.length >= paging.maxRows : total > passed };
}

function numberAfter({ by, size, advance }: Paging, place: string, hits: number): number {
  if (by === 'page') return Number(place) + 1;
  return Number(place) + (advance === 'pages' ? size : hits);
}

/** How many rows of the list lie before a place. A short page in the middle still passes over a whole page of them. */
function positionOf({ by, first, size }: Paging, place: string, rows: number): number {
  if (by === 'page') return (Number(place) - first) * size;
  return by === 'offset' ? Number(place) : rows;
}
