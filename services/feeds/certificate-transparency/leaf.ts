// Cuts a data tile into its entries. C2SP static-ct-api.md: TileLeaf; RFC 6962 3.4: TimestampedEntry.
import { prefixedLeafHash } from './merkle.ts';
import { TILE_WIDTH } from './tile.ts';

const X509_ENTRY = 0;
const PRECERT_ENTRY = 1;
const ISSUER_KEY_HASH_BYTES = 32;
const FINGERPRINT_BYTES = 32;
/** 0x00 (leaf hash prefix) || version 0 || leaf type 0: what stands before a TimestampedEntry when it is hashed. */
export const LEAF_HEADROOM = 3;
/** The leaf_index extension: type 0, u16 length 5, u40 index; the SCT extensions hold exactly this. */
const LEAF_INDEX_BYTES = 8;

/** Entries of one tile, as offsets into the bytes they were cut from. Reused from tile to tile. */
export class LeafTable {
  /** Entries cut. */
  count = 0;
  /** The TimestampedEntry of entry i. */
  readonly start: Int32Array = new Int32Array(TILE_WIDTH);
  readonly end: Int32Array = new Int32Array(TILE_WIDTH);
  /** The DER: a Certificate, or (precert) a bare TBSCertificate. */
  readonly derStart: Int32Array = new Int32Array(TILE_WIDTH);
  readonly derEnd: Int32Array = new Int32Array(TILE_WIDTH);
  readonly precert: Uint8Array = new Uint8Array(TILE_WIDTH);
  /** Milliseconds since 1970. */
  readonly timestamp: Float64Array = new Float64Array(TILE_WIDTH);
}

/** What the SCT extensions of a log's entries hold: static logs number their leaves, RFC 6962 logs that also serve tiles need not. */
export type LeafNumbering = 'indexed' | 'any';

/**
 * Cuts the first `count` entries of the data tile at `from..bytes.length`; the first must carry leaf index `firstIndex` in its SCT
 * extensions and so on. Returns null, or in words what is wrong (a wrong index means a misserved or misaligned tile). `whole` says that
 * nothing may follow the last entry: false when a partial tile is read from the full one. With numbering 'any', extensions without a leaf
 * index are taken as they are.
 */
export function cutTile(
  bytes: Buffer,
  from: number,
  count: number,
  firstIndex: number,
  whole: boolean,
  into: LeafTable,
  numbering: LeafNumbering = 'indexed',
): string | null {
  const limit = bytes.length;
  into.count = 0;
  let at = from;
  for (let i = 0; i < count; i++) {
    const cut = `entry ${firstIndex + i} is cut off`;
    if (at + 10 > limit) return cut;
    into.start[i] = at;
    into.timestamp[i] = bytes.readUInt32BE(at) * 4294967296 + bytes.readUInt32BE(at + 4);
    const type = bytes.readUInt16BE(at + 8);
    if (type !== X509_ENTRY && type !== PRECERT_ENTRY) return `entry ${firstIndex + i} is of the unknown type ${type}`;
    into.precert[i] = type;
    at += type === PRECERT_ENTRY ? 10 + ISSUER_KEY_HASH_BYTES : 10;
    if (at + 3 > limit) return cut;
    into.derStart[i] = at + 3;
    at += 3 + bytes.readUIntBE(at, 3);
    into.derEnd[i] = at;
    const extensions = at + 2 > limit ? limit : bytes.readUInt16BE(at);
    if (at + 2 + extensions > limit) return cut;
    const index = leafIndex(bytes, at);
    if (index !== firstIndex + i && !(numbering === 'any' && index === null))
      return `entry ${firstIndex + i} carries leaf index ${index ?? 'none'}`;
    at += 2 + extensions;
    into.end[i] = at;
    if (type === PRECERT_ENTRY) {
      if (at + 3 > limit) return cut;
      at += 3 + bytes.readUIntBE(at, 3);
    }
    if (at + 2 > limit) return cut;
    // A TLS vector: its length counts octets, not fingerprints.
    const chain = bytes.readUInt16BE(at);
    if (chain % FINGERPRINT_BYTES !== 0) return `entry ${firstIndex + i} has ${chain} octets of chain fingerprints`;
    at += 2 + chain;
    if (at > limit) return cut;
    into.count = i + 1;
  }
  return whole && at !== limit ? `${limit - at} octets follow entry ${firstIndex + count - 1}` : null;
}

/** The index in the SCT extensions at `at` (u16 length first), or null when they are not exactly one leaf_index. */
function leafIndex(bytes: Buffer, at: number): number | null {
  if (bytes.readUInt16BE(at) !== LEAF_INDEX_BYTES || bytes.readUIntBE(at + 2, 3) !== 5) return null;
  return bytes.readUIntBE(at + 5, 5);
}

/**
 * The leaf hash of entry `i` as latin1 code units. The LEAF_HEADROOM octets before the entry are zero while it is hashed and restored
 * afterwards, which saves a copy of every entry; so the first entry needs that much room before it.
 */
export function entryHash(bytes: Buffer, table: LeafTable, i: number): string {
  const start = table.start[i]!;
  const [a, b, c] = [bytes[start - 3]!, bytes[start - 2]!, bytes[start - 1]!];
  bytes[start - 3] = bytes[start - 2] = bytes[start - 1] = 0;
  const digest = prefixedLeafHash(bytes.subarray(start - LEAF_HEADROOM, table.end[i]!));
  bytes[start - 3] = a;
  bytes[start - 2] = b;
  bytes[start - 1] = c;
  return digest;
}
