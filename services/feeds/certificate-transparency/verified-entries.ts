// A data tile cut into entries and held against the tree: what comes out was signed by the log.
import { KubecensusError } from '../../platform/errors.ts';
import { cutTile, entryHash, LEAF_HEADROOM, LeafTable } from './leaf.ts';
import type { DataTile } from './log-files.ts';
import { TileHasher } from './merkle.ts';
import { HASH_BYTES, TILE_WIDTH, tileWidth } from './tile.ts';
import { notCovered, type VerifiedTree } from './verified-tree.ts';

/** Verifies one tile at a time; the table it returns is overwritten by the next call. */
export class EntryVerifier {
  readonly #table = new LeafTable();
  readonly #hasher = new TileHasher();

  /**
   * The entries of data tile `index`. Throws KC_CT_MALFORMED when it cannot be cut or an entry carries another leaf index, and
   * KC_CT_SPLIT_VIEW when its entries are not those of the tree.
   */
  async verify(tree: VerifiedTree, index: number, tile: DataTile): Promise<LeafTable> {
    const { bytes, whole } = tile;
    const width = tileWidth(tree.head.size, 0, index);
    const fault = cutTile(bytes, LEAF_HEADROOM, width, index * TILE_WIDTH, whole, this.#table);
    if (fault !== null) throw new KubecensusError('KC_CT_MALFORMED', `Data tile ${index}: ${fault}.`);
    const covered =
      width === TILE_WIDTH ? await this.#full(tree, index, bytes) : await this.#partial(tree, index, bytes);
    if (!covered) throw notCovered(`Data tile ${index}`, tree.head);
    return this.#table;
  }

  /** 256 leaf hashes make one hash of level 1. */
  async #full(tree: VerifiedTree, index: number, bytes: Buffer): Promise<boolean> {
    // Read first: nothing may stand between setting the hasher's leaves and asking for its root.
    const expected = await tree.hash(1, index);
    for (let i = 0; i < TILE_WIDTH; i++) this.#hasher.set(i, entryHash(bytes, this.#table, i));
    return this.#hasher.root().equals(expected);
  }

  /** At the right edge the leaf hashes themselves are known. */
  async #partial(tree: VerifiedTree, index: number, bytes: Buffer): Promise<boolean> {
    const hashes = await tree.tile(0, index);
    for (let i = 0; i < this.#table.count; i++) {
      const stated = hashes.toString('latin1', i * HASH_BYTES, (i + 1) * HASH_BYTES);
      if (entryHash(bytes, this.#table, i) !== stated) return false;
    }
    return true;
  }
}
