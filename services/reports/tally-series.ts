// Tallies of one source and question in the order of time: the series behind the pictures of earlier and other counts.
import type { HeadlineData, TallyFacts } from './headline-data.ts';

export interface TallySeries {
  readonly feed: string;
  readonly query: string;
  readonly field: string;
  readonly unit: string;
  /** By day, one per day: the later statement of a day stands for it. */
  readonly days: readonly { readonly date: string; readonly tally: TallyFacts }[];
}

/** Longest series first. Only tallies that were asked the same question, in the same unit, stand in one series. */
export function tallySeries(data: HeadlineData): TallySeries[] {
  const groups = Map.groupBy(data.tallies, (tally) =>
    JSON.stringify([tally.feed, tally.query, tally.field, tally.unit]),
  );
  return [...groups]
    .map(([key, tallies]) => {
      const { feed, query, field, unit } = tallies[0]!;
      const byDay = new Map(
        [...tallies]
          .sort((a, b) => (a.observedAt < b.observedAt ? -1 : 1))
          .map((tally) => [tally.observedAt.slice(0, 10), tally]),
      );
      return { key, feed, query, field, unit, days: [...byDay].map(([date, tally]) => ({ date, tally })) };
    })
    .sort((a, b) => b.days.length - a.days.length || (a.key < b.key ? -1 : 1))
    .map(({ feed, query, field, unit, days }) => ({ feed, query, field, unit, days }));
}

/** The sum of a tally's buckets: what has a version string that the source lists. */
export function inBuckets(tally: TallyFacts): number {
  return Object.values(tally.byDistribution).reduce((sum, count) => sum + count, 0);
}

/** From one day to the next no count of the whole internet doubles or halves: such a step comes from another query, method or a cut answer. */
const STEP = 2;

/** The days on which the sum of the buckets made a step, each with the day before. */
export function stepsOf(
  series: TallySeries,
): { readonly date: string; readonly before: string; readonly factor: number }[] {
  return series.days.slice(1).flatMap(({ date, tally }, at) => {
    const before = series.days[at]!;
    const [was, is] = [inBuckets(before.tally), inBuckets(tally)];
    if (was === 0 || is === 0) return [];
    return Math.max(is / was, was / is) > STEP ? [{ date, before: before.date, factor: is / was }] : [];
  });
}

/** How many hosts (or whatever the unit is) of a tally lie in no bucket: what the source omits, or what its total has over the sum. */
export function outsideBuckets(tally: TallyFacts): number {
  return Math.max(0, tally.total - inBuckets(tally));
}

/** The keys of one breakdown over all days, largest in sum first. */
export function keysOf(series: TallySeries, by: 'byDistribution' | 'byMinor' | 'bySupport'): string[] {
  const sums = new Map<string, number>();
  for (const { tally } of series.days)
    for (const [key, count] of Object.entries(tally[by])) sums.set(key, (sums.get(key) ?? 0) + count);
  return [...sums].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([key]) => key);
}
