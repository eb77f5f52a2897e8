// The right edge of a growing tree: the roots of its perfect subtrees, which are all that is needed to go on hashing it.
import { EMPTY_ROOT, nodeHash, TileHasher } from './merkle.ts';
import { TILE_WIDTH } from './tile.ts';

/** A perfect subtree of `leaves` leaves, a power of two. */
export interface Subtree {
  readonly leaves: number;
  readonly hash: Buffer;
}

/** Appends leaves to a tree of which only the edge is known. */
export class TreeEdge {
  readonly #subtrees: Subtree[];
  readonly #hasher = new TileHasher();
  #size: number;
  /** Hashes set in the hasher: leaves of an aligned tile that will be whole. */
  #inTile = 0;

  /** The perfect subtrees of a tree, largest first. */
  constructor(subtrees: readonly Subtree[]) {
    this.#subtrees = [...subtrees];
    this.#size = subtrees.reduce((sum, { leaves }) => sum + leaves, 0);
  }

  get size(): number {
    return this.#size;
  }

  /** The perfect subtrees, largest first. Throws as `root`. */
  subtrees(): readonly Subtree[] {
    this.#betweenTiles();
    return [...this.#subtrees];
  }

  /** Appends one leaf hash (latin1 code units). `end` is the size at which root() will be asked: whole tiles before it are hashed in one go. */
  append(leaf: string, end: number): void {
    const begins = this.#inTile === 0 && this.#size % TILE_WIDTH === 0 && end - this.#size >= TILE_WIDTH;
    this.#size++;
    if (!begins && this.#inTile === 0) {
      this.#push({ leaves: 1, hash: Buffer.from(leaf, 'latin1') });
      return;
    }
    this.#hasher.set(this.#inTile++, leaf);
    if (this.#inTile < TILE_WIDTH) return;
    this.#inTile = 0;
    this.#push({ leaves: TILE_WIDTH, hash: this.#hasher.root() });
  }

  /** The root over everything appended. Throws RangeError in the middle of a tile that `end` had promised to be whole. */
  root(): Buffer {
    this.#betweenTiles();
    return rootOfSubtrees(this.#subtrees);
  }

  #betweenTiles(): void {
    if (this.#inTile > 0) throw new RangeError('The edge was asked for in the middle of a tile.');
  }

  #push(subtree: Subtree): void {
    let grown = subtree;
    for (let last = this.#subtrees.at(-1); last?.leaves === grown.leaves; last = this.#subtrees.at(-1)) {
      this.#subtrees.pop();
      grown = { leaves: grown.leaves * 2, hash: nodeHash(last.hash, grown.hash) };
    }
    this.#subtrees.push(grown);
  }
}

/** The root over neighbouring perfect subtrees, largest first: the fold of RFC 6962 2.1. */
export function rootOfSubtrees(subtrees: readonly Subtree[]): Buffer {
  let root = subtrees.at(-1)?.hash;
  if (root === undefined) return EMPTY_ROOT;
  for (let i = subtrees.length - 2; i >= 0; i--) root = nodeHash(subtrees[i]!.hash, root);
  return root;
}

/** Hashes of the perfect subtrees of a tree of `size` leaves as subtrees, largest first; null when there are more or fewer of them. */
export function subtreesOf(size: number, hashes: readonly Buffer[]): Subtree[] | null {
  const subtrees: Subtree[] = [];
  let left = size;
  for (const hash of hashes) {
    if (left === 0) return null;
    const leaves = 2 ** Math.floor(Math.log2(left));
    subtrees.push({ leaves, hash });
    left -= leaves;
  }
  return left === 0 ? subtrees : null;
}
