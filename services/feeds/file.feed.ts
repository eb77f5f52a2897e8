// A file as a feed: looked at once as a whole (digest, damage, format), then read row by row.
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Clock, systemClock } from '../platform/clock.ts';
import { KubecensusError } from '../platform/errors.ts';
import { unpack } from './containers.ts';
import type { Checkpoint, Feed, FeedItem } from './feed.ts';
import type { FileFormat, Head } from './formats/format.ts';
import { chooseFormat } from './formats/index.ts';
import { integerOf, member } from './json.ts';
import { JSON_LINE_BYTES, readLines } from './lines.ts';
import { readObservedAt } from './observed-at.ts';
import { redact } from './redact.ts';

export interface FileFeedOptions {
  readonly path: string;
  /** The feed's name; null: the name of the format. */
  readonly name: string | null;
  /** A format's name, or auto. */
  readonly format: 'auto' | (string & {});
  /** For rows without a time of their own: RFC 3339, or a day (00:00 UTC); null when unknown. */
  readonly observedAt: string | null;
  readonly expandCidr: boolean;
  /** Opens the file's bytes from the start; called once for the look and once per pull. */
  readonly open?: (path: string) => AsyncIterable<Uint8Array>;
  readonly clock?: Clock;
}

export interface FileFeed extends Feed {
  /** Which format was chosen, and why. */
  readonly decision: string;
  /** Of the file as it is, packed or not: lower-case hex. */
  readonly sha256: string;
}

/** Rows between two checkpoints: what a killed import repeats at most. */
const CHECKPOINT_ROWS = 5000;
/** The format is told from this much, or from one whole line when the first is longer. */
const HEAD_BYTES = 64 * 1024;
const HEAD_LINES = 50;

/**
 * Opens a file as a feed. The whole file is read once here, so that a damaged or oversized container or a file that is no data is refused
 * before anything of it is stored. Importing it again yields the same items: the collector counts them as duplicates.
 * Throws KC_FEED_FILE, KC_FEED_FORMAT, KC_FEED_NOT_DATA, KC_FEED_ENCODING, KC_FEED_DAMAGED, KC_FEED_TOO_LARGE or KC_USAGE (observedAt).
 */
export async function createFileFeed(options: FileFeedOptions): Promise<FileFeed> {
  const open = options.open ?? openFile;
  const now = (options.clock ?? systemClock)();
  const fileName = basename(options.path);
  const observedAt = fallbackTime(options.observedAt, now);
  const { head, sha256 } = await look(open(options.path), fileName);
  const { format, decision } = chooseFormat(head, options.format);
  const name = options.name ?? format.name;
  const parse = (bytes: AsyncIterable<Uint8Array>) =>
    format.parse(bytes, { feed: name, fileName, observedAt, expandCidr: options.expandCidr, now });
  return {
    name,
    kind: format.kind,
    title: `${format.title}: ${redact(fileName)}`,
    terms: 'Those of whoever gave you the file.',
    upstreams: [],
    cost: 'none',
    query: redact(fileName),
    decision: redact(decision),
    sha256,
    pull: (since, signal) => pull({ open: () => open(options.path), parse, format, sha256 }, since, signal),
  };
}

/** A file's bytes. It is read twice, so a pipe will not do. */
async function* openFile(path: string): AsyncGenerator<Uint8Array> {
  try {
    if (!(await stat(path)).isFile()) throw new Error('it is no regular file');
    yield* createReadStream(path, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>;
  } catch (cause) {
    throw new KubecensusError('KC_FEED_FILE', `${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}

function fallbackTime(given: string | null, now: Date): string | null {
  const time = readObservedAt(given !== null && /^\d{4}-\d{2}-\d{2}$/.test(given) ? `${given}T00:00:00Z` : given, now);
  if (!time.ok)
    throw new KubecensusError(
      'KC_USAGE',
      `The time of observation ${given} is no RFC 3339 time in the past, such as 2023-05-07T00:00:00Z.`,
    );
  return time.time;
}

/** Reads all of the file: its digest, whether it can be unpacked to the end, and its first lines. */
async function look(bytes: AsyncIterable<Uint8Array>, fileName: string): Promise<{ head: Head; sha256: string }> {
  const hash = createHash('sha256');
  const chunks: Uint8Array[] = [];
  let size = 0;
  let whole = false;
  for await (const chunk of unpack(hashed(bytes, hash))) {
    if (whole) continue;
    chunks.push(Buffer.from(chunk));
    size += chunk.length;
    whole = size >= JSON_LINE_BYTES || (size >= HEAD_BYTES && chunk.includes(0x0a));
  }
  return { head: await headOf(chunks, fileName, whole), sha256: hash.digest('hex') };
}

/** The head's whole lines. Unreadable ones are left out here and rejected later, each for itself. */
async function headOf(chunks: readonly Uint8Array[], fileName: string, goesOn: boolean): Promise<Head> {
  const lines: string[] = [];
  const source = async function* () {
    yield* chunks;
  };
  for await (const batch of readLines(source(), JSON_LINE_BYTES)) {
    for (const line of batch) if (line.type === 'line' && /\S/.test(line.text)) lines.push(line.text);
  }
  if (goesOn && lines.length > 1) lines.pop();
  return { lines: lines.slice(0, HEAD_LINES), fileName };
}

async function* hashed(bytes: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
}

interface Source {
  readonly open: () => AsyncIterable<Uint8Array>;
  readonly parse: (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<FeedItem>;
  readonly format: FileFormat;
  readonly sha256: string;
}

/** Goes on after the committed rows of the same bytes; a file that was read to its end, or has changed, is read from the start. */
async function* pull(source: Source, since: unknown, signal: AbortSignal): AsyncGenerator<FeedItem> {
  const resumes = member(since, 'sha256') === source.sha256 && member(since, 'done') !== true;
  const skip = resumes ? (integerOf(member(since, 'rows'), 0, Number.MAX_SAFE_INTEGER) ?? 0) : 0;
  const checkpoint = (done: boolean): Checkpoint => ({
    type: 'checkpoint',
    cursor: { sha256: source.sha256, rows, done },
  });
  const hash = createHash('sha256');
  let rows = 0;
  let noted = false;
  for await (const item of source.parse(unpack(hashed(source.open(), hash)))) {
    if (signal.aborted) {
      yield { type: 'note', partial: 'stopped' };
      yield checkpoint(false);
      return;
    }
    const row = item.type !== 'note' && item.type !== 'checkpoint';
    if (row) rows += 1;
    noted ||= item.type === 'note';
    if (row && rows <= skip) continue;
    yield item;
    if (row && rows % CHECKPOINT_ROWS === 0) yield checkpoint(false);
  }
  if (rows === 0 && !noted) yield { type: 'note', partial: 'feed_empty' };
  if (hash.digest('hex') !== source.sha256) yield { type: 'note', partial: 'file_changed' };
  yield checkpoint(true);
}
