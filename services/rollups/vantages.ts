// What each vantage of a survey saw, what a further one gained, and how many endpoints all of them missed: from counts by who saw an endpoint.
import { type ChapmanEstimate, chapman, type Interval, wilson } from './estimate.ts';

/** Endpoints that every vantage of the survey asked and got some end of, by who saw a component of Kubernetes there. */
export interface VantageCounts {
  /** In the order in which the survey names them. */
  readonly vantages: readonly string[];
  /** Endpoints that all of them asked; what one of them could not ask, or failed on our side, says nothing of vantages. */
  readonly asked: number;
  /** Each set of vantages that saw some endpoints and no other did, with how many. */
  readonly seenBy: readonly { readonly vantages: readonly string[]; readonly endpoints: number }[];
}

export interface VantageView {
  readonly vantage: string;
  readonly seen: number;
  /** Seen from here and from nowhere else. */
  readonly onlyHere: number;
  /** Of the endpoints that any vantage saw, the share that this one missed; null when none was seen. */
  readonly missed: ProportionOfSeen | null;
}

export interface ProportionOfSeen {
  readonly share: number;
  /** Wilson's 95 % interval: for what such a pass misses, and not for these endpoints, of which it is known. */
  readonly interval: Interval;
}

/** What a vantage adds to those named before it. */
export interface VantageGain {
  readonly vantage: string;
  readonly before: readonly string[];
  readonly seenBefore: number;
  readonly added: number;
  /** added / seenBefore; null when nothing was seen before. */
  readonly gain: number | null;
  /** 95 %, from Wilson's of added / (seenBefore + added), which grows with the gain. */
  readonly interval: Interval | null;
}

export interface VantageComparison extends VantageCounts {
  /** Seen by one vantage at least, and by all of them. */
  readonly seen: number;
  readonly seenByAll: number;
  readonly views: readonly VantageView[];
  readonly gains: readonly VantageGain[];
  /** Chapman's of two vantages: endpoints that answer somebody, seen or not; null where there are not two. */
  readonly estimate: ChapmanEstimate | null;
}

/** Pure. Counts are whole and of distinct sets; every set is of the survey's vantages. */
export function compareVantages(counts: VantageCounts): VantageComparison {
  const { vantages, seenBy } = counts;
  const sum = (wanted: (by: readonly string[]) => boolean): number =>
    seenBy.reduce((total, { vantages: by, endpoints }) => total + (wanted(by) ? endpoints : 0), 0);
  const seen = sum(() => true);
  const seenByAll = sum((by) => by.length === vantages.length);
  const views = vantages.map((vantage): VantageView => {
    const own = sum((by) => by.includes(vantage));
    const missed = seen === 0 ? null : { share: (seen - own) / seen, interval: wilson(seen - own, seen) };
    return { vantage, seen: own, onlyHere: sum((by) => by.length === 1 && by[0] === vantage), missed };
  });
  const gains = vantages.slice(1).map((vantage, index): VantageGain => {
    const before = vantages.slice(0, index + 1);
    const seenBefore = sum((by) => by.some((one) => before.includes(one)));
    const added = sum((by) => by.includes(vantage) && !by.some((one) => before.includes(one)));
    return { vantage, before, seenBefore, added, ...gainOf(added, seenBefore) };
  });
  const [one, other] = views;
  const estimate =
    vantages.length === 2 && one !== undefined && other !== undefined ? chapman(one.seen, other.seen, seenByAll) : null;
  return { ...counts, seen, seenByAll, views, gains, estimate };
}

function gainOf(added: number, before: number): Pick<VantageGain, 'gain' | 'interval'> {
  if (before === 0) return { gain: null, interval: null };
  const [low, high] = wilson(added, before + added);
  return { gain: added / before, interval: [low / (1 - low), high / (1 - high)] };
}
