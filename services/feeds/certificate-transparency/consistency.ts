// Consistency proofs: what they prove, and the edge of the earlier tree that they give away. RFC 6962 2.1.2, verified as in RFC 9162 2.1.4.2.
import type { TreeHead } from './checkpoint.ts';
import { nodeHash } from './merkle.ts';
import type { Subtree } from './tree-edge.ts';

/** Far more than a tree of 2^53 leaves needs. */
export const MAX_PROOF_HASHES = 128;

export function isPowerOfTwo(n: number): boolean {
  return n > 0 && Number.isInteger(Math.log2(n));
}

/**
 * The perfect subtrees, largest first, of the tree of `size` leaves that the tree under `head` continues; null when `proof` does not
 * lead to the root of `head`. 0 < size < head.size. The proof of a power of two leaves the earlier root out: it must be given as
 * `known`, and is not looked at otherwise.
 */
export function edgeFromConsistency(
  size: number,
  head: Pick<TreeHead, 'size' | 'root'>,
  proof: readonly Buffer[],
  known: Buffer | null,
): Subtree[] | null {
  const path = isPowerOfTwo(size) ? (known === null ? [] : [known, ...proof]) : proof;
  const seed = path[0];
  if (seed === undefined || path.length > MAX_PROOF_HASHES) return null;
  let [node, last, leaves] = [size - 1, head.size - 1, 1];
  const up = (): void => {
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
    leaves *= 2;
  };
  while (node % 2 === 1) up();
  const subtrees: Subtree[] = [{ leaves, hash: seed }];
  let root = seed;
  for (const hash of path.slice(1)) {
    if (last === 0) return null;
    if (node % 2 === 1 || node === last) {
      while (node % 2 === 0 && node !== 0) up();
      // Everything to the left is part of the earlier tree, too, and perfect.
      subtrees.unshift({ leaves, hash });
      root = nodeHash(hash, root);
    } else {
      root = nodeHash(root, hash);
    }
    up();
  }
  return last === 0 && root.equals(head.root) ? subtrees : null;
}
