// Whether the headline of a survey jumped against that of the survey before it: a change that the world seldom makes, and feeds and networks often.
import type { IndicatorCounts } from './headline.ts';

/** From which change on nothing is sent by itself: by a fifth of the earlier count, up or down. */
export const JUMP_SHARE = 0.2;

/**
 * Counts that are both below say nothing. Two surveys that each miss one host in ten differ, at 100 endpoints, by 4 with a standard deviation of
 * sqrt(2 * 100 * 0.1 * 0.9): twenty are nearly five of them.
 */
export const JUMP_FROM = 100;

export const HEADLINES = ['certificateName', 'versionEndpoint'] as const;

/** What jumped, in endpoints. */
export interface Jump {
  readonly indicator: (typeof HEADLINES)[number];
  readonly from: number;
  readonly to: number;
}

/** A jump with the survey that it is measured against, as it is stored. */
export interface HeadlineJump extends Jump {
  readonly before: string;
}

/** The indicator that jumped furthest, or null. */
export function jumpOf(before: IndicatorCounts, now: IndicatorCounts): Jump | null {
  const jumps = HEADLINES.map((indicator) => ({ indicator, from: before[indicator], to: now[indicator] })).filter(
    ({ from, to }) => Math.max(from, to) >= JUMP_FROM && Math.abs(to - from) > JUMP_SHARE * from,
  );
  const size = ({ from, to }: Jump): number => Math.abs(to - from) / Math.max(from, 1);
  return jumps.toSorted((a, b) => size(b) - size(a))[0] ?? null;
}
