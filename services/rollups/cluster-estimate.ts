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
  /** The AS, or the prefix when it is not known; one address is in one network. */
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
export interface ClusterPlace {
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
 * Add all members, then join(), then count. Texts are kept once and as numbers after that: a survey has millions of members.
 */
export class ClusterEstimate {
  readonly #endpoints = new Map<string, number>();
  readonly #keys = new Map<string, number>();
  readonly #addresses = new Map<string, number>();
  readonly #networks = new Map<string, number>();
  /** The network of each address. */
  readonly #networkOf: number[] = [];
  /** The keys of all members one after the other, as numbers, those of one member in order; and where each member's begin. */
  readonly #keysOf: number[] = [];
  readonly #begins: number[] = [0];
  readonly #spread: KeySpread[] = [];
  #components: DisjointSets | null = null;
  #sameKeys: Uint32Array = new Uint32Array();

  add({ endpoint, address, network, keys }: ClusterMember): void {
    this.#endpoints.set(endpoint, this.#begins.length - 1);
    const at = numberOf(this.#addresses, address);
    this.#networkOf[at] = numberOf(this.#networks, network);
    const numbers = [...new Set(keys.map((key) => numberOf(this.#keys, key)))].sort((a, b) => a - b);
    for (const key of numbers) {
      this.#spread[key] = this.#seenAt(this.#spread[key], at);
      this.#keysOf.push(key);
    }
    this.#begins.push(this.#keysOf.length);
  }

  #seenAt(spread: KeySpread | undefined, address: number): KeySpread {
    if (spread === undefined || spread === address) return address;
    if (spread === SHARED) return SHARED;
    const addresses = typeof spread === 'number' ? new Set([spread, address]) : spread.add(address);
    const networks = new Set(Array.from(addresses, (one) => this.#networkOf[one]));
    return addresses.size > MAX_KEY_ADDRESSES || networks.size > MAX_KEY_NETWORKS ? SHARED : addresses;
  }

  /** Joins what was added. */
  join(): void {
    const count = this.#begins.length - 1;
    const sets = new DisjointSets(count);
    const firstWith = new Int32Array(this.#keys.size).fill(-1);
    const keySets = new Map<string, number>();
    this.#sameKeys = Uint32Array.from({ length: count }, (_, at) => at);
    for (let at = 0; at < count; at++) {
      const admitted = this.#keysOf
        .slice(this.#begins[at], this.#begins[at + 1])
        .filter((key) => this.#spread[key] !== SHARED);
      for (const key of admitted) {
        const first = firstWith[key] ?? -1;
        if (first === -1) firstWith[key] = at;
        else sets.join(first, at);
      }
      if (admitted.length > 0) this.#sameKeys[at] = putOnce(keySets, admitted.join(), at);
    }
    this.#components = sets;
  }

  /** null for an endpoint that was not added, and before join(). */
  placeOf(endpoint: string): ClusterPlace | null {
    const at = this.#endpoints.get(endpoint);
    if (at === undefined || this.#components === null) return null;
    return { component: this.#components.rootOf(at), sameKeys: this.#sameKeys[at] ?? at };
  }

  /** Of all endpoints that were added; after join(). */
  get whole(): ClusterInterval {
    const count = new ClusterCount();
    for (let at = 0; at < this.#sameKeys.length; at++)
      count.see({ component: this.#components?.rootOf(at) ?? at, sameKeys: this.#sameKeys[at] as number });
    return count.interval;
  }

  /** The keys that join nothing. */
  get sharedKeys(): ReadonlySet<string> {
    return new Set([...this.#keys].filter(([, key]) => this.#spread[key] === SHARED).map(([text]) => text));
  }
}

/** The interval of the places that are counted. */
export class ClusterCount {
  readonly #components = new Set<number>();
  readonly #keySets = new Set<number>();

  see({ component, sameKeys }: ClusterPlace): void {
    this.#components.add(component);
    this.#keySets.add(sameKeys);
  }

  get interval(): ClusterInterval {
    return { low: this.#components.size, high: this.#keySets.size };
  }
}

function putOnce<K>(map: Map<K, number>, key: K, otherwise: number): number {
  const known = map.get(key);
  if (known !== undefined) return known;
  map.set(key, otherwise);
  return otherwise;
}

const numberOf = (numbers: Map<string, number>, text: string): number => putOnce(numbers, text, numbers.size);

/** A key that was seen at too many addresses or in too many networks. */
const SHARED = -1;
/** Where a key was seen: one address by its number (most keys are), or several, or too many. */
type KeySpread = number | Set<number>;

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
