// What a picture of published counts says of those that are not: one bar for all of them together, so that the rest is not taken for everything.
import type { BarsChart } from './chart.ts';
import type { HeadlineData } from './headline-data.ts';

/** The bar for what the total has and the bars do not; none where nothing is withheld, or where the total itself is. Pure. */
export function withheldBar(
  data: Pick<HeadlineData, 'isWithheld'>,
  total: number | null,
  bars: BarsChart['bars'],
): BarsChart['bars'] {
  const shown = bars.reduce((sum, bar) => sum + bar.value, 0);
  const rest = withheldOf(data, total, shown);
  return rest === 0 ? [] : [{ label: 'withheld', value: rest, role: 'withheld' }];
}

/** What the total has and what is shown does not; 0 as for the bar. Pure. */
export function withheldOf(data: Pick<HeadlineData, 'isWithheld'>, total: number | null, shown: number): number {
  return data.isWithheld === undefined || total === null ? 0 : Math.max(0, total - shown);
}
