// The files of a static-ct-api log as the reader wants them: checkpoint, hash tiles, data tiles; partial tiles fall back to full ones.
import { KubecensusError } from '../../platform/errors.ts';
import { type LogKey, MAX_CHECKPOINT_BYTES, readCheckpoint, type TreeHead } from './checkpoint.ts';
import { LEAF_HEADROOM } from './leaf.ts';
import type { LogClient } from './log-client.ts';
import { HASH_BYTES, TILE_WIDTH, type TileKind, tilePath } from './tile.ts';

/** Real tiles have 100 to 900 kB; 64 kB a certificate is far beyond any, and it bounds what gzip may blow up. */
export const MAX_DATA_TILE_BYTES = 16 * 1024 * 1024;
/** Real ones have 36 kB; 100 names of 60 octets in every certificate would be 1.5 MB. */
const MAX_NAMES_TILE_BYTES = 4 * 1024 * 1024;
/** A full hash tile has 8,192 octets, 31 more as gzip of what cannot be compressed. */
const MAX_HASH_TILE_BYTES = TILE_WIDTH * HASH_BYTES + 1024;

/** The octets of a data tile behind LEAF_HEADROOM free ones; `whole` is false when more entries follow those asked for. */
export interface DataTile {
  readonly bytes: Buffer;
  readonly whole: boolean;
}

export interface LogFiles {
  /** The signed tree head. Throws KC_CT_MALFORMED, KC_CT_SIGNATURE, KC_FEED_UNAVAILABLE. */
  head(signal: AbortSignal): Promise<TreeHead>;
  /** The first `width` hashes, unverified. Throws KC_CT_MALFORMED, KC_FEED_UNAVAILABLE. */
  hashes(level: number, index: number, width: number, signal: AbortSignal): Promise<Buffer>;
  /** At least the first `width` entries, unverified and uncut. Throws KC_FEED_UNAVAILABLE. */
  entries(index: number, width: number, signal: AbortSignal): Promise<DataTile>;
  /** The names tile of exactly this width, or null when the log has none. Throws KC_FEED_UNAVAILABLE. */
  names(index: number, width: number, signal: AbortSignal): Promise<Buffer | null>;
}

export function logFiles(get: LogClient, key: LogKey): LogFiles {
  /** A partial tile may be gone once the full one is there, which begins with the same entries. */
  const tile = async (
    kind: TileKind,
    index: number,
    width: number,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<{ body: Buffer; whole: boolean }> => {
    const path = tilePath(kind, index, width);
    const body = await get(path, maxBytes, signal);
    if (body !== null) return { body, whole: true };
    const full = width < TILE_WIDTH ? await get(tilePath(kind, index), maxBytes, signal) : null;
    if (full === null) throw new KubecensusError('KC_FEED_UNAVAILABLE', `The log ${key.origin} has no ${path}.`);
    return { body: full, whole: false };
  };
  return {
    async head(signal) {
      const body = await get('checkpoint', MAX_CHECKPOINT_BYTES, signal);
      if (body === null) throw new KubecensusError('KC_FEED_UNAVAILABLE', `The log ${key.origin} has no checkpoint.`);
      return readCheckpoint(body, key);
    },
    async hashes(level, index, width, signal) {
      const { body, whole } = await tile(level, index, width, MAX_HASH_TILE_BYTES, signal);
      const expected = (whole ? width : TILE_WIDTH) * HASH_BYTES;
      if (body.length !== expected) {
        const path = tilePath(level, index, width);
        throw new KubecensusError(
          'KC_CT_MALFORMED',
          `${path} of ${key.origin} has ${body.length} octets, not ${expected}.`,
        );
      }
      return body.subarray(0, width * HASH_BYTES);
    },
    async entries(index, width, signal) {
      const { body, whole } = await tile('data', index, width, MAX_DATA_TILE_BYTES, signal);
      const bytes = Buffer.allocUnsafe(LEAF_HEADROOM + body.length);
      body.copy(bytes, LEAF_HEADROOM);
      return { bytes, whole };
    },
    names: (index, width, signal) => get(tilePath('names', index, width), MAX_NAMES_TILE_BYTES, signal),
  };
}
