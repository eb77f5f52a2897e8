// How far feeds overlap: what each combination of them named, what only one of them has, and estimates of what none has, with their marks.
import { chaoLowerBound, chapman, type Interval, SMALLEST_OVERLAP } from './estimate.ts';
import { logLinear, MOST_LISTS } from './log-linear.ts';
import { profileInterval } from './profile-interval.ts';

/** What is counted. Every endpoint, name or certificate counts once, whoever named it. */
export type OverlapUnit = 'endpoint' | 'kubernetes endpoint' | 'name' | 'certificate';

/** How many things were named by exactly these feeds and no other. */
export interface Combination {
  readonly feeds: readonly string[];
  readonly count: number;
}

/** What the runs of one feed say of it. */
export interface FeedFacts {
  readonly feed: string;
  /** Feeds or sources that it says it reads or buys from. */
  readonly upstreams: readonly string[];
  /** Whether the last run of any of its queries is not whole. */
  readonly partial: boolean;
  /** What its runs cost together, in its own unit; null when none states a cost. */
  readonly cost: number | null;
}

/**
 * Why an estimate holds less than its formula says. `dependent`: two of its feeds share a declared upstream or one reads another, so that
 * they agree too often and the number is too low. `partial`: a feed was cut short, so that its absence says little.
 */
export type Caution = 'dependent' | 'partial';

/** Why there is no estimate. */
export type Refusal = 'overlap_too_small' | 'no_unseen_part' | 'too_many_feeds' | 'no_model';

/** An estimate of what these feeds could have named, seen or not: never the total of anything, for what no feed can see is not in it. */
export interface OverlapEstimate {
  readonly method: 'chapman' | 'chao' | 'log-linear';
  readonly feeds: readonly string[];
  /** Named by any of the feeds. */
  readonly seen: number;
  /** null when refused. Of log-linear models that of the least BIC; of Chao a lower bound. */
  readonly estimate: number | null;
  readonly standardError: number | null;
  /** 95 %: log-normal on the unseen part; of log-linear models by the profile likelihood of the chosen one, null when the counts set no upper end. */
  readonly interval: Interval | null;
  /** Least and greatest estimate over the log-linear models that the counts support about as well as the best; null for other methods. */
  readonly range: Interval | null;
  readonly refused: Refusal | null;
  readonly cautions: readonly Caution[];
}

export interface FeedOverlap extends FeedFacts {
  readonly named: number;
  /** Named by this feed and no other. */
  readonly only: number;
}

export interface PairOverlap {
  readonly feeds: readonly [string, string];
  readonly both: number;
  readonly either: number;
  readonly estimate: OverlapEstimate;
}

export interface Overlap {
  readonly unit: OverlapUnit;
  /** Named by any feed. */
  readonly seen: number;
  /** Largest first, ties by the names of the feeds. */
  readonly combinations: readonly Combination[];
  /** Feeds that named something, largest first. */
  readonly feeds: readonly FeedOverlap[];
  /** In the order of `feeds`. */
  readonly pairs: readonly PairOverlap[];
  /** Over all feeds together, where there are three or more: Chao's bound and the log-linear models. */
  readonly together: readonly OverlapEstimate[];
}

/**
 * Overlaps from the counts of one unit over one common window. A feed of which `facts` know nothing counts as partial: nothing says that it
 * was whole. Combinations of no feed are left out. RangeError for counts that are none.
 */
export function overlapOf(
  unit: OverlapUnit,
  combinations: readonly Combination[],
  facts: readonly FeedFacts[],
): Overlap {
  const named = ordered(combinations);
  const feeds = feedsOf(named, facts);
  const pairs = feeds.flatMap((a, at) => feeds.slice(at + 1).map((b) => pairOf(named, facts, a, b)));
  const together = feeds.length < 3 ? [] : [chaoOf(named, facts, feeds), logLinearOf(named, facts, feeds)];
  return { unit, seen: total(named), combinations: named, feeds, pairs, together };
}

const total = (combinations: readonly Combination[]): number => combinations.reduce((sum, one) => sum + one.count, 0);

