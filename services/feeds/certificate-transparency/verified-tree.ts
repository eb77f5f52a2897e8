// Hashes of a log's tree that are known to be covered by one signed checkpoint, read tile by tile from the root downwards.
import { KubecensusError } from '../../platform/errors.ts';
import type { TreeHead } from './checkpoint.ts';
import { EMPTY_ROOT, rootFromEdge, TileHasher, tileRoot } from './merkle.ts';
import { HASH_BYTES, hashesAt, TILE_WIDTH, tileWidth } from './tile.ts';

/** Reads the first `width` hashes of a tile, exactly width * 32 octets, from wherever. */
export type TileReader = (level: number, index: number, width: number) => Promise<Buffer>;

/**
 * The tree under one checkpoint. Opened from its right edge (at most one partial tile a level), which must give the signed root; every
 * other tile must give the hash that the tile above it states. So any part of the log can be verified without the rest.
 */
export class VerifiedTree {
  readonly head: TreeHead;
  readonly #read: TileReader;
  readonly #hasher = new TileHasher();
  /** Partial tiles at the right edge, by level. */
  readonly #edge: readonly Buffer[];
  /** The last full tile of each level: walks are sequential, so one is enough. */
  readonly #recent: { index: number; hashes: Buffer }[] = [];

  private constructor(head: TreeHead, read: TileReader, edge: readonly Buffer[]) {
    this.head = head;
    this.#read = read;
    this.#edge = edge;
  }

  /** Throws KC_CT_SPLIT_VIEW when the tiles of the right edge do not give the root of `head`. */
  static async open(head: TreeHead, read: TileReader): Promise<VerifiedTree> {
    const levels = Array.from({ length: levelCount(head.size) }, (_, level) => level);
    const widths = levels.map((level) => hashesAt(head.size, level) % TILE_WIDTH);
    const edge = await Promise.all(
      levels.map((level) => {
        const width = widths[level]!;
        return width === 0 ? Buffer.alloc(0) : read(level, Math.floor(hashesAt(head.size, level) / TILE_WIDTH), width);
      }),
    );
    if (!rootFromEdge(edge, widths).equals(head.root)) {
      throw new KubecensusError('KC_CT_SPLIT_VIEW', `The tiles of tree size ${head.size} do not give its signed root.`);
    }
    return new VerifiedTree(head, read, edge);
  }

  /** Hash `index` of `level`: the root over leaves index * 256^level onwards. Throws KC_CT_SPLIT_VIEW, and what the reader throws. */
  async hash(level: number, index: number): Promise<Buffer> {
    const hashes = await this.tile(level, Math.floor(index / TILE_WIDTH));
    const at = (index % TILE_WIDTH) * HASH_BYTES;
    return hashes.subarray(at, at + HASH_BYTES);
  }

  /** All hashes of a tile (fewer than 256 at the right edge). Throws as `hash`. */
  async tile(level: number, index: number): Promise<Buffer> {
    const width = tileWidth(this.head.size, level, index);
    if (width === 0) throw new RangeError(`Tile ${level}/${index} is not in a tree of ${this.head.size}.`);
    if (width < TILE_WIDTH) return this.#edge[level]!;
    const recent = this.#recent[level];
    if (recent?.index === index) return recent.hashes;
    const [hashes, expected] = await Promise.all([this.#read(level, index, TILE_WIDTH), this.hash(level + 1, index)]);
    if (!tileRoot(hashes, this.#hasher).equals(expected)) throw notCovered(`Tile ${level}/${index}`, this.head);
    this.#recent[level] = { index, hashes };
    return hashes;
  }

  /** The root that this tree had at an earlier `size`: what an earlier checkpoint must have said. Throws as `hash`. */
  async rootAt(size: number): Promise<Buffer> {
    if (size === this.head.size) return this.head.root;
    if (size === 0) return EMPTY_ROOT;
    const edge: Buffer[] = [];
    const widths: number[] = [];
    for (let level = 0; level < levelCount(size); level++) {
      const count = hashesAt(size, level);
      const width = count % TILE_WIDTH;
      const hashes = width === 0 ? Buffer.alloc(0) : await this.tile(level, Math.floor(count / TILE_WIDTH));
      edge.push(hashes.subarray(0, width * HASH_BYTES));
      widths.push(width);
    }
    return rootFromEdge(edge, widths);
  }
}

export function notCovered(what: string, head: TreeHead): KubecensusError {
  return new KubecensusError(
    'KC_CT_SPLIT_VIEW',
    `${what} is not covered by the signed root of tree size ${head.size}.`,
  );
}

function levelCount(size: number): number {
  let levels = 0;
  while (hashesAt(size, levels) > 0) levels++;
  return levels;
}
