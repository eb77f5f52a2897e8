// How many clusters some endpoints belong to: an interval, because keys may join too much and may be missing.

/**
 * A key seen at more addresses than this joins nothing: the control planes and etcd members of one cluster are below ten, the addresses
 * of a managed front a few dozen. Beyond it is a copied image or an authority that many clusters share.
 */
export const MAX_KEY_ADDRESSES = 64;
/** A key seen in more networks than this joins nothing: one cluster seldom spans more than two providers and an office. */
export const MAX_KEY_NETWORKS = 3;

/** One endpoint that was recognised as part of a cluster. */
export interface ClusterMember {
  /** Each endpoint is given once. */
  readonly endpoint: string;
  readonly address: string;
  /** The AS, or the prefix when it is not known. */
  readonly network: string;
  /** The cluster keys of its verdict. */
  readonly keys: readonly string[];
}

/** A closed interval in clusters. */
export interface ClusterInterval {
  readonly low: number;
  readonly high: number;
}

/** Where one endpoint stands: numbers that are equal for endpoints counted as one. */
interface Place {
  readonly component: number;
  readonly sameKeys: number;
}

/**
 * Endpoints and the keys that join them, as disjoint sets (union by size, path halving; Tarjan 1975). Of any selection of the endpoints,
 *
 *   low  = the number of connected components that the selection touches, where two endpoints are joined by any admitted key;
 *   high = the number of distinct sets of admitted keys in the selection, where an endpoint without one counts as itself.
 *
 * Endpoints of one set are in one component, so low <= high. A key is admitted unless it is shared (MAX_KEY_ADDRESSES, MAX_KEY_NETWORKS); what
 * is shared is judged over all endpoints, not over the selection. low is too high where a cluster shows no common key, and too low where
 * a key that few share was copied; high is too high where the endpoints of a cluster show different keys. It is an estimate and no bound.
 */
export class ClusterEstimate {
  readonly #places = new Map<string, Place>();
  readonly sharedKeys: ReadonlySet<string>;

  constructor(members: readonly ClusterMember[]) {
    this.sharedKeys = sharedKeysOf(members);
    const sets = new DisjointSets(members.length);
    const firstWith = new Map<string, number>();
    const keySets = new Map<string, number>();
    const sameKeys = members.map(({ keys }, at) => {
      const admitted = [...new Set(keys)].filter((key) => !this.sharedKeys.has(key)).sort();
      for (const key of admitted) {
        const first = firstWith.get(key);
        if (first === undefined) firstWith.set(key, at);
        else sets.join(first, at);
      }
      if (admitted.length === 0) return at;
      const text = admitted.join(' ');
      const same = keySets.get(text) ?? at;
      keySets.set(text, same);
      return same;
    });
    for (const [at, { endpoint }] of members.entries())
      this.#places.set(endpoint, { component: sets.rootOf(at), sameKeys: sameKeys[at] ?? at });
  }

  /** The interval of a selection of the endpoints; those that are not members count nothing. */
  of(endpoints: Iterable<string>): ClusterInterval {
    const components = new Set<number>();
    const keySets = new Set<number>();
    for (const endpoint of endpoints) {
      const place = this.#places.get(endpoint);
      if (place === undefined) continue;
      components.add(place.component);
      keySets.add(place.sameKeys);
    }
    return { low: components.size, high: keySets.size };
  }
}

function sharedKeysOf(members: readonly ClusterMember[]): ReadonlySet<string> {
  const spread = new Map<string, { readonly addresses: Set<string>; readonly networks: Set<string> }>();
  for (const { address, network, keys } of members) {
    for (const key of keys) {
      const seen = spread.get(key) ?? { addresses: new Set(), networks: new Set() };
      seen.addresses.add(address);
      seen.networks.add(network);
      spread.set(key, seen);
    }
  }
  return new Set(
    [...spread]
      .filter(([, { addresses, networks }]) => addresses.size > MAX_KEY_ADDRESSES || networks.size > MAX_KEY_NETWORKS)
      .map(([key]) => key),
  );
}

class DisjointSets {
  readonly #parent: Uint32Array;
  readonly #size: Uint32Array;

  constructor(count: number) {
    this.#parent = Uint32Array.from({ length: count }, (_, at) => at);
    this.#size = new Uint32Array(count).fill(1);
  }

  rootOf(at: number): number {
    let node = at;
    while (this.#parent[node] !== node) {
      const above = this.#parent[node] as number;
      this.#parent[node] = this.#parent[above] as number;
      node = above;
    }
    return node;
  }

  join(a: number, b: number): void {
    const [left, right] = [this.rootOf(a), this.rootOf(b)];
    if (left === right) return;
    const [big, small] = (this.#size[left] as number) >= (this.#size[right] as number) ? [left, right] : [right, left];
    this.#parent[small] = big;
    this.#size[big] = (this.#size[big] as number) + (this.#size[small] as number);
  }
}