/** One combination for each set of feeds, their names sorted and once each. */
function ordered(combinations: readonly Combination[]): Combination[] {
  const sets = new Map<string, Combination>();
  for (const { feeds, count } of combinations) {
    if (!Number.isSafeInteger(count) || count < 0) throw new RangeError(`${count} is no count`);
    if (feeds.length === 0 || count === 0) continue;
    const sorted = [...new Set(feeds)].sort();
    const key = JSON.stringify(sorted);
    sets.set(key, { feeds: sorted, count: count + (sets.get(key)?.count ?? 0) });
  }
  return [...sets.values()].sort((a, b) => b.count - a.count || byText(a.feeds.join('\0'), b.feeds.join('\0')));
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function feedsOf(combinations: readonly Combination[], facts: readonly FeedFacts[]): FeedOverlap[] {
  const names = [...new Set(combinations.flatMap((one) => one.feeds))];
  return names
    .map((feed) => {
      const known = facts.find((one) => one.feed === feed) ?? { feed, upstreams: [], partial: true, cost: null };
      const its = combinations.filter((one) => one.feeds.includes(feed));
      return { ...known, named: total(its), only: total(its.filter((one) => one.feeds.length === 1)) };
    })
    .sort((a, b) => b.named - a.named || byText(a.feed, b.feed));
}

function pairOf(
  combinations: readonly Combination[],
  facts: readonly FeedFacts[],
  a: FeedOverlap,
  b: FeedOverlap,
): PairOverlap {
  const both = total(combinations.filter(({ feeds }) => feeds.includes(a.feed) && feeds.includes(b.feed)));
  const { observed, estimate, standardError, interval, suppressed } = chapman(a.named, b.named, both);
  const marks = { feeds: [a.feed, b.feed], seen: observed, range: null, cautions: cautionsOf([a, b], facts) };
  return {
    feeds: [a.feed, b.feed],
    both,
    either: observed,
    estimate:
      suppressed === null
        ? { method: 'chapman', ...marks, estimate, standardError, interval, refused: null }
        : { method: 'chapman', ...marks, ...NOTHING, refused: suppressed },
  };
}

const NOTHING = { estimate: null, standardError: null, interval: null } as const;

function chaoOf(
  combinations: readonly Combination[],
  facts: readonly FeedFacts[],
  feeds: readonly FeedOverlap[],
): OverlapEstimate {
  const seenBy = (lists: number): number => total(combinations.filter((one) => one.feeds.length === lists));
  const observed = total(combinations);
  const bound = chaoLowerBound({ once: seenBy(1), twice: seenBy(2), observed, lists: feeds.length });
  const refused = refusal(observed - seenBy(1), bound.estimate - observed);
  const marks = {
    feeds: feeds.map((one) => one.feed),
    seen: observed,
    range: null,
    cautions: cautionsOf(feeds, facts),
  };
  const { estimate, standardError, interval } = refused === null ? bound : NOTHING;
  return { method: 'chao', ...marks, estimate, standardError, interval, refused };
}

function logLinearOf(
  combinations: readonly Combination[],
  facts: readonly FeedFacts[],
  feeds: readonly FeedOverlap[],
): OverlapEstimate {
  const names = feeds.map((one) => one.feed);
  const marks = { feeds: names, seen: total(combinations), cautions: cautionsOf(feeds, facts) };
  const none = (refused: Refusal): OverlapEstimate => ({
    method: 'log-linear',
    ...marks,
    ...NOTHING,
    range: null,
    refused,
  });
  const shared = total(combinations.filter((one) => one.feeds.length > 1));
  if (shared < SMALLEST_OVERLAP) return none('overlap_too_small');
  if (names.length > MOST_LISTS) return none('too_many_feeds');
  const cells = combinations.map((one) => ({ lists: one.feeds.map((feed) => names.indexOf(feed)), count: one.count }));
  const { best, range } = logLinear(names.length, cells);
  if (best.bic === null) return none('no_model');
  const { estimate, standardError } = best.bic;
  const interval = profileInterval(names.length, cells, best.bic);
  return { method: 'log-linear', ...marks, estimate, standardError, interval, range, refused: null };
}

function refusal(shared: number, unseen: number): Refusal | null {
  if (shared < SMALLEST_OVERLAP) return 'overlap_too_small';
  return unseen > 0 ? null : 'no_unseen_part';
}

function cautionsOf(feeds: readonly FeedFacts[], facts: readonly FeedFacts[]): Caution[] {
  const sources = feeds.map((one) => sourcesOf(one.feed, facts));
  const dependent = sources.some((one, at) => sources.slice(at + 1).some((other) => !one.isDisjointFrom(other)));
  return [
    ...(dependent ? (['dependent'] as const) : []),
    ...(feeds.some((one) => one.partial) ? (['partial'] as const) : []),
  ];
}

/** The feed itself, what it reads, what that reads, and so on. */
function sourcesOf(feed: string, facts: readonly FeedFacts[]): Set<string> {
  const sources = new Set([feed]);
  for (const source of sources) {
    for (const upstream of facts.find((one) => one.feed === source)?.upstreams ?? []) sources.add(upstream);
  }
  return sources;
}
