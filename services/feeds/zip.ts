// ZIP archives (APPNOTE 6.3): the central directory says what is inside, and nothing is unpacked before all of it is acceptable.
import { crc32, createInflateRaw } from 'node:zlib';
import { KubecensusError } from '../platform/errors.ts';
import { UNPACK_LIMITS, type UnpackLimits, unpackWith } from './containers.ts';

/** Bytes that can be read from any place: directories stand at the end of archives. */
export interface RandomAccess {
  readonly size: number;
  /** The bytes from `start` up to but without `end`. */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
}

export interface ZipEntry {
  /** The whole path inside the archive, as text. */
  readonly name: string;
  readonly method: 0 | 8;
  readonly crc32: number;
  readonly packedBytes: number;
  readonly plainBytes: number;
  /** Of its local header. */
  readonly offset: number;
}

/** A delivery has a few files; an archive with more is made to exhaust whoever lists it. */
export const ZIP_ENTRIES = 1000;
/** Of the directory: names of 64 kB each would be another way to exhaust memory. */
const DIRECTORY_BYTES = 4 * 1024 * 1024;

export const ZIP_MAGIC = Buffer.from([0x50, 0x4b, 0x03, 0x04]);

const END = 0x06054b50;
const END_BYTES = 22;
const COMMENT_BYTES = 65_535;
const END64_LOCATOR = 0x07064b50;
const END64_LOCATOR_BYTES = 20;
const END64 = 0x06064b50;
const END64_BYTES = 56;
const CENTRAL = 0x02014b50;
const CENTRAL_BYTES = 46;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const NONE32 = 0xffffffff;
const NONE16 = 0xffff;

/** What file managers add beside the files that people packed. */
const LITTER = /(^|\/)(__MACOSX\/|\._[^/]*$|\.DS_Store$|Thumbs\.db$)/;

/**
 * The files of an archive in the order of its directory; folders and what file managers leave behind are passed over.
 * Throws KC_FEED_TOO_LARGE for too many entries or bytes, KC_FEED_NOT_DATA for entries that are encrypted, linked, packed by another method, or
 * named outside the archive, and KC_FEED_DAMAGED when the directory cannot be read.
 */
export async function readZipDirectory(
  file: RandomAccess,
  limits: UnpackLimits = UNPACK_LIMITS,
): Promise<readonly ZipEntry[]> {
  const end = await findEnd(file);
  if (end.entries > ZIP_ENTRIES)
    throw new KubecensusError(
      'KC_FEED_TOO_LARGE',
      `The zip archive has ${end.entries} entries; ${ZIP_ENTRIES} are read at most.`,
    );
  if (end.bytes > DIRECTORY_BYTES)
    throw new KubecensusError('KC_FEED_TOO_LARGE', `The zip archive has a directory of ${end.bytes} bytes.`);
  const directory = await bytesOf(file, end.start, end.start + end.bytes);
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let i = 0; i < end.entries; i++) {
    if (at + CENTRAL_BYTES > directory.length || directory.readUInt32LE(at) !== CENTRAL)
      throw damaged('its directory is cut short');
    const next =
      at +
      CENTRAL_BYTES +
      directory.readUInt16LE(at + 28) +
      directory.readUInt16LE(at + 30) +
      directory.readUInt16LE(at + 32);
    if (next > directory.length) throw damaged('its directory is cut short');
    const entry = entryOf(directory, at);
    if (entry !== null) entries.push(entry);
    at = next;
  }
  checkPlaces(entries, end.start);
  const total = entries.reduce((sum, entry) => sum + entry.plainBytes, 0);
  if (total > limits.totalBytes)
    throw new KubecensusError('KC_FEED_TOO_LARGE', `The zip archive holds ${total} bytes.`);
  return entries;
}

/** Where the directory is: from the end record, or from its 64-bit form. */
async function findEnd(file: RandomAccess): Promise<{ entries: number; start: number; bytes: number }> {
  const from = Math.max(0, file.size - END_BYTES - COMMENT_BYTES - END64_LOCATOR_BYTES);
  const tail = await bytesOf(file, from, file.size);
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END || at + END_BYTES + tail.readUInt16LE(at + 20) !== tail.length) continue;
    const small = {
      entries: tail.readUInt16LE(at + 10),
      bytes: tail.readUInt32LE(at + 12),
      start: tail.readUInt32LE(at + 16),
    };
    const wide = small.entries === NONE16 || small.bytes === NONE32 || small.start === NONE32;
    const locator = at - END64_LOCATOR_BYTES;
    const end =
      wide && locator >= 0 && tail.readUInt32LE(locator) === END64_LOCATOR ? await wideEnd(file, tail, locator) : small;
    if (end.start + end.bytes > file.size) throw damaged('its directory is said to be beyond its end');
    return end;
  }
  throw damaged('it has no end record');
}

