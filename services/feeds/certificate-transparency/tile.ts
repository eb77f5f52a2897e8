// Where a static-ct-api log keeps its tiles: paths and widths. C2SP static-ct-api.md and tlog-tiles.md.

/** Hashes or entries of a full tile. */
export const TILE_WIDTH = 256;
/** SHA-256. */
export const HASH_BYTES = 32;

/** 'data' holds entries, 'names' their names (an extension of some logs), a number is a level of hashes (0: leaves; one hash of level n covers 256^n leaves). */
export type TileKind = number | 'data' | 'names';

/**
 * The path of tile `index` below the monitoring URL, without a leading slash: three digits a group, all groups but the last marked
 * by an x ("tile/0/x001/x234/067"), and ".p/W" for a tile of width W < 256.
 */
export function tilePath(kind: TileKind, index: number, width: number = TILE_WIDTH): string {
  let path = group(index % 1000);
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000))
    path = `x${group(rest % 1000)}/${path}`;
  return `tile/${kind}/${path}${width < TILE_WIDTH ? `.p/${width}` : ''}`;
}

function group(n: number): string {
  return String(n).padStart(3, '0');
}

/** How many whole subtrees of 256^level leaves a tree of `size` leaves has. */
export function hashesAt(size: number, level: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

/** The width of tile `index` at `level` in a tree of `size` leaves: 256, less at the right edge, 0 when it does not exist. */
export function tileWidth(size: number, level: number, index: number): number {
  return Math.max(0, Math.min(TILE_WIDTH, hashesAt(size, level) - index * TILE_WIDTH));
}
