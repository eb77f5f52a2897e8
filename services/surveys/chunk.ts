// Chunks: targets cut into queue jobs so that one network is in one chunk, and pacing it needs no shared state.
import { networkOf } from '../platform/net/address.ts';
import { ORDER_RANGE, orderKey, seededOrder } from './order.ts';

/** Targets of one chunk: some minutes of work, one transaction, one queue job. */
export const CHUNK_SIZE = 500;

/**
 * Targets of one network that stay together even beyond the chunk's size: a whole /24 on four ports. At one connection a second that is
 * a job of 17 minutes. A network with more is cut between hosts, and then its pieces may meet in different workers.
 */
export const NETWORK_CAP = 1024;

/** What chunking needs to know of a target. `address` and port, or host and port, are unique in the list. */
export interface ChunkTarget {
  /** The candidate's host, used where there is no address. */
  readonly host: string;
  /** The pinned address in canonical form; null when a name led to none, then nothing is dialled. */
  readonly address: string | null;
  readonly port: number;
}

/**
 * Cuts targets into chunks, each in dialling order. Networks (/24, /48) come in the order of the seed and go whole into the current chunk,
 * or open the next when they do not fit. A chunk holds at most `size` targets; one that holds a single larger network holds up
 * to NETWORK_CAP. Every target is in exactly one chunk. The result depends on the set of targets, the seed and the size, not on the order given.
 */
export function cutChunks<T extends ChunkTarget>(
  targets: readonly T[],
  seed: string,
  size: number = CHUNK_SIZE,
): T[][] {
  const cutter = new ChunkCutter<T>(seed, size);
  return [...cutter.cut(targets), ...cutter.rest()];
}

/** The same for targets that come in parts: networks of one part stand in the seed's order before those of the next, and none lies in two. */
export class ChunkCutter<T extends ChunkTarget> {
  readonly #seed: string;
  readonly #size: number;
  #open: T[] = [];

  constructor(seed: string, size: number) {
    if (!Number.isInteger(size) || size < 1) throw new RangeError(`a chunk holds at least one target, not ${size}`);
    this.#seed = seed;
    this.#size = size;
  }

  /** The chunks that a part fills; what is left waits for the next. */
  *cut(part: readonly T[]): Generator<T[], void, void> {
    const networks = groups(part, this.#seed, networkOfTarget).flatMap((members) =>
      members.length > this.#size ? pack(groups(members, this.#seed, hostOf), NETWORK_CAP) : [members],
    );
    for (const network of networks) {
      if (this.#open.length + network.length > this.#size) yield* this.rest();
      this.#open.push(...network);
    }
  }

  /** The chunk that is not full. */
  *rest(): Generator<T[], void, void> {
    const members = this.#open;
    this.#open = [];
    if (members.length > 0) yield interleave(members, this.#seed);
  }
}

/** The targets by the given key, the groups in the order of the seed. */
function groups<T extends ChunkTarget>(targets: readonly T[], seed: string, by: (target: T) => string): T[][] {
  const entries = [...Map.groupBy(targets, by)];
  return seededOrder(entries, seed, ([key]) => key, 'group').map(([, members]) => members);
}

/** Puts groups, whole and in order, into boxes of at most `limit`; a larger group has a box of its own. */
function pack<T>(parts: readonly T[][], limit: number): T[][] {
  const boxes: T[][] = [];
  for (const part of parts) {
    const open = boxes.at(-1);
    if (open !== undefined && open.length + part.length <= limit) open.push(...part);
    else boxes.push([...part]);
  }
  return boxes;
}

/**
 * Spreads every network evenly over its chunk: the i-th of k targets goes to (i + offset) / k of the way, where the offset is the
 * network's own, so that networks of equal size do not march in step.
 */
function interleave<T extends ChunkTarget>(members: readonly T[], seed: string): T[] {
  const placed = groups(members, seed, networkOfTarget).flatMap((network) => {
    const offset = orderKey('offset', seed, networkOfTarget(network[0]!)) / ORDER_RANGE;
    return portsApart(network, seed).map((target, i) => ({ target, at: (i + offset) / network.length }));
  });
  return placed.sort((a, b) => a.at - b.at).map(({ target }) => target); // stable: ties keep the networks' seeded order
}

/** One network's targets in the order of the seed, but every host's first before any host's second: a host's ports lie far apart. */
function portsApart<T extends ChunkTarget>(members: readonly T[], seed: string): T[] {
  const turns = new Map<string, number>();
  const placed = seededOrder(members, seed, (target) => `${hostOf(target)} ${target.port}`).map((target) => {
    const turn = turns.get(hostOf(target)) ?? 0;
    turns.set(hostOf(target), turn + 1);
    return { target, turn };
  });
  return placed.sort((a, b) => a.turn - b.turn).map(({ target }) => target);
}

function hostOf(target: ChunkTarget): string {
  return target.address ?? target.host;
}

function networkOfTarget(target: ChunkTarget): string {
  return networkOf(target.address ?? target.host);
}
