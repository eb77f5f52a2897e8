// Targets of a survey in the order of the seed's networks, sorted on disk: a plan of millions of endpoints is in memory by one part only.
import type { Scratch } from '../feeds/formats/format.ts';
import { JSON_LINE_BYTES, readLines } from '../feeds/lines.ts';
import { KubecensusError } from '../platform/errors.ts';
import { networkOf } from '../platform/net/address.ts';
import { ORDER_RANGE, orderKey } from './order.ts';
import type { SurveyTarget } from './survey.ts';

/** One line of a part: an endpoint as one candidate names it, or why something was left out. */
type Entry =
  | { readonly key: string; readonly target: SurveyTarget; readonly seen: number }
  | { readonly key: string; readonly reason: string };

/** Names kept per endpoint: shared hosting has thousands; one is used, the rest are provenance in sightings. */
const FLAG_MANY_NAMES = 'many_names';

/** All endpoints of some networks, and what was left out, by key. */
export interface TargetPart {
  readonly targets: readonly SurveyTarget[];
  readonly excluded: ReadonlyMap<string, string>;
}

/**
 * Takes targets in any order and gives them back in parts: a network lies in one part whole, and the networks of a part stand in the seed's order
 * before those of the next. What is said of one endpoint meets in its part, in the order in which it was said.
 */
export class SortedTargets {
  readonly #scratch: Scratch;
  readonly #seed: string;

  constructor(scratch: Scratch, seed: string) {
    this.#scratch = scratch;
    this.#seed = seed;
  }

  /**
   * Adds one endpoint; `key` is the same for all who name it. A second candidate of the same endpoint adds its feeds. The candidate that was `seen`
   * later is the target's own (milliseconds; equal ones: the first).
   */
  add(key: string, target: SurveyTarget, seen: number): Promise<void> {
    return this.#append(networkOf(target.address ?? target.host), { key, target, seen });
  }

  /** Leaves out an endpoint at an address, or a candidate without one. Of several reasons for one key the last counts. */
  exclude(key: string, reason: string): Promise<void> {
    return this.#append(key, { key, reason });
  }

  /** Nothing is added afterwards. */
  async *parts(): AsyncGenerator<TargetPart, void, void> {
    for (let bucket = 0; bucket < this.#scratch.buckets; bucket++) {
      const byEndpoint = new Map<string, { target: SurveyTarget; seen: number }>();
      const excluded = new Map<string, string>();
      for await (const lines of readLines(this.#scratch.read(bucket), JSON_LINE_BYTES)) {
        for (const line of lines) {
          if (line.type === 'rejection')
            throw new KubecensusError('KC_INTERNAL', `A planned target cannot be read back: ${line.reason}.`);
          const entry = JSON.parse(line.text) as Entry;
          if ('reason' in entry) excluded.set(entry.key, entry.reason);
          else byEndpoint.set(entry.key, joined(byEndpoint.get(entry.key), entry));
        }
      }
      yield { targets: [...byEndpoint.values()].map(({ target }) => target), excluded };
    }
  }

  #append(group: string, entry: Entry): Promise<void> {
    const share = orderKey('group', this.#seed, group) / ORDER_RANGE;
    return this.#scratch.append(Math.floor(share * this.#scratch.buckets), JSON.stringify(entry));
  }
}

interface Said {
  readonly target: SurveyTarget;
  readonly seen: number;
}

function joined(known: Said | undefined, { target, seen }: Said): Said {
  if (known === undefined) return { target, seen };
  if (seen > known.seen) return { target: merge(target, known.target), seen };
  return { target: merge(known.target, target), seen: known.seen };
}

/** Candidates come in key order, so that the first name of an endpoint is the same in every plan of the same candidates. */
function merge(known: SurveyTarget, other: SurveyTarget): SurveyTarget {
  const feeds = [...new Set([...known.feeds, ...other.feeds])].sort();
  const manyNames = known.serverName !== null && other.serverName !== null && known.serverName !== other.serverName;
  const flags = [...new Set([...known.flags, ...other.flags, ...(manyNames ? [FLAG_MANY_NAMES] : [])])].sort();
  return { ...known, serverName: known.serverName ?? other.serverName, feeds, flags };
}
