// Earlier states of a log's tree, each proven to lead to one signed tree head.
import { KubecensusError } from '../../platform/errors.ts';
import type { TreeHead } from './checkpoint.ts';
import { edgeFromConsistency } from './consistency.ts';
import { EMPTY_ROOT } from './merkle.ts';
import type { LogCursor } from './progress.ts';
import { rootOfSubtrees, type Subtree, subtreesOf, TreeEdge } from './tree-edge.ts';

/** Asks for the unverified consistency proof between `first` and the head's size. */
export type ProofReader = (first: number) => Promise<readonly Buffer[]>;

/** Roots and right edges of the tree under `head` at earlier sizes. Nothing that it gives out is unproven. */
export class ProvenTree {
  readonly head: TreeHead;
  readonly #cursor: LogCursor | null;
  readonly #proof: ProofReader;
  readonly #origin: string;
  readonly #cursorEdge: readonly Subtree[] | null;
  /** The last two sizes asked for: neighbouring windows share one. */
  readonly #edges = new Map<number, readonly Subtree[]>();

  constructor(head: TreeHead, cursor: LogCursor | null, proof: ProofReader, origin: string) {
    this.head = head;
    this.#cursor = cursor;
    this.#proof = proof;
    this.#origin = origin;
    this.#cursorEdge = cursor === null ? null : edgeOfCursor(cursor);
  }

  /**
   * True when the head's tree is proven to continue the cursor's; false when the log gives no proof, but the cursor's edge is known, from
   * which reading on to the head will prove the same. Throws KC_CT_SPLIT_VIEW when it does not, or is empty under another root.
   */
  async continuesCursor(): Promise<boolean> {
    if (this.head.size === 0 && !this.head.root.equals(EMPTY_ROOT)) throw this.#splitView(0);
    const cursor = this.#cursor;
    if (cursor === null || cursor.size === 0) return true;
    let root: Buffer;
    try {
      root = await this.rootAt(cursor.size);
    } catch (error) {
      if (this.#cursorEdge !== null && isUnavailable(error)) return false;
      throw error;
    }
    if (root.toString('base64') !== cursor.root) throw this.#splitView(cursor.size);
    return true;
  }

  /** The size from which the tree can be continued to its head without a proof: the cursor's where its edge is known, else 0. */
  get unprovenStart(): number {
    return this.#cursorEdge === null || this.#cursor === null ? 0 : this.#cursor.size;
  }

  /** The root at `size`, 0 < size <= head.size. Throws as `edgeAt`. */
  async rootAt(size: number): Promise<Buffer> {
    return size === this.head.size ? this.head.root : rootOfSubtrees(await this.#subtreesAt(size));
  }

  /** The edge at `size` < head.size, to append leaves to. Throws KC_CT_SPLIT_VIEW and what the reader throws. */
  async edgeAt(size: number): Promise<TreeEdge> {
    if (size === 0) return new TreeEdge([]);
    // Verified in an earlier run. Whether the head continues it shows when the entries behind it have been appended.
    if (this.#cursorEdge !== null && size === this.#cursor?.size) return new TreeEdge(this.#cursorEdge);
    return new TreeEdge(await this.#subtreesAt(size));
  }

  async #subtreesAt(size: number): Promise<readonly Subtree[]> {
    const kept = this.#edges.get(size);
    if (kept !== undefined) return kept;
    const known = this.#cursor?.size === size ? Buffer.from(this.#cursor.root, 'base64') : null;
    const subtrees = edgeFromConsistency(size, this.head, await this.#proof(size), known);
    if (subtrees === null) throw this.#splitView(size);
    if (this.#edges.size >= 2) this.#edges.delete(this.#edges.keys().next().value!);
    this.#edges.set(size, subtrees);
    return subtrees;
  }

  #splitView(size: number): KubecensusError {
    return new KubecensusError(
      'KC_CT_SPLIT_VIEW',
      `${this.#origin}: the tree of size ${this.head.size} is not shown to continue the one of size ${size}.`,
    );
  }
}

/** The cursor's edge, when it gives the cursor's root. */
function edgeOfCursor({ size, root, edge }: LogCursor): readonly Subtree[] | null {
  const subtrees = subtreesOf(
    size,
    (edge ?? []).map((text) => Buffer.from(text, 'base64')),
  );
  return subtrees !== null && rootOfSubtrees(subtrees).toString('base64') === root ? subtrees : null;
}

export function isUnavailable(error: unknown): error is KubecensusError {
  return error instanceof KubecensusError && error.code === 'KC_FEED_UNAVAILABLE';
}
