// A file on disk, looked at once as a whole: its digest, that it can be unpacked to its end, and the beginning of what is inside.
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { KubecensusError } from '../platform/errors.ts';
import { unpack } from './containers.ts';
import type { Head, Part } from './formats/format.ts';
import { JSON_LINE_BYTES, readLines } from './lines.ts';
import { openZipEntry, type RandomAccess, readZipDirectory, ZIP_MAGIC } from './zip.ts';

/** A file's bytes, all of them or a range whose end is not included. */
export type Open = (
  path: string,
  range?: { readonly start: number; readonly end: number },
) => AsyncIterable<Uint8Array>;

export interface FileSource {
  readonly fileName: string;
  /** Of the file as it is, packed or not: lower-case hex. */
  readonly sha256: string;
  /** The file itself, or the files of an archive. */
  readonly parts: readonly Part[];
  /** Whether what was read of the parts since then are still the bytes that were looked at. */
  unchanged(): Promise<boolean>;
}

/** The format is told from this much, or from one whole line when the first is longer. */
const HEAD_BYTES = 64 * 1024;
const HEAD_LINES = 50;
const READ_BYTES = 256 * 1024;

/** A file's bytes. It is read twice, so a pipe will not do. Throws KC_FEED_FILE. */
export async function* openFile(path: string, range?: { start: number; end: number }): AsyncGenerator<Uint8Array> {
  try {
    if (!(await stat(path)).isFile()) throw new Error('it is no regular file');
    const bounds = range === undefined ? {} : { start: range.start, end: range.end - 1 };
    yield* createReadStream(path, { highWaterMark: READ_BYTES, ...bounds }) as AsyncIterable<Buffer>;
  } catch (cause) {
    throw new KubecensusError('KC_FEED_FILE', `${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}

/**
 * Reads all of the file. Throws KC_FEED_FILE, KC_FEED_DAMAGED, KC_FEED_TOO_LARGE, KC_FEED_ENCODING, and KC_FEED_NOT_DATA for archives that are not read.
 */
export async function lookAt(path: string, open: Open): Promise<FileSource> {
  const fileName = basename(path);
  const first = await firstBytes(open(path), ZIP_MAGIC.length);
  return first.equals(ZIP_MAGIC) ? lookIntoArchive(path, fileName, open) : lookAtFile(path, fileName, open);
}

async function lookAtFile(path: string, fileName: string, open: Open): Promise<FileSource> {
  const hash = createHash('sha256');
  const head = await headOf(unpack(hashed(open(path), hash)), fileName);
  const sha256 = hash.digest('hex');
  let last = sha256;
  const again = async function* (): AsyncGenerator<Uint8Array> {
    const now = createHash('sha256');
    yield* unpack(hashed(open(path), now));
    last = now.digest('hex');
  };
  return { fileName, sha256, parts: [{ head, open: again }], unchanged: async () => last === sha256 };
}

async function lookIntoArchive(path: string, fileName: string, open: Open): Promise<FileSource> {
  const { sha256, size } = await digestOf(open(path));
  const file: RandomAccess = { size, read: (start, end) => (end > start ? open(path, { start, end }) : nothing()) };
  const parts: Part[] = [];
  for (const entry of await readZipDirectory(file)) {
    const openEntry = (): AsyncIterable<Uint8Array> => openZipEntry(file, entry);
    parts.push({ head: await headOf(openEntry(), basename(entry.name)), open: openEntry });
  }
  if (parts.length === 0) throw new KubecensusError('KC_FEED_NOT_DATA', `${fileName} is a zip archive without files.`);
  return { fileName, sha256, parts, unchanged: async () => (await digestOf(open(path))).sha256 === sha256 };
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function digestOf(bytes: AsyncIterable<Uint8Array>): Promise<{ sha256: string; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of hashed(bytes, hash)) size += chunk.length;
  return { sha256: hash.digest('hex'), size };
}

async function firstBytes(bytes: AsyncIterable<Uint8Array>, count: number): Promise<Buffer> {
  let head = Buffer.alloc(0);
  for await (const chunk of bytes) {
    head = Buffer.concat([head, chunk]);
    if (head.length >= count) break;
  }
  return head.subarray(0, count);
}

/** Reads to the end, so that damage is found before anything is used, and keeps the first lines. */
async function headOf(plain: AsyncIterable<Uint8Array>, fileName: string): Promise<Head> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let whole = false;
  for await (const chunk of plain) {
    if (whole) continue;
    chunks.push(Buffer.from(chunk));
    size += chunk.length;
    whole = size >= JSON_LINE_BYTES || (size >= HEAD_BYTES && chunk.includes(0x0a));
  }
  return linesOf(chunks, fileName, whole);
}

/** The head's whole lines. Unreadable ones are counted here and rejected later, each for itself. */
async function linesOf(chunks: readonly Uint8Array[], fileName: string, goesOn: boolean): Promise<Head> {
  const lines: string[] = [];
  let unreadable = 0;
  const source = async function* (): AsyncGenerator<Uint8Array> {
    yield* chunks;
  };
  for await (const batch of readLines(source(), JSON_LINE_BYTES)) {
    for (const line of batch) {
      if (line.type === 'rejection') unreadable++;
      else if (/\S/.test(line.text)) lines.push(line.text);
    }
  }
  if (goesOn && lines.length > 1) lines.pop();
  return { lines: lines.slice(0, HEAD_LINES), fileName, unreadable };
}

async function* hashed(bytes: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
}