async function wideEnd(
  file: RandomAccess,
  tail: Buffer,
  locator: number,
): Promise<{ entries: number; start: number; bytes: number }> {
  const at = Number(tail.readBigUInt64LE(locator + 8));
  if (at + END64_BYTES > file.size) throw damaged('its end record is said to be beyond its end');
  const record = await bytesOf(file, at, at + END64_BYTES);
  if (record.readUInt32LE(0) !== END64) throw damaged('its 64-bit end record is missing');
  return {
    entries: Number(record.readBigUInt64LE(32)),
    bytes: Number(record.readBigUInt64LE(40)),
    start: Number(record.readBigUInt64LE(48)),
  };
}

/** One entry, or null when it is no file that anybody packed. */
function entryOf(directory: Buffer, at: number): ZipEntry | null {
  const nameEnd = at + CENTRAL_BYTES + directory.readUInt16LE(at + 28);
  const name = directory.toString('utf8', at + CENTRAL_BYTES, nameEnd);
  const shown = JSON.stringify(name.slice(0, 100));
  const madeBy = directory.readUInt8(at + 5);
  const unixType = (directory.readUInt32LE(at + 38) >>> 28) & 0xf;
  // 3 is Unix, 19 is macOS; in their modes 8 is a regular file, 4 a folder, 1 what was piped into zip, and 0 says nothing; 10 is a symbolic link.
  if ((madeBy === 3 || madeBy === 19) && ![0, 1, 4, 8].includes(unixType))
    throw refused(`${shown} is a link or a device`);
  if (/(^|[\\/])\.\.([\\/]|$)|^[\\/]|^[A-Za-z]:|\0|\\/.test(name))
    throw refused(`${shown} is named outside the archive`);
  if (name.endsWith('/') || LITTER.test(name)) return null;
  const method = directory.readUInt16LE(at + 10);
  if ((directory.readUInt16LE(at + 8) & 1) !== 0) throw refused(`${shown} is encrypted`);
  if (method !== 0 && method !== 8) throw refused(`${shown} is packed by method ${method}, not by deflate`);
  const extra = directory.subarray(nameEnd, nameEnd + directory.readUInt16LE(at + 30));
  const [plainBytes, packedBytes, offset] = wideSizes(extra, [
    directory.readUInt32LE(at + 24),
    directory.readUInt32LE(at + 20),
    directory.readUInt32LE(at + 42),
  ]);
  return { name, method, crc32: directory.readUInt32LE(at + 16), packedBytes, plainBytes, offset };
}

/** Values of 32 bits that say nothing stand in the extra field 0x0001, in this order, as 64 bits. */
function wideSizes(extra: Buffer, sizes: readonly [number, number, number]): readonly [number, number, number] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let from = at + 4;
    return sizes.map((size) => {
      if (size !== NONE32 || from + 8 > extra.length) return size;
      from += 8;
      return Number(extra.readBigUInt64LE(from - 8));
    }) as [number, number, number];
  }
  return sizes;
}

/** Entries that share bytes are how a small archive becomes a large one. */
function checkPlaces(entries: readonly ZipEntry[], directory: number): void {
  const sorted = [...entries].sort((a, b) => a.offset - b.offset);
  sorted.forEach((entry, i) => {
    const end = entry.offset + LOCAL_BYTES + entry.packedBytes;
    if (end > (sorted[i + 1]?.offset ?? directory))
      throw refused(`${JSON.stringify(entry.name.slice(0, 100))} overlaps what follows it`);
  });
}

/** Plain bytes of one entry. Throws KC_FEED_DAMAGED when they are not as many, or not those, that the directory says; KC_FEED_TOO_LARGE as for other containers. */
export async function* openZipEntry(
  file: RandomAccess,
  entry: ZipEntry,
  limits: UnpackLimits = UNPACK_LIMITS,
): AsyncGenerator<Uint8Array> {
  const local = await bytesOf(file, entry.offset, entry.offset + LOCAL_BYTES);
  if (local.length < LOCAL_BYTES || local.readUInt32LE(0) !== LOCAL)
    throw damaged(`${entry.name} is not where its directory says`);
  const start = entry.offset + LOCAL_BYTES + local.readUInt16LE(26) + local.readUInt16LE(28);
  const packed = file.read(start, start + entry.packedBytes);
  const plain =
    entry.method === 0 ? packed : unpackWith({ name: 'zip', unpack: () => createInflateRaw() }, packed, limits);
  let sum = 0;
  let bytes = 0;
  for await (const chunk of plain) {
    sum = crc32(chunk, sum);
    bytes += chunk.length;
    if (bytes > entry.plainBytes) throw damaged(`${entry.name} is longer than its directory says`);
    yield chunk;
  }
  if (bytes !== entry.plainBytes || sum !== entry.crc32) throw damaged(`${entry.name} is cut short or corrupt`);
}

async function bytesOf(file: RandomAccess, start: number, end: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  if (end > start) for await (const chunk of file.read(start, end)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const damaged = (what: string): KubecensusError =>
  new KubecensusError('KC_FEED_DAMAGED', `The zip archive is damaged: ${what}.`);
const refused = (what: string): KubecensusError =>
  new KubecensusError('KC_FEED_NOT_DATA', `The zip archive is not read: ${what}.`);
