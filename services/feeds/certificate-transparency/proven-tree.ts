// Earlier states of a log's tree, each proven to lead to one signed tree head.
import { KubecensusError } from '../../platform/errors.ts';
import type { TreeHead } from './checkpoint.ts';
import { edgeFromConsistency } from './consistency.ts';
import { EMPTY_ROOT } from './merkle.ts';
import type { LogCursor } from './progress.ts';
import { rootOfSubtrees, type Subtree, TreeEdge } from './tree-edge.ts';

/** Asks for the unverified consistency proof between `first` and the head's size. */
export type ProofReader = (first: number) => Promise<readonly Buffer[]>;

/** Roots and right edges of the tree under `head` at earlier sizes. Nothing that it gives out is unproven. */
export class ProvenTree {
  readonly head: TreeHead;
  readonly #cursor: LogCursor | null;
  readonly #proof: ProofReader;
  readonly #origin: string;
  /** The last two sizes asked for: neighbouring windows share one. */
  readonly #edges = new Map<number, readonly Subtree[]>();

  constructor(head: TreeHead, cursor: LogCursor | null, proof: ProofReader, origin: string) {
    this.head = head;
    this.#cursor = cursor;
    this.#proof = proof;
    this.#origin = origin;
  }

  /** Throws KC_CT_SPLIT_VIEW when the head's tree does not continue the cursor's, or is empty under another root. */
  async continuesCursor(): Promise<void> {
    if (this.head.size === 0 && !this.head.root.equals(EMPTY_ROOT)) throw this.#splitView(0);
    const cursor = this.#cursor;
    if (cursor === null || cursor.size === 0) return;
    const root = await this.rootAt(cursor.size);
    if (root.toString('base64') !== cursor.root) throw this.#splitView(cursor.size);
  }

  /** The root at `size`, 0 < size <= head.size. Throws as `edgeAt`. */
  async rootAt(size: number): Promise<Buffer> {
    return size === this.head.size ? this.head.root : rootOfSubtrees(await this.#subtreesAt(size));
  }

  /** The edge at `size` < head.size, to append leaves to. Throws KC_CT_SPLIT_VIEW and what the reader throws. */
  async edgeAt(size: number): Promise<TreeEdge> {
    return new TreeEdge(size === 0 ? [] : await this.#subtreesAt(size));
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
