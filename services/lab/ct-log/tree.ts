// The lab log's Merkle tree, written from RFC 6962 2.1 and apart from the feed's own code, so that each checks the other.
import { createHash } from 'node:crypto';

const TILE_WIDTH = 256;

/** An append-only tree that keeps the root of every complete, aligned subtree of 256^level leaves. */
export class LabTree {
  /** levels[n][i] is the hash over leaves i * 256^n to (i + 1) * 256^n - 1. */
  readonly #levels: Buffer[][] = [[]];

  get size(): number {
    return this.#levels[0]!.length;
  }

  append(merkleLeaf: Uint8Array): void {
    this.#levels[0]!.push(
      createHash('sha256')
        .update(Buffer.from([0]))
        .update(merkleLeaf)
        .digest(),
    );
    for (let level = 0; this.#levels[level]!.length % TILE_WIDTH === 0; level++) {
      const count = this.#levels[level]!.length;
      this.#levels[level + 1] ??= [];
      this.#levels[level + 1]!.push(reduce(this.#levels[level]!.slice(count - TILE_WIDTH)));
    }
  }

  /** The Merkle tree hash of the first `size` leaves. */
  root(size: number): Buffer {
    return size === 0 ? createHash('sha256').digest() : this.#hash(0, size);
  }

  /** `width` hashes of a tile, or null when the tree has fewer. */
  hashes(level: number, index: number, width: number): Buffer | null {
    const hashes = this.#levels[level]?.slice(index * TILE_WIDTH, index * TILE_WIDTH + width);
    return hashes?.length === width ? Buffer.concat(hashes) : null;
  }

  /** PROOF(first, D[size]) of RFC 6962 2.1.2, 0 < first <= size. */
  consistency(first: number, size: number): Buffer[] {
    const proof = (m: number, start: number, count: number, whole: boolean): Buffer[] => {
      if (m === count) return whole ? [] : [this.#hash(start, count)];
      const left = leftPart(count);
      return m <= left
        ? [...proof(m, start, left, whole), this.#hash(start + left, count - left)]
        : [...proof(m - left, start + left, count - left, false), this.#hash(start, left)];
    };
    return proof(first, 0, size, true);
  }

  #hash(start: number, count: number): Buffer {
    for (let level = 0, leaves = 1; leaves <= count; level++, leaves *= TILE_WIDTH) {
      if (leaves === count && start % leaves === 0) return this.#levels[level]![start / leaves]!;
    }
    const left = leftPart(count);
    return node(this.#hash(start, left), this.#hash(start + left, count - left));
  }
}

/** The largest power of two below `count`. */
function leftPart(count: number): number {
  let left = 1;
  while (left * 2 < count) left *= 2;
  return left;
}

function reduce(hashes: readonly Buffer[]): Buffer {
  if (hashes.length === 1) return hashes[0]!;
  const half = hashes.length / 2;
  return node(reduce(hashes.slice(0, half)), reduce(hashes.slice(half)));
}

function node(left: Buffer, right: Buffer): Buffer {
  return createHash('sha256')
    .update(Buffer.from([1]))
    .update(left)
    .update(right)
    .digest();
}
